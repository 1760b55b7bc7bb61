import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { splitName } from '../gguf/split'
import { encodeGgufHeader, type GgufEntry, type GgufHeaderSpec } from '../writing/gguf-encoder'
import { RandomBits } from '../writing/random'
import { encodeSafetensorsParts } from '../writing/safetensors-encoder'
import { chance, pick } from './interesting'
import { mutateBytes } from './mutate-bytes'
import { mutateGguf } from './mutate-gguf'
import { mutateJson } from './mutate-json'
import { type FolderSeed, folderSeed, type GgufSeed, ggufSeeds } from './seeds'

/** Built once: a case takes a millisecond, the seeds take ten. */
const seeds = { gguf: [] as readonly GgufSeed[], folder: undefined as FolderSeed | undefined }

function allGgufSeeds(): readonly GgufSeed[] {
  if (seeds.gguf.length === 0) seeds.gguf = ggufSeeds()
  return seeds.gguf
}

function theFolderSeed(): FolderSeed {
  seeds.folder ??= folderSeed()
  return seeds.folder
}

/** Writes the files of a case and returns what to open. */
export function writeCase(folder: string, seed: number, number: number): string {
  const random = new RandomBits(seed, `case ${number}`)
  const kind = random.below(10)
  if (kind < 5) return writeGgufCase(folder, random)
  return kind === 5 ? writeSplitCase(join(folder, 'split'), random) : writeFolderCase(join(folder, 'model'), random)
}

function writeGgufCase(folder: string, random: RandomBits): string {
  const seed = pick(random, allGgufSeeds())
  const header = chance(random, 4) ? seed.header : mutateGguf(random, seed.header)
  const intact = Buffer.concat([encodeGgufHeader(header), Buffer.alloc(seed.dataBytes)])
  const bytes = header === seed.header || chance(random, 4) ? mutateBytes(random, intact) : intact
  const path = join(folder, 'case.gguf')
  writeFileSync(path, bytes)
  return path
}

/** A model in two or three parts, one of them damaged or missing. */
function writeSplitCase(folder: string, random: RandomBits): string {
  const seed = pick(random, allGgufSeeds())
  const count = 2 + random.below(2)
  const damaged = random.below(count)
  emptyFolder(folder)
  for (let part = 0; part < count; part += 1) {
    const own: readonly GgufEntry[] = [
      { key: 'split.no', type: 'u16', value: part },
      { key: 'split.count', type: 'u16', value: count },
      { key: 'split.tensors.count', type: 'i32', value: seed.header.tensors.length }
    ]
    // Offsets stay those of the whole file: parts have gaps where other parts' tensors are.
    const tensors = seed.header.tensors.filter((_, index) => index % count === part)
    const whole: GgufHeaderSpec = { ...seed.header, tensors, entries: part === 0 ? [...seed.header.entries, ...own] : own }
    const header = part === damaged && !chance(random, 4) ? mutateGguf(random, whole) : whole
    const bytes = Buffer.concat([encodeGgufHeader(header), Buffer.alloc(seed.dataBytes)])
    if (part === damaged && chance(random, 10)) continue
    writeFileSync(join(folder, splitName('m', part + 1, count)), part === damaged && chance(random, 3) ? mutateBytes(random, bytes) : bytes)
  }
  return join(folder, splitName('m', 1 + random.below(count), count))
}

function emptyFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
}

function writeFolderCase(folder: string, random: RandomBits): string {
  const seed = theFolderSeed()
  emptyFolder(folder)
  const names = [...Object.keys(seed.json), ...Object.keys(seed.binary), 'model.safetensors']
  const target = pick(random, names)
  const damaged = (name: string, intact: Uint8Array): Uint8Array =>
    name === target && chance(random, 3) ? mutateBytes(random, intact) : intact
  for (const [name, value] of Object.entries(seed.json)) {
    const text = name === target ? mutateJson(random, value) : JSON.stringify(value)
    writeFileSync(join(folder, name), damaged(name, Buffer.from(text)))
  }
  const header = target === 'model.safetensors' ? mutateJson(random, seed.weightsHeader) : JSON.stringify(seed.weightsHeader)
  const weights = encodeSafetensorsParts(header, [new Uint8Array(seed.dataBytes)])
  writeFileSync(join(folder, 'model.safetensors'), damaged('model.safetensors', weights))
  // Half the folders have no tokenizer.model, so that tokenizer.json is read.
  if (target !== 'tokenizer.json' && chance(random, 2)) {
    for (const [name, bytes] of Object.entries(seed.binary)) {
      writeFileSync(join(folder, name), name === target ? mutateBytes(random, bytes) : bytes)
    }
  }
  return folder
}
