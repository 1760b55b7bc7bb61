import { useMemo } from 'react'
import type { TracePoint } from '../../../shared/model/trace-points'
import type { PlainMessageKey } from '../../i18n'
import type { TraceField } from '../../../shared/model/trace-points'
import type { TraceStatistics } from '../../statistics'
import { useStore } from '../../store'
import type { RunColumns } from '../../store/run-columns'
import { useRunColumns } from '../../store/use-run'
import { indexOfCursor } from './matrices'

export const FIELD_TITLES: Readonly<Record<TraceField, PlainMessageKey>> = {
  min: 'layers.fieldMin',
  max: 'layers.fieldMax',
  mean: 'layers.fieldMean',
  rms: 'layers.fieldRms',
  absmax: 'layers.fieldAbsmax',
  nan: 'layers.fieldNan',
  positiveInfinity: 'layers.fieldPositiveInfinity',
  negativeInfinity: 'layers.fieldNegativeInfinity',
  zero: 'layers.fieldZero',
  saturated: 'layers.fieldSaturated'
}

export interface ShownCell {
  readonly position: number
  readonly traceIndex: number
}

export interface ShownRun {
  readonly columns: RunColumns
  readonly trace: TraceStatistics
}

/** The shown run with its statistics; undefined parts say what is missing. Redraws ten times a second while rows come. */
export function useShownTrace(): { readonly columns: RunColumns | undefined; readonly trace: TraceStatistics | undefined } {
  const columns = useRunColumns('chart')
  return { columns, trace: columns?.statistics }
}

/** The position the views are at: the cursor's token, or the newest captured one while none is chosen. */
export const positionOf = (trace: TraceStatistics, token: number | undefined): number =>
  Math.max(0, Math.min(trace.end - 1, token ?? trace.end - 1))

/** Layer and operation of the cursor; where nothing was chosen, the output of the last layer. */
export function focusOf(
  layers: number,
  layer: number | undefined,
  point: TracePoint | undefined
): { readonly layer: number; readonly point: TracePoint } {
  const last = layers - 1
  return { layer: layer === undefined ? last : Math.max(0, Math.min(last, layer)), point: point ?? 'layer_out' }
}

/** The cell that the cursor is on; undefined while the cursor names no tensor. */
export function useCursorCell(trace: TraceStatistics | undefined): ShownCell | undefined {
  const token = useStore((state) => state.cursor.token)
  const layer = useStore((state) => state.cursor.layer)
  const point = useStore((state) => state.cursor.point)
  const position = trace === undefined ? 0 : positionOf(trace, token)
  const traceIndex = trace === undefined ? undefined : indexOfCursor(layer, point, trace.layerCount)
  return useMemo(() => (traceIndex === undefined ? undefined : { position, traceIndex }), [position, traceIndex])
}

/** Text of a token for a label: spaces and line ends visible, everything as text. */
export function tokenLabel(columns: RunColumns, position: number): string {
  const { vocabulary } = useStore.getState()
  const id = columns.ids.values[position]
  const text = id === undefined || id < 0 ? '' : (vocabulary?.text(id) ?? '')
  return text.replace(/ /g, '␣').replace(/\n/g, '↵').replace(/\t/g, '⇥')
}
