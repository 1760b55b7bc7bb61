import { type KeyboardEvent, useMemo } from 'react'
import type { Cell } from '../../canvas/heatmap/draw'
import { Heatmap } from '../../canvas/heatmap/Heatmap'
import { makeScale } from '../../canvas/scale'
import { ScaleLegend } from '../../canvas/ScaleLegend'
import { useCanvasTheme } from '../../canvas/use-theme'
import { useTranslate } from '../../i18n'
import { PointMatrix, PositionMatrix, PYRAMID_LEVELS, type StatisticsSource } from '../../statistics'
import { useStore } from '../../store'
import { tracePointAt } from '../../../shared/model/trace-points'
import { domainOf } from '../layers/domain-of-view'
import { indexOfCursor, pointColumnLabel, pointPicture, positionPicture, rowsOfMode } from '../layers/matrices'
import { MODE_TITLES } from '../layers/Toolbar'
import { FIELD_TITLES, focusOf } from '../layers/use-layers'
import { useFloor } from './NoiseFloor'
import { type Side, usePairState } from './pair-state'
import type { Pair } from './use-pair'

/** Below this, f32 statistics of equal arithmetic may differ by rounding alone. */
const LEAST_DIFFERENCE = 1e-8

/** One of A, B and their difference over layers and tokens; A and B share a scale, all three share cursor and view. */
export const ComparePicture = ({ pair, difference }: { readonly pair: Pair; readonly difference: NonNullable<Pair['difference']> }) => {
  const t = useTranslate()
  const theme = useCanvasTheme()
  const { side, field, mode, change, swap } = usePairState()
  const cursor = useStore((state) => state.cursor)
  const hover = useStore((state) => state.hover)
  const moveCursor = useStore((state) => state.moveCursor)
  const moveHover = useStore((state) => state.moveHover)
  const letterKeys = useStore((state) => state.settings.letterShortcuts)
  const floor = useFloor(pair)
  const layers = difference.layerCount
  const source: StatisticsSource = side === 'difference' ? difference : ((side === 'a' ? pair.a : pair.b).statistics as StatisticsSource)
  const position = Math.max(0, Math.min(difference.end - 1, cursor.token ?? difference.end - 1))
  const focus = focusOf(layers, cursor.layer, cursor.point)
  const slicePoint = mode === 'layer-token' ? focus.point : 'layer_out'
  const sliceLayer = mode === 'operation-token' ? focus.layer : 0
  const picture = useMemo(
    () => (mode === 'layer-operation' ? pointPicture(source, 0) : positionPicture(source, mode, sliceLayer, slicePoint)),
    [source, mode, sliceLayer, slicePoint]
  )
  const { matrix } = picture
  if (matrix instanceof PointMatrix) matrix.moveTo(position)
  const sharedRevision = pair.a.revision + pair.b.revision
  const scale = useMemo(() => {
    if (side === 'difference') return makeScale('log', { low: Math.max(LEAST_DIFFERENCE, ...(floor ?? [])), high: 1 })
    const domains = [pair.a.statistics, pair.b.statistics].map((trace) =>
      trace === undefined
        ? undefined
        : domainOf(new PositionMatrix(trace, rowsOfMode('everything', layers, 0, 'layer_out'), PYRAMID_LEVELS), field, 'log')
    )
    const [a, b] = domains
    return makeScale('log', { low: Math.min(a?.low ?? 1, b?.low ?? 1), high: Math.max(a?.high ?? 1, b?.high ?? 1) })
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the revision stands for the data of both runs
  }, [side, pair.a, pair.b, field, layers, sharedRevision, floor])
  const index = indexOfCursor(cursor.layer, cursor.point, layers)
  const ghostIndex = indexOfCursor(hover.layer, hover.point, layers)
  const paletteName = side === 'difference' ? 'viridis' : 'cividis'
  const address = (cell: Cell) => matrix.address(cell.row, cell.column)
  const onCursor = (cell: Cell): void => {
    const found = address(cell)
    if (found !== undefined) moveCursor({ token: found.position, ...tracePointAt(found.traceIndex, layers), element: undefined })
  }
  const onHover = (cell: Cell | undefined): void => {
    const found = cell === undefined ? undefined : address(cell)
    if (found === undefined) moveHover({ token: undefined, layer: undefined, point: undefined })
    else moveHover({ token: found.position, ...tracePointAt(found.traceIndex, layers) })
  }
  const onKey = (event: KeyboardEvent): boolean => {
    const sides: Readonly<Record<string, Side>> = { '1': 'a', '2': 'b', '3': 'difference' }
    const next = sides[event.key]
    if (next !== undefined) change({ side: next })
    else if (event.key === 'x') swap()
    else return false
    return true
  }
  const what = side === 'difference' ? t('compare.difference') : side === 'a' ? 'A' : 'B'
  return (
    <>
      <div className="min-h-0 flex-1 p-2">
        <Heatmap
          label={t('compare.heatmap', { what: `${what}, ${t(FIELD_TITLES[field])}`, mode: t(MODE_TITLES[mode]) })}
          instructions={`${t('layers.heatmapHelp')} ${t('compare.keysHelp')}`}
          matrix={matrix}
          field={side === 'difference' ? 'absmax' : field}
          scale={scale}
          paletteName={paletteName}
          theme={theme}
          gutters={{ left: picture.gutterLeft, top: picture.slantedColumnLabels ? 58 : 24, right: picture.slantedColumnLabels ? 36 : 0 }}
          rowLabel={picture.rowLabel}
          columnLabel={mode === 'layer-operation' ? pointColumnLabel : String}
          columnLabelWidth={44}
          slantedColumnLabels={picture.slantedColumnLabels}
          startsGroup={picture.startsGroup}
          rowGroups={picture.rowGroups}
          cursor={index === undefined ? undefined : matrix.find({ position, traceIndex: index })}
          ghost={
            ghostIndex === undefined || hover.token === undefined
              ? undefined
              : matrix.find({ position: hover.token, traceIndex: ghostIndex })
          }
          onCursor={onCursor}
          onHover={onHover}
          onKey={onKey}
          letterKeys={letterKeys}
          subscribe={(changed) =>
            useStore.subscribe((state, before) => {
              if (state.tick === before.tick) return
              difference.update()
              changed()
            })
          }
        />
      </div>
      <div className="shrink-0 border-t border-line px-3 py-1">
        <ScaleLegend
          low={scale.domain.low.toExponential(0)}
          high={String(Number(scale.domain.high.toPrecision(3)))}
          theme={theme}
          paletteName={paletteName}
        >
          {side === 'difference' ? t('compare.legendDifference') : t('compare.legendShared', { statistic: t(FIELD_TITLES[field]) })}
        </ScaleLegend>
      </div>
    </>
  )
}
