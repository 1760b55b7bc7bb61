import type { KeyboardEvent } from 'react'
import { useEffect, useMemo, useRef } from 'react'
import { tracePointAt } from '../../../shared/model/trace-points'
import { formatStatistic } from '../../../shared/units'
import type { Cell } from '../../canvas/heatmap/draw'
import { Heatmap } from '../../canvas/heatmap/Heatmap'
import type { PaletteName } from '../../canvas/palette'
import { makeScale } from '../../canvas/scale'
import { useCanvasTheme } from '../../canvas/use-theme'
import { useTranslate } from '../../i18n'
import type { CellMatrix, Domain, TraceStatistics } from '../../statistics'
import { isCountField, PointMatrix, PositionMatrix, PYRAMID_LEVELS, SEVERITY } from '../../statistics'
import { useStore } from '../../store'
import type { RunColumns } from '../../store/run-columns'
import { goToCell, goToNextAlert, walkBack, walkUpstream } from './actions'
import { domainOf, settledDomain } from './domain-of-view'
import { HeatmapTable } from './HeatmapTable'
import { Legend } from './Legend'
import { indexOfCursor, pointColumnLabel, pointPicture, positionPicture, rowsOfMode, tensorName } from './matrices'
import { MODE_TITLES } from './Toolbar'
import type { ShownCell } from './use-layers'
import { FIELD_TITLES, focusOf, positionOf, tokenLabel, useCursorCell } from './use-layers'
import { useLayersState } from './view-state'

/** Read aloud once the cursor rests. */
const SPEAK_AFTER_MILLISECONDS = 350

export const LayersPicture = ({ columns, trace }: { readonly columns: RunColumns; readonly trace: TraceStatistics }) => {
  const t = useTranslate()
  const theme = useCanvasTheme()
  const { mode, field, scaleKind, magnitudePalette, lockedDomain, asTable } = useLayersState()
  const token = useStore((state) => state.cursor.token)
  const layer = useStore((state) => state.cursor.layer)
  const point = useStore((state) => state.cursor.point)
  const hover = useStore((state) => state.hover)
  const letterKeys = useStore((state) => state.settings.letterShortcuts)
  const moveHover = useStore((state) => state.moveHover)
  const focus = focusOf(trace.layerCount, layer, point)
  const cell = useCursorCell(trace)
  const position = positionOf(trace, token)

  const acrossTokens = mode !== 'layer-operation'
  // The rows depend on the cursor only where the picture is a slice through it.
  const slicePoint = mode === 'layer-token' ? focus.point : 'layer_out'
  const sliceLayer = mode === 'operation-token' ? focus.layer : 0
  const picture = useMemo(
    () => (acrossTokens ? positionPicture(trace, mode, sliceLayer, slicePoint) : pointPicture(trace, 0)),
    [acrossTokens, trace, mode, sliceLayer, slicePoint]
  )
  const { matrix } = picture
  if (matrix instanceof PointMatrix) matrix.moveTo(position)

  const scale = useScale(trace, matrix, mode === 'layer-operation', field, scaleKind, lockedDomain)
  const paletteName: PaletteName = scaleKind === 'symmetric' && !isCountField(field) ? 'blue-orange' : magnitudePalette
  const cursor = cell === undefined ? undefined : matrix.find(cell)
  const ghostIndex = indexOfCursor(hover.layer, hover.point, trace.layerCount)
  const ghost =
    ghostIndex === undefined || hover.token === undefined ? undefined : matrix.find({ position: hover.token, traceIndex: ghostIndex })

  const onCursor = ({ row, column }: Cell): void => {
    const address = matrix.address(row, column)
    if (address === undefined) return
    goToCell(address, trace.layerCount)
    speak.current(address)
  }
  const onHover = (hovered: Cell | undefined): void => {
    const address = hovered === undefined ? undefined : matrix.address(hovered.row, hovered.column)
    if (address === undefined) moveHover({ token: undefined, layer: undefined, point: undefined })
    else moveHover({ token: address.position, ...tracePointAt(address.traceIndex, trace.layerCount) })
  }
  const onKey = (event: KeyboardEvent): boolean => {
    if (event.key === 'Backspace') return walkBack(trace.layerCount)
    if (event.key === 'n' || event.key === 'N') return goToNextAlert(trace, cell, event.shiftKey ? -1 : 1)
    return false
  }

  const describe = (shown: ShownCell): string => {
    const tensor = tensorName(shown.traceIndex, trace.layerCount)
    const at = { tensor, position: String(shown.position) }
    const severity = trace.severity(shown.position, shown.traceIndex)
    if (severity === SEVERITY.notCaptured) return t('layers.summaryNothing', at)
    const value = trace.value(field, shown.position, shown.traceIndex)
    const text = t('layers.summary', { ...at, statistic: t(FIELD_TITLES[field]), value: formatStatistic(value) })
    if (severity < SEVERITY.negativeInfinity) return text
    const infinite =
      trace.value('positiveInfinity', shown.position, shown.traceIndex) + trace.value('negativeInfinity', shown.position, shown.traceIndex)
    return `${text}. ${t('layers.summaryNan', { ...at, nan: trace.value('nan', shown.position, shown.traceIndex), infinite })}`
  }
  const speak = useSpokenCell(describe)
  const statistic = t(FIELD_TITLES[field])
  const label = t('layers.heatmap', { statistic, mode: t(MODE_TITLES[mode]) })
  const columnLabel = acrossTokens ? (column: number) => String(column) : pointColumnLabel
  const read = ghostIndex !== undefined && hover.token !== undefined ? { position: hover.token, traceIndex: ghostIndex } : cell

  return (
    <>
      <div className="flex min-h-0 flex-1 flex-col p-2">
        {asTable ? (
          <HeatmapTable
            label={label}
            matrix={matrix}
            field={field}
            tokensDown={acrossTokens}
            rowTitle={t(acrossTokens ? 'layers.token' : 'layers.layer')}
            rowLabel={picture.rowLabel}
            columnLabel={columnLabel}
            cursor={cursor}
            onCursor={onCursor}
          />
        ) : (
          <div className="min-h-0 flex-1">
            <Heatmap
              label={label}
              instructions={t('layers.heatmapHelp')}
              matrix={matrix}
              field={field}
              scale={scale}
              paletteName={paletteName}
              theme={theme}
              gutters={{
                left: picture.gutterLeft,
                top: picture.slantedColumnLabels ? 58 : 24,
                right: picture.slantedColumnLabels ? 36 : 0
              }}
              rowLabel={picture.rowLabel}
              columnLabel={columnLabel}
              columnLabelWidth={44}
              slantedColumnLabels={picture.slantedColumnLabels}
              startsGroup={picture.startsGroup}
              rowGroups={picture.rowGroups}
              cursor={cursor}
              ghost={ghost}
              onCursor={onCursor}
              onHover={onHover}
              onActivate={() => cell !== undefined && walkUpstream(cell, trace)}
              onKey={onKey}
              letterKeys={letterKeys}
              subscribe={(changed) =>
                useStore.subscribe((state, before) => {
                  if (state.tick === before.tick) return
                  if (matrix instanceof PointMatrix) matrix.moveTo(positionOf(trace, state.cursor.token))
                  changed()
                })
              }
            />
          </div>
        )}
      </div>
      <div className="flex h-6 shrink-0 items-center gap-2 px-3 text-sm">
        {read === undefined ? (
          <span className="text-muted">{t('layers.pointAtCell')}</span>
        ) : (
          <>
            <bdi className="num max-w-40 truncate rounded bg-sunken px-1">{tokenLabel(columns, read.position)}</bdi>
            <span className="num truncate">{describe(read)}</span>
          </>
        )}
      </div>
      <Legend scale={scale} paletteName={paletteName} theme={theme} />
    </>
  )
}

