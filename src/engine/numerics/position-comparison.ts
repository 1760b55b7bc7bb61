import type { ComparisonSummary, PositionComparison } from '../../shared/protocol/numerics'
import { argmax, kullbackLeibler, logSumExp, topIndices } from './distribution'
import { percentilesOf } from './percentiles'
import { tensorError } from './tensor-error'

const TOP = 5

/** `nextId` is the token at position + 1, or -1. Both rows have the vocabulary's length. */
export function comparePosition(position: number, nextId: number, reference: Float32Array, test: Float32Array): PositionComparison {
  const error = tensorError(reference, test)
  const referenceTop = argmax(reference)
  const testTop = argmax(test)
  const testTops = new Set(topIndices(test, TOP))
  const referenceTops = topIndices(reference, TOP)
  const referenceNorm = logSumExp(reference)
  const testNorm = logSumExp(test)
  const referenceLogProbability = nextId < 0 ? Number.NaN : (reference[nextId] as number) - referenceNorm
  const testLogProbability = nextId < 0 ? Number.NaN : (test[nextId] as number) - testNorm
  return {
    position,
    klDivergence: kullbackLeibler(reference, test, referenceNorm, testNorm),
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

const mean = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length

const largest = (values: readonly number[]): number => values.reduce((most, value) => Math.max(most, value), 0)

export function summarizeComparison(positions: readonly PositionComparison[]): ComparisonSummary {
  const followed = positions.filter((entry) => entry.nextId >= 0)
  const referencePerplexity = Math.exp(-mean(followed.map((entry) => entry.referenceLogProbability)))
  const testPerplexity = Math.exp(-mean(followed.map((entry) => entry.testLogProbability)))
  const worst = [...positions].sort((a, b) => orderedKl(b) - orderedKl(a) || a.position - b.position)
  return {
    positions: positions.length,
    bitEqualPositions: positions.filter((entry) => entry.bitEqual).length,
    meanNmse: mean(positions.map((entry) => entry.nmse)),
    maxNmse: largest(positions.map((entry) => entry.nmse)),
    maxAbsoluteDifference: largest(positions.map((entry) => entry.maxAbsoluteDifference)),
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
