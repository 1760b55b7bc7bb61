import type { SamplerStage, SamplingSettings } from '../model/sampling'

/** Why a stage changes nothing with these settings; undefined when it may. */
export function idleReason(
  stage: SamplerStage,
  s: Omit<SamplingSettings, 'seed' | 'logitBias'> & { readonly logitBias: readonly unknown[] }
): string | undefined {
  const greedy = s.temperature === 0
  const noPenalty = s.penaltyWindow === 0 || (s.repeatPenalty === 1 && s.frequencyPenalty === 0 && s.presencePenalty === 0)
  const neutral: Readonly<Record<SamplerStage, boolean>> = {
    'logit-bias': s.logitBias.length === 0,
    penalties: noPenalty,
    temperature: s.temperature === 1,
    'top-k': s.topK === 0,
    typical: s.typicalP === 1,
    'top-p': s.topP === 1,
    'min-p': s.minP === 0
  }
  if (!s.order.includes(stage)) return 'not in the order'
  if (greedy && stage !== 'logit-bias' && stage !== 'penalties') return 'temperature 0 is greedy: filters do not apply'
  return neutral[stage] ? 'neutral' : undefined
}
