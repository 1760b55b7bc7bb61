import { statSync } from 'node:fs'
import { join } from 'node:path'
import { GretaError } from '../../shared/errors'
import type { OpenedModel } from '../../shared/model/description'
import { fileError } from './files'
import { openGguf } from './gguf/open-gguf'
import { parseSplitName } from './gguf/split'
import { openSafetensors } from './safetensors/open-safetensors'
import { listFolder, weightFilesOfFile, weightFilesOfFolder } from './safetensors/weight-files'

/**
 * Opens a model: a .gguf file (any part of a split one), a Hugging Face folder, or a .safetensors file with config.json
 * beside it. Parsed and validated, no weight read. Throws GretaError: 'not-found', 'io', 'format' (damaged or contradictory
 * bytes), 'unsupported' (valid, but nothing this engine reads).
 */
export async function openModel(path: string): Promise<OpenedModel> {
  if (isFolder(path)) return openFolder(path)
  if (path.endsWith('.safetensors')) return openSafetensors(path, weightFilesOfFile(path))
  return openGguf(path)
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch (thrown) {
    throw fileError(thrown, 'look at', path)
  }
}

function openFolder(path: string): OpenedModel {
  const names = listFolder(path)
  if (names.some((name) => name.endsWith('.safetensors'))) return openSafetensors(path, weightFilesOfFolder(path))
  const ggufNames = names.filter((name) => name.endsWith('.gguf'))
  // The parts of one split model are one choice.
  const stems = new Set(ggufNames.map((name) => parseSplitName(name)?.stem ?? name))
  if (stems.size === 1) return openGguf(join(path, ggufNames[0] as string))
  if (stems.size > 1) {
    throw new GretaError('usage', `The folder ${path} holds ${ggufNames.length} .gguf files.`, 'Name one of them.')
  }
  throw new GretaError('not-found', `The folder ${path} holds no model.`, 'Choose a .gguf file or a folder with .safetensors files.')
}
