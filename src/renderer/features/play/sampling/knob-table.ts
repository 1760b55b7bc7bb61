import type { SamplerStage } from '../../../../shared/model/sampling'
import type { SamplingMessage } from '../../../../shared/protocol'
import type { PlainMessageKey } from '../../../i18n'

type NumericKnob = { [K in keyof SamplingMessage]: SamplingMessage[K] extends number ? K : never }[keyof SamplingMessage]

/** One numeric knob: what the slider spans, what may be typed, and the value at which it does nothing. */
export interface KnobDefinition {
  readonly knob: NumericKnob
  readonly stage: SamplerStage
  readonly name: PlainMessageKey
  readonly help: PlainMessageKey
  readonly slider: readonly [min: number, max: number]
  /** Limits of typed values, as the protocol has them. */
  readonly entry: readonly [min: number, max: number]
  readonly step: number
  readonly digits: number
  readonly neutral: number
}

const SMALLEST = 0.0001

/** What knobs of one kind have in common. */
type Range = Omit<KnobDefinition, 'knob' | 'stage' | 'name' | 'help'>
/** A share of the probability mass, all of it when neutral. */
const SHARE: Range = { slider: [0.01, 1], entry: [SMALLEST, 1], step: 0.01, digits: 4, neutral: 1 }
/** What is taken off a logit. */
const PENALTY: Range = { slider: [-2, 2], entry: [-100, 100], step: 0.05, digits: 3, neutral: 0 }
const TEMPERATURE: Range = { slider: [0, 2], entry: [0, 100], step: 0.05, digits: 3, neutral: 1 }
const TOP_K: Range = { slider: [0, 200], entry: [0, 1_000_000], step: 1, digits: 0, neutral: 0 }

export const KNOBS: readonly KnobDefinition[] = [
  { knob: 'temperature', stage: 'temperature', name: 'play.stageTemperature', help: 'play.temperatureHelp', ...TEMPERATURE },
  { knob: 'topK', stage: 'top-k', name: 'play.stageTopK', help: 'play.topKHelp', ...TOP_K },
  { knob: 'topP', stage: 'top-p', name: 'play.stageTopP', help: 'play.topPHelp', ...SHARE },
  { knob: 'minP', stage: 'min-p', name: 'play.stageMinP', help: 'play.minPHelp', ...SHARE, slider: [0, 0.5], entry: [0, 1], neutral: 0 },
  { knob: 'typicalP', stage: 'typical', name: 'play.stageTypical', help: 'play.typicalHelp', ...SHARE },
  {
    knob: 'repeatPenalty',
    stage: 'penalties',
    name: 'play.repeatPenalty',
    help: 'play.repeatHelp',
    slider: [0.8, 2],
    entry: [SMALLEST, 100],
    step: 0.01,
    digits: 3,
    neutral: 1
  },
  { knob: 'frequencyPenalty', stage: 'penalties', name: 'play.frequencyPenalty', help: 'play.frequencyHelp', ...PENALTY },
  { knob: 'presencePenalty', stage: 'penalties', name: 'play.presencePenalty', help: 'play.presenceHelp', ...PENALTY },
  {
    knob: 'penaltyWindow',
    stage: 'penalties',
    name: 'play.penaltyWindow',
    help: 'play.windowHelp',
    slider: [-1, 512],
    entry: [-1, 1_048_576],
    step: 1,
    digits: 0,
    neutral: 0
  }
]

export const STAGE_NAMES: Readonly<Record<SamplerStage, PlainMessageKey>> = {
  'logit-bias': 'play.stageBias',
  penalties: 'play.stagePenalties',
  temperature: 'play.stageTemperature',
  'top-k': 'play.stageTopK',
  typical: 'play.stageTypical',
  'top-p': 'play.stageTopP',
  'min-p': 'play.stageMinP'
}

/** Whether a stage changes anything with these knobs. Penalties need a window. */
export function stageActs(stage: SamplerStage, sampling: SamplingMessage): boolean {
  if (stage === 'logit-bias') return sampling.logitBias.length > 0
  if (stage === 'penalties')
    return (
      sampling.penaltyWindow !== 0 && (sampling.repeatPenalty !== 1 || sampling.frequencyPenalty !== 0 || sampling.presencePenalty !== 0)
    )
  return KNOBS.some((knob) => knob.stage === stage && sampling[knob.knob] !== knob.neutral)
}

/** The chain with one stage moved by `delta` places. */
export function moveStage(order: readonly SamplerStage[], stage: SamplerStage, delta: number): readonly SamplerStage[] {
  const from = order.indexOf(stage)
  const to = Math.min(order.length - 1, Math.max(0, from + delta))
  if (from < 0 || from === to) return order
  const rest = order.filter((other) => other !== stage)
  return [...rest.slice(0, to), stage, ...rest.slice(to)]
}

/** Equal but for the seed: what tells a preset from own values. */
export const sameSampling = (a: SamplingMessage, b: SamplingMessage): boolean =>
  JSON.stringify({ ...a, seed: '' }) === JSON.stringify({ ...b, seed: '' })