/** The colour scale over what is shown; while tokens come it moves only when it has to. */
function useScale(
  trace: TraceStatistics,
  matrix: CellMatrix,
  oneToken: boolean,
  field: Parameters<typeof domainOf>[1],
  scaleKind: Parameters<typeof domainOf>[2],
  locked: Domain | undefined
) {
  const settled = useRef<{ readonly key: unknown; readonly domain: Domain | undefined; readonly revision: number } | undefined>(undefined)
  // One token is coloured on the scale of the whole run, so that moving along the text compares.
  const everything = useMemo(
    () => new PositionMatrix(trace, rowsOfMode('everything', trace.layerCount, 0, 'layer_out'), PYRAMID_LEVELS),
    [trace]
  )
  const source = oneToken ? everything : matrix
  const key = useMemo(() => ({ source, field, scaleKind }), [source, field, scaleKind])
  const domain = useMemo(() => {
    const before = settled.current
    if (before !== undefined && before.key === key && before.revision === trace.revision) return before.domain
    const now = domainOf(source, field, scaleKind)
    const next = settledDomain(before?.key === key ? before.domain : undefined, now, scaleKind)
    settled.current = { key, domain: next, revision: trace.revision }
    return next
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the revision stands for the data inside `source`
  }, [key, source, field, scaleKind, trace, trace.revision])
  const low = (locked ?? domain)?.low ?? 0
  const high = (locked ?? domain)?.high ?? 1
  return useMemo(() => makeScale(scaleKind, { low, high }), [scaleKind, low, high])
}

/** Tells assistive technology where the cursor came to rest. */
function useSpokenCell(describe: (cell: ShownCell) => string) {
  const announce = useStore((state) => state.announce)
  const latest = useRef(describe)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => {
    latest.current = describe
  })
  useEffect(() => () => clearTimeout(timer.current), [])
  return useRef((cell: ShownCell): void => {
    clearTimeout(timer.current)
    timer.current = setTimeout(() => announce(latest.current(cell)), SPEAK_AFTER_MILLISECONDS)
  })
}
