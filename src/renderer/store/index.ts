import { create } from 'zustand'
import { type ConnectionSlice, connectionSlice } from './connection'
import { type CursorSlice, cursorSlice } from './cursor'
import { type KnobsSlice, knobsSlice } from './knobs'
import { type SessionSlice, sessionSlice } from './session'
import { type SettingsSlice, settingsSlice } from './settings'
import { type ShellSlice, shellSlice } from './shell'

/**
 * The page's one store. It holds cursors, settings and states: never arrays that grow with a run (those are columns in
 * store/run-columns.ts, outside React). Components select the smallest value they show.
 */
export type State = ConnectionSlice & CursorSlice & KnobsSlice & SessionSlice & ShellSlice & SettingsSlice

export const useStore = create<State>()((...args) => ({
  ...connectionSlice(...args),
  ...cursorSlice(...args),
  ...knobsSlice(...args),
  ...sessionSlice(...args),
  ...shellSlice(...args),
  ...settingsSlice(...args)
}))

export type { Cursor } from './cursor'
export type { Settings, Theme } from './settings'
export type { ViewId } from './shell'
