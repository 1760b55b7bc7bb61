import type { RunColumns } from '../../store/run-columns'
import { ROW } from '../../store/run-columns'
import { bytesHex, type Vocabulary } from '../../store/vocabulary'

/** One row of a list of alternatives. Probabilities are the model's own (raw softmax), before any sampler stage. */
export interface Candidate {
  readonly id: number
  readonly logit: number
  readonly probability: number
}

/** What is known about how the token at a position was chosen: the row of the position before it. */
export interface TokenFacts {
  readonly position: number
  readonly id: number
  /** True when the row has a distribution. */
  readonly judged: boolean
  readonly probability: number
  readonly surprisalBits: number
  readonly entropyBits: number
  readonly rank: number
  readonly margin: number
  readonly logit: number
  /** Probability it was drawn with after all sampler stages; NaN when not sampled. */
  readonly drawnWith: number
  readonly stepMilliseconds: number
  readonly candidates: readonly Candidate[]
  /** Probability of everything outside `candidates`. */
  readonly unseen: number
  readonly nanCount: number
}

export const surprisalBitsAt = (columns: RunColumns, position: number): number =>
  position > 0 ? -(columns.logProbabilities.values[position - 1] ?? Number.NaN) / Math.LN2 : Number.NaN

export function tokenFacts(columns: RunColumns, position: number): TokenFacts {
  const row = position - 1
  const judged = row >= 0 && columns.rows.values[row] === ROW.generated && !Number.isNaN(columns.logProbabilities.values[row] as number)
  const stride = columns.candidatesPerStep
  const logSumExp = columns.logSumExps.values[row] ?? Number.NaN
  const candidates: Candidate[] = []
  let seen = 0
  const kept = judged ? stride : 0
  for (let index = 0; index < kept; index++) {
    const id = columns.candidateIds.values[row * stride + index] as number
    if (id < 0) break
    const logit = columns.candidateLogits.values[row * stride + index] as number
    const probability = Math.exp(logit - logSumExp)
    candidates.push({ id, logit, probability })
    seen += probability
  }
  const logProbability = judged ? (columns.logProbabilities.values[row] as number) : Number.NaN
  return {
    position,
    id: columns.ids.values[position] ?? -1,
    judged,
    probability: Math.exp(logProbability),
    surprisalBits: -logProbability / Math.LN2,
    entropyBits: judged ? (columns.entropies.values[row] as number) / Math.LN2 : Number.NaN,
    rank: judged ? (columns.ranks.values[row] as number) : -1,
    margin: judged ? (columns.margins.values[row] as number) : Number.NaN,
    logit: judged ? (columns.chosenLogits.values[row] as number) : Number.NaN,
    drawnWith: judged ? Math.exp(columns.samplerLogProbabilities.values[row] as number) : Number.NaN,
    stepMilliseconds: row >= 0 ? (columns.stepMilliseconds.values[row] as number) : Number.NaN,
    candidates,
    unseen: Math.max(0, 1 - seen),
    nanCount: row >= 0 ? (columns.logitNanCounts.values[row] as number) : 0
  }
}

export interface TokenDisplay {
  readonly text: string
  /** A sign for a token without text of its own: a control token's name, bytes of an unfinished character, an unknown id. */
  readonly sign: boolean
}

/**
 * How the token at a position appears in running text. The vocabulary says it token by token; the text that came with the
 * rows belongs to whole batches of tokens, and is used when the run's vocabulary is not at hand.
 */
export function tokenDisplay(columns: RunColumns, vocabulary: Vocabulary | undefined, position: number): TokenDisplay {
  const id = columns.ids.values[position] ?? -1
  const name = vocabulary?.text(id)
  if (vocabulary === undefined || name === undefined) {
    const text = columns.texts[position] ?? ''
    return text === '' ? { text: position < columns.promptCount ? `⟨#${id}⟩` : '', sign: true } : { text, sign: false }
  }
  if (vocabulary.isControl(id)) return { text: `⟨${name}⟩`, sign: true }
  const whole = vocabulary.wholeText(id)
  if (whole !== undefined) return whole === '' ? { text: `⟨#${id}⟩`, sign: true } : { text: whole, sign: false }
  const completed = completedText(columns, vocabulary, position)
  return completed === '' ? { text: `⟨${bytesHex(vocabulary.bytes(id))}⟩`, sign: true } : { text: completed, sign: false }
}

/** Text that becomes whole with the token at a position, when it holds part of a character; '' while the character is unfinished. */
function completedText(columns: RunColumns, vocabulary: Vocabulary, position: number): string {
  let start = position
  while (start > 0 && position - start < 8 && vocabulary.wholeText(columns.ids.values[start - 1] ?? -1) === undefined) start -= 1
  const decoder = new TextDecoder()
  let text = ''
  for (let at = start; at <= position; at++) text = decoder.decode(vocabulary.bytes(columns.ids.values[at] ?? -1), { stream: true })
  return text
}

export const COLOUR_MODES = ['surprisal', 'entropy', 'margin', 'latency', 'off'] as const
export type ColourMode = (typeof COLOUR_MODES)[number]

/** Upper ends of the levels 1 … 5; above the last is level 6. Surprisal and entropy in bits. */
const BIT_STEPS = [1, 2, 3.5, 5, 7] as const
const MARGIN_STEPS = [4, 2, 1, 0.5, 0.2] as const

const levelOf = (value: number, steps: readonly number[]): number => {
  const index = steps.findIndex((step) => value <= step)
  return index < 0 ? 6 : index + 1
}

/**
 * Level 0 (silent) … 6 of the token at a position. `silenceAbove` is a probability: a token at least as probable is not
 * coloured. Latency is against the median step: 1.25 times it is level 1.
 */
export function tokenLevel(
  columns: RunColumns,
  position: number,
  mode: ColourMode,
  silenceAbove: number,
  medianMilliseconds: number
): number {
  const row = position - 1
  if (mode === 'off' || row < 0 || columns.rows.values[row] !== ROW.generated) return 0
  if (mode === 'latency') {
    const ratio = (columns.stepMilliseconds.values[row] as number) / medianMilliseconds
    return ratio > 1.25 ? levelOf(ratio, [1.5, 2, 3, 5, 10]) : 0
  }
  const logProbability = columns.logProbabilities.values[row] as number
  if (Number.isNaN(logProbability)) return 0
  if (mode === 'surprisal') return Math.exp(logProbability) >= silenceAbove ? 0 : levelOf(-logProbability / Math.LN2, BIT_STEPS)
  if (mode === 'entropy') {
    const bits = (columns.entropies.values[row] as number) / Math.LN2
    return bits < 0.5 ? 0 : levelOf(bits, BIT_STEPS)
  }
  const margin = columns.margins.values[row] as number
  return margin > 6 ? 0 : MARGIN_STEPS.findIndex((step) => margin > step) + 1 || 6
}
