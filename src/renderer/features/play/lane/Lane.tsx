import './lane.css'
import { type KeyboardEvent, type PointerEvent, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { useTranslate } from '../../../i18n'
import { useStore } from '../../../store'
import type { RunColumns } from '../../../store/run-columns'
import { useRunColumns } from '../../../store/use-run'
import { type ColourMode, tokenLevel } from '../token-facts'
import { Line } from './Line'
import { TokenCard } from './TokenCard'
import { LANE_LINE_PIXELS, useLayout } from './use-layout'

interface LaneProps {
  readonly columns: RunColumns
  readonly mode: ColourMode
  readonly showPrompt: boolean
  readonly live: boolean
  /** Positions where other branches of this text begin. */
  readonly branched: ReadonlySet<number>
}

const PADDING = 20
/** Longer lines are hard to read. */
const WIDEST_PIXELS = 980
const OVERSCAN_LINES = 6
const HOVER_MILLISECONDS = 120
const LEAVE_MILLISECONDS = 220
/** From this level on a token counts as uncertain for N and Shift+N. */
const UNCERTAIN_LEVEL = 3

interface Hover {
  readonly position: number
  readonly box: DOMRect
}

function medianStep(columns: RunColumns): number {
  const values = columns.stepMilliseconds.values.slice(columns.promptCount, columns.rowEnd).filter((value) => !Number.isNaN(value))
  values.sort()
  return values[values.length >> 1] ?? Number.NaN
}

function useFontsReady(): boolean {
  const [ready, setReady] = useState(document.fonts.status === 'loaded')
  useEffect(() => {
    void document.fonts.ready.then(() => setReady(true))
  }, [])
  return ready
}

/** The text of a run as tokens one can point at. Only visible lines are in the document, however long the run. */
export const Lane = ({ columns, mode, showPrompt, live, branched }: LaneProps) => {
  const t = useTranslate()
  const scroller = useRef<HTMLDivElement>(null)
  const [box, setBox] = useState({ width: 0, height: 0 })
  const [scrollTop, setScrollTop] = useState(0)
  const [hover, setHover] = useState<Hover | undefined>(undefined)
  const following = useRef(true)
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)
  const inCard = useRef(false)
  /** The token that the pointer was last moved on. */
  const pointed = useRef<number | undefined>(undefined)
  useRunColumns('frame')
  const silenceAbove = useStore((state) => state.settings.silenceAbove)
  const token = useStore((state) => state.cursor.token)
  const moveCursor = useStore((state) => state.moveCursor)
  const letterShortcuts = useStore((state) => state.settings.letterShortcuts)
  const setInspectorOpen = useStore((state) => state.setInspectorOpen)

  const from = showPrompt ? 0 : columns.promptCount
  const layout = useLayout(columns, Math.min(WIDEST_PIXELS, box.width - 2 * PADDING), from, useFontsReady())
  // Only the latency colours need the median, and they follow it at the charts' pace.
  const pace = useStore((state) => (mode === 'latency' ? state.slowTick : 0))
  const median = useMemo(() => (mode === 'latency' && pace >= 0 ? medianStep(columns) : Number.NaN), [mode, columns, pace])
  const level = useCallback(
    (position: number) => tokenLevel(columns, position, mode, silenceAbove, median),
    [columns, mode, silenceAbove, median]
  )

  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null) return undefined
    const observer = new ResizeObserver(() => setBox({ width: element.clientWidth, height: element.clientHeight }))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  const lineCount = layout?.lineCount ?? 0
  // While tokens come and the end is in view, the end stays in view.
  useLayoutEffect(() => {
    if (live && following.current && scroller.current !== null) scroller.current.scrollTop = scroller.current.scrollHeight
  }, [live, lineCount])

  useEffect(() => {
    if (!live && scroller.current !== null) setScrollTop(scroller.current.scrollTop)
  }, [live])

  useEffect(() => {
    const element = scroller.current
    if (token === undefined || token < from || layout === undefined || element === null) return
    const top = layout.lineOf(token - from) * LANE_LINE_PIXELS + PADDING
    if (top < element.scrollTop) element.scrollTop = top - PADDING
    else if (top + LANE_LINE_PIXELS > element.scrollTop + element.clientHeight)
      element.scrollTop = top - element.clientHeight + 2 * LANE_LINE_PIXELS
  }, [token, from, layout])

  const onScroll = () => {
    const element = scroller.current
    if (element === null) return
    following.current = element.scrollHeight - element.scrollTop - element.clientHeight < 2 * LANE_LINE_PIXELS
    // The pointer may rest on the token still, or in its card.
    if (hover !== undefined && !inCard.current) {
      const still = pointedAt(hover.position)
      pointed.current = still?.position
      setHover(still)
    }
    // While the end is followed, what is visible follows from the number of lines: no second redraw a frame.
    if (!(live && following.current)) setScrollTop(element.scrollTop)
  }

  const tokenOf = (target: EventTarget): HTMLElement | null => (target instanceof Element ? target.closest<HTMLElement>('[data-p]') : null)

  /** The card of a token, where the token is now; undefined when the pointer is not on it. */
  const pointedAt = (position: number): Hover | undefined => {
    const element = scroller.current?.querySelector(`[data-p="${position}"]:hover`) ?? undefined
    return element === undefined ? undefined : { position, box: element.getBoundingClientRect() }
  }

  // Moved, not only over: tokens that come under a resting pointer open no card.
  const onPointerMove = (event: PointerEvent) => {
    // React hands on what happens in the card too, which is not in the lane: only leaving the card closes it.
    if (event.target instanceof Node && !event.currentTarget.contains(event.target)) return
    inCard.current = false
    const element = tokenOf(event.target)
    const position = element === null ? undefined : Number(element.dataset['p'])
    if (position === pointed.current) return
    pointed.current = position
    clearTimeout(timer.current)
    if (element === null || position === undefined) {
      timer.current = setTimeout(() => setHover(undefined), LEAVE_MILLISECONDS)
      return
    }
    timer.current = setTimeout(
      () => setHover({ position, box: element.getBoundingClientRect() }),
      hover === undefined ? HOVER_MILLISECONDS : 40
    )
  }
  const onPointerLeave = () => {
    pointed.current = undefined
    clearTimeout(timer.current)
    timer.current = setTimeout(() => setHover(undefined), LEAVE_MILLISECONDS)
  }
  useEffect(() => () => clearTimeout(timer.current), [])

  const choose = (position: number) => {
    moveCursor({ token: position, element: undefined })
    setInspectorOpen(true)
  }

  const findUncertain = (start: number, step: 1 | -1): number | undefined => {
    for (let position = start + step; position >= columns.promptCount && position < columns.tokenCount; position += step)
      if (tokenLevel(columns, position, 'surprisal', silenceAbove, median) >= UNCERTAIN_LEVEL) return position
    return undefined
  }

  /** The token on the line above or below that begins nearest to where this one begins. */
  const verticalNeighbour = (current: number, step: 1 | -1): number | undefined => {
    if (layout === undefined) return undefined
    const line = layout.lineOf(current - from)
    const target = line + step
    if (target < 0 || target >= layout.lineCount) return undefined
    const column = layout.line(line).findIndex((span) => span.token === current - from)
    const spans = layout.line(target)
    const span = spans[Math.min(spans.length - 1, Math.max(0, column))]
    return span === undefined ? undefined : from + span.token
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const current = token ?? columns.promptCount - 1
    const last = columns.tokenCount - 1
    const targets: Readonly<Record<string, number | undefined>> = {
      ArrowRight: Math.min(last, current + 1),
      ArrowLeft: Math.max(from, current - 1),
      ArrowDown: verticalNeighbour(current, 1),
      ArrowUp: verticalNeighbour(current, -1),
      Home: from,
      End: last,
      n: findUncertain(current, 1),
      N: findUncertain(current, -1)
    }
    if (!(event.key in targets) || (!letterShortcuts && /^n$/i.test(event.key))) return
    event.preventDefault()
    event.stopPropagation()
    const target = targets[event.key]
    if (target !== undefined) choose(target)
  }

  const top = live && following.current ? Math.max(0, lineCount * LANE_LINE_PIXELS + 2 * PADDING - box.height) : scrollTop
  const firstLine = Math.max(0, Math.floor((top - PADDING) / LANE_LINE_PIXELS) - OVERSCAN_LINES)
  const lastLine = Math.min(lineCount, Math.ceil((top + box.height) / LANE_LINE_PIXELS) + OVERSCAN_LINES)
  const lines = layout === undefined ? [] : Array.from({ length: Math.max(0, lastLine - firstLine) }, (_, index) => firstLine + index)
  const selectedLine = token === undefined || layout === undefined || token < from ? -1 : layout.lineOf(token - from)

  return (
    <div
      ref={scroller}
      role="listbox"
      aria-label={t('play.outputLabel')}
      aria-activedescendant={token === undefined ? undefined : `token-${token}`}
      tabIndex={0}
      onScroll={onScroll}
      onKeyDown={onKeyDown}
      onPointerMove={onPointerMove}
      onPointerLeave={onPointerLeave}
      onClick={(event) => {
        const element = tokenOf(event.target)
        if (element !== null) choose(Number(element.dataset['p']))
      }}
      className="lane relative min-h-0 flex-1 overflow-auto -outline-offset-2"
      data-testid="lane"
    >
      <div role="presentation" className="relative" style={{ height: lineCount * LANE_LINE_PIXELS, margin: PADDING }}>
        {layout !== undefined &&
          lines.map((line) => {
            const { start, end } = layout.lineRange(line)
            // A token can span two lines: both show the choice.
            const near = Math.abs(line - selectedLine) <= 1 && selectedLine >= 0
            return (
              <Line
                key={line}
                layout={layout}
                line={line}
                start={start}
                end={end}
                from={from}
                promptCount={columns.promptCount}
                level={level}
                selected={near && token !== undefined ? token : -1}
                branched={branched}
              />
            )
          })}
      </div>
      {hover !== undefined && hover.position < columns.tokenCount && (
        <TokenCard
          columns={columns}
          position={hover.position}
          box={hover.box}
          onEnter={() => {
            inCard.current = true
            pointed.current = undefined
            clearTimeout(timer.current)
          }}
          onLeave={() => {
            inCard.current = false
            onPointerLeave()
          }}
          onClose={() => {
            inCard.current = false
            pointed.current = undefined
            setHover(undefined)
          }}
        />
      )}
    </div>
  )
}
