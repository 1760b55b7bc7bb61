import type { StateCreator } from 'zustand'
import type { State } from './index'

/** One part of the one store. A slice sees the whole state and writes its own part. */
export type Slice<Part> = StateCreator<State, [], [], Part>
