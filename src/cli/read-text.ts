import { open } from 'node:fs/promises'
import { GretaError } from '../shared/errors'
import { systemReason } from '../shared/system-errors'

/** Longer than any context; /dev/zero has no end at all. */
const MOST_BYTES = 64 * 2 ** 20
const CHUNK_BYTES = 2 ** 20

/**
 * The text of a file, `-` for standard input: UTF-8, malformed parts as U+FFFD (`onMalformed` is told where the first one is).
 * Throws GretaError 'not-found', 'io', or 'out-of-range' for more than 64 MiB.
 */
export async function readText(file: string, onMalformed: (name: string, byte: number) => void): Promise<string> {
  const name = file === '-' ? 'Standard input' : file
  const bytes = await readBytes(file, name)
  const malformedAt = firstMalformedByte(bytes)
  if (malformedAt !== undefined) onMalformed(name, malformedAt)
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
}

/** The warning for people. */
export const malformedText = (name: string, byte: number): string =>
  `${name} is not UTF-8 at byte ${byte}: its malformed parts are read as U+FFFD.\n`

async function readBytes(file: string, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    const handle = await open(file === '-' ? '/dev/stdin' : file)
    try {
      for (;;) {
        const { bytesRead, buffer } = await handle.read(new Uint8Array(CHUNK_BYTES), 0, CHUNK_BYTES, null)
        if (bytesRead === 0) break
        chunks.push(buffer.subarray(0, bytesRead))
        size += bytesRead
        if (size > MOST_BYTES)
          throw new GretaError('out-of-range', `${name} has more than ${MOST_BYTES / 2 ** 20} MiB; a text may have that much.`)
      }
    } finally {
      await handle.close()
    }
  } catch (thrown) {
    if (thrown instanceof GretaError) throw thrown
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') throw new GretaError('not-found', `There is no file ${file}.`)
    throw new GretaError('io', `${name} cannot be read: ${systemReason(thrown)}.`)
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

/** Where the first byte lies that is part of no character; undefined in valid UTF-8. */
function firstMalformedByte(bytes: Uint8Array): number | undefined {
  const isValid = (part: Uint8Array): boolean => {
    try {
      // A cut character at the end of a part is no mistake yet.
      new TextDecoder('utf-8', { fatal: true }).decode(part, { stream: part.length < bytes.length })
      return true
    } catch {
      return false
    }
  }
  if (isValid(bytes)) return undefined
  let [valid, invalid] = [0, bytes.length]
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1
    if (isValid(bytes.subarray(0, middle))) valid = middle
    else invalid = middle
  }
  return invalid - 1
}
