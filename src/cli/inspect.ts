import { openModel } from '../engine/formats/open-model'
import { quantMixText, summarize } from '../engine/formats/summary'
import { devices, planOpenedModel } from '../engine/session'
import type { MetadataValue, OpenedModel } from '../shared/model/description'
import { toErrorData } from '../shared/errors'
import { formatBytes } from '../shared/units'
import { helpLines, type Options, type Parsed, parseWords } from './arguments'
import { formatParameters } from './infer/banner'
import { LOAD_OPTIONS, loadOptions } from './load-settings'
import { bundledModel, EXIT, type Surroundings, type Verb } from './program'

const OPTIONS = {
  ...LOAD_OPTIONS,
  devices: { kind: 'flag', help: 'only the backends and devices: which are here, and why the others are not' },
  tensors: { kind: 'flag', help: 'list every tensor (with --json they are always listed)' },
  json: { kind: 'flag', help: 'one JSON object on stdout' }
} as const satisfies Options

const LONGEST_VALUE = 80
const JSON_ARRAY_HEAD = 16

export const inspect: Verb = {
  async run(words, surroundings) {
    const { options, positional, help } = parseWords(OPTIONS, words, { positional: 1 })
    if (help) {
      surroundings.out(
        `usage: greta inspect [MODEL] [options]\n\nSays what a model file holds and what loading it would take. Reads no weight.\n\n${helpLines(OPTIONS)}\n`
      )
      return EXIT.ok
    }
    if (options.devices === true) return showDevices(options.json === true, surroundings)
    const model = await openModel(positional[0] ?? options.model ?? bundledModel(surroundings.appRoot))
    const facts = describe(model, options)
    surroundings.out(options.json === true ? `${JSON.stringify(facts)}\n` : text(model, facts, options.tensors === true))
    return EXIT.ok
  }
}

function showDevices(json: boolean, surroundings: Surroundings): number {
  const found = devices()
  if (json) surroundings.out(`${JSON.stringify({ devices: found })}\n`)
  else
    for (const device of found)
      surroundings.out(`${device.name.padEnd(12)}${device.available ? device.description : `not available: ${device.reason}`}\n`)
  return EXIT.ok
}

function describe(model: OpenedModel, options: Parsed<typeof OPTIONS>) {
  const config = model.runnable?.config
  return {
    path: model.path,
    format: model.format,
    files: model.files,
    runnable: config !== undefined,
    ...(model.notRunnable === undefined ? {} : { not_runnable: model.notRunnable }),
    ...(config === undefined ? {} : { config: { ...config, ropeInverseFrequencies: [...config.ropeInverseFrequencies] } }),
    summary: summarize(model),
    ...(config === undefined ? {} : memory(model, options)),
    metadata: Object.fromEntries([...model.metadata].map(([key, value]) => [key, jsonValue(value)])),
    tensors: model.tensors.map(({ name, type, shape, file, offsetBytes, sizeBytes }) => ({
      name,
      type,
      shape,
      file,
      offset: offsetBytes,
      bytes: sizeBytes
    })),
    tokenizer:
      model.tokenizer === undefined
        ? null
        : {
            kind: model.tokenizer.kind,
            pieces: model.tokenizer.pieces.length,
            bos: model.tokenizer.bosId ?? null,
            eos: model.tokenizer.eosId ?? null
          },
    chat_template: model.chatTemplate ?? null
  }
}

/** The plan, or why the chosen backend cannot run the model. */
function memory(model: OpenedModel, options: Parsed<typeof OPTIONS>) {
  try {
    return { memory: planOpenedModel(model, loadOptions(options)) }
  } catch (thrown) {
    return { memory_error: toErrorData(thrown) }
  }
}

type Facts = ReturnType<typeof describe>

