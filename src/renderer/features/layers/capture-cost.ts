import type { RunState } from '../../store/session'

export interface CaptureCost {
  /** Median tokens per second with statistics, and with capture off. */
  readonly withStatistics: number
  readonly without: number
  readonly runsWith: number
  readonly runsWithout: number
  /** (without - with) / without. */
  readonly slowdown: number
}

/** Fewer tokens than this say nothing about speed. */
const LEAST_TOKENS = 16

/** What capturing cost in the runs of this session on one model and backend; undefined while one side is missing. */
export function captureCost(runs: readonly RunState[], model: string, backend: string): CaptureCost | undefined {
  const speeds = (level: 'off' | 'stats'): number[] =>
    runs
      .filter(({ detail, summary }) => {
        const enough = (summary?.generatedTokens ?? 0) >= LEAST_TOKENS
        return (
          enough &&
          !detail.recorded &&
          detail.settings.capture.level === level &&
          detail.model.path === model &&
          detail.model.backend === backend
        )
      })
      .map(({ summary }) => summary?.decodeTokensPerSecond ?? 0)
      .filter((speed) => speed > 0)
      .sort((a, b) => a - b)
  const captured = speeds('stats')
  const plain = speeds('off')
  const withStatistics = captured[Math.floor(captured.length / 2)]
  const without = plain[Math.floor(plain.length / 2)]
  if (withStatistics === undefined || without === undefined) return undefined
  return { withStatistics, without, runsWith: captured.length, runsWithout: plain.length, slowdown: (without - withStatistics) / without }
}
