// GPU kernels without a GPU: builds the emulator backends and runs their tests (wave64 and wave32, several lane orders,
// sanitizers, race checker, planted bugs, a whole model through the real host code), then, where clang-19 is, compiles the
// kernels for gfx942 and holds the code objects against their budget. Last line: `N passed, N failed`.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildNative } from './lib/build.mjs'
import { has, root, run } from './lib/run.mjs'

const folder = join(root, 'native/build-gpu')
const canCompileAmd = has('clang++-19') && existsSync('/usr/include/hip/hip_runtime.h')

await buildNative({
  folder: 'build-gpu',
  source: 'native/gpu',
  options: ['GRETA_EMULATOR=ON', 'GRETA_GPU=OFF'],
  quiet: true
})
const report = join(folder, 'ctest.xml')
const { output } = await run('ctest', ['--test-dir', folder, '--timeout', '900', '--output-junit', report], { capture: true, show: false })
const counts = /<testsuite [^>]*tests="(\d+)"\s+failures="(\d+)"\s+disabled="(\d+)"\s+skipped="(\d+)"/s.exec(
  existsSync(report) ? readFileSync(report, 'utf8') : ''
)
if (counts === null) {
  console.log(output)
  console.log('0 passed, 1 failed')
  process.exit(1)
}
const [tests, failures, , skippedTests] = counts.slice(1).map(Number)
let passed = tests - failures - skippedTests
let failed = failures
let skipped = skippedTests
console.log(
  output
    .split('\n')
    .filter((line) => /Test +#/.test(line))
    .join('\n')
)
if (failures > 0)
  console.log(
    (
      await run('ctest', ['--test-dir', folder, '--rerun-failed', '--output-on-failure', '--timeout', '900'], {
        capture: true,
        show: false
      })
    ).output.slice(-8000)
  )

if (!canCompileAmd || !existsSync(join(root, 'scripts/check-isa.mjs'))) {
  console.log('gfx942 code objects: not checked, clang-19 or the HIP headers are not installed')
  skipped += 1
} else {
  const isa = await run(process.execPath, [join(root, 'scripts/check-isa.mjs')], { capture: true, show: true })
  const line = [...isa.output.matchAll(/^(\d+) passed, (\d+) failed/gm)].at(-1)
  passed += Number(line?.[1] ?? 0)
  failed += line === undefined ? 1 : Number(line[2])
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exit(failed > 0 ? 1 : 0)
