import { type LanePart, lanePartsOf } from './visible'

/** Width of a text in CSS pixels, in the lane's font. */
export type Measure = (text: string) => number

/** A stretch of one token on one line. */
export interface LineSpan {
  readonly token: number
  readonly parts: readonly LanePart[]
}

const INITIAL = 1024

/** An array of whole numbers that grows by doubling. */
class GrowingInts {
  private values = new Int32Array(INITIAL)
  length = 0

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Int32Array(this.values.length * 2)
      larger.set(this.values)
      this.values = larger
    }
    this.values[this.length] = value
    this.length += 1
  }

  get(index: number): number {
    return this.values[index] as number
  }

  truncate(length: number): void {
    this.length = length
  }

  /** The last index whose value is <= target, in ascending values; -1 when there is none. */
  lastAtMost(target: number): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.get(middle) <= target) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

const isIdeographic = (text: string, end: 'first' | 'last'): boolean => {
  const code = end === 'first' ? text.codePointAt(0) : text.codePointAt(text.length - 1)
  return code !== undefined && code >= 0x2e80 && code <= 0xffdc && !(code >= 0xd800 && code <= 0xdfff)
}

/**
 * Breaks a growing sequence of tokens into lines of a width. Appending costs the token's own length: earlier lines never
 * change, so that only visible lines need to be in the document. Spaces at a line's end hang over the edge.
 */
export class TokenLayout {
  private readonly parts: LanePart[] = []
  private readonly widths: number[] = []
  private readonly partToken = new GrowingInts()
  private readonly lineStarts = new GrowingInts()
  private readonly measured = new Map<string, number>()
  private tokens = 0
  /** Pen position on the open line, and the first part that may be carried to a new one. */
  private x = 0
  private breakAt = -1
  private endOfLine = false
  private readonly measure: Measure
  private readonly width: number

  constructor(measure: Measure, width: number) {
    this.measure = measure
    this.width = width
    this.lineStarts.push(0)
  }

  get tokenCount(): number {
    return this.tokens
  }

  get lineCount(): number {
    return this.parts.length === 0 ? 0 : this.lineStarts.length
  }

  append(text: string): void {
    for (const part of lanePartsOf(text)) this.place(part)
    this.tokens += 1
  }

  /** A token that has no text of its own: a control token's name, a lone byte. */
  appendSign(sign: string): void {
    this.place({ kind: 'mark', text: sign, breakAfter: false })
    this.tokens += 1
  }

  /** Part range of a line: it identifies the line's content for as long as the layout lives. */
  lineRange(line: number): { readonly start: number; readonly end: number } {
    return {
      start: this.lineStarts.get(line),
      end: line + 1 < this.lineStarts.length ? this.lineStarts.get(line + 1) : this.parts.length
    }
  }

  line(line: number): readonly LineSpan[] {
    const { start, end } = this.lineRange(line)
    const spans: { token: number; parts: LanePart[] }[] = []
    for (let index = start; index < end; index++) {
      const token = this.partToken.get(index)
      const last = spans[spans.length - 1]
      const part = this.parts[index] as LanePart
      if (last?.token === token) last.parts.push(part)
      else spans.push({ token, parts: [part] })
    }
    return spans
  }

  /** Whether a span is the first visible part of its token. */
  isHead(line: number, span: LineSpan): boolean {
    if (span.parts.every((part) => part.kind === 'space')) return false
    if (line === 0) return true
    const before = this.lineRange(line - 1)
    for (let index = before.end - 1; index >= before.start && this.partToken.get(index) === span.token; index--)
      if ((this.parts[index] as LanePart).kind !== 'space') return false
    return true
  }

  /** The line on which a token begins; 0 for one without parts before the first. */
  lineOf(token: number): number {
    let part = this.firstPartOf(token)
    while (this.parts[part]?.kind === 'space' && this.partToken.get(part + 1) === token && part + 1 < this.parts.length) part += 1
    return Math.max(0, this.lineStarts.lastAtMost(part))
  }

  private firstPartOf(token: number): number {
    return this.partToken.lastAtMost(token - 1) + 1
  }

  private place(part: LanePart): void {
    const width = this.widthOf(part.text)
    if (part.kind === 'text' && width > this.width) {
      this.placeInPieces(part)
      return
    }
    if (this.endOfLine) this.startLine(this.parts.length)
    const previous = this.parts[this.parts.length - 1]
    const lineStart = this.lineStarts.get(this.lineStarts.length - 1)
    const mayBreak =
      previous === undefined ||
      previous.breakAfter ||
      part.kind === 'mark' ||
      isIdeographic(part.text, 'first') ||
      isIdeographic(previous.text, 'last')
    if (mayBreak && part.kind !== 'space') this.breakAt = this.parts.length
    const overflows = part.kind !== 'space' && this.x + width > this.width && this.parts.length > lineStart
    if (overflows) this.startLine(this.breakAt > lineStart ? this.breakAt : this.parts.length)
    this.parts.push(part)
    this.widths.push(width)
    this.partToken.push(this.tokens)
    this.x += width
    this.endOfLine = part.kind === 'mark' && part.text === '↵'
  }

  /** A word wider than the lane is cut where it must be. */
  private placeInPieces(part: LanePart): void {
    let rest = Array.from(part.text)
    while (rest.length > 0) {
      let take = Math.max(1, Math.min(rest.length, Math.floor((rest.length * this.width) / Math.max(1, this.widthOf(rest.join(''))))))
      while (take > 1 && this.widthOf(rest.slice(0, take).join('')) > this.width) take -= 1
      this.place({ kind: 'text', text: rest.slice(0, take).join(''), breakAfter: true })
      rest = rest.slice(take)
    }
  }

  private startLine(part: number): void {
    this.lineStarts.push(part)
    this.x = 0
    for (let index = part; index < this.widths.length; index++) this.x += this.widths[index] as number
    this.breakAt = -1
    this.endOfLine = false
  }

  private widthOf(text: string): number {
    const known = this.measured.get(text)
    if (known !== undefined) return known
    const width = this.measure(text)
    if (this.measured.size < 65536) this.measured.set(text, width)
    return width
  }
}
