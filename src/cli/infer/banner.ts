import type { MemoryPlan, ResolvedLoadOptions, Session } from '../../engine/session'
import { formatBytes, formatMilliseconds } from '../../shared/units'
import type { InferSettings } from './settings'

export const BANNER = `╔═══════════════════════════════════════════════════════╗
║           GRETA CORE - LLM Inference Engine           ║
║                    Phase 3 Preview                    ║
╚═══════════════════════════════════════════════════════╝
`

/** The configuration as phase 3 prints it, then what we added. */
export function configurationText(settings: InferSettings, modelPath: string): string {
  const { sampling, options } = settings
  const lines = [
    `Model: ${modelPath}`,
    settings.promptIds === undefined ? `Prompt: ${JSON.stringify(settings.prompt)}` : `Prompt ids: ${settings.promptIds.join(',')}`,
    `Max tokens: ${settings.maxTokens}`,
    `Greedy: ${settings.greedy ? 'yes' : 'no'}`
  ]
  if (!settings.greedy) {
    lines.push(`Temperature: ${sampling.temperature}`, `Top-k: ${sampling.topK}`)
    if (sampling.topP !== 1) lines.push(`Top-p: ${sampling.topP}`)
    if (sampling.minP !== 0) lines.push(`Min-p: ${sampling.minP}`)
    if (sampling.typicalP !== 1) lines.push(`Typical-p: ${sampling.typicalP}`)
    lines.push(`Seed: ${sampling.seed}${settings.seedIsRandom ? ' (random; give --seed to repeat this run)' : ''}`)
  }
  if (sampling.repeatPenalty !== 1) lines.push(`Repeat penalty: ${sampling.repeatPenalty}`)
  if (sampling.frequencyPenalty !== 0) lines.push(`Frequency penalty: ${sampling.frequencyPenalty}`)
  if (sampling.presencePenalty !== 0) lines.push(`Presence penalty: ${sampling.presencePenalty}`)
  if (settings.mode !== undefined) lines.push(`Mode: ${settings.mode}`)
  if (options['kv-aligned'] !== undefined) {
    lines.push(
      `KV aligned: ${options['kv-aligned']}${settings.kvAligned ? '' : ' (no effect: prefill and decode are always bit-equal here)'}`
    )
  }
  if (options.speculate === true) lines.push('Speculation: prompt lookup')
  if (options['dump-logits'] !== undefined) lines.push(`Dump logits: ${options['dump-logits']}`)
  return `\nConfiguration:\n${lines.map((line) => `  ${line}\n`).join('')}\n`
}

export function loadedText(session: Session): string {
  const { config, plan, options, backend } = session
  return (
    `Model: ${config.name} (${formatParameters(config.parameterCount)} params)\n` +
    `Backend: ${backend.name}, ${backend.description}, ${describeOptions(options)}\n` +
    `Initialized scheduler for ${config.layerCount} layers\n` +
    `Buffers allocated: ${describePlan(plan)}, loaded in ${formatMilliseconds(session.loadMilliseconds)}\n` +
    `Generator initialized\n\n`
  )
}

const describeOptions = (options: ResolvedLoadOptions): string =>
  `${options.threads} ${options.threads === 1 ? 'thread' : 'threads'}, context ${options.context}, KV ${options.kvType}, precision ${options.precision}`

const describePlan = (plan: MemoryPlan): string =>
  `${formatBytes(plan.totalBytes)} (weights ${formatBytes(plan.weightsMappedBytes + plan.weightsResidentBytes)}, KV cache ${formatBytes(plan.kvCacheBytes)})`

/** "6.73815B", "22.03M": as the phase 3 loader check writes counts. */
export function formatParameters(count: number): string {
  if (count >= 1e9) return `${trimmed(count / 1e9)}B`
  if (count >= 1e6) return `${trimmed(count / 1e6)}M`
  return `${trimmed(count / 1e3)}K`
}

const trimmed = (value: number): string => String(Number(value.toFixed(value >= 100 ? 1 : 2)))
