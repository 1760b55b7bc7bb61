/** What the one animation frame of the page cost lately. Times in milliseconds. */
export interface FrameReport {
  /** Frames painted and frames asked for while the page was hidden (none of those is painted). */
  readonly painted: number
  readonly skippedHidden: number
  /** Time inside painters, per painted frame. */
  readonly paintMedian: number
  readonly paintP95: number
  /** Time between consecutive painted frames while painting went on. */
  readonly intervalMedian: number
  readonly intervalP95: number
}

/** The clock and the frame source; the page's own by default, a test's otherwise. */
export interface FrameHost {
  requestFrame(callback: (time: number) => void): number
  isHidden(): boolean
  onVisible(callback: () => void): void
  now(): number
}

const SAMPLES = 240

/** Keeps the last samples and gives quantiles of them. */
class Ring {
  private readonly values = new Float64Array(SAMPLES)
  private count = 0

  push(value: number): void {
    this.values[this.count % SAMPLES] = value
    this.count += 1
  }

  quantile(q: number): number {
    const size = Math.min(this.count, SAMPLES)
    if (size === 0) return 0
    const sorted = this.values.slice(0, size).sort()
    return sorted[Math.min(size - 1, Math.floor(q * size))] as number
  }
}

/**
 * The one owner of requestAnimationFrame. Painters are asked for by key, so that a hundred changes in a frame paint once; a
 * hidden page paints nothing and catches up when it is shown. It measures itself.
 */
export class FrameScheduler {
  private readonly waiting = new Map<object, (time: number) => void>()
  private readonly host: FrameHost
  private scheduled = false
  private painted = 0
  private skippedHidden = 0
  private lastFrame = Number.NaN
  private readonly paintTimes = new Ring()
  private readonly intervals = new Ring()

  constructor(host: FrameHost) {
    this.host = host
    host.onVisible(() => this.schedule())
  }

  /** Paints once in the next frame; asking again before then replaces the painter of that key. */
  request(key: object, paint: (time: number) => void): void {
    this.waiting.set(key, paint)
    this.schedule()
  }

  cancel(key: object): void {
    this.waiting.delete(key)
  }

  report(): FrameReport {
    return {
      painted: this.painted,
      skippedHidden: this.skippedHidden,
      paintMedian: this.paintTimes.quantile(0.5),
      paintP95: this.paintTimes.quantile(0.95),
      intervalMedian: this.intervals.quantile(0.5),
      intervalP95: this.intervals.quantile(0.95)
    }
  }

  private schedule(): void {
    if (this.scheduled || this.waiting.size === 0) return
    if (this.host.isHidden()) {
      this.skippedHidden += 1
      return
    }
    this.scheduled = true
    this.host.requestFrame((time) => this.run(time))
  }

  private run(time: number): void {
    this.scheduled = false
    if (this.host.isHidden()) {
      this.skippedHidden += 1
      return
    }
    const due = [...this.waiting]
    this.waiting.clear()
    const start = this.host.now()
    for (const [, paint] of due) paint(time)
    this.paintTimes.push(this.host.now() - start)
    if (time - this.lastFrame < 250) this.intervals.push(time - this.lastFrame)
    this.lastFrame = time
    this.painted += 1
  }
}

let shared: FrameScheduler | undefined

/** The page's scheduler. */
export function frames(): FrameScheduler {
  shared ??= new FrameScheduler({
    requestFrame: (callback) => requestAnimationFrame(callback),
    isHidden: () => document.hidden,
    onVisible: (callback) => document.addEventListener('visibilitychange', () => !document.hidden && callback()),
    now: () => performance.now()
  })
  return shared
}
