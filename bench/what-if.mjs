// Measures the sampler what-if on a row of 152,064 logits (synthetic), knob by knob; the bar is one frame, 16 ms.
//   node bench/what-if.mjs [--json] [--runs N]
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '..')
const VOCABULARY = 152_064
const words = process.argv.slice(2)
const runs = words.includes('--runs') ? Number(words[words.indexOf('--runs') + 1]) : 101
if (!Number.isInteger(runs) || runs < 1) {
  console.error('--runs needs a whole number of at least 1.')
  process.exit(2)
}

const outDir = join(root, 'out/bench-what-if')
const entry = (name, source) =>
  build({ configFile: false, root, logLevel: 'warn', build: { ssr: source, outDir: join(outDir, name), target: 'node20.19' } })
await entry('what-if', 'src/shared/sampling/what-if.ts')
await entry('sampling', 'src/shared/model/sampling.ts')
const { whatIf } = await import(pathToFileURL(join(outDir, 'what-if/what-if.js')).href)
const { DEFAULT_SAMPLING, STORY_SAMPLING } = await import(pathToFileURL(join(outDir, 'sampling/sampling.js')).href)

/** Seeded, roughly normal, as logits of a language model are (mean -2, deviation 2.5). */
let state = 1
const uniform = () => {
  state = (Math.imul(state, 1664525) + 1013904223) | 0
  return ((state >>> 8) + 0.5) / 2 ** 24
}
const logits = Float32Array.from(
  { length: VOCABULARY },
  () => -2 + 2.5 * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
)
const history = Array.from({ length: 512 }, () => Math.floor(VOCABULARY * uniform()))

const CASES = {
  'top-k 50 (the default)': DEFAULT_SAMPLING,
  'bundled model: temperature 0.8, top-p 0.95, repeat penalty 1.1': STORY_SAMPLING,
  'temperature only': { ...DEFAULT_SAMPLING, topK: 0, temperature: 0.7 },
  'top-p 0.9 of the whole row': { ...DEFAULT_SAMPLING, topK: 0, topP: 0.9 },
  'typical 0.95 of the whole row': { ...DEFAULT_SAMPLING, topK: 0, typicalP: 0.95 },
  'min-p 0.05 of the whole row': { ...DEFAULT_SAMPLING, topK: 0, minP: 0.05 },
  'every stage': {
    ...DEFAULT_SAMPLING,
    temperature: 0.7,
    topK: 0,
    typicalP: 0.99,
    topP: 0.97,
    minP: 0.0001,
    repeatPenalty: 1.2,
    frequencyPenalty: 0.3,
    presencePenalty: 0.2,
    logitBias: [{ id: 7, bias: 1 }]
  },
  greedy: { ...DEFAULT_SAMPLING, temperature: 0, repeatPenalty: 1.1 }
}

const results = Object.entries(CASES).map(([name, settings]) => {
  const processorBefore = process.cpuUsage()
  const times = Array.from({ length: runs + 5 }, (_, run) => {
    const begin = performance.now()
    // Another knob every time, as a slider gives it: nothing can be remembered.
    whatIf(logits, { ...settings, seed: BigInt(run) }, history, 512)
    return performance.now() - begin
  })
    .slice(5)
    .sort((a, b) => a - b)
  const processor = process.cpuUsage(processorBefore)
  return {
    name,
    // What a busy machine does not lengthen; garbage collection included, on all its threads.
    meanProcessorMilliseconds: (processor.user + processor.system) / 1000 / (runs + 5),
    medianMilliseconds: times[times.length >> 1],
    percentile95Milliseconds: times[Math.min(times.length - 1, Math.floor(times.length * 0.95))]
  }
})
if (words.includes('--json')) console.log(JSON.stringify({ vocabulary: VOCABULARY, runs, results }))
else
  for (const { name, medianMilliseconds, percentile95Milliseconds, meanProcessorMilliseconds } of results)
    console.log(
      `${name.padEnd(64)} median ${medianMilliseconds.toFixed(1).padStart(5)} ms, 95 % ${percentile95Milliseconds.toFixed(1).padStart(5)} ms, processor time ${meanProcessorMilliseconds.toFixed(1).padStart(5)} ms`
    )
