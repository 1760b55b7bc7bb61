import { Maximize2 } from 'lucide-react'
import { type PointerEvent, Suspense, useEffect, useRef, useState } from 'react'
import { errorFigure } from '../../../shared/figures'
import { Canvas, type CanvasHandle, type Draw } from '../../canvas/Canvas'
import { cssColor } from '../../canvas/color'
import { CELL_COLORS, PALETTE_STEPS, palette } from '../../canvas/palette'
import { paletteStep } from '../../canvas/scale'
import { useCanvasTheme } from '../../canvas/use-theme'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { driftOf, useDrift } from '../../store/drift'
import type { RunColumns } from '../../store/run-columns'
import { IconButton } from '../../ui/Button'
import { slot } from '../../ui/slot'
import { DriftReference, DriftSwitch } from './DriftControls'
import { DRIFT_SCALE } from './drift-matrix'
import { layoutDrift } from './strip-layout'

// The chart library comes with it: Play is shown without.
const DriftDrawer = slot(async () => (await import('./DriftDrawer')).DriftDrawer)

const GLYPH_HEIGHT = 9

/** How far every generated token is from the reference: a column a token, a row a group of layers. */
export const DriftStrip = ({ columns }: { readonly columns: RunColumns }) => {
  const t = useTranslate()
  useDrift((state) => state.revision)
  const error = useDrift((state) => state.error)
  const following = useDrift((state) => state.following)
  const layers = useDrift((state) => state.layers)
  const [opened, setOpened] = useState(false)
  const drift = driftOf(columns)
  const token = useStore((state) => state.cursor.token)
  const step = drift === undefined || token === undefined ? undefined : drift.at(token - 1)
  const empty = drift === undefined || drift.count === 0
  const said = error === undefined ? t(following === undefined ? 'drift.help' : 'drift.waiting') : `${error.message} ${error.hint ?? ''}`
  return (
    <div
      className={`flex items-stretch gap-3 ${empty ? 'shrink-0' : 'min-h-17 flex-[2]'}`}
      data-testid="drift"
      data-compared={drift?.count ?? 0}
    >
      <div className="flex w-36 shrink-0 flex-col justify-center">
        <span className="flex items-center gap-1">
          <span className="label">{t('drift.title')}</span>
          {!empty && <IconButton size="small" icon={Maximize2} side="top" label={t('drift.open')} onClick={() => setOpened(true)} />}
        </span>
        <span className="num truncate text-sm whitespace-nowrap">
          {step === undefined || step.layerErrors.length === 0 ? '' : errorFigure(Math.max(...step.layerErrors))}{' '}
          {!empty && <span className="text-xs text-faint">{t('drift.counts', { flips: drift.flips, lag: drift.lag })}</span>}
        </span>
        {!empty && <DriftSwitch short />}
      </div>
      {empty ? (
        <div className="flex min-w-0 flex-1 flex-wrap content-center items-center gap-x-4 gap-y-1">
          <DriftSwitch />
          <DriftReference />
          <p className="m-0 min-w-0 flex-1 basis-40 truncate text-xs text-faint" title={said}>
            {said}
          </p>
        </div>
      ) : (
        <div className="flex min-w-0 flex-1 items-center">
          {layers ? <DriftCanvas columns={columns} token={token} /> : <p className="m-0 text-xs text-faint">{t('drift.noLayers')}</p>}
        </div>
      )}
      {opened && drift !== undefined && (
        <Suspense fallback={null}>
          <DriftDrawer columns={columns} drift={drift} onClose={() => setOpened(false)} />
        </Suspense>
      )}
    </div>
  )
}

const DriftCanvas = ({ columns, token }: { readonly columns: RunColumns; readonly token: number | undefined }) => {
  const t = useTranslate()
  const theme = useCanvasTheme()
  const revision = useDrift((state) => state.revision)
  const moveCursor = useStore((state) => state.moveCursor)
  const handle = useRef<CanvasHandle | undefined>(undefined)
  const drift = driftOf(columns)
  const from = columns.promptCount
  const to = columns.tokenCount
  useEffect(() => handle.current?.repaint(), [revision, theme, token, to])

  const draw: Draw = (context, width, height) => {
    const style = getComputedStyle(document.documentElement)
    context.fillStyle = style.getPropertyValue('--surface')
    context.fillRect(0, 0, width, height)
    if (drift === undefined) return
    const cells = layoutDrift(drift, columns.layerCount, from, to, width)
    const step = width / Math.max(1, cells.bars)
    const cellWidth = Math.max(1, Math.min(14, step - 1))
    const rowHeight = (height - GLYPH_HEIGHT) / cells.rows
    const { colors } = palette('viridis', theme)
    cells.errors.forEach((error, index) => {
      if (Number.isNaN(error)) return
      const row = Math.floor(index / cells.bars)
      const y = GLYPH_HEIGHT + Math.round(row * rowHeight)
      context.fillStyle = Number.isFinite(error)
        ? cssColor(colors[paletteStep(DRIFT_SCALE, error, PALETTE_STEPS)] ?? [0, 0, 0])
        : cssColor(CELL_COLORS[theme].nan)
      context.fillRect((index % cells.bars) * step, y, cellWidth, GLYPH_HEIGHT + Math.round((row + 1) * rowHeight) - y)
    })
    context.fillStyle = style.getPropertyValue('--text')
    context.font = '10px "IBM Plex Mono", monospace'
    context.textAlign = 'center'
    for (const bar of cells.flips) {
      if (step >= 7) context.fillText('⇄', bar * step + cellWidth / 2, GLYPH_HEIGHT - 1)
      else context.fillRect(bar * step, 1, Math.max(2, cellWidth), GLYPH_HEIGHT - 3)
    }
    if (token !== undefined && token >= from && token < to)
      context.fillRect(Math.floor((token - from) / cells.perBar) * step + cellWidth / 2, 0, 1, height)
  }
  const onPointerDown = (event: PointerEvent<HTMLCanvasElement>): void => {
    if (drift === undefined) return
    const { clientWidth } = event.currentTarget
    const { bars, perBar } = layoutDrift(drift, columns.layerCount, from, to, clientWidth)
    const bar = Math.floor((event.nativeEvent.offsetX / clientWidth) * bars)
    if (bar >= 0 && bar < bars) moveCursor({ token: Math.min(to - 1, from + bar * perBar), element: undefined })
  }
  return (
    <Canvas
      draw={draw}
      onReady={(ready) => {
        handle.current = ready
      }}
      role="img"
      aria-label={t('drift.stripHelp', { flips: drift?.flips ?? 0, count: drift?.count ?? 0 })}
      onPointerDown={onPointerDown}
      className="h-full min-h-10 min-w-0 flex-1 cursor-crosshair"
    />
  )
}
