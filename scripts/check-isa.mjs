// check-isa.mjs [FOLDER] - compiles the kernels for gfx942 (without FOLDER, with clang-19; else takes FOLDER/gfx942-*.co, which
// native/gpu's CMake builds) and holds the code objects to a budget: no
// vector spills, no scratch, ceilings of registers and LDS, least occupancy, and the instructions that must be there.
// Skips with a message where the compiler, the HIP headers or the llvm tools are absent. Last line: N passed, N failed.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = process.argv[2] ?? join(root, 'native', 'build-gpu', 'gfx942')
const gpu = join(root, 'native', 'gpu')
const budget = JSON.parse(readFileSync(join(root, 'native', 'gpu', 'isa', 'budget.json'), 'utf8'))

const tool = (name) => {
  for (const candidate of [`${name}-19`, name, `/opt/rocm/llvm/bin/${name}`]) {
    try {
      execFileSync(candidate, ['--version'], { stdio: 'ignore' })
      return candidate
    } catch {}
  }
  return undefined
}
const readelf = tool('llvm-readelf')
const objdump = tool('llvm-objdump')

// One kernel file -> one bare code object.
function compile(stem) {
  const options = [
    '-x',
    'hip',
    '--offload-arch=gfx942',
    `--rocm-device-lib-path=${join(folder, 'device-library')}`,
    '-mcode-object-version=5',
    '-std=c++20',
    '-O3'
  ]
  const output = join(folder, `gfx942-${stem}.co`)
  const inputs = [
    '-munsafe-fp-atomics',
    '--cuda-device-only',
    '--no-gpu-bundle-output',
    `-I${join(root, 'native')}`,
    '-c',
    join(gpu, 'kernels', `${stem}.cpp`),
    '-o',
    output
  ]
  execFileSync('clang++-19', [...options, ...inputs], { stdio: ['ignore', 'inherit', 'inherit'] })
}
const canCompile = tool('clang++') === 'clang++-19' && existsSync('/usr/include/hip/hip_runtime.h')
if (!process.argv[2] && canCompile && readelf) {
  mkdirSync(folder, { recursive: true })
  execFileSync('sh', [join(gpu, 'isa', 'make-device-library.sh'), join(folder, 'device-library')], { stdio: 'inherit' })
  for (const file of readdirSync(join(gpu, 'kernels'))) if (file.endsWith('.cpp')) compile(file.slice(0, -4))
}
const objects = existsSync(folder) ? readdirSync(folder).filter((name) => /^gfx942-.*\.co$/.test(name)) : []
if (!readelf || !objdump || objects.length === 0) {
  console.log(
    `check-isa skipped: ${objects.length === 0 ? 'no clang-19 with HIP headers to make gfx942 code objects' : 'no llvm-readelf and llvm-objdump'}`
  )
  process.exit(0)
}

const run = (command, ...options) => execFileSync(command, options, { encoding: 'utf8', maxBuffer: 1 << 28 })
let passed = 0
let failed = 0
const check = (ok, text) => {
  if (ok) passed++
  else {
    failed++
    console.log(`FAIL ${text}`)
  }
}

/** Resources of each kernel, from the metadata note. The VGPR count is the unified figure, accumulation registers included. */
function readKernels(path) {
  const notes = run(readelf, '--notes', path)
  const kernels = new Map()
  for (const block of notes
    .slice(notes.indexOf('amdhsa.kernels'), notes.indexOf('\namdhsa.target'))
    .split(/\n {2}- /)
    .slice(1)) {
    const number = (key) => Number(block.match(new RegExp(`\\.${key}: +(\\d+)`))?.[1] ?? 0)
    const symbol = block.match(/\.symbol: +'?([^\s']+)\.kd/)[1]
    const vgpr = number('vgpr_count')
    const threads = number('max_flat_workgroup_size')
    const lds = number('group_segment_fixed_size')
    const byRegisters = Math.floor(512 / Math.max(8, Math.ceil(vgpr / 8) * 8))
    const byLds = lds ? (Math.floor(65536 / lds) * Math.ceil(threads / 64)) / 4 : 8
    kernels.set(symbol, {
      vgpr,
      sgpr: number('sgpr_count'),
      lds,
      threads,
      scratch: number('private_segment_fixed_size'),
      // Scalar registers spilled to lanes of a vector register cost no memory; they show as SGPR spills with no scratch.
      spills: number('vgpr_spill_count'),
      occupancy: Math.min(8, byRegisters, byLds),
      instructions: new Map()
    })
  }
  let current
  for (const line of run(objdump, '-d', '--no-show-raw-insn', path).split('\n')) {
    const label = line.match(/^[0-9a-f]+ <(.+)>:$/)
    if (label) current = kernels.get(label[1])
    const instruction = line.match(/^\t(\w+)/)?.[1]?.replace(/_e(32|64)$/, '')
    if (instruction && current) current.instructions.set(instruction, (current.instructions.get(instruction) ?? 0) + 1)
  }
  return kernels
}

for (const object of objects.sort()) {
  for (const [symbol, kernel] of readKernels(join(folder, object))) {
    const count = (prefix) => [...kernel.instructions].reduce((sum, [name, n]) => sum + (name.startsWith(prefix) ? n : 0), 0)
    const short = symbol.replace(/^_ZN5greta3gpu12_GLOBAL__N_1\d+/, '').replace(/Ev.*$/, '')
    console.log(
      `${short.padEnd(48)} vgpr ${kernel.vgpr} sgpr ${kernel.sgpr} lds ${kernel.lds} scratch ${kernel.scratch} waves/SIMD ${kernel.occupancy} mfma ${count('v_mfma')}`
    )
    check(kernel.spills === 0 && kernel.scratch === 0, `${short}: ${kernel.spills} spills, ${kernel.scratch} bytes of scratch`)
    const rule = budget.find((entry) => short.includes(entry.kernel))
    check(rule !== undefined, `${short}: no budget entry`)
    if (!rule) continue
    if (rule.vgpr) check(kernel.vgpr <= rule.vgpr, `${short}: ${kernel.vgpr} VGPRs, budget ${rule.vgpr}`)
    if (rule.lds) check(kernel.lds <= rule.lds, `${short}: ${kernel.lds} bytes of LDS, budget ${rule.lds}`)
    if (rule.occupancy) check(kernel.occupancy >= rule.occupancy, `${short}: ${kernel.occupancy} waves a SIMD, budget ${rule.occupancy}`)
    for (const [prefix, least] of Object.entries(rule.needs ?? {}))
      check(count(prefix) >= least, `${short}: ${count(prefix)} ${prefix}, needs ${least}`)
    for (const prefix of rule.never ?? []) check(count(prefix) === 0, `${short}: has ${prefix}`)
  }
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)
