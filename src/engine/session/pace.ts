/**
 * Takes news by the clock instead of at every wake-up: the first is taken at once, what follows is looked for every
 * `milliseconds` until a look finds nothing. A token a millisecond then costs this thread sixty looks a second, not a
 * thousand wake-ups, each of which would take the processor from the engine.
 */
export class Pace {
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly milliseconds: number,
    private readonly pauseWakes: (paused: boolean) => void,
    /** Takes what is ready; false when there was nothing. */
    private readonly take: () => boolean
  ) {}

  /** A wake-up came. */
  woken(): void {
    if (this.timer !== undefined) return
    this.pauseWakes(true)
    this.take()
    this.lookLater()
  }

  end(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.pauseWakes(false)
  }

  private lookLater(): void {
    this.timer = setTimeout(() => {
      this.timer = undefined
      if (this.take()) return this.lookLater()
      this.pauseWakes(false)
      // What came between the look and the end of the pause woke nobody.
      if (this.take()) this.woken()
    }, this.milliseconds)
  }
}
