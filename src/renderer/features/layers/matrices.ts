import { LAYER_POINTS, type TracePoint, traceIndex, tracePointAt, tracePointCount } from '../../../shared/model/trace-points'
import type { CellMatrix, StatisticsSource } from '../../statistics'
import { PointMatrix, PositionMatrix, PYRAMID_LEVELS } from '../../statistics'
import type { RowGroups } from '../../canvas/heatmap/draw'
import { POINT_COLUMNS } from '../../statistics/cell-matrix'
import type { LayersMode } from './view-state'

/** The trace index of a cursor; undefined where it names no tensor. */
export function indexOfCursor(layer: number | undefined, point: TracePoint | undefined, layers: number): number | undefined {
  if (point === undefined) return undefined
  if (point === 'embedding') return 0
  if (point === 'final_norm') return tracePointCount(layers) - 2
  if (point === 'logits') return tracePointCount(layers) - 1
  return layer === undefined || layer < 0 || layer >= layers ? undefined : traceIndex(layer, point)
}

/** "3 · ffn_act", "final_norm": how a tensor is called everywhere. */
export function tensorName(index: number, layers: number): string {
  const { layer, point } = tracePointAt(index, layers)
  return layer < 0 || layer >= layers ? point : `${layer} · ${point}`
}

/** Trace indices of the rows of a picture with tokens across. */
export function rowsOfMode(mode: LayersMode, layers: number, layer: number, point: TracePoint): readonly number[] {
  if (mode === 'everything') return Array.from({ length: tracePointCount(layers) }, (_, index) => index)
  if (mode === 'operation-token') return LAYER_POINTS.map((name) => traceIndex(layer, name))
  if (point === 'embedding' || point === 'final_norm' || point === 'logits') return [indexOfCursor(undefined, point, layers) as number]
  return Array.from({ length: layers }, (_, index) => traceIndex(index, point))
}

export interface Picture {
  readonly matrix: CellMatrix
  readonly rowLabel: (row: number) => string
  readonly slantedColumnLabels: boolean
  readonly gutterLeft: number
  readonly startsGroup: (row: number) => boolean
  readonly rowGroups: RowGroups | undefined
}

export function pointPicture(trace: StatisticsSource, position: number): Picture & { readonly matrix: PointMatrix } {
  return {
    matrix: new PointMatrix(trace, position),
    rowLabel: (row) => String(row),
    slantedColumnLabels: true,
    gutterLeft: 40,
    startsGroup: () => false,
    rowGroups: undefined
  }
}

export function positionPicture(trace: StatisticsSource, mode: LayersMode, layer: number, point: TracePoint): Picture {
  const layers = trace.layerCount
  const indices = rowsOfMode(mode, layers, layer, point)
  const whole = mode === 'everything'
  return {
    matrix: new PositionMatrix(trace, indices, PYRAMID_LEVELS),
    rowLabel:
      mode === 'layer-token'
        ? (row) => (indices.length === 1 ? point : String(row))
        : (row) => (whole ? tensorName(indices[row] as number, layers) : (LAYER_POINTS[row] ?? '')),
    slantedColumnLabels: false,
    gutterLeft: mode === 'layer-token' ? (indices.length === 1 ? 84 : 40) : whole ? 132 : 104,
    startsGroup: whole ? (row) => (row - 1) % LAYER_POINTS.length === 0 : () => false,
    rowGroups: whole ? { offset: 1, size: LAYER_POINTS.length, label: String } : undefined
  }
}

/** Title of a column of the layer x operation picture. */
export const pointColumnLabel = (column: number): string => POINT_COLUMNS[column] ?? ''
