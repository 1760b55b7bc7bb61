import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { GretaError } from '../../../shared/errors'
import { fileError } from '../files'
import { isJsonObject, readJsonFile } from '../json'
import { LIMITS } from '../limits'
import { describeValue } from '../metadata-reader'

export const INDEX_NAME = 'model.safetensors.index.json'
const SHARD_NAME = /^(?<stem>.+)-(?<part>\d{5})-of-(?<count>\d{5})\.safetensors$/u

export interface WeightFiles {
  readonly folder: string
  readonly names: readonly string[]
  /** From the index file: which file holds which tensor. */
  readonly owners?: ReadonlyMap<string, string>
}

/**
 * Which .safetensors files make up the model of a folder: those of the index, else model.safetensors, else the only one,
 * else all parts of one numbered set.
 */
export function weightFilesOfFolder(folder: string): WeightFiles {
  const present = listFolder(folder)
  if (present.includes(INDEX_NAME)) return indexedFiles(folder)
  const weights = present.filter((name) => name.endsWith('.safetensors')).sort()
  if (weights.includes('model.safetensors')) return { folder, names: ['model.safetensors'] }
  if (weights.length === 1) return { folder, names: weights }
  const first = weights.find((name) => SHARD_NAME.test(name))
  if (first !== undefined) return numberedFiles(folder, first)
  if (weights.length === 0) {
    throw new GretaError(
      'not-found',
      `The folder ${folder} holds no .safetensors file.`,
      'Choose a Hugging Face model folder or a .gguf file.'
    )
  }
  throw new GretaError(
    'unsupported',
    `The folder ${folder} holds ${weights.length} .safetensors files and no ${INDEX_NAME} that says which belong together.`,
    'Name one file, or add the index file.'
  )
}

/** The files that belong to a named one: its whole numbered set, or itself. */
export function weightFilesOfFile(path: string): WeightFiles {
  const folder = dirname(path)
  const name = basename(path)
  if (!SHARD_NAME.test(name)) return { folder, names: [name] }
  return listFolder(folder).includes(INDEX_NAME) ? indexedFiles(folder) : numberedFiles(folder, name)
}

export function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (thrown) {
    throw fileError(thrown, 'list', folder)
  }
}

function numberedFiles(folder: string, name: string): WeightFiles {
  const groups = SHARD_NAME.exec(name)?.groups ?? {}
  const count = Number(groups['count'])
  if (count < 1 || count > LIMITS.splitFiles) {
    throw new GretaError('format', `${name} names ${count} parts; 1 to ${LIMITS.splitFiles} are read.`)
  }
  const part = (index: number): string => `${groups['stem']}-${String(index).padStart(5, '0')}-of-${groups['count']}.safetensors`
  return { folder, names: Array.from({ length: count }, (_, index) => part(index + 1)) }
}

/** The index names files; only plain names of .safetensors files in the same folder are followed. */
function indexedFiles(folder: string): WeightFiles {
  const index = readJsonFile(join(folder, INDEX_NAME), LIMITS.safetensorsHeaderBytes)
  const map = index['weight_map']
  if (!isJsonObject(map)) throw new GretaError('format', `${INDEX_NAME}: weight_map is ${describeValue(map)}; expected an object.`)
  const owners = new Map<string, string>()
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !/^[^/\\]+\.safetensors$/u.test(file)) {
      throw new GretaError(
        'format',
        `${INDEX_NAME}: tensor ${describeValue(tensor)} is in ${describeValue(file)}; expected a file of this folder.`
      )
    }
    owners.set(tensor, file)
  }
  const names = [...new Set(owners.values())].sort()
  if (names.length === 0 || names.length > LIMITS.splitFiles) {
    throw new GretaError('format', `${INDEX_NAME} names ${names.length} files; 1 to ${LIMITS.splitFiles} are read.`)
  }
  return { folder, names, owners }
}
