import { describe, expect, it } from 'vitest'
import { createScratch } from '../testing/scratch'
import { openModel } from '../open-model'
import { encodeGgufHeader } from '../writing/gguf-encoder'
import { brokenInvariants } from './invariants'
import { fuzzLoaders } from './run-fuzz'
import { ggufSeeds } from './seeds'

const scratch = createScratch()

describe('loader fuzzing', () => {
  it('starts from seeds that open soundly', async () => {
    for (const seed of ggufSeeds()) {
      const bytes = Buffer.concat([encodeGgufHeader(seed.header), Buffer.alloc(seed.dataBytes)])
      expect(brokenInvariants(await openModel(scratch.write('seed.gguf', bytes)))).toEqual([])
    }
  })

  it('never ends in anything but a refusal or a sound model', async () => {
    const report = await fuzzLoaders({ folder: scratch.folder, seed: 20_261_121, seconds: 10, cases: 20_000 })
    expect(report.findings).toEqual([])
    expect(report.cases).toBeGreaterThan(20)
    // Mutations that nothing survives, or that change nothing, would test nothing.
    expect(Object.keys(report.outcomes)).toEqual(expect.arrayContaining(['opened', 'format']))
  })

  it('runs a case again from its seed and number', async () => {
    const run = async (): Promise<unknown> => (await fuzzLoaders({ folder: scratch.folder, seed: 7, firstCase: 3, cases: 4 })).outcomes
    expect(await run()).toEqual(await run())
  })
})
