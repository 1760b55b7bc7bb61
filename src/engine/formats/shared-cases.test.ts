import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { openModel } from './open-model'
import { summarize } from './summary'

const shared = '../shared'

/** Real and hostile files of the developers' shared folder. */
describe.skipIf(!existsSync(shared))(`files in ${shared} (skipped where it is absent)`, () => {
  it.each([
    ['ggml-vocab-llama.v1-2023-08a.gguf', /GGUF version 1 file .*reads versions 2 and 3/u],
    ['ggml-vocab-llama.v1-magic-FUGG.gguf', /not a GGUF file: it starts with "FUGG"/u],
    ['malformed-utf8-lossy-llama-spm.gguf', /at byte \d+/u]
  ])('%s is refused', async (name, message) => {
    await expect(openModel(`${shared}/gguf-cases/${name}`)).rejects.toThrow(message)
  })

  it('a falcon vocabulary of GGUF v2 is readable, not runnable', async () => {
    const opened = await openModel(`${shared}/gguf-cases/ggml-vocab-falcon.v2.gguf`)
    expect(opened.runnable).toBeUndefined()
    expect(opened.notRunnable).toMatch(/vocabulary only/u)
    expect(opened.tokenizer).toMatchObject({ kind: 'bpe', eosId: 11 })
    expect(opened.tokenizer?.pieces).toHaveLength(65_024)
  })

  it('the zoo holds one tensor of each type', async () => {
    const opened = await openModel(`${shared}/golden/quant-zoo.gguf`)
    expect(new Set(opened.tensors.map((tensor) => tensor.type)).size).toBe(13)
    expect(opened.notRunnable).toMatch(/architecture "quant-zoo"/u)
  })

  it.each([
    ['greta-stories-22m.f16.gguf', 22_028_800],
    ['greta-stories-22m.Q8_0.gguf', 22_028_800],
    ['greta-stories-22m-hf', 22_028_800],
    ['stories260K.f32.gguf', 260_032]
  ])('%s opens with %i parameters', async (name, parameters) => {
    const opened = await openModel(`${shared}/models/${name}`)
    expect(summarize(opened).parameterCount).toBe(parameters)
  })

  it('the Hugging Face folder and the F16 file are the same model', async () => {
    const gguf = await openModel(`${shared}/models/greta-stories-22m.f16.gguf`)
    const folder = await openModel(`${shared}/models/greta-stories-22m-hf`)
    const comparable = (config: object | undefined): unknown => ({ ...config, name: '', rmsNormEpsilon: 0 })
    expect(comparable(folder.runnable?.config)).toEqual(comparable(gguf.runnable?.config))
    expect(folder.tokenizer).toEqual(gguf.tokenizer)
  })
})
