import { create } from 'zustand'
import type { TraceField } from '../../../shared/model/trace-points'
import type { PaletteName } from '../../canvas/palette'
import type { ScaleKind } from '../../canvas/scale'
import type { Domain } from '../../statistics'
import { isSignedField } from '../../statistics'

/** Which two of (layer, operation, token) span the picture; the third is the cursor's. */
export const LAYERS_MODES = ['layer-operation', 'layer-token', 'operation-token', 'everything'] as const
export type LayersMode = (typeof LAYERS_MODES)[number]

export interface LayersState {
  readonly mode: LayersMode
  readonly field: TraceField
  readonly scaleKind: ScaleKind
  readonly magnitudePalette: Exclude<PaletteName, 'blue-orange'>
  /** Kept domain; undefined = follows the data. */
  readonly lockedDomain: Domain | undefined
  readonly asTable: boolean
  readonly change: (part: Partial<Omit<LayersState, 'change'>>) => void
  readonly chooseField: (field: TraceField) => void
}

/** Magnitudes span powers of ten; signed values need their zero in the middle. */
export const naturalScale = (field: TraceField): ScaleKind => (isSignedField(field) ? 'symmetric' : 'log')

/** How the Layers view looks. It stays while other views are shown. */
export const useLayersState = create<LayersState>()((set) => ({
  mode: 'layer-operation',
  field: 'absmax',
  scaleKind: 'log',
  magnitudePalette: 'cividis',
  lockedDomain: undefined,
  asTable: false,
  change: (part) => set(part),
  chooseField: (field) => set({ field, scaleKind: naturalScale(field), lockedDomain: undefined })
}))
