import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { EVENTS } from './events'
import { METHODS } from './methods'

const document = readFileSync(fileURLToPath(new URL('../../../docs/protocol.md', import.meta.url)), 'utf8')
const rows = document.split('\n').filter((line) => line.startsWith('| `'))
const names = [...Object.keys(METHODS), ...Object.keys(EVENTS)]

/** Names in the first cell of a table row. */
const documented = rows.flatMap((row) =>
  [...(row.split(' | ')[0] ?? '').matchAll(/`([a-z]+\.[a-zA-Z]+)`/g)].map((match) => match[1] as string)
)

describe('docs/protocol.md', () => {
  it('lists every method and event of the tables', () => {
    expect(names.filter((name) => !documented.includes(name))).toEqual([])
  })

  it('lists nothing that the tables do not have', () => {
    expect(documented.filter((name) => !names.includes(name))).toEqual([])
  })

  it('names every parameter and every field of the answer of the numeric methods', () => {
    const fields = (schema: object): string[] => {
      if ('entries' in schema) return Object.keys(schema.entries as object)
      return 'options' in schema ? (schema.options as object[]).flatMap(fields) : []
    }
    const missing = Object.entries(METHODS)
      .filter(([name]) => /^(numerics|drift)\./.test(name))
      .flatMap(([name, { params, result }]) => {
        const row = rows.find((line) => line.startsWith(`| \`${name}\` |`)) ?? ''
        // What every report says of itself needs no mention.
        const selfEvident = ['reference', 'test', 'positions', 'tokenCount', 'tracePoints', 'position', 'layers']
        return [...fields(params), ...fields(result).filter((field) => !selfEvident.includes(field))]
          .filter((field) => !new RegExp(`\`${field}\\??\``).test(row))
          .map((field) => `${name}: ${field}`)
      })
    expect(missing).toEqual([])
  })
})
