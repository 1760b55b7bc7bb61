// GRETA and llama.cpp on the same file, interleaved A B A B in one run, each measurement in a process of its own.
//   cd bench/peers && npm install && node compare.mjs --model FILE [--pp 512] [--tg 64] [--threads 2] [--rounds 5] [--precision f32,bf16] [--json]
// Prints medians and, per round, the ratio greta / llama.cpp with its whole spread. Exit codes: 0, 1 failed, 2 usage.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'

const run = promisify(execFile)
const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const usage = 'usage: node compare.mjs --model FILE [--pp 512] [--tg 64] [--threads 2] [--rounds 5] [--precision f32,bf16] [--json]'

function settings() {
  try {
    const { values } = parseArgs({
      options: {
        model: { type: 'string' },
        pp: { type: 'string', default: '512' },
        tg: { type: 'string', default: '64' },
        threads: { type: 'string', default: '2' },
        rounds: { type: 'string', default: '5' },
        precision: { type: 'string', default: 'f32,bf16' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false }
      }
    })
    if (values.help) {
      console.log(usage)
      process.exit(0)
    }
    if (values.model === undefined) throw new Error('--model is missing')
    const levels = values.precision.split(',')
    if (levels.some((level) => level !== 'f32' && level !== 'bf16')) throw new Error('--precision takes f32, bf16 or f32,bf16')
    return { ...values, levels }
  } catch (error) {
    console.error(`${error.message}\n${usage}`)
    process.exit(2)
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
const range = (values) => ({ median: median(values), least: Math.min(...values), most: Math.max(...values) })
const lastLine = (text) => JSON.parse(text.trim().split('\n').at(-1))

async function greta({ model, pp, tg, threads }, precision) {
  const words = [here('../../bin/greta'), 'bench', '--model', model, '--pp', pp, '--tg', tg, '--threads', threads]
  const { stdout } = await run(process.execPath, [...words, '--precision', precision, '--repetitions', '1', '--json'], {
    maxBuffer: 1 << 24
  })
  const figures = JSON.parse(stdout)
  const tokensPerSecond = (entry) => entry.median ?? entry
  return {
    prefill: tokensPerSecond(figures.prefill_tok_s),
    decode: tokensPerSecond(figures.decode_tok_s),
    load_ms: tokensPerSecond(figures.load_ms)
  }
}

async function llama({ model, pp, tg, threads }) {
  const { stdout } = await run(process.execPath, [here('llama.mjs'), model, pp, tg, threads], { maxBuffer: 1 << 24 })
  return lastLine(stdout)
}

const wanted = settings()
const rounds = []
try {
  for (let index = 0; index < Number(wanted.rounds); index += 1) {
    const round = {}
    for (const level of wanted.levels) round[level] = await greta(wanted, level)
    rounds.push({ ...round, llama: await llama(wanted) })
    if (!wanted.json) console.error(`round ${index + 1} of ${wanted.rounds}`)
  }
} catch (error) {
  console.error(`A measurement failed: ${String(error.stderr ?? error.message).trim()}`)
  process.exit(1)
}
const report = {}
for (const level of wanted.levels) {
  report[level] = {}
  for (const what of ['prefill', 'decode', 'load_ms']) {
    report[level][what] = {
      greta: range(rounds.map((round) => round[level][what])),
      llama: range(rounds.map((round) => round.llama[what])),
      ratio: range(rounds.map((round) => round[level][what] / round.llama[what]))
    }
  }
}
if (wanted.json) {
  console.log(JSON.stringify({ settings: wanted, system: rounds[0].llama.system, ...report }, null, 2))
} else {
  for (const level of wanted.levels) {
    for (const [what, { greta: ours, llama: theirs, ratio }] of Object.entries(report[level])) {
      console.log(
        `${level.padEnd(5)}${what.padEnd(8)} greta ${ours.median.toFixed(2)}  llama.cpp ${theirs.median.toFixed(2)}  ratio ${ratio.median.toFixed(3)} (${ratio.least.toFixed(3)} to ${ratio.most.toFixed(3)})`
      )
    }
  }
}
