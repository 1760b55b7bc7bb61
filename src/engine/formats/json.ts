import { basename } from 'node:path'
import { GretaError } from '../../shared/errors'
import type { MetadataValue } from '../../shared/model/description'
import { FileWindow } from './files'

export type JsonObject = Readonly<Record<string, unknown>>

export const isJsonObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

export interface JsonBounds {
  readonly mostDepth: number
  /** Refuse objects with the same key twice, down to this depth (1 = the outermost object). */
  readonly uniqueKeysToDepth: number
}

const CONFIG_BOUNDS: JsonBounds = { mostDepth: 32, uniqueKeysToDepth: 32 }
const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** Parses untrusted bytes that should be a JSON object. `name` is the file for errors. */
export function parseJsonObject(name: string, bytes: Uint8Array, bounds: JsonBounds = CONFIG_BOUNDS): JsonObject {
  let text: string
  try {
    text = strictUtf8.decode(bytes)
  } catch {
    throw new GretaError('format', `${name} is not valid UTF-8.`, 'The file is damaged: download it again.')
  }
  checkStructure(name, text, bounds)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (thrown) {
    // The parser quotes the text around the fault, line breaks and all.
    const why = thrown instanceof Error ? thrown.message.replaceAll(/\s+/gu, ' ').slice(0, 120) : String(thrown)
    throw new GretaError('format', `${name} is not valid JSON: ${why}.`, 'The file is damaged: download it again.')
  }
  if (!isJsonObject(value)) throw new GretaError('format', `${name} is not a JSON object.`)
  return value
}

/** Reads a JSON file of at most `mostBytes`. */
export function readJsonFile(path: string, mostBytes: number, bounds: JsonBounds = CONFIG_BOUNDS): JsonObject {
  return parseJsonObject(basename(path), readWholeFile(path, mostBytes), bounds)
}

/** All bytes of a file that must not be larger than `mostBytes`. */
export function readWholeFile(path: string, mostBytes: number): Uint8Array {
  return FileWindow.use(path, (window) => {
    if (window.sizeBytes > mostBytes) {
      throw new GretaError('format', `${window.name} has ${window.sizeBytes} bytes; at most ${mostBytes} are read.`)
    }
    return window.view(0, window.sizeBytes)
  })
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const OPENING = [0x7b, 0x5b]
const CLOSING = [0x7d, 0x5d]

/**
 * Finds too deep nesting and repeated keys before JSON.parse, which would build the first and hide the second. Text that is
 * not JSON may pass: the parser refuses it afterwards. Tokenizer files have megabytes, so this goes by character codes.
 */
function checkStructure(name: string, text: string, bounds: JsonBounds): void {
  const keys: Set<string>[] = []
  let depth = 0
  let at = 0
  while (at < text.length) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = endOfString(text, at)
      const seen = depth <= bounds.uniqueKeysToDepth ? keys[depth] : undefined
      if (seen !== undefined && isKey(text, end)) {
        const key = text.slice(at, end)
        if (seen.has(key)) throw new GretaError('format', `${name} has the key ${key.slice(0, 80)} twice in one object.`)
        seen.add(key)
      }
      at = end
      continue
    }
    if (OPENING.includes(code)) {
      depth += 1
      if (depth > bounds.mostDepth) throw new GretaError('format', `${name} nests deeper than ${bounds.mostDepth} levels.`)
      if (depth <= bounds.uniqueKeysToDepth) keys[depth] = new Set()
    } else if (CLOSING.includes(code)) {
      depth -= 1
    }
    at += 1
  }
}

function endOfString(text: string, start: number): number {
  let at = start + 1
  for (;;) {
    const code = text.charCodeAt(at)
    // Not a number: the text is over.
    if (code === QUOTE || Number.isNaN(code)) return at + 1
    at += code === BACKSLASH ? 2 : 1
  }
}

function isKey(text: string, end: number): boolean {
  let at = end
  while (text.charCodeAt(at) <= 0x20) at += 1
  return text.charCodeAt(at) === COLON
}

/** {"rope_scaling": {"factor": 8}} as "rope_scaling.factor" → 8. null is left out; objects in arrays become JSON text. */
export function flattenJson(object: JsonObject): Map<string, MetadataValue> {
  const flat = new Map<string, MetadataValue>()
  const visit = (prefix: string, value: unknown): void => {
    if (value === null || value === undefined) return
    if (isJsonObject(value)) {
      for (const [key, inner] of Object.entries(value)) visit(prefix === '' ? key : `${prefix}.${key}`, inner)
      return
    }
    flat.set(prefix, Array.isArray(value) ? value.map(arrayElement) : (value as MetadataValue))
  }
  visit('', object)
  return flat
}

const arrayElement = (value: unknown): MetadataValue =>
  typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? value : JSON.stringify(value)
