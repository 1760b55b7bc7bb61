import { type PointerEvent, useCallback, useEffect, useRef } from 'react'
import { bitsFigure } from '../../../shared/figures'
import { formatMilliseconds } from '../../../shared/units'
import { Canvas, type CanvasHandle, type Draw } from '../../canvas/Canvas'
import { onThemeChange } from '../../app/theme'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import type { RunColumns } from '../../store/run-columns'
import { useRunColumns, useShownRun } from '../../store/use-run'
import { DriftSwitch } from '../drift/DriftControls'
import { DriftStrip } from '../drift/DriftStrip'
import { layoutStrip, type StripBars, type StripSeries, stripHit, stripSeries } from './strips'

const COLOURS: Readonly<Record<StripSeries['id'], string>> = { surprisal: '--series-2', entropy: '--series-3', latency: '--series-1' }

interface StripProps {
  readonly series: StripSeries
  readonly name: string
  readonly from: number
  readonly to: number
}

const Strip = ({ series, name, from, to }: StripProps) => {
  const t = useTranslate()
  const inBits = series.id !== 'latency'
  const token = useStore((state) => state.cursor.token)
  const moveCursor = useStore((state) => state.moveCursor)
  const bars = useRef<StripBars | undefined>(undefined)
  const handle = useRef<CanvasHandle | undefined>(undefined)
  const scaled = layoutStrip(series, from, to, handle.current?.element.clientWidth ?? 800)

  const draw: Draw = useCallback(
    (context, width, height) => {
      const layout = layoutStrip(series, from, to, width)
      bars.current = layout
      const style = getComputedStyle(document.documentElement)
      context.fillStyle = style.getPropertyValue('--surface')
      context.fillRect(0, 0, width, height)
      const step = width / Math.max(1, layout.heights.length)
      context.fillStyle = style.getPropertyValue('--line')
      context.fillRect(0, height - 1, width, 1)
      context.fillStyle = style.getPropertyValue(COLOURS[series.id])
      layout.heights.forEach((value, index) => {
        if (Number.isNaN(value) || layout.top === 0) return
        const tall = Math.max(1, (value / layout.top) * (height - 3))
        context.fillRect(index * step, height - tall, Math.max(1, Math.min(14, step - 1)), tall)
      })
      if (token !== undefined && token >= from && token < to) {
        const x = (Math.floor((token - from) / layout.perBar) + 0.5) * step
        context.fillStyle = style.getPropertyValue('--text')
        context.fillRect(Math.min(x, Math.floor(token - from) * step + Math.min(14, step - 1) / 2), 0, 1, height)
      }
    },
    [series, from, to, token]
  )
  useEffect(() => onThemeChange(() => handle.current?.repaint()), [])

  const onPointerDown = (event: PointerEvent<HTMLCanvasElement>) => {
    const target =
      bars.current === undefined ? undefined : stripHit(bars.current, event.nativeEvent.offsetX, event.currentTarget.clientWidth)
    if (target !== undefined) moveCursor({ token: target, element: undefined })
  }
  const figure = (value: number) => (inBits ? bitsFigure(value) : formatMilliseconds(value))
  const withUnit = (value: number) => (inBits ? t('play.bits', { value: figure(value) }) : figure(value))
  const here = token === undefined || token < from || token >= to ? Number.NaN : series.value(token)

  return (
    <div className="flex min-h-8 flex-1 items-stretch gap-3">
      <div className="flex w-36 shrink-0 flex-col justify-center whitespace-nowrap">
        <span className="label">{name}</span>
        <span className="num text-sm">
          {Number.isNaN(here) ? '' : `${figure(here)} · `}
          <span className="text-xs text-faint">{scaled.top > 0 && t('play.maximum', { value: withUnit(scaled.top) })}</span>
        </span>
      </div>
      <Canvas
        draw={draw}
        onReady={(ready) => {
          handle.current = ready
        }}
        role="img"
        aria-label={`${name}. ${t('play.stripHelp')}`}
        onPointerDown={onPointerDown}
        className="h-full min-h-6 min-w-0 flex-1 cursor-crosshair"
      />
    </div>
  )
}

const Strips = ({ columns }: { readonly columns: RunColumns }) => {
  const t = useTranslate()
  const names = { surprisal: t('play.surprisal'), entropy: t('play.entropy'), latency: t('play.stepTime') }
  return (
    <div className="flex h-full flex-col gap-1.5 overflow-y-auto px-3 py-2">
      {stripSeries(columns).map((series) => (
        <Strip key={series.id} series={series} name={names[series.id]} from={columns.promptCount} to={columns.tokenCount} />
      ))}
      <DriftStrip columns={columns} />
    </div>
  )
}

/** Surprisal, entropy and time over the generated tokens, on one axis. */
export const Dock = () => {
  const t = useTranslate()
  const columns = useRunColumns('chart')
  const failed = useShownRun()?.finished === 'failed'
  if (columns === undefined || columns.generatedCount === 0)
    return (
      <div className="flex h-full flex-col items-center justify-center gap-2 p-3 text-center text-faint">
        <p className="m-0">{t(failed ? 'play.stripsFailed' : 'play.stripsEmpty')}</p>
        <DriftSwitch />
      </div>
    )
  return <Strips columns={columns} />
}
