import { SAMPLER_STAGES, type SamplingSettings } from '../../shared/model/sampling'
import type { NativeSampling } from './addon'

export function nativeSampling(settings: SamplingSettings): NativeSampling {
  return {
    temperature: settings.temperature,
    topK: settings.topK,
    topP: settings.topP,
    minP: settings.minP,
    typicalP: settings.typicalP,
    repeatPenalty: settings.repeatPenalty,
    frequencyPenalty: settings.frequencyPenalty,
    presencePenalty: settings.presencePenalty,
    penaltyWindow: settings.penaltyWindow,
    seed: BigInt.asUintN(64, settings.seed),
    biasIds: Int32Array.from(settings.logitBias, (entry) => entry.id),
    biases: Float32Array.from(settings.logitBias, (entry) => entry.bias),
    order: Uint32Array.from(settings.order, (stage) => SAMPLER_STAGES.indexOf(stage))
  }
}
