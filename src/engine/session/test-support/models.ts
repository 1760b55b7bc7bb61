import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The repository, as tests see it (they run from the source tree). */
export const repository = join(import.meta.dirname, '../../../..')
export const bundledModel = join(repository, 'resources/models/greta-stories-22m.Q4_K_M.gguf')

/** The developers' folder beside the repository; tests that need it are skipped, by name, where it is absent. */
export const sharedFolder = join(repository, '../shared')
export const hasShared = existsSync(join(sharedFolder, 'golden'))
export const sharedModel = (name: string): string => join(sharedFolder, 'models', name)

export interface GoldenPrompt {
  readonly ids: readonly number[]
  readonly greedyIds: readonly number[]
  /** The ids whose logits are given: the prompt, followed by generated ids where the golden file has them too. */
  readonly evaluatedIds: readonly number[]
  /** Rows of the logits of every evaluated position. */
  readonly logits: Float32Array
  readonly statistics: readonly {
    readonly layer: number
    readonly tensor: string
    readonly min: number
    readonly max: number
    readonly mean: number
    readonly rms: number
  }[]
}

/** One golden prompt: computed in float64 by an independent implementation. */
export function goldenPrompt(model: string, prompt: string): GoldenPrompt {
  const folder = join(sharedFolder, 'golden', model)
  const json = JSON.parse(readFileSync(join(folder, `${prompt}.json`), 'utf8')) as {
    readonly prompt_ids: number[]
    readonly greedy_ids: number[]
    readonly stats_over_all_prompt_positions?: GoldenPrompt['statistics']
  }
  const { values, rows } = readNpyFloat32(join(folder, `${prompt}.logits.npy`))
  return {
    ids: json.prompt_ids,
    greedyIds: json.greedy_ids,
    statistics: json.stats_over_all_prompt_positions ?? [],
    evaluatedIds: [...json.prompt_ids, ...json.greedy_ids].slice(0, rows),
    logits: values
  }
}

/** NPY version 1, little-endian float32 in C order. */
function readNpyFloat32(path: string): { readonly values: Float32Array; readonly rows: number } {
  const bytes = readFileSync(path)
  const headerLength = bytes.readUInt16LE(8)
  const header = bytes.toString('latin1', 10, 10 + headerLength)
  if (!header.includes("'<f4'") || header.includes("'fortran_order': True")) throw new Error(`${path} is not little-endian float32`)
  const data = bytes.subarray(10 + headerLength)
  const rows = Number(/'shape': \((\d+),/.exec(header)?.[1])
  return { values: new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)), rows }
}

/** Normalised mean square error of `found` against `expected`. */
export function nmse(found: Float32Array, expected: Float32Array): number {
  if (found.length !== expected.length) throw new Error(`lengths differ: ${found.length} and ${expected.length}`)
  let difference = 0
  let power = 0
  for (let index = 0; index < expected.length; index += 1) {
    difference += ((found[index] as number) - (expected[index] as number)) ** 2
    power += (expected[index] as number) ** 2
  }
  return difference / power
}
