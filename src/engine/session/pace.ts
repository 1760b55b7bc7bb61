/** News in one look that are more than anybody can follow one by one: then half as many looks are enough. */
const MANY = 12

/**
 * Takes news by the clock instead of at every wake-up: the first is taken at once, what follows is looked for every
 * `milliseconds` until a look finds nothing. A token a millisecond then costs this thread thirty looks a second, not a
 * thousand wake-ups, all of which take the processor from the engine.
 */
export class Pace {
  private timer: NodeJS.Timeout | undefined

  constructor(
    private readonly milliseconds: number,
    private readonly pauseWakes: (paused: boolean) => void,
    /** Takes what is ready; returns how much there was. */
    private readonly take: () => number
  ) {}

  /** A wake-up came. */
  woken(): void {
    if (this.timer !== undefined) return
    this.pauseWakes(true)
    this.lookLater(this.take())
  }

  end(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.pauseWakes(false)
  }

  private lookLater(found: number): void {
    const look = (): void => {
      this.timer = undefined
      const news = this.take()
      if (news > 0) return this.lookLater(news)
      this.pauseWakes(false)
      // What came between the look and the end of the pause woke nobody.
      if (this.take() > 0) this.woken()
    }
    this.timer = setTimeout(look, found > MANY ? 2 * this.milliseconds : this.milliseconds)
  }
}
