import { type RefObject, useEffect, useState } from 'react'

/** Rows drawn above and below what is in sight: a fast wheel does not show a gap. */
const BEYOND = 8
/** Before the height is known. */
const FIRST_GUESS = 12

export interface RowWindow {
  readonly first: number
  /** Exclusive. */
  readonly end: number
}

/** Which rows of `rowCount` are to be drawn where `top` pixels are scrolled away and `height` pixels are in sight. */
export function windowOf(top: number, height: number, rowHeight: number, rowCount: number): RowWindow {
  const first = Math.max(0, Math.min(Math.floor(top / rowHeight), rowCount) - BEYOND)
  const end = Math.min(rowCount, Math.ceil((top + height) / rowHeight) + BEYOND)
  return { first, end: Math.max(first, end) }
}

/**
 * The rows in sight of a scroller whose rows all have one height: arithmetic, whatever the number of rows. (A general
 * virtualizer keeps a record a row and rebuilds 152,000 of them at every filter.)
 */
export function useRowWindow(scroller: RefObject<HTMLElement | null>, rowCount: number, rowHeight: number): RowWindow {
  const [seen, setSeen] = useState({ top: 0, height: FIRST_GUESS * rowHeight })
  useEffect(() => {
    const element = scroller.current
    if (element === null) return undefined
    const look = () => {
      // In steps of a row: a scroll of some pixels inside one row draws nothing anew.
      const top = Math.floor(element.scrollTop / rowHeight) * rowHeight
      const height = element.clientHeight
      setSeen((before) => (before.top === top && before.height === height ? before : { top, height }))
    }
    const observer = new ResizeObserver(look)
    observer.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [scroller, rowHeight])
  // A shorter list is drawn whole before the scroller has followed it.
  const top = Math.max(0, Math.min(seen.top, rowCount * rowHeight - seen.height))
  return windowOf(top, seen.height + rowHeight, rowHeight, rowCount)
}

/** Brings a row into sight: in the middle, or by the shortest way. The scroller's first child is the header, which lies over its top. */
export function scrollRowIntoSight(scroller: HTMLElement, row: number, rowHeight: number, align: 'nearest' | 'center'): void {
  const header = (scroller.firstElementChild as HTMLElement | null)?.offsetHeight ?? 0
  const room = scroller.clientHeight - header
  const top = row * rowHeight
  if (align === 'center') scroller.scrollTop = top - (room - rowHeight) / 2
  else if (top < scroller.scrollTop) scroller.scrollTop = top
  else if (top + rowHeight > scroller.scrollTop + room) scroller.scrollTop = top + rowHeight - room
}
