import { GretaError } from '../../shared/errors'
import type { DumpRow, LogitsDump } from './logits-dump'
import { tensorError } from './tensor-error'

export interface GuardrailRow {
  readonly tokenIndex: number
  readonly tokenId: number
  readonly sameTokenId: boolean
  readonly nmse: number
  readonly maxAbsoluteDifference: number
  readonly bitEqual: boolean
}

/** The B3.67 guardrail: two dumps over the same token span, compared. */
export interface GuardrailReport {
  readonly left: string
  readonly right: string
  readonly tokenSpan: { readonly start: number; readonly count: number }
  readonly rows: readonly GuardrailRow[]
  readonly verdict: 'equal' | 'different'
}

/** Throws GretaError 'usage' when the dumps cannot be compared: other spans, prompts, seeds or vocabularies. */
export function compareDumps(left: LogitsDump, right: LogitsDump): GuardrailReport {
  const a = left.metadata
  const b = right.metadata
  mustAgree('token_span', `${a.token_span.start}+${a.token_span.count}`, `${b.token_span.start}+${b.token_span.count}`, left, right)
  mustAgree('prompt_len', a.prompt_len, b.prompt_len, left, right)
  mustAgree('vocabulary', left.rows[0]?.logits.length ?? 0, right.rows[0]?.logits.length ?? 0, left, right)
  const rows = left.rows.map((row, index): GuardrailRow => {
    const other = right.rows[index] as DumpRow
    mustAgree('token_idx', row.tokenIndex, other.tokenIndex, left, right)
    const { nmse, maxAbsoluteDifference, bitEqual } = tensorError(row.logits, other.logits)
    return {
      tokenIndex: row.tokenIndex,
      tokenId: row.tokenId,
      sameTokenId: row.tokenId === other.tokenId,
      nmse,
      maxAbsoluteDifference,
      bitEqual
    }
  })
  return {
    left: left.folder,
    right: right.folder,
    tokenSpan: a.token_span,
    rows,
    verdict: rows.every((row) => row.bitEqual && row.sameTokenId) ? 'equal' : 'different'
  }
}

function mustAgree(what: string, left: unknown, right: unknown, a: LogitsDump, b: LogitsDump): void {
  if (left !== right) {
    throw new GretaError(
      'usage',
      `The dumps cannot be compared: ${what} is ${String(left)} in ${a.folder} and ${String(right)} in ${b.folder}.`,
      'Dump both with the same prompt and the same --mode span.'
    )
  }
}
