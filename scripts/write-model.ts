// Writes a GGUF model of any shape with seeded random weights, for speed measurements and tests. Needs only Node: bundled,
// it runs on a machine without npm. See --help.
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type ModelShape, parameterCountOf, type PresetName, isPresetName, PRESETS } from '../src/engine/formats/architecture/presets'
import { supportedArchitectures } from '../src/engine/formats/architecture/table'
import { layoutModel } from '../src/engine/formats/writing/model-layout'
import { QUANT_MIXES } from '../src/engine/formats/writing/quant-mix'
import { writeModel } from '../src/engine/formats/writing/write-model'
import { GretaError, toErrorData } from '../src/shared/errors'
import type { Architecture } from '../src/shared/model/description'

const HELP = `usage: write-model --out FILE [--preset NAME] [--mix MIX] [--seed N] [shape options] [--force] [--dry-run] [--json]

Writes a GGUF model with random weights. Speed does not depend on the values of weights; call every number measured
with such a file "synthetic weights".

  --out FILE        where to write; a file that exists is only replaced with --force
  --preset NAME     ${Object.keys(PRESETS).join(', ')} (default tiny)
  --mix MIX         ${QUANT_MIXES.join(', ')} (default q4_k_m)
  --seed N          the same seed gives the same file (default 1)
  --architecture A  ${supportedArchitectures()} (default: the preset's)
  --layers N --embedding N --heads N --kv-heads N --head-dim N --feed-forward N --vocabulary N --context N
                    in place of the preset's
  --tied            the output matrix is the token embedding
  --dry-run         say what would be written
  --json            one JSON object on standard output
`

const NUMBER_OPTIONS = {
  layers: 'layerCount',
  embedding: 'embeddingLength',
  heads: 'headCount',
  'kv-heads': 'kvHeadCount',
  'head-dim': 'headDim',
  'feed-forward': 'feedForwardLength',
  vocabulary: 'vocabularySize',
  context: 'contextLength'
} as const satisfies Readonly<Record<string, keyof ModelShape>>

const TEXT = { type: 'string' } as const
const FLAG = { type: 'boolean' } as const
const OPTIONS = {
  out: TEXT,
  preset: TEXT,
  mix: TEXT,
  seed: TEXT,
  architecture: TEXT,
  layers: TEXT,
  embedding: TEXT,
  heads: TEXT,
  'kv-heads': TEXT,
  'head-dim': TEXT,
  'feed-forward': TEXT,
  vocabulary: TEXT,
  context: TEXT,
  tied: FLAG,
  force: FLAG,
  'dry-run': FLAG,
  json: FLAG,
  help: FLAG
} as const

function readArguments() {
  try {
    return parseArgs({ options: OPTIONS, strict: true, allowPositionals: false }).values
  } catch (thrown) {
    throw new GretaError('usage', thrown instanceof Error ? thrown.message : String(thrown), 'See --help.')
  }
}

function wholeNumber(name: string, value: string, least: number): number {
  const number = Number(value)
  if (!/^\d+$/u.test(value) || number < least || number > 2 ** 31 - 1) {
    throw new GretaError('usage', `--${name} is ${JSON.stringify(value)}; expected a whole number from ${least} to ${2 ** 31 - 1}.`)
  }
  return number
}

function chooseShape(values: ReturnType<typeof readArguments>): ModelShape {
  const presetName = values.preset ?? 'tiny'
  if (!isPresetName(presetName)) {
    throw new GretaError('usage', `There is no preset ${JSON.stringify(presetName)}.`, `Choose one of ${Object.keys(PRESETS).join(', ')}.`)
  }
  const preset: ModelShape = PRESETS[presetName satisfies PresetName]
  const architecture = values.architecture ?? preset.architecture
  if (!supportedArchitectures().split(', ').includes(architecture)) {
    throw new GretaError('usage', `There is no architecture ${JSON.stringify(architecture)}.`, `Choose one of ${supportedArchitectures()}.`)
  }
  const changes: Record<string, number> = {}
  for (const [option, field] of Object.entries(NUMBER_OPTIONS)) {
    const value = values[option as keyof typeof NUMBER_OPTIONS]
    if (value !== undefined) changes[field] = wholeNumber(option, value, 1)
  }
  const shape: ModelShape = {
    ...preset,
    ...changes,
    architecture: architecture as Architecture,
    tiedEmbedding: values.tied ?? preset.tiedEmbedding
  }
  if (shape.headDim % 2 !== 0 || shape.headCount % shape.kvHeadCount !== 0) {
    throw new GretaError('usage', 'The head dimension must be even and the heads a multiple of the key-value heads.')
  }
  return shape
}

function showProgress(writtenBytes: number, totalBytes: number): void {
  if (!process.stderr.isTTY) return
  process.stderr.write(`\r${((100 * writtenBytes) / totalBytes).toFixed(0).padStart(3)} % of ${(totalBytes / 1e6).toFixed(1)} MB`)
}

async function main(): Promise<void> {
  const values = readArguments()
  if (values.help === true) {
    process.stdout.write(HELP)
    return
  }
  const shape = chooseShape(values)
  const mix = values.mix ?? 'q4_k_m'
  const seed = wholeNumber('seed', values.seed ?? '1', 0)
  const tensorBytes = layoutModel(shape, mix).tensors.reduce((sum, tensor) => sum + tensor.sizeBytes, 0)
  const facts = { preset: values.preset ?? 'tiny', mix, seed, parameterCount: parameterCountOf(shape), tensorBytes }
  if (values['dry-run'] === true) {
    const line = `${shape.name} shape, ${mix}: ${facts.parameterCount} parameters, ${tensorBytes} bytes of tensors\n`
    process.stdout.write(values.json === true ? `${JSON.stringify(facts)}\n` : line)
    return
  }
  const out = values.out
  if (out === undefined) throw new GretaError('usage', '--out is missing: where should the model be written?', 'See --help.')
  if (existsSync(out) && values.force !== true) throw new GretaError('usage', `${out} exists already.`, 'Add --force to replace it.')
  const abort = new AbortController()
  process.once('SIGINT', () => abort.abort())
  process.once('SIGTERM', () => abort.abort())
  const started = performance.now()
  const written = await writeModel(out, { shape, mix, seed, signal: abort.signal, onProgress: showProgress })
  const seconds = (performance.now() - started) / 1000
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  const line = `${out}: ${shape.name} shape, ${mix}, synthetic weights (seed ${seed}), ${written.sizeBytes} bytes in ${seconds.toFixed(1)} s\n`
  process.stdout.write(values.json === true ? `${JSON.stringify({ ...facts, ...written, seconds })}\n` : line)
}

main().catch((thrown: unknown) => {
  const error = toErrorData(thrown)
  process.stderr.write(`\n${error.message}${error.hint === undefined ? '' : `\n${error.hint}`}\n`)
  process.exitCode = error.code === 'usage' ? 2 : 1
})
