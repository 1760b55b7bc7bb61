import { STORY_SAMPLING } from '../../../../shared/model/sampling'
import { DEFAULT_SAMPLING_MESSAGE, type Preset, type SamplingMessage, samplingSchema, toSamplingMessage } from '../../../../shared/protocol'
import * as v from 'valibot'
import type { PlainMessageKey } from '../../../i18n'

export interface BuiltInPreset {
  readonly id: string
  readonly name: PlainMessageKey
  readonly sampling: SamplingMessage
}

const neutral: SamplingMessage = { ...DEFAULT_SAMPLING_MESSAGE, topK: 0 }

export const BUILT_IN_PRESETS: readonly BuiltInPreset[] = [
  { id: 'story', name: 'play.presetStory', sampling: toSamplingMessage(STORY_SAMPLING) },
  { id: 'greedy', name: 'play.presetGreedy', sampling: { ...neutral, temperature: 0 } },
  { id: 'phase3', name: 'play.presetPhase3', sampling: DEFAULT_SAMPLING_MESSAGE },
  { id: 'precise', name: 'play.presetPrecise', sampling: { ...neutral, temperature: 0.3, topP: 0.9, minP: 0.05 } },
  { id: 'wild', name: 'play.presetWild', sampling: { ...neutral, temperature: 1.4, minP: 0.05 } }
]

const exportSchema = v.object({ greta: v.literal('sampling'), sampling: samplingSchema })

export const presetsToJson = (sampling: SamplingMessage): string => JSON.stringify({ greta: 'sampling', sampling }, null, 2)

/** Undefined for text that is no exported setting. */
export function samplingFromJson(text: string): SamplingMessage | undefined {
  try {
    const parsed = v.safeParse(exportSchema, JSON.parse(text))
    return parsed.success ? parsed.output.sampling : undefined
  } catch {
    return undefined
  }
}

export const withPreset = (presets: readonly Preset[], preset: Preset): readonly Preset[] => [
  ...presets.filter((other) => other.name !== preset.name),
  preset
]