function text(model: OpenedModel, facts: Facts, withTensors: boolean): string {
  const { summary } = facts
  const config = model.runnable?.config
  const lines = [
    `${model.path} (${model.format}, ${model.files.length === 1 ? '1 file' : `${model.files.length} files`}, ${formatBytes(model.files.reduce((sum, file) => sum + file.sizeBytes, 0))})`
  ]
  if (config === undefined) lines.push(`Cannot be run: ${model.notRunnable ?? 'it holds no weights'}`)
  else {
    lines.push(
      `Model:       ${config.name}, ${config.architecture}, ${formatParameters(config.parameterCount)} parameters (${config.parameterCount})`,
      `Shape:       ${config.layerCount} layers, dim ${config.embeddingLength}, ${config.headCount} heads, ${config.kvHeadCount} KV heads of ${config.headDim}, feed-forward ${config.feedForwardLength}`,
      `Vocabulary:  ${config.vocabularySize}${model.tokenizer === undefined ? ' (no tokenizer in the file)' : `, ${model.tokenizer.kind}`}${config.tiedEmbedding ? ', head tied to the embedding' : ''}`,
      `Context:     ${config.contextLength}, RoPE base ${config.ropeBase}${config.ropeScaling.kind === 'none' ? '' : `, ${config.ropeScaling.kind} scaling ×${config.ropeScaling.factor}`}`
    )
  }
  lines.push(
    `Weights:     ${formatBytes(summary.weightBytes)}, ${summary.bitsPerWeight.toFixed(2)} bits a weight: ${quantMixText(summary)}`
  )
  if ('memory' in facts && facts.memory !== undefined) {
    const { plan, options } = facts.memory
    lines.push(
      '',
      `Memory plan  (backend ${options.backend}, context ${options.context}, KV ${options.kvType}, batch ${options.batch})`,
      `  weights, mapped      ${formatBytes(plan.weightsMappedBytes)}`,
      `  weights, copied      ${formatBytes(plan.weightsResidentBytes)}`,
      `  KV cache             ${formatBytes(plan.kvCacheBytes)}`,
      `  activations          ${formatBytes(plan.activationsBytes)}`,
      `  trace                ${formatBytes(plan.traceBytes)}`,
      `  logits history       ${formatBytes(plan.logitsHistoryBytes)}`,
      `  other                ${formatBytes(plan.otherBytes)}`,
      `  total                ${formatBytes(plan.totalBytes)} of ${formatBytes(plan.availableBytes)} available: ${plan.fits ? 'fits' : 'DOES NOT FIT'}`
    )
  }
  if ('memory_error' in facts && facts.memory_error !== undefined) lines.push('', `Memory plan: ${facts.memory_error.message}`)
  lines.push('', `Metadata (${model.metadata.size})`)
  for (const [key, value] of model.metadata) lines.push(`  ${key} = ${shortValue(value)}`)
  lines.push('', `Tensors (${model.tensors.length})${withTensors ? '' : ': --tensors lists them'}`)
  if (withTensors)
    for (const { name, type, shape, sizeBytes } of model.tensors)
      lines.push(`  ${name.padEnd(34)} ${type.padEnd(5)} ${shape.join(' × ').padEnd(14)} ${formatBytes(sizeBytes)}`)
  return `${lines.join('\n')}\n`
}

const isList = (value: MetadataValue): value is readonly MetadataValue[] | Float32Array | Int32Array | Uint8Array =>
  Array.isArray(value) || ArrayBuffer.isView(value)

function shortValue(value: MetadataValue): string {
  if (isList(value)) {
    const head = Array.from(value.slice(0, 4) as ArrayLike<MetadataValue>, (entry) =>
      typeof entry === 'string' ? JSON.stringify(entry) : String(entry)
    )
    return `[${head.join(', ')}${value.length > 4 ? `, … ${value.length} in all` : ''}]`
  }
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value)
  return shown.length > LONGEST_VALUE ? `${shown.slice(0, LONGEST_VALUE)}… (${shown.length} characters)` : shown
}

/** Long lists (a vocabulary) as their length and head: the tokenizer verb shows pieces. */
function jsonValue(value: MetadataValue): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (!isList(value)) return value
  const head = Array.from(value.slice(0, JSON_ARRAY_HEAD) as ArrayLike<MetadataValue>, jsonValue)
  return value.length > JSON_ARRAY_HEAD ? { length: value.length, head } : head
}
