import { basename } from 'node:path'
import { elementCount, summarize } from '../engine/formats/summary'
import type { MemoryPlan, Session } from '../engine/session/types'
import type { MetadataValue, ModelConfig, OpenedModel, TokenizerSpec } from '../shared/model/description'
import { tracePointCount } from '../shared/model/trace-points'
import type { LoadedModel, MemoryPlanSummary, MetadataRow, ModelConfigSummary, ModelInspection, TokenizerSummary } from '../shared/protocol'

const LONGEST_VALUE_CHARACTERS = 2000
const SHOWN_ARRAY_ENTRIES = 32

export function configSummary(config: ModelConfig): ModelConfigSummary {
  const { ropeScaling, ropeInverseFrequencies: _, ropeMagnitude: _m, ropeDims: _d, attentionScale: _a, ...plain } = config
  return { ...plain, ropeScaling: { kind: ropeScaling.kind, factor: ropeScaling.factor } }
}

export function tokenizerSummary(spec: TokenizerSpec): TokenizerSummary {
  return {
    kind: spec.kind,
    ...(spec.preTokenizer === undefined ? {} : { preTokenizer: spec.preTokenizer }),
    vocabularySize: spec.pieces.length,
    mergeCount: spec.merges?.length ?? 0,
    ...(spec.bosId === undefined ? {} : { bosId: spec.bosId }),
    ...(spec.eosId === undefined ? {} : { eosId: spec.eosId }),
    addBos: spec.addBos,
    addEos: spec.addEos,
    addSpacePrefix: spec.addSpacePrefix,
    endOfGenerationIds: spec.endOfGenerationIds
  }
}

/** Files hold most numbers as float32: 9.999999747378752e-6 was written as 1e-5, and reads so. */
const shortest = (value: number): string =>
  String(!Number.isInteger(value) && Math.fround(value) === value ? Number(value.toPrecision(7)) : value)

export function metadataRow(key: string, value: MetadataValue): MetadataRow {
  if (typeof value === 'object') {
    const entries = Array.from(value as ArrayLike<MetadataValue>).slice(0, SHOWN_ARRAY_ENTRIES)
    const shown = entries.map((entry) => (typeof entry === 'string' ? JSON.stringify(entry) : String(entry))).join(', ')
    const first = entries[0]
    return {
      key,
      type: `array[${value.length}]${first === undefined ? '' : ` of ${typeof first}`}`,
      value: `[${shown}${value.length > entries.length ? ', …' : ''}]`.slice(0, LONGEST_VALUE_CHARACTERS),
      truncated: value.length > entries.length
    }
  }
  const text = typeof value === 'number' ? shortest(value) : String(value)
  const isInteger = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
  return {
    key,
    type: isInteger ? 'integer' : typeof value,
    value: text.slice(0, LONGEST_VALUE_CHARACTERS),
    truncated: text.length > LONGEST_VALUE_CHARACTERS
  }
}

/** GGUF's "blk.N." and SafeTensors' "layers.N." name a layer; -1 for the rest. */
export const layerOfTensor = (name: string): number => Number(/(?:^|\.)(?:blk|layers|h)\.(\d{1,5})\./.exec(name)?.[1] ?? -1)

export function inspection(opened: OpenedModel): ModelInspection {
  const summary = summarize(opened)
  return {
    path: opened.path,
    format: opened.format,
    files: opened.files,
    totalBytes: opened.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    quantMix: summary.quantMix.map(({ type, tensorCount, weightCount, sizeBytes }) => ({
      type,
      tensorCount,
      elementCount: weightCount,
      sizeBytes
    })),
    metadata: [...opened.metadata].map(([key, value]) => metadataRow(key, value)),
    tensors: opened.tensors.map((tensor) => ({
      name: tensor.name,
      type: tensor.type,
      shape: tensor.shape,
      elementCount: elementCount(tensor),
      sizeBytes: tensor.sizeBytes,
      offsetBytes: tensor.offsetBytes,
      file: tensor.file,
      layer: layerOfTensor(tensor.name)
    })),
    ...(opened.runnable === undefined ? {} : { config: configSummary(opened.runnable.config) }),
    ...(opened.notRunnable === undefined ? {} : { notRunnable: opened.notRunnable }),
    ...(opened.tokenizer === undefined ? {} : { tokenizer: tokenizerSummary(opened.tokenizer) }),
    ...(opened.chatTemplate === undefined ? {} : { chatTemplate: opened.chatTemplate })
  }
}

/** llama.cpp's file types (llama.h, llama_ftype) that a name is known for. */
const FILE_TYPES: Readonly<Record<number, string>> = {
  0: 'F32',
  1: 'F16',
  2: 'Q4_0',
  3: 'Q4_1',
  7: 'Q8_0',
  8: 'Q5_0',
  9: 'Q5_1',
  10: 'Q2_K',
  11: 'Q3_K_S',
  12: 'Q3_K_M',
  13: 'Q3_K_L',
  14: 'Q4_K_S',
  15: 'Q4_K_M',
  16: 'Q5_K_S',
  17: 'Q5_K_M',
  18: 'Q6_K',
  32: 'BF16'
}

/** What the file calls its mix, or the type that most of its bytes have. */
export function quantLabel(opened: OpenedModel): string {
  const named = FILE_TYPES[Number(opened.metadata.get('general.file_type') ?? Number.NaN)]
  return named ?? summarize(opened).quantMix[0]?.type ?? 'none'
}

export const planSummary = (plan: MemoryPlan): MemoryPlanSummary => ({ ...plan })

/** A model without a vocabulary works on token ids alone. */
const noTokenizer = (vocabularySize: number): TokenizerSummary => ({
  kind: 'none',
  vocabularySize,
  mergeCount: 0,
  addBos: false,
  addEos: false,
  addSpacePrefix: false,
  endOfGenerationIds: []
})

export function loadedModel(session: Session, sha256: string | undefined): LoadedModel {
  const { model, config, options } = session
  return {
    path: model.path,
    fileName: basename(model.path),
    format: model.format,
    config: configSummary(config),
    tokenizer: model.tokenizer === undefined ? noTokenizer(config.vocabularySize) : tokenizerSummary(model.tokenizer),
    hasChatTemplate: model.chatTemplate !== undefined,
    ...(model.chatTemplate === undefined ? {} : { chatTemplate: model.chatTemplate }),
    quantLabel: quantLabel(model),
    sizeBytes: model.files.reduce((sum, file) => sum + file.sizeBytes, 0),
    backend: session.backend.name,
    device: session.backend.description,
    options: {
      context: options.context,
      batch: options.batch,
      threads: options.threads,
      kvType: options.kvType,
      precision: options.precision,
      deviceIndex: options.deviceIndex
    },
    plan: planSummary(session.plan),
    loadMilliseconds: session.loadMilliseconds,
    ...(sha256 === undefined ? {} : { sha256 }),
    tracePointCount: tracePointCount(config.layerCount)
  }
}
