/** The part of a run that is compared; RunColumns is one. */
export interface ComparedRun {
  readonly tokenCount: number
  readonly ids: { readonly values: ArrayLike<number> }
  readonly stepMilliseconds: { readonly values: ArrayLike<number> }
  readonly promptCount: number
  readonly rowEnd: number
}

/** First position where the two token sequences are not the same; the shorter length when one is the beginning of the other. */
export function forkOf(a: ComparedRun, b: ComparedRun): number {
  const shared = Math.min(a.tokenCount, b.tokenCount)
  for (let position = 0; position < shared; position++) if (a.ids.values[position] !== b.ids.values[position]) return position
  return shared
}

export const sameTokens = (a: ComparedRun, b: ComparedRun): boolean => forkOf(a, b) === Math.min(a.tokenCount, b.tokenCount)

/** Median wall time of the steps that made tokens, in milliseconds; NaN without any. */
export function medianStep(run: ComparedRun): number {
  const times: number[] = []
  for (let position = Math.max(0, run.promptCount - 1); position < run.rowEnd; position++) {
    const time = run.stepMilliseconds.values[position]
    if (time !== undefined && Number.isFinite(time)) times.push(time)
  }
  times.sort((x, y) => x - y)
  return times[Math.floor(times.length / 2)] ?? Number.NaN
}
