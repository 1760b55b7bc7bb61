import { basename, join, resolve } from 'node:path'
import { GretaError } from '../../../shared/errors'
import type { OpenedModel, TokenizerSpec } from '../../../shared/model/description'
import { buildRunnable } from '../architecture/model-config'
import { ARCHITECTURES, type ArchitectureFacts, HUGGING_FACE_NAMING, supportedArchitectures } from '../architecture/table'
import { flattenJson, isJsonObject, type JsonObject, readJsonFile, readWholeFile } from '../json'
import { LIMITS } from '../limits'
import { describeValue, MetadataReader } from '../metadata-reader'
import { folderTokenizer, type TokenizerFolder } from '../tokenizer/folder-tokenizer'
import { huggingFaceHyperParameters } from './hyper-parameters'
import { readSafetensorsTensors } from './tensors'
import { listFolder, type WeightFiles } from './weight-files'

/** Opens a Hugging Face model: config.json and the tokenizer beside the given weight files. No weight is read. */
export function openSafetensors(path: string, weightFiles: WeightFiles): OpenedModel {
  const { folder } = weightFiles
  const fileNames = listFolder(folder)
  const { files, tensors } = readSafetensorsTensors(weightFiles)
  const base: OpenedModel = { format: 'safetensors', path, files, metadata: new Map(), tensors }
  if (!fileNames.includes('config.json')) {
    return { ...base, notRunnable: `There is no config.json beside ${basename(path)}, so the model's shape is unknown.` }
  }
  const optional = (name: string): JsonObject | undefined =>
    fileNames.includes(name) ? readJsonFile(join(folder, name), LIMITS.configJsonBytes) : undefined
  const config = readJsonFile(join(folder, 'config.json'), LIMITS.configJsonBytes)
  const metadata = flattenJson(config)
  const reader = new MetadataReader('config.json', metadata)
  const tokens: TokenizerFolder = {
    folder,
    fileNames,
    config,
    generationConfig: optional('generation_config.json'),
    tokenizerConfig: optional('tokenizer_config.json'),
    addedTokens: optional('added_tokens.json')
  }
  const chatTemplate = folderChatTemplate(tokens)
  const opened: OpenedModel = { ...base, metadata, ...(chatTemplate === undefined ? {} : { chatTemplate }) }
  const facts = findArchitecture(reader)
  if (facts === undefined) {
    const kind = describeValue(metadata.get('model_type'))
    return {
      ...opened,
      ...tokenizerOf(tokens, undefined),
      notRunnable: `config.json is of model_type ${kind}; this engine runs ${supportedArchitectures()}.`
    }
  }
  const runnable = buildRunnable(huggingFaceHyperParameters(reader, facts, basename(resolve(folder))), {
    name: basename(resolve(folder)),
    tensors,
    naming: HUGGING_FACE_NAMING,
    rotaryRowOrder: facts.ropePairing === 'interleaved' ? 'rotary-half-split-to-interleaved' : 'as-stored'
  })
  return { ...opened, runnable, ...tokenizerOf(tokens, runnable.config.vocabularySize) }
}

function findArchitecture(reader: MetadataReader): ArchitectureFacts | undefined {
  const modelType = reader.optionalText('model_type')
  return ARCHITECTURES.find((row) => modelType !== undefined && row.huggingFaceModelTypes.includes(modelType))
}

/** A tokenizer this engine has no code for leaves a model that runs from token ids; damaged files are an error. */
function tokenizerOf(
  source: TokenizerFolder,
  rows: number | undefined
): { readonly tokenizer?: TokenizerSpec; readonly tokenizerProblem?: string } {
  try {
    const tokenizer = folderTokenizer(source, rows)
    if (tokenizer !== undefined) return { tokenizer }
    return { tokenizerProblem: `There is neither tokenizer.model nor tokenizer.json in ${source.folder}.` }
  } catch (thrown) {
    if (thrown instanceof GretaError && thrown.code === 'unsupported') return { tokenizerProblem: thrown.message }
    throw thrown
  }
}

/** chat_template.jinja, or tokenizer_config.json's chat_template: one text, or several by name of which "default" counts. */
function folderChatTemplate(source: TokenizerFolder): string | undefined {
  const name = 'chat_template.jinja'
  const value = source.fileNames.includes(name)
    ? new TextDecoder().decode(readWholeFile(join(source.folder, name), LIMITS.configJsonBytes))
    : templateIn(source.tokenizerConfig?.['chat_template'])
  if (value !== undefined && value.length > LIMITS.chatTemplateCharacters) {
    throw new GretaError('format', `The chat template has ${value.length} characters; at most ${LIMITS.chatTemplateCharacters} are read.`)
  }
  return value
}

function templateIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return undefined
  const named = value.filter(isJsonObject)
  const chosen = (named.find((entry) => entry['name'] === 'default') ?? named[0])?.['template']
  return typeof chosen === 'string' ? chosen : undefined
}
