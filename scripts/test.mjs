// Runs everything CI runs and prints `N passed, N failed` as its last line.
//   node scripts/test.mjs [--only NAME[,NAME...]]     names: see SUITES below
// Each suite resolves to { passed, failed, skipped } counted by its own runner, never by us.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { buildApp, buildNative } from './lib/build.mjs'
import { CHECKS, runChecks } from './check.mjs'
import { mustRun, nodeBin, root, run, step } from './lib/run.mjs'

const results = join(root, 'out/test-results')

/** Under a sanitizer everything but the golden comparisons: they run the same code for minutes, and the plain run has them. */
const SANITIZED = ['--test-case-exclude=*golden*']

const SUITES = {
  check: async () => {
    const failed = await runChecks()
    return { passed: CHECKS.length - failed.length, failed: failed.length, skipped: 0 }
  },
  native: () => nativeTests('build-tests', []),
  'native-address-sanitizer': () =>
    nativeTests('build-asan', ['GRETA_SANITIZE=address,undefined', 'CMAKE_BUILD_TYPE=RelWithDebInfo'], SANITIZED),
  'native-thread-sanitizer': () => nativeTests('build-tsan', ['GRETA_SANITIZE=thread', 'CMAKE_BUILD_TYPE=RelWithDebInfo'], SANITIZED),
  gpu: gpuTests,
  unit: unitTests,
  e2e: browserTests,
  package: packageTests
}

const onlyIndex = process.argv.indexOf('--only')
const only = onlyIndex === -1 ? undefined : (process.argv[onlyIndex + 1] ?? '').split(',')
const unknown = (only ?? []).filter((name) => !(name in SUITES))
if (unknown.length > 0 || process.argv.includes('--help')) {
  console.log(`usage: node scripts/test.mjs [--only NAME[,NAME...]]\nnames: ${Object.keys(SUITES).join(', ')}`)
  process.exit(unknown.length > 0 ? 2 : 0)
}

const begin = Date.now()
await mustRun(process.execPath, ['scripts/setup.mjs', '--tests', '--no-build'])
await buildNative()
await buildApp()
mkdirSync(results, { recursive: true })

const total = { passed: 0, failed: 0, skipped: 0 }
const lines = []
for (const [name, suite] of Object.entries(SUITES)) {
  if (only !== undefined && !only.includes(name)) continue
  step(name)
  const suiteBegin = Date.now()
  const counts = await suite()
  for (const key of Object.keys(total)) total[key] += counts[key]
  lines.push(`${name.padEnd(26)} ${describe(counts)} in ${((Date.now() - suiteBegin) / 1000).toFixed(0)} s`)
}
console.log(`\n${lines.join('\n')}\non ${cpus().length} processors in ${((Date.now() - begin) / 1000).toFixed(0)} s\n`)
console.log(describe(total))
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0)

function describe({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

/** doctest: builds native/FOLDER with tests and reads the counts of its closing line. */
async function nativeTests(folder, options, words = []) {
  await buildNative({ folder, options: ['GRETA_TESTS=ON', 'GRETA_ADDON=OFF', ...options], targets: ['greta_tests'] })
  const { status, output } = await run(join(root, 'native', folder, 'greta_tests'), words, {
    capture: true,
    show: false,
    env: { ASAN_OPTIONS: 'detect_leaks=1', TSAN_OPTIONS: 'halt_on_error=1' }
  })
  const match = /test cases:\s*(\d+)\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed\s*\|\s*(\d+) skipped/.exec(output)
  if (match === null || (status !== 0 && Number(match[3]) === 0)) {
    console.log(output.split('\n').slice(-60).join('\n'))
    return { passed: 0, failed: 1, skipped: 0 } // it crashed, or a sanitizer stopped it
  }
  if (status !== 0) console.log(output)
  for (const line of output.split('\n')) if (line.startsWith('SKIPPED')) console.log(line)
  return { passed: Number(match[2]), failed: Number(match[3]), skipped: Number(match[4]) }
}

/** GPU kernels without a GPU: emulators and code-object checks; each program ends with its own `N passed, N failed`. */
async function gpuTests() {
  const script = join(root, 'scripts/test-gpu.mjs')
  if (!existsSync(script)) return { passed: 0, failed: 0, skipped: 0 }
  const { status, output } = await run(process.execPath, [script], { capture: true, show: true })
  const all = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)]
  const last = all.at(-1)
  if (last === undefined) return { passed: 0, failed: 1, skipped: 0 }
  const failed = Number(last[2])
  return { passed: Number(last[1]), failed: status !== 0 && failed === 0 ? 1 : failed, skipped: Number(last[3] ?? 0) }
}

async function unitTests() {
  const report = join(results, 'unit.json')
  rmSync(report, { force: true })
  const { status } = await run(nodeBin('vitest'), ['run', '--reporter=dot', '--reporter=json', `--outputFile.json=${report}`])
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numFailedTestSuites } = JSON.parse(readFileSync(report, 'utf8'))
  // A file that cannot even be loaded has no failed test of its own.
  const failed = numFailedTests === 0 && (status !== 0 || numFailedTestSuites > 0) ? 1 : numFailedTests
  return { passed: numPassedTests, failed, skipped: numPendingTests + numTodoTests }
}

/** The unpacked app around a stand-in for the Electron binary: layout, archive, fuses. */
async function packageTests() {
  const { status, output } = await run(process.execPath, ['scripts/package.mjs', '--stub'], { capture: true, show: false })
  const match = /^(\d+) passed, (\d+) failed$/m.exec(output)
  if (match === null || status !== 0) console.log(output)
  if (match === null) return { passed: 0, failed: 1, skipped: 0 }
  return { passed: Number(match[1]), failed: Number(match[2]), skipped: 0 }
}

async function browserTests() {
  if (!existsSync(join(root, 'playwright.config.ts'))) return { passed: 0, failed: 0, skipped: 0 }
  const report = join(results, 'e2e.json')
  rmSync(report, { force: true })
  const { status } = await run(nodeBin('playwright'), ['test', '--reporter=list,json'], { env: { PLAYWRIGHT_JSON_OUTPUT_NAME: report } })
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 }
  const { expected, unexpected, flaky, skipped } = JSON.parse(readFileSync(report, 'utf8')).stats
  const failed = unexpected === 0 && status !== 0 && flaky === 0 ? 1 : unexpected
  return { passed: expected + flaky, failed, skipped }
}
