import type { CanvasHTMLAttributes } from 'react'
import { useEffect, useLayoutEffect, useRef } from 'react'
import { frames } from './frame'

/** Draws in CSS pixels; the context is already scaled to the device's. Returns true to be called again in the next frame. */
export type Draw = (context: CanvasRenderingContext2D, width: number, height: number) => boolean | void

/** What a canvas' owner may do with it from outside React. */
export interface CanvasHandle {
  readonly element: HTMLCanvasElement
  /** Asks for a repaint in the next frame, for data that changes outside React. */
  readonly repaint: () => void
}

export interface CanvasProps extends Omit<CanvasHTMLAttributes<HTMLCanvasElement>, 'children'> {
  readonly draw: Draw
  /** Told the size in CSS pixels, at first and when it changes. */
  readonly onSize?: (width: number, height: number) => void
  /** Receives the handle once the canvas is there, and undefined when it goes. */
  readonly onReady?: (handle: CanvasHandle | undefined) => void
}

/** The one owner of a 2D context: sizes the canvas to its box and the screen's density, and calls `draw` in the shared frame. */
export function Canvas({ draw, onSize, onReady, ...attributes }: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const latest = useRef({ draw, onSize, onReady })
  const ask = useRef<() => void>(() => undefined)

  useLayoutEffect(() => {
    latest.current = { draw, onSize, onReady }
    ask.current()
  })

  useEffect(() => {
    const target = canvas.current
    const context = target?.getContext('2d', { alpha: false })
    if (!target || !context) return undefined
    let width = 0
    let height = 0
    const paint = (): void => {
      const density = window.devicePixelRatio || 1
      const pixelWidth = Math.round(width * density)
      const pixelHeight = Math.round(height * density)
      if (pixelWidth === 0 || pixelHeight === 0) return
      if (target.width !== pixelWidth || target.height !== pixelHeight) {
        target.width = pixelWidth
        target.height = pixelHeight
      }
      context.setTransform(density, 0, 0, density, 0, 0)
      if (latest.current.draw(context, width, height) === true) ask.current()
    }
    ask.current = () => frames().request(target, paint)
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return
      width = entry.contentRect.width
      height = entry.contentRect.height
      latest.current.onSize?.(width, height)
      ask.current()
    })
    observer.observe(target)
    latest.current.onReady?.({ element: target, repaint: () => ask.current() })
    return () => {
      observer.disconnect()
      frames().cancel(target)
      ask.current = () => undefined
      latest.current.onReady?.(undefined)
    }
  }, [])

  return <canvas ref={canvas} {...attributes} />
}
