import { GretaError } from '../../shared/errors'

/** One step of a pre-tokenizer: cuts a text into parts that together are the text. Regular expressions are global and never match nothing. */
export type SplitStep = RegExp | ((text: string) => readonly string[])

/** The words of a text: every step cuts the parts that the step before it made. No part is empty. */
export function splitText(text: string, steps: readonly SplitStep[]): readonly string[] {
  let parts: readonly string[] = text === '' ? [] : [text]
  for (const step of steps) {
    if (parts.length === 1) {
      parts = splitPart(parts[0] as string, step)
      continue
    }
    const cut: string[] = []
    for (const part of parts) for (const piece of splitPart(part, step)) cut.push(piece)
    parts = cut
  }
  return parts
}

function splitPart(text: string, step: SplitStep): readonly string[] {
  if (typeof step === 'function') return step(text)
  try {
    const matches = text.match(step)
    if (matches === null) return [text]
    let matched = 0
    for (const match of matches) matched += match.length
    return matched === text.length ? matches : isolateMatches(text, step)
  } catch (thrown) {
    // The regular expression engine keeps a place to go back to for every character of a word; that memory is limited to tens of megabytes.
    if (!(thrown instanceof RangeError)) throw thrown
    throw new GretaError(
      'out-of-range',
      `The text has a single unbroken word too long to be cut up (in a part of ${text.length} characters).`
    )
  }
}

/** Matches, and what lies between two matches as one part. */
function isolateMatches(text: string, step: RegExp): readonly string[] {
  const parts: string[] = []
  let end = 0
  step.lastIndex = 0
  for (let match = step.exec(text); match !== null; match = step.exec(text)) {
    if (match.index > end) parts.push(text.slice(end, match.index))
    parts.push(match[0])
    end = step.lastIndex
  }
  if (end < text.length) parts.push(text.slice(end))
  return parts
}
