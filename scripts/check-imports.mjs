// Holds the walls between the parts of the product, and finds import cycles. Rules are data, each with its reason.
// TypeScript: a folder below src/ may import the folders named here (and itself); packages by environment.
// C++: the same for the folders below native/.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { root } from './lib/run.mjs'

const WALLS = {
  shared: { may: [], node: false, electron: false, why: 'shared is pure TypeScript: it runs in the page, in Node and in Electron' },
  engine: { may: ['shared'], node: true, electron: false, why: 'the engine runs wherever Node runs, without a window' },
  host: { may: ['engine', 'shared'], node: true, electron: false, why: 'the engine host is the one process that touches tensors' },
  supervisor: { may: ['shared'], node: true, electron: false, why: 'main and serve supervise the host without loading the engine' },
  serve: { may: ['supervisor', 'shared'], node: true, electron: false, why: 'serve is the workbench without Electron' },
  cli: { may: ['engine', 'shared', 'serve'], node: true, electron: false, why: 'the command line is the same engine without a window' },
  main: { may: ['supervisor', 'shared'], node: true, electron: true, why: 'main opens windows and supervises; it never touches tensors' },
  preload: { may: ['shared'], node: false, electron: true, why: 'the preload is sandboxed' },
  renderer: { may: ['shared'], node: false, electron: false, why: 'the page talks to the world through its bridge only' }
}

const NATIVE_WALLS = {
  base: { may: [], why: 'base knows nobody' },
  ops: { may: ['base'], why: 'an operation is a contract over plain data' },
  backend: { may: ['base', 'ops'], why: 'a backend is judged by the engine and must not know it' },
  gpu: { may: ['base', 'ops', 'backend'], why: 'GPU backends are libraries of their own behind backend/backend.h' },
  engine: { may: ['base', 'ops', 'backend'], why: 'the engine drives backends and knows nothing of Node' },
  addon: { may: ['base', 'ops', 'backend', 'engine'], why: 'the addon converts, queues and replies; it has no mathematics' }
}

const problems = []
const builtins = new Set(builtinModules)
const files = []
const visit = (folder, accept) => {
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) {
      if (!name.startsWith('build') && name !== 'node_modules') visit(path, accept)
    } else if (accept(name)) files.push(path)
  }
}

const source = join(root, 'src')
visit(source, (name) => /\.tsx?$/.test(name))
const graph = new Map()
const importPattern = /(?:^|\n)\s*(import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

for (const file of files) {
  const area = relative(source, file).split('/')[0]
  const wall = WALLS[area]
  const name = relative(root, file)
  if (wall === undefined) {
    problems.push(`${name}: src/${area} is not a known part; add it to WALLS in scripts/check-imports.mjs with its reason`)
    continue
  }
  const isTest = /\.test\.tsx?$/.test(file)
  const edges = []
  for (const match of readFileSync(file, 'utf8').matchAll(importPattern)) {
    const specifier = (match[3] ?? match[4]).replace(/\?.*$/, '')
    const typeOnly = match[2] !== undefined
    if (specifier.startsWith('.')) {
      const target = resolveFile(resolve(dirname(file), specifier))
      if (target === undefined) {
        if (!/\.(css|json|svg|html)$/.test(specifier)) problems.push(`${name}: imports ${specifier}, which is not there`)
        continue
      }
      if (!target.startsWith(source)) {
        if (!isTest) problems.push(`${name}: imports ${relative(root, target)}, outside src/`)
        continue
      }
      const targetArea = relative(source, target).split('/')[0]
      if (targetArea !== area && !wall.may.includes(targetArea) && !isTest) {
        problems.push(`${name}: src/${area} must not import src/${targetArea} (${relative(root, target)}): ${wall.why}`)
      }
      if (!typeOnly) edges.push(target)
    } else if (specifier === 'electron' || specifier.startsWith('electron/')) {
      if (!wall.electron) problems.push(`${name}: src/${area} must not import electron: ${wall.why}`)
    } else if (specifier.startsWith('node:') || builtins.has(specifier)) {
      if (!specifier.startsWith('node:')) problems.push(`${name}: write node:${specifier}`)
      if (!wall.node && !isTest) problems.push(`${name}: src/${area} must not import ${specifier}: ${wall.why}`)
    }
  }
  graph.set(file, edges)
}

function resolveFile(path) {
  return [path, `${path}.ts`, `${path}.tsx`, join(path, 'index.ts'), join(path, 'index.tsx')].find(
    (candidate) => existsSync(candidate) && statSync(candidate).isFile()
  )
}

// Cycles: depth-first search over value imports; each cycle is named once.
const state = new Map()
const findCycles = (file, trail) => {
  state.set(file, 'open')
  for (const next of graph.get(file) ?? []) {
    if (state.get(next) === 'open') {
      const cycle = [...trail.slice(trail.indexOf(next)), next].map((entry) => relative(root, entry))
      problems.push(`import cycle: ${cycle.join(' -> ')}`)
    } else if (!state.has(next)) findCycles(next, [...trail, next])
  }
  state.set(file, 'done')
}
for (const file of graph.keys()) if (!state.has(file)) findCycles(file, [file])

const native = join(root, 'native')
const typescriptFiles = files.length
files.length = 0
visit(native, (name) => /\.(h|cpp|hip|cu)$/.test(name))
for (const file of files) {
  const area = relative(native, file).split('/')[0]
  const wall = NATIVE_WALLS[area]
  if (wall === undefined || /^gpu\/(tests|bench)\//.test(relative(native, file))) continue // tests and bench may include anything
  for (const match of readFileSync(file, 'utf8').matchAll(/^\s*#include\s+"([^"]+)"/gm)) {
    const target = [join(dirname(file), match[1]), join(native, match[1])].find((candidate) => existsSync(candidate))
    if (target === undefined) continue
    const targetArea = relative(native, target).split('/')[0]
    if (targetArea !== area && !wall.may.includes(targetArea)) {
      problems.push(`${relative(root, file)}: native/${area} must not include native/${targetArea} (${match[1]}): ${wall.why}`)
    }
  }
}

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)
console.log(`imports: ${typescriptFiles} TypeScript and ${files.length} C++ files, no wall crossed, no cycle`)
