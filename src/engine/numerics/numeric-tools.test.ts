import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadSession } from '../session'
import { bundledModel } from '../session/test-support/models'
import { patchedModel } from '../session/test-support/patched-model'
import type { Session } from '../session/types'
import { checkEquivalence } from './equivalence'
import { faultExercises, runFaultLab } from './fault-lab'
import { findFirstDivergence } from './first-divergence'
import { checkHealth } from './health'
import { compareSessions } from './parity'
import { exportRepro } from './repro'

const PROMPT = 'Once upon a time there was a little robot who wanted to fly to the moon. One night,'
const LIMIT = 1e-9

describe('numeric tools on the bundled model, cpu against reference', () => {
  let reference: Session
  let test: Session
  let ids: readonly number[]
  beforeAll(async () => {
    const options = { kvType: 'f32', context: 128 } as const
    reference = await loadSession(bundledModel, { ...options, backend: 'reference' })
    test = await loadSession(bundledModel, { ...options, backend: 'cpu', threads: 2 })
    ids = test.tokenizer.encode(PROMPT)
  })
  afterAll(async () => {
    await reference.close()
    await test.close()
  })

  it('parity is ok, every operation within its local limit', async () => {
    const report = await compareSessions(reference, test, ids)
    expect(report.failures).toEqual([])
    expect(report.verdict).toBe('ok')
    expect(report.summary.positions).toBe(ids.length)
    expect(report.summary.sameTop1Share).toBe(1)
    expect(report.points.filter((point) => point.localNmse !== undefined)).toHaveLength(8 * 13)
    // It measures something: two different arithmetics are close and not equal.
    expect(report.summary.maxNmse).toBeGreaterThan(0)
    expect(report.points.some((point) => (point.localNmse ?? 0) > 0)).toBe(true)
  })

  it('what was cancelled before it began does not begin', async () => {
    const signal = AbortSignal.abort()
    await expect(checkHealth(test, [ids], { signal })).rejects.toMatchObject({ code: 'cancelled' })
    await expect(checkEquivalence(test, ids, { secondSession: reference, signal })).rejects.toMatchObject({ code: 'cancelled' })
    expect(test.busy).toBe(false)
  })

  it('a session against itself is bit-identical', async () => {
    const other = await loadSession(bundledModel, { backend: 'cpu', kvType: 'f32', context: 128, threads: 1 })
    try {
      const report = await compareSessions(test, other, ids, { localPositions: 0 })
      expect(report).toMatchObject({ band: 'bit-identical', verdict: 'ok' })
      expect(report.summary.bitEqualPositions).toBe(ids.length)
    } finally {
      await other.close()
    }
  })

  it('parity sees one weight row perturbed by 1 % and fails', async () => {
    const fault = faultExercises(test, ids.length)[0]?.fault
    const report = await compareSessions(reference, test, ids, { faults: fault === undefined ? [] : [fault] })
    expect(report.verdict).toBe('failed')
    expect(report.failures.join(' ')).toMatch(/layer 1 ffn_up: local NMSE/)
  })

  it('no divergence without a fault', async () => {
    const report = await findFirstDivergence(reference, test, ids, { limit: LIMIT })
    expect(report.verdict).toBe('agree')
    expect(report.blocks).toHaveLength(8)
  })

  it('names 5 of 5 planted faults, and says what they are', async () => {
    const results = await runFaultLab(reference, test, ids, { limit: LIMIT })
    expect(results.map((result) => [result.name, result.found?.layer, result.found?.point, result.named])).toEqual(
      results.map((result) => [result.name, result.expected.layer, expect.toBeOneOf(result.expected.points as string[]), true])
    )
    expect(results).toHaveLength(5)
    const diagnoses = results.map((result) => result.found?.diagnosis ?? '')
    expect(diagnoses[0]).toMatch(/output row 341 alone differs, by a constant factor of 1\.0100/)
    expect(diagnoses[1]).toMatch(/inputs 512 to 543: this range of K/)
    expect(diagnoses[2]).toMatch(/RoPE rotates by other angles/)
    expect(diagnoses[3]).toMatch(/element 256 is NaN/)
    expect(diagnoses[4]).toMatch(/a stale KV slot/)
  })

  it('prefill, decode, chunks, rewind and a second session are bit-equal', async () => {
    const second = await loadSession(bundledModel, { backend: 'cpu', kvType: 'f32', context: 128, threads: 1 })
    try {
      const report = await checkEquivalence(test, ids, { secondSession: second })
      expect(report.ways.filter((way) => !way.bitEqual)).toEqual([])
      expect(report.ways).toHaveLength(6)
      expect(report.verdict).toBe('equal')
    } finally {
      await second.close()
    }
  })

  it('is clean, and a planted NaN is alerted with its last finite ancestor', async () => {
    const clean = await checkHealth(test, [ids, [1, 2, 3]])
    expect(clean).toMatchObject({ verdict: 'clean', alertCount: 0 })
    expect(clean.prompts[0]?.valuesSeen).toBeGreaterThan(ids.length * 50_000)
    const fault = { kind: 'nan-at-point', layer: 3, point: 'ffn_act', position: 4, index: 17, count: 0, factor: 1 } as const
    const broken = await checkHealth(test, [ids], { faults: [fault] })
    expect(broken.verdict).toBe('broken')
    expect(broken.alerts[0]).toMatchObject({ kind: 'nan', position: 4, layer: 3, point: 'ffn_act', amount: 1 })
    expect(broken.lastFiniteAncestor).toEqual({ layer: 3, point: 'ffn_up' })
  })

  it('a NaN in the file is followed to its weight: alert, ancestor, and a repro that says where it comes in', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'greta-nan-weight-'))
    const path = await patchedModel(folder, 'blk.3.ffn_norm.weight', (bytes) => bytes.writeUInt32LE(0x7fc00000, 17 * 4))
    const options = { kvType: 'f32', context: 32 } as const
    const [own, other] = await Promise.all([loadSession(path, { ...options, backend: 'reference' }), loadSession(path, options)])
    try {
      const few = ids.slice(0, 4)
      const health = await checkHealth(other, [few])
      expect(health.alerts[0]).toMatchObject({ kind: 'nan', position: 0, layer: 3, point: 'ffn_norm', amount: 1 })
      expect(health.lastFiniteAncestor).toEqual({ layer: 3, point: 'attn_residual' })
      // Both sides make it: no kernel is to blame, and the search says so.
      expect((await findFirstDivergence(own, other, few, { limit: LIMIT })).verdict).toBe('agree')
      await exportRepro(own, other, { layer: 3, point: 'ffn_norm', position: 2, limit: LIMIT }, join(folder, 'repro'))
      const run = spawnSync(process.execPath, [join(folder, 'repro/check.mjs')], { encoding: 'utf8' })
      expect(run.stdout).toMatch(/weight\.npy is not finite at index 17 \(NaN\)[\s\S]*REPRO=AGREES/)
    } finally {
      await Promise.all([own.close(), other.close()])
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('exports a single operation whose standalone check agrees with the healthy one and not with the damaged one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'greta-repro-'))
    try {
      for (const point of ['q', 'attn_context', 'ffn_norm', 'ffn_act', 'attn_residual'] as const) {
        const target = join(folder, point)
        await exportRepro(reference, test, { layer: 2, point, position: 5, limit: LIMIT }, target)
        const run = spawnSync(process.execPath, [join(target, 'check.mjs')], { encoding: 'utf8' })
        expect(run.stdout, point).toMatch(/REPRO=AGREES/)
        expect(run.status).toBe(0)
      }
      const fault = faultExercises(test, ids.length)[0]?.fault
      const target = join(folder, 'damaged')
      await exportRepro(reference, test, { layer: 1, point: 'ffn_up', position: 5, limit: LIMIT, faults: fault ? [fault] : [] }, target)
      const run = spawnSync(process.execPath, [join(target, 'check.mjs')], { encoding: 'utf8' })
      expect(run.stdout).toMatch(/REPRO=DIFFERS/)
      expect(run.status).toBe(1)
      expect(JSON.parse(readFileSync(join(target, 'repro.json'), 'utf8'))).toMatchObject({ layer: 1, point: 'ffn_up', weight: true })
      await expect(exportRepro(reference, test, { layer: 1, point: 'ffn_up', position: 5, limit: LIMIT }, target)).rejects.toThrow(
        /exists already/
      )
      await expect(exportRepro(reference, test, { layer: 99, point: 'q', position: 5, limit: LIMIT }, join(folder, 'x'))).rejects.toThrow(
        /8 layers/
      )
      expect(existsSync(join(folder, 'x'))).toBe(false)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
