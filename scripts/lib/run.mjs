// Running other programs, for the scripts in this folder. No dependencies: setup.mjs runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The repository's root folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Colour only where a person looks and NO_COLOR is not set. */
const colour = process.stdout.isTTY && !process.env.NO_COLOR
export const bold = (text) => (colour ? `\u001b[1m${text}\u001b[0m` : text)

export function step(text) {
  console.log(bold(`▸ ${text}`))
}

/** Ends the script with a message for people: what is wrong, then what to do. */
export function fail(message, ...advice) {
  console.error(`\n${bold('✗')} ${message}`)
  for (const line of advice) console.error(`  ${line}`)
  process.exit(1)
}

/** True when `command` can be started at all. */
export function has(command, argument = '--version') {
  const result = spawnSync(command, [argument], { stdio: 'ignore' })
  return result.error === undefined && result.status === 0
}

const running = new Set()
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const child of running) child.kill(signal)
    process.exit(signal === 'SIGINT' ? 130 : 143)
  })
}

/**
 * Runs a program to its end. `capture` returns its standard output as text as well as showing it when `show` is true.
 * Resolves to { status, output }; never rejects for a failing program.
 */
export function run(command, commandArguments, { cwd = root, env = {}, capture = false, show = !capture } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, commandArguments, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', capture ? 'pipe' : 'inherit', capture ? 'pipe' : 'inherit']
    })
    running.add(child)
    let output = ''
    const collect = (chunk) => {
      output += chunk
      if (show) process.stdout.write(chunk)
    }
    child.stdout?.setEncoding('utf8').on('data', collect)
    child.stderr?.setEncoding('utf8').on('data', collect)
    child.on('error', (error) => {
      running.delete(child)
      resolve({ status: 127, output: `${output}${command}: ${error.message}\n` })
    })
    child.on('close', (status, signal) => {
      running.delete(child)
      resolve({ status: status ?? (signal ? 1 : 0), output })
    })
  })
}

/** Runs a program and ends the script when it fails. */
export async function mustRun(command, commandArguments, options = {}) {
  const { status } = await run(command, commandArguments, options)
  if (status !== 0) fail(`${command} ${commandArguments.join(' ')} ended with status ${status}.`)
}

/** A program of an installed npm package. */
export const nodeBin = (name) => `${root}node_modules/.bin/${name}`
