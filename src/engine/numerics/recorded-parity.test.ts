import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeTokenFrame, encodeTokenFrame, type TokenFrame } from '../../shared/protocol'
import { type RecordedDetail, writeBundle } from '../bundle/bundle'
import { columnsOfFrames, type RunColumns } from '../bundle/columns'
import { testDetail } from '../bundle/test-run'
import { loadSession } from '../session'
import { bundledModel } from '../session/test-support/models'
import type { Session, StepBatch } from '../session/types'
import { compareWithRecording } from './recorded-parity'

const folder = mkdtempSync(join(tmpdir(), 'greta-recorded-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const nothing = new Uint8Array(0)
const frameOf = (batch: StepBatch, layerCount: number): TokenFrame =>
  decodeTokenFrame(
    encodeTokenFrame({
      ...batch,
      handle: 1,
      sequence: 0,
      recorded: false,
      layerCount,
      sentAtMilliseconds: 0,
      textEnds: new Uint32Array(batch.count),
      blockMilliseconds: new Float32Array(0),
      stats: nothing,
      text: nothing
    })
  )

describe('recordings that come from elsewhere', () => {
  let session: Session
  let detail: RecordedDetail
  let columns: RunColumns
  let written = 0
  beforeAll(async () => {
    session = await loadSession(bundledModel, { context: 64, kvType: 'f32' })
    const promptIds = [...session.tokenizer.encode('Once upon a')]
    const frames: TokenFrame[] = []
    for await (const event of session.generate({ ids: promptIds, maxTokens: 6, ignoreEndOfGeneration: true, candidates: 5 }))
      if (event.kind === 'steps') frames.push(frameOf(event.batch, session.config.layerCount))
    columns = columnsOfFrames(frames, session.config.layerCount)
    detail = { ...testDetail('elsewhere'), promptIds, layerCount: session.config.layerCount }
  })
  afterAll(() => session.close())

  async function bundle(change: Partial<RunColumns> = {}, changedDetail: Partial<RecordedDetail> = {}): Promise<string> {
    const path = join(folder, `${written++}.greta`)
    await writeBundle(path, { ...detail, ...changedDetail }, { ...columns, ...change })
    return path
  }
  const judged = (path: string, on: Session = session) => compareWithRecording(on, { run: path, ids: [] })

  it('says identical, within the band or different, token by token', async () => {
    const same = await judged(await bundle())
    expect(same).toMatchObject({ positions: 6, identicalPositions: 6, verdict: 'ok' })
    expect(same.circumstances).toContain('recorded with story.gguf')
    expect(await judged(await bundle())).toMatchObject({ verdicts: same.verdicts })

    const reference = await loadSession(bundledModel, { context: 64, kvType: 'f32', backend: 'reference' })
    try {
      const near = await judged(await bundle(), reference)
      expect(near).toMatchObject({ positions: 6, withinLimitPositions: 6 - near.identicalPositions, verdict: 'ok' })
      expect(near.identicalPositions).toBeLessThan(6)
    } finally {
      await reference.close()
    }

    const candidateLogits = columns.candidateLogits.slice()
    candidateLogits[2 * columns.candidatesPerStep + 1] = (candidateLogits[2 * columns.candidatesPerStep + 1] as number) + 0.5
    const damaged = await judged(await bundle({ candidateLogits }))
    expect(damaged.verdicts.map(({ verdict }) => verdict)).toEqual([
      'identical',
      'identical',
      'different',
      'identical',
      'identical',
      'identical'
    ])
    expect(damaged.verdict).toBe('failed')
    expect(damaged.firstDifference?.what).toMatch(/^token \d+ had logit .*, has /)
  })

  it('one sentence for other tokens, another vocabulary, nothing recorded, and candidates that no model has', async () => {
    const beyond = await bundle({}, { promptIds: [1, 99_999] })
    await expect(judged(beyond)).rejects.toThrow(/has token 99999; .* has a vocabulary of 4096/)
    const candidateIds = columns.candidateIds.slice()
    candidateIds[3] = 2_000_000_000
    await expect(judged(await bundle({ candidateIds }))).rejects.toThrow(/has token 2000000000; .* has a vocabulary of 4096/)
    const nothingKept = { candidateIds: new Int32Array(0), candidateLogits: new Float32Array(0), candidatesPerStep: 0 }
    await expect(judged(await bundle(nothingKept))).rejects.toThrow(/holds no candidate logits/)
    const positions = columns.scalars.positions.map(() => -7)
    expect(await judged(await bundle({ scalars: { ...columns.scalars, positions } }))).toMatchObject({ positions: 0 })
    await expect(judged(join(folder, 'none.greta'))).rejects.toThrow(/none\.greta/)
  })

  it('one sentence for a bundle whose columns are those of other trace points, or that was cut', async () => {
    const path = await bundle({}, { layerCount: 3 })
    writeFileSync(join(folder, 'cut.greta'), readFileSync(path).subarray(0, -40))
    await expect(judged(join(folder, 'cut.greta'))).rejects.toThrow(/^cut\.greta is not a whole run bundle: .*\.$/)
    const points = { pointCount: 107, statsFloats: new Float32Array(6 * 107 * 5), statsCounts: new Uint32Array(6 * 107 * 5) }
    await expect(judged(await bundle(points, { layerCount: 3 }))).rejects.toThrow(
      /stats_floats\.npy has shape \(6, 107, 5\), expected \(6, 42, 5\)/
    )
    // Nothing but what was written here is in the folder.
    expect(readdirSync(folder).filter((name) => !name.endsWith('.greta'))).toEqual([])
  })

  it('one sentence for a dump of another vocabulary or a longer prompt', async () => {
    const dump = join(mkdtempSync(join(tmpdir(), 'greta-dump-')), '.')
    const metadata = {
      dtype: 'f32',
      prompt_len: 3,
      gen_len: 1,
      seed: 1,
      kv_aligned: 1,
      mode: 'prefill',
      token_span: { start: 3, count: 1 },
      timestamp: '2026-11-21T00:00:00Z',
      repo_branch: 'main'
    }
    writeFileSync(join(dump, 'metadata.json'), JSON.stringify(metadata))
    writeFileSync(join(dump, 'logits.jsonl.gz'), gzipSync(`${JSON.stringify({ token_idx: 3, token_id: 1, logits: [1, 2] })}\n`))
    try {
      await expect(compareWithRecording(session, { dump, ids: [1, 2, 3] })).rejects.toThrow(/rows of 2 logits; .* vocabulary of 4096/)
      await expect(compareWithRecording(session, { dump, ids: [1, 2] })).rejects.toThrow(/3 prompt tokens; the given prompt has 2/)
    } finally {
      rmSync(dump, { recursive: true, force: true })
    }
  })
})
