import { basename, join } from 'node:path'
import { GretaError } from '../../../shared/errors'
import type { ModelFile, TensorInfo } from '../../../shared/model/description'
import { type DTypeName, dtypeFacts } from '../../../shared/model/dtype'
import { HUGGING_FACE_NAMING } from '../architecture/table'
import { readSafetensorsHeader, type SafetensorsEntry } from './read-header'
import { INDEX_NAME, type WeightFiles } from './weight-files'

const RUNNABLE_DTYPES: readonly string[] = ['F32', 'F16', 'BF16']

/** Headers of all files of a model, as one tensor list. */
export function readSafetensorsTensors(weightFiles: WeightFiles): {
  readonly files: readonly ModelFile[]
  readonly tensors: readonly TensorInfo[]
} {
  const files: ModelFile[] = []
  const tensors: TensorInfo[] = []
  const owners = new Map<string, string>()
  weightFiles.names.forEach((name, file) => {
    const header = readSafetensorsHeader(join(weightFiles.folder, name))
    files.push(header.file)
    for (const entry of header.entries) {
      const other = owners.get(entry.name)
      if (other !== undefined) throw new GretaError('format', `Tensor ${JSON.stringify(entry.name)} is in both ${other} and ${name}.`)
      owners.set(entry.name, name)
      if (!HUGGING_FACE_NAMING.ignored.some((pattern) => pattern.test(entry.name))) tensors.push(toTensor(name, entry, file))
    }
  })
  for (const [tensor, name] of weightFiles.owners ?? []) {
    if (owners.get(tensor) !== name) {
      throw new GretaError(
        'format',
        `${INDEX_NAME} says that tensor ${JSON.stringify(tensor)} is in ${name}, where it is not.`,
        'Files of different versions of the model are mixed: download the folder again.'
      )
    }
  }
  return { files, tensors }
}

function toTensor(fileName: string, entry: SafetensorsEntry, file: number): TensorInfo {
  if (!RUNNABLE_DTYPES.includes(entry.dtype)) {
    throw new GretaError(
      'unsupported',
      `${basename(fileName)}: tensor ${JSON.stringify(entry.name)} has dtype ${entry.dtype}, which this engine does not compute with.`,
      'Use an F32, F16 or BF16 version of the model, or a GGUF file of it.'
    )
  }
  if (entry.shape.length === 0 || entry.shape.length > 4 || entry.shape.includes(0)) {
    throw new GretaError(
      'format',
      `${basename(fileName)}: tensor ${JSON.stringify(entry.name)} has shape [${entry.shape.join(', ')}]; expected 1 to 4 dimensions of at least 1.`
    )
  }
  const elementBytes = dtypeFacts(entry.dtype as DTypeName).blockBytes
  if (entry.offsetBytes % elementBytes !== 0) {
    throw new GretaError(
      'unsupported',
      `${basename(fileName)}: tensor ${JSON.stringify(entry.name)} starts at byte ${entry.offsetBytes}, which is not a multiple of its ${elementBytes}-byte elements.`,
      'The format allows it, but the weights are used where they lie: save the file again with the safetensors library.'
    )
  }
  return {
    name: entry.name,
    type: entry.dtype as DTypeName,
    shape: entry.shape,
    file,
    offsetBytes: entry.offsetBytes,
    sizeBytes: entry.sizeBytes
  }
}
