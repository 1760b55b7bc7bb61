// The GPU backend through the addon. The library is the emulator that the gpu suite builds: host code, kernels and the door
// between addon and library are the real ones, only the device is not. Skipped, by name, where it is not built.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runProgram } from '../../cli/test-support/run-program'
import { PRESETS } from '../formats/architecture/presets'
import { writeModel } from '../formats/writing/write-model'
import { devices, loadSession } from '../session'
import { repository } from '../session/test-support/models'
import type { Session } from '../session/types'
import { limitsFor } from './bands'
import { checkEquivalence } from './equivalence'
import { runFaultLab } from './fault-lab'
import { findFirstDivergence } from './first-divergence'
import { checkHealth } from './health'
import { compareSessions, pairTraits } from './parity'

const emulators = join(repository, 'native/build-gpu/emulator')
const built = ['greta-emu64.so', 'greta-emu32.so'].every((name) => existsSync(join(emulators, name)))
const ids = [1, 17, 202, 9, 9, 310]
/** Two cores may be shared by everything that CI runs: a fiber a lane is slow. */
const TIMEOUT = 240_000

describe.skipIf(!built)('the GPU backend through the addon, emulated (build native/build-gpu first)', { timeout: TIMEOUT }, () => {
  const scratch = mkdtempSync(join(tmpdir(), 'greta-emulated-gpu-'))
  const model = join(scratch, 'tiny.gguf')
  const options = { context: 128, batch: 64 } as const
  const pathBefore = process.env['GRETA_BACKEND_PATH']
  let reference: Session
  let test: Session
  beforeAll(async () => {
    process.env['GRETA_BACKEND_PATH'] = emulators
    await writeModel(model, { shape: { ...PRESETS.tiny, layerCount: 3 }, mix: 'q4_k_m', seed: 7 })
    reference = await loadSession(model, { ...options, backend: 'reference' })
    test = await loadSession(model, { ...options, backend: 'emu64' })
  }, TIMEOUT)
  afterAll(async () => {
    await test?.close()
    await reference?.close()
    if (pathBefore === undefined) delete process.env['GRETA_BACKEND_PATH']
    else process.env['GRETA_BACKEND_PATH'] = pathBefore
    rmSync(scratch, { recursive: true, force: true })
  })

  it('is listed where its folder is named, and takes the precision it has', () => {
    expect(devices().find(({ name }) => name === 'emu64')).toMatchObject({ available: true })
    expect(test.options).toMatchObject({ backend: 'emu64', precision: 'bf16', kvType: 'f16' })
  })

  it('refuses f32 precision in one sentence that says what to choose', async () => {
    await expect(loadSession(model, { ...options, backend: 'emu64', precision: 'f32' })).rejects.toThrow(
      /matrix cores.*Choose precision bf16/
    )
  })

  it.each(['f16', 'f32'] as const)('parity with the reference, %s cache, every operation within its local limit', async (kvType) => {
    const sides =
      kvType === 'f16'
        ? [reference, test]
        : await Promise.all(['reference', 'emu64'].map((backend) => loadSession(model, { ...options, kvType, backend })))
    const [expected, found] = sides as [Session, Session]
    try {
      const report = await compareSessions(expected, found, ids)
      expect(report.failures).toEqual([])
      expect(report.verdict).toBe('ok')
      expect(report.summary.maxNmse).toBeGreaterThan(0)
      expect(report.points.filter((point) => point.localNmse !== undefined)).toHaveLength(3 * 13)
    } finally {
      if (kvType === 'f32') for (const session of sides) await session.close()
    }
  })

  it('equivalence of every way, a second session included', async () => {
    const second = await loadSession(model, { ...options, backend: 'emu64' })
    try {
      const report = await checkEquivalence(test, ids, { secondSession: second })
      expect(report.ways.filter(({ bitEqual }) => !bitEqual)).toEqual([])
      expect(report.ways).toHaveLength(6)
    } finally {
      await second.close()
    }
  })

  it('health is clean, and finds a NaN that is planted', async () => {
    expect(await checkHealth(test, [ids])).toMatchObject({ verdict: 'clean' })
    const fault = { kind: 'nan-at-point', layer: 1, point: 'ffn_up', position: 3, index: 5, count: 0, factor: 1 } as const
    const broken = await checkHealth(test, [ids], { faults: [fault] })
    expect(broken.alerts.find(({ kind }) => kind === 'nan')).toMatchObject({ position: 3, layer: 1, point: 'ffn_up' })
  })

  it.each(['emu64', 'emu32'])('%s: 5 of 5 planted faults named, and no divergence without one', async (backend) => {
    const session = backend === 'emu64' ? test : await loadSession(model, { ...options, backend })
    try {
      const limit = limitsFor(pairTraits(reference, session)).localNmse
      if (session === test) expect(await findFirstDivergence(reference, session, ids, { limit })).toMatchObject({ verdict: 'agree' })
      const results = await runFaultLab(reference, session, ids, { limit })
      expect(results.map(({ name, named, found }) => [name, named, found?.layer, found?.point])).toEqual(
        results.map(({ name, expected }) => [name, true, expected.layer, expect.toBeOneOf([...expected.points])])
      )
      // 1 % of one row is below the rounding of f16 operands: found by the backend's own arithmetic.
      expect(results[0]?.found?.diagnosis).toMatch(/by a constant factor of 1\.0100.*gives other bits/)
    } finally {
      if (session !== test) await session.close()
    }
  })

  it('the last layer of the lens is the logits, bit for bit', async () => {
    await checkHealth(test, [ids])
    const position = ids.length - 1
    const { logits } = await test.logitsRow(position)
    const lens = await test.lens({ position, fullRows: true, candidates: 3 })
    expect((lens.logits as Float32Array).slice(-test.config.vocabularySize)).toEqual(logits)
  })

  it('the command line runs on it, and names the last block of a device that dies', async () => {
    const environment = { GRETA_BACKEND_PATH: emulators }
    const words = ['--backend', 'emu64', '--model', model, '--context', '64']
    const parity = await runProgram('greta', ['parity', ...words, '--prompt-ids', ids.join(','), '--local', '2'], { environment })
    expect(parity.out).toMatch(/VERDICT=OK/)
    expect(parity.code).toBe(0)
    const infer = ['--prompt-ids', '1,2,3', '--max-tokens', '30', '--seed', '1', ...words]
    const fine = await runProgram('greta_infer', infer, { environment })
    expect(fine.code).toBe(0)
    const lost = await runProgram('greta_infer', infer, { environment: { ...environment, GRETA_EMULATOR_LOSE_AFTER: '400' } })
    expect(lost.code).toBe(1)
    expect(lost.err).toMatch(/The device failed in .* \(last block: .*\): unspecified launch failure/)
  })
})
