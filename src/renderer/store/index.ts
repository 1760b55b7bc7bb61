import { create } from 'zustand'
import { type CursorSlice, cursorSlice } from './cursor'
import { type SettingsSlice, settingsSlice } from './settings'
import { type ShellSlice, shellSlice } from './shell'

/**
 * The page's one store. It holds cursors, settings and states: never arrays that grow with a run (those are columns in
 * store/run-columns.ts, outside React). Components select the smallest value they show.
 */
export type State = CursorSlice & ShellSlice & SettingsSlice

export const useStore = create<State>()((...args) => ({
  ...cursorSlice(...args),
  ...shellSlice(...args),
  ...settingsSlice(...args)
}))

export type { Cursor } from './cursor'
export type { CaptureLevel, Settings, Theme } from './settings'
export type { ViewId } from './shell'
