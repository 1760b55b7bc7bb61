import { argmax, kullbackLeibler, logSumExp, topIndices } from './distribution'
import { percentilesOf, type Percentiles } from './percentiles'
import { tensorError } from './tensor-error'

/** Two logits rows of the same position, compared. */
export interface PositionComparison {
  readonly position: number
  /** KL(reference ‖ test), nats. */
  readonly klDivergence: number
  readonly nmse: number
  readonly maxAbsoluteDifference: number
  readonly referenceTop: number
  readonly testTop: number
  readonly sameTop1: boolean
  /** How many of the reference's five best are among the test's five best, 0..1. */
  readonly top5Agreement: number
  /** The token that really follows; -1 at the end. */
  readonly nextId: number
  /** p(test) - p(reference) of the token that follows; NaN without one. */
  readonly probabilityDifference: number
  readonly referenceLogProbability: number
  readonly testLogProbability: number
  readonly bitEqual: boolean
}

const TOP = 5

/** `nextId` is the token at position + 1, or -1. Both rows have the vocabulary's length. */
export function comparePosition(position: number, nextId: number, reference: Float32Array, test: Float32Array): PositionComparison {
  const error = tensorError(reference, test)
  const referenceTop = argmax(reference)
  const testTop = argmax(test)
  const testTops = new Set(topIndices(test, TOP))
  const referenceTops = topIndices(reference, TOP)
  const referenceLogProbability = nextId < 0 ? Number.NaN : (reference[nextId] as number) - logSumExp(reference)
  const testLogProbability = nextId < 0 ? Number.NaN : (test[nextId] as number) - logSumExp(test)
  return {
    position,
    klDivergence: kullbackLeibler(reference, test),
    nmse: error.nmse,
    maxAbsoluteDifference: error.maxAbsoluteDifference,
    referenceTop,
    testTop,
    sameTop1: referenceTop === testTop,
    top5Agreement: referenceTops.length === 0 ? 0 : referenceTops.filter((id) => testTops.has(id)).length / referenceTops.length,
    nextId,
    probabilityDifference: Math.exp(testLogProbability) - Math.exp(referenceLogProbability),
    referenceLogProbability,
    testLogProbability,
    bitEqual: error.bitEqual
  }
}

/** The list of a perplexity / KL-divergence tool, over all positions of a run. */
export interface ComparisonSummary {
  readonly positions: number
  readonly bitEqualPositions: number
  /** NMSE over all logits of all positions taken together is not known from rows; this is the mean and the worst of the rows. */
  readonly meanNmse: number
  readonly maxNmse: number
  readonly maxAbsoluteDifference: number
  readonly klDivergence: Percentiles
  /** p(test) - p(reference) of the token that follows. */
  readonly probabilityDifference: Percentiles
  readonly probabilityDifferenceRms: number
  readonly sameTop1Share: number
  readonly top5Agreement: number
  /** exp(-mean ln p) of the tokens that follow; NaN when nothing follows. */
  readonly referencePerplexity: number
  readonly testPerplexity: number
  readonly perplexityRatio: number
  /** Worst positions by KL divergence, worst first. */
  readonly worstPositions: readonly number[]
}

const mean = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length

export function summarizeComparison(positions: readonly PositionComparison[]): ComparisonSummary {
  const followed = positions.filter((entry) => entry.nextId >= 0)
  const referencePerplexity = Math.exp(-mean(followed.map((entry) => entry.referenceLogProbability)))
  const testPerplexity = Math.exp(-mean(followed.map((entry) => entry.testLogProbability)))
  const worst = [...positions].sort((a, b) => orderedKl(b) - orderedKl(a) || a.position - b.position)
  return {
    positions: positions.length,
    bitEqualPositions: positions.filter((entry) => entry.bitEqual).length,
    meanNmse: mean(positions.map((entry) => entry.nmse)),
    maxNmse: Math.max(0, ...positions.map((entry) => entry.nmse)),
    maxAbsoluteDifference: Math.max(0, ...positions.map((entry) => entry.maxAbsoluteDifference)),
    klDivergence: percentilesOf(positions.map((entry) => entry.klDivergence)),
    probabilityDifference: percentilesOf(followed.map((entry) => entry.probabilityDifference)),
    probabilityDifferenceRms: Math.sqrt(mean(followed.map((entry) => entry.probabilityDifference ** 2))),
    sameTop1Share: mean(positions.map((entry) => (entry.sameTop1 ? 1 : 0))),
    top5Agreement: mean(positions.map((entry) => entry.top5Agreement)),
    referencePerplexity,
    testPerplexity,
    perplexityRatio: testPerplexity / referencePerplexity,
    worstPositions: worst.slice(0, 10).map((entry) => entry.position)
  }
}

/** A NaN divergence is the worst there is. */
const orderedKl = (entry: PositionComparison): number => (Number.isNaN(entry.klDivergence) ? Number.POSITIVE_INFINITY : entry.klDivergence)
