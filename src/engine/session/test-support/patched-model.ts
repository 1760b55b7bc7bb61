import { closeSync, copyFileSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { openModel } from '../../formats/open-model'
import { bundledModel } from './models'

/** A copy of the bundled model in which `change` has worked on the stored bytes of one tensor. */
export async function patchedModel(folder: string, tensorName: string, change: (bytes: Buffer) => void): Promise<string> {
  const { tensors } = await openModel(bundledModel)
  const tensor = tensors.find(({ name }) => name === tensorName)
  if (tensor === undefined) throw new Error(`the bundled model has no ${tensorName}`)
  const path = join(folder, `${tensorName}.patched.gguf`)
  copyFileSync(bundledModel, path)
  const file = openSync(path, 'r+')
  try {
    const bytes = Buffer.alloc(tensor.sizeBytes)
    readSync(file, bytes, 0, bytes.byteLength, tensor.offsetBytes)
    change(bytes)
    writeSync(file, bytes, 0, bytes.byteLength, tensor.offsetBytes)
  } finally {
    closeSync(file)
  }
  return path
}
