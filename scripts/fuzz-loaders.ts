// Opens damaged models until the time is over and reports what went wrong. Every finding names the seed and the case that
// make it again. See --help.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fuzzLoaders } from '../src/engine/formats/fuzzing/run-fuzz'

const HELP = `usage: fuzz-loaders [--seconds N] [--seed N] [--case N] [--json]

  --seconds N  how long (default 60)
  --seed N     the seed of the mutations (default: the time)
  --case N     run this one case only
  --json       one JSON object on standard output
Exit code 0 without findings, 1 with findings, 2 for wrong usage.
`

function readArguments() {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  return parseArgs({ options: { seconds: text, seed: text, case: text, json: flag, help: flag } }).values
}

function number(name: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise
  if (!/^\d{1,9}$/u.test(value)) throw new Error(`--${name} is ${JSON.stringify(value)}; expected a whole number.`)
  return Number(value)
}

async function main(): Promise<number> {
  const values = readArguments()
  if (values.help === true) {
    process.stdout.write(HELP)
    return 0
  }
  const seed = number('seed', values.seed, Math.floor(Date.now() / 1000) % 1_000_000_000)
  const one = values.case === undefined ? {} : { firstCase: number('case', values.case, 0), cases: 1 }
  const seconds = number('seconds', values.seconds, 60)
  const folder = mkdtempSync(join(tmpdir(), 'greta-fuzz-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143]
  ] as const) {
    process.once(signal, () => {
      remove()
      process.exit(code)
    })
  }
  try {
    const onCase = (done: number): void => {
      if (process.stderr.isTTY && done % 500 === 0) process.stderr.write(`\r${done} cases`)
    }
    const report = await fuzzLoaders({ folder, seed, seconds, onCase, ...one })
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
    if (values.json === true) process.stdout.write(`${JSON.stringify({ seed, ...report })}\n`)
    else {
      for (const finding of report.findings) process.stdout.write(`seed ${finding.seed} case ${finding.case}: ${finding.what}\n`)
      const outcomes = Object.entries(report.outcomes).map(([kind, count]) => `${count} ${kind}`)
      process.stdout.write(
        `seed ${seed}: ${report.cases} cases (${outcomes.join(', ')}), slowest ${report.slowestMilliseconds.toFixed(1)} ms (case ${report.slowestCase}), ` +
          `largest growth ${(report.largestGrowthBytes / 1e6).toFixed(1)} MB, ${report.findings.length} findings\n`
      )
    }
    return report.findings.length === 0 ? 0 : 1
  } finally {
    remove()
  }
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (thrown: unknown) => {
    process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\nSee --help.\n`)
    process.exitCode = 2
  }
)
