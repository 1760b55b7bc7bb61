import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { compareDumps } from './dump-guardrail'
import { readLogitsDump } from './logits-dump'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const METADATA = {
  dtype: 'f32',
  prompt_len: 4,
  gen_len: 1,
  seed: 42,
  kv_aligned: 1,
  mode: 'prefill',
  token_span: { start: 4, count: 1 },
  timestamp: '2026-11-21T00:00:00Z',
  repo_branch: 'main'
}

function dump(lines: readonly unknown[], metadata: unknown = METADATA, bytes?: (whole: Buffer) => Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'greta-dump-'))
  folders.push(folder)
  writeFileSync(join(folder, 'metadata.json'), JSON.stringify(metadata))
  const whole = gzipSync(lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''))
  writeFileSync(join(folder, 'logits.jsonl.gz'), bytes?.(whole) ?? whole)
  return folder
}
const line = (logits: readonly (number | null)[]) => ({ token_idx: 4, token_id: 1, logits })

describe('logits dumps', () => {
  it('round-trips float32 and compares bit for bit', async () => {
    const value = Math.fround(0.1)
    const left = await readLogitsDump(dump([line([value, -2])]))
    expect(left.rows[0]?.logits[0]).toBe(value)
    const same = await readLogitsDump(dump([line([value, -2])]))
    expect(compareDumps(left, same).verdict).toBe('equal')
    const other = await readLogitsDump(dump([line([value, -2.0000002])]))
    expect(compareDumps(left, other)).toMatchObject({ verdict: 'different', rows: [{ bitEqual: false, sameTokenId: true }] })
  })

  it('refuses to compare other spans and vocabularies', async () => {
    const left = await readLogitsDump(dump([line([1, 2])]))
    const longer = await readLogitsDump(dump([line([1, 2, 3])]))
    expect(() => compareDumps(left, longer)).toThrow(/vocabulary is 2 .* and 3/)
    const later = await readLogitsDump(dump([line([1, 2])], { ...METADATA, token_span: { start: 5, count: 1 } }))
    expect(() => compareDumps(left, later)).toThrow(/token_span is 4\+1 .* 5\+1/)
  })

  it.each([
    ['a folder without files', () => '/nonexistent', /is not there/],
    ['metadata that is not JSON', () => dump([], 'x'), /should be Object/],
    ['a truncated gzip', () => dump([line([1])], METADATA, (whole) => whole.subarray(0, whole.length - 6)), /not a whole gzip file/],
    ['no gzip at all', () => dump([], METADATA, () => Buffer.from('hello')), /not a whole gzip file/],
    ['a line that is not JSON', () => dump(['{"token_idx":']), /line 1 is not JSON/],
    ['a negative index', () => dump([{ token_idx: -1, token_id: 0, logits: [1] }]), /token_idx/],
    ['fewer lines than announced', () => dump([], METADATA), /announces 1 tokens, .* holds 0/],
    [
      'rows of unequal length',
      () => dump([line([1, 2]), line([1])], { ...METADATA, token_span: { start: 4, count: 2 } }),
      /1 logits where the first line has 2/
    ]
  ])('%s is one clear sentence', async (_name, make, message) => {
    await expect(readLogitsDump(make())).rejects.toThrow(message)
  })
})
