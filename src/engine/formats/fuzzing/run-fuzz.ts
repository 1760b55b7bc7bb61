import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { GretaError } from '../../../shared/errors'
import { openModel } from '../open-model'
import { encodeGgufHeader } from '../writing/gguf-encoder'
import { RandomBits } from '../writing/random'
import { encodeSafetensorsParts } from '../writing/safetensors-encoder'
import { chance, pick } from './interesting'
import { brokenInvariants } from './invariants'
import { mutateBytes } from './mutate-bytes'
import { mutateGguf } from './mutate-gguf'
import { mutateJson } from './mutate-json'
import { type FolderSeed, folderSeed, type GgufSeed, ggufSeeds } from './seeds'

export interface FuzzOptions {
  /** A folder that may be filled and emptied. */
  readonly folder: string
  readonly seed: number
  /** The first case; with `cases: 1`, one finding is run again. */
  readonly firstCase?: number
  readonly cases?: number
  readonly seconds?: number
  readonly onCase?: (done: number) => void
}

/** A case whose outcome was neither a GretaError nor a sound model, or that was slow or large. */
export interface Finding {
  readonly seed: number
  readonly case: number
  readonly what: string
}

export interface FuzzReport {
  readonly cases: number
  /** Outcomes by error code; 'opened' for models that opened. */
  readonly outcomes: Readonly<Record<string, number>>
  readonly slowestMilliseconds: number
  readonly slowestCase: number
  readonly largestGrowthBytes: number
  readonly findings: readonly Finding[]
}

/** Far above what any case here needs: a small file must be judged at once and in little memory. */
const MOST_MILLISECONDS = 5000
const MOST_GROWTH_BYTES = 512 * 1024 * 1024
const EXPECTED_CODES: readonly string[] = ['format', 'unsupported', 'not-found', 'io']

/**
 * Opens damaged models one after another and watches what happens. Every case follows from (seed, number) alone, so that
 * a finding can be run again.
 */
export async function fuzzLoaders(options: FuzzOptions): Promise<FuzzReport> {
  const findings: Finding[] = []
  const outcomes: Record<string, number> = {}
  const first = options.firstCase ?? 0
  const end = performance.now() + 1000 * (options.seconds ?? Infinity)
  let slowestMilliseconds = 0
  let slowestCase = -1
  let largestGrowthBytes = 0
  let done = 0
  while (done < (options.cases ?? Infinity) && performance.now() < end) {
    const number = first + done
    const path = writeCase(options.folder, options.seed, number)
    const before = process.memoryUsage.rss()
    const peakBefore = peakBytes()
    const started = performance.now()
    const outcome = await outcomeOf(path)
    const milliseconds = performance.now() - started
    const growth = peakBytes() > peakBefore ? peakBytes() - before : 0
    if (milliseconds > slowestMilliseconds) {
      slowestMilliseconds = milliseconds
      slowestCase = number
    }
    largestGrowthBytes = Math.max(largestGrowthBytes, growth)
    outcomes[outcome.kind] = (outcomes[outcome.kind] ?? 0) + 1
    const report = (what: string): unknown => findings.push({ seed: options.seed, case: number, what })
    for (const what of outcome.problems) report(what)
    if (milliseconds > MOST_MILLISECONDS) report(`it took ${milliseconds.toFixed(0)} ms`)
    if (growth > MOST_GROWTH_BYTES) report(`memory grew by ${growth} bytes`)
    done += 1
    options.onCase?.(done)
  }
  return { cases: done, outcomes, slowestMilliseconds, slowestCase, largestGrowthBytes, findings }
}

/** The most memory this process ever had; a case that sets a new peak is charged with it. */
const peakBytes = (): number => process.resourceUsage().maxRSS * 1024

interface Outcome {
  readonly kind: string
  readonly problems: readonly string[]
}

async function outcomeOf(path: string): Promise<Outcome> {
  try {
    return { kind: 'opened', problems: brokenInvariants(await openModel(path)) }
  } catch (thrown) {
    if (!(thrown instanceof GretaError)) {
      const what = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
      return { kind: 'crash', problems: [`not a GretaError: ${what}`] }
    }
    const problems: string[] = []
    if (!EXPECTED_CODES.includes(thrown.code)) problems.push(`error code ${thrown.code}: ${thrown.message}`)
    if (thrown.message.includes('\n') || thrown.message.length > 1000)
      problems.push(`not one short sentence: ${thrown.message.slice(0, 200)}`)
    return { kind: thrown.code, problems }
  }
}

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
function writeCase(folder: string, seed: number, number: number): string {
  const random = new RandomBits(seed, `case ${number}`)
  return random.below(5) < 3 ? writeGgufCase(folder, random) : writeFolderCase(join(folder, 'model'), random)
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

function writeFolderCase(folder: string, random: RandomBits): string {
  const seed = theFolderSeed()
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
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
