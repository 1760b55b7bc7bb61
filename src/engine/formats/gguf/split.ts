import { basename, dirname, join } from 'node:path'
import { GretaError } from '../../../shared/errors'
import type { MetadataValue } from '../../../shared/model/description'
import { LIMITS } from '../limits'
import { describeValue } from '../metadata-reader'
import { type GgufHeader, readGgufHeader } from './read-header'

const SPLIT_NAME = /^(?<stem>.*)-(?<part>\d{5})-of-(?<count>\d{5})\.gguf$/u

/** "name-00002-of-00005.gguf" taken apart; undefined for an ordinary name. */
export function parseSplitName(fileName: string): { readonly stem: string; readonly part: number; readonly count: number } | undefined {
  const groups = SPLIT_NAME.exec(fileName)?.groups
  if (groups === undefined) return undefined
  return { stem: groups['stem'] as string, part: Number(groups['part']), count: Number(groups['count']) }
}

export function splitName(stem: string, part: number, count: number): string {
  return `${stem}-${String(part).padStart(5, '0')}-of-${String(count).padStart(5, '0')}.gguf`
}

/**
 * Reads the headers of a model: one for an ordinary file, one a part for a split file, whichever part is named.
 * Names are derived from the given one, never taken from the files.
 */
export function readGgufParts(path: string): readonly GgufHeader[] {
  const name = basename(path)
  const split = parseSplitName(name)
  if (split === undefined) {
    const header = readGgufHeader(path)
    const count = splitNumber(header, 'split.count') ?? 1
    if (count > 1) {
      throw new GretaError(
        'format',
        `${name} says it is one of ${count} parts of a split model, but its name does not end in "-0000N-of-${String(count).padStart(5, '0')}.gguf".`,
        'Give the parts their original names and keep them in one folder.'
      )
    }
    return [header]
  }
  if (split.count < 1 || split.count > LIMITS.splitFiles || split.part < 1 || split.part > split.count) {
    throw new GretaError(
      'format',
      `${name} names part ${split.part} of ${split.count}; parts count from 1 and at most ${LIMITS.splitFiles} are read.`
    )
  }
  const headers: GgufHeader[] = []
  for (let part = 1; part <= split.count; part += 1) {
    const header = readPart(join(dirname(path), splitName(split.stem, part, split.count)), part, split.count)
    headers.push(header)
  }
  checkTogether(name, headers)
  return headers
}

function readPart(path: string, part: number, count: number): GgufHeader {
  let header: GgufHeader
  try {
    header = readGgufHeader(path, part - 1)
  } catch (thrown) {
    if (thrown instanceof GretaError && thrown.code === 'not-found') {
      throw new GretaError('not-found', `Part ${part} of ${count} is missing: there is no file ${path}.`, 'Put all parts in one folder.')
    }
    throw thrown
  }
  const claimed = splitNumber(header, 'split.count')
  const number = splitNumber(header, 'split.no')
  if ((claimed !== undefined && claimed !== count) || (number !== undefined && number !== part - 1)) {
    throw new GretaError(
      'format',
      `${basename(path)} says inside that it is part ${(number ?? part - 1) + 1} of ${claimed ?? count}.`,
      'Parts of different models or with changed names are mixed: download the model again.'
    )
  }
  return header
}

function checkTogether(name: string, headers: readonly GgufHeader[]): void {
  const owners = new Map<string, GgufHeader>()
  for (const header of headers) {
    for (const tensor of header.tensors) {
      const other = owners.get(tensor.name)
      if (other !== undefined) {
        throw new GretaError(
          'format',
          `Tensor ${JSON.stringify(tensor.name)} is in both ${basename(other.file.path)} and ${basename(header.file.path)}.`
        )
      }
      owners.set(tensor.name, header)
    }
  }
  const expected = splitNumber(headers[0] as GgufHeader, 'split.tensors.count')
  if (expected !== undefined && expected !== owners.size) {
    throw new GretaError('format', `${name}: the parts hold ${owners.size} tensors together, but the first says ${expected}.`)
  }
}

function splitNumber(header: GgufHeader, key: string): number | undefined {
  const value: MetadataValue | undefined = header.metadata.get(key)
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw new GretaError('format', `${basename(header.file.path)}: ${key} is ${describeValue(value)}; expected a whole number.`)
  }
  return value
}
