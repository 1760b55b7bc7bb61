import { describe, expect, test } from 'vitest'
import { createClient } from './client'
import { encodeDataFrame } from './data-frame'
import { encodeEvent, encodeResponse, parseParams, parseRequest } from './envelope'
import { DEFAULT_SAMPLING_MESSAGE, fromSamplingMessage, toSamplingMessage } from './sampling'
import { DEFAULT_SETTINGS } from './settings'
import { createMemoryTransports, type Message } from './transport'

function connected(): {
  client: ReturnType<typeof createClient>
  host: ReturnType<typeof createMemoryTransports>['host']
  requests: Message[]
} {
  const { page, host } = createMemoryTransports()
  const requests: Message[] = []
  host.onMessage((message) => requests.push(message))
  return { client: createClient(page), host, requests }
}
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

describe('client', () => {
  test('a call is answered by the response with its id, validated', async () => {
    const { client, host, requests } = connected()
    const call = client.call('model.recents', {})
    const other = client.call('settings.get', {})
    await settled()
    const second = parseRequest(requests[1] as string)
    if (second.ok) host.send(encodeResponse(second.value.id, { ok: true, value: DEFAULT_SETTINGS }), 'engine')
    expect(await other).toEqual({ ok: true, value: DEFAULT_SETTINGS })
    host.send(encodeResponse(1, { ok: true, value: { recents: 'many' } }), 'engine')
    expect(await call).toMatchObject({ ok: false, error: { code: 'internal', message: expect.stringContaining('model.recents') } })
  })

  test('arrays of a data frame arrive with their answer, and their absence is noticed', async () => {
    const { client, host } = connected()
    const row = client.call('logits.row', { runId: 'r1', position: 3 })
    host.send(encodeDataFrame(1, { logits: Float32Array.of(1, 2) }), 'engine')
    host.send(encodeResponse(1, { ok: true, value: { position: 3, source: 'captured', chosenId: 1 } }), 'engine')
    expect(await row).toEqual({
      ok: true,
      value: { position: 3, source: 'captured', chosenId: 1, arrays: { logits: Float32Array.of(1, 2) } }
    })
    const without = client.call('logits.row', { runId: 'r1', position: 3 })
    host.send(encodeResponse(2, { ok: true, value: { position: 3, source: 'captured', chosenId: 1 } }), 'engine')
    expect(await without).toMatchObject({ ok: false })
  })

  test('when the engine dies its requests fail with the reason; those to the supervisor stay', async () => {
    const { client, host } = connected()
    const engine = client.call('model.recents', {})
    const app = client.call('app.restartEngine', {})
    const status = {
      state: 'crashed',
      epoch: 1,
      attempt: 1,
      location: 'this machine',
      message: 'The engine process was killed by SIGKILL.'
    }
    host.send(encodeEvent('engine.status', status), 'app')
    expect(await engine).toEqual({ ok: false, error: { code: 'engine-exit', message: status.message } })
    host.send(encodeResponse(2, { ok: true, value: {} }), 'app')
    expect(await app).toEqual({ ok: true, value: {} })
  })

  test('a closed connection fails what waits and what comes', async () => {
    const { client, host } = connected()
    const call = client.call('settings.get', {})
    host.close()
    expect(await call).toMatchObject({ ok: false, error: { code: 'io' } })
    expect(await client.call('settings.get', {})).toMatchObject({ ok: false, error: { code: 'io' } })
  })

  test('what is not the protocol is reported and ignored', async () => {
    const { client, host } = connected()
    const problems: string[] = []
    client.onProtocolError((error) => problems.push(error.message))
    for (const bad of ['', '{', '{"kind":"event"}', encodeEvent('settings.changed', { theme: 'pink' })]) host.send(bad, 'app')
    host.send(new Uint8Array(100), 'app')
    await settled()
    expect(problems).toHaveLength(5)
  })
})

describe('requests', () => {
  test('a wrong parameter is refused in one sentence that names it', () => {
    const parsed = parseParams('generate.start', {
      prompt: { kind: 'raw', text: 'a', addSpecial: true, parseSpecial: false },
      ...DEFAULT_SETTINGS.generation,
      sampling: { ...DEFAULT_SAMPLING_MESSAGE, temperature: -1 }
    })
    expect(parsed).toMatchObject({ ok: false, error: { code: 'usage', message: expect.stringContaining('sampling.temperature') } })
  })
  test('prototype names are no methods', () => {
    expect(parseRequest('{"kind":"request","id":1,"method":"__proto__","params":{}}').ok).toBe(true)
    expect(parseRequest('{"kind":"request","id":0,"method":"settings.get","params":{}}').ok).toBe(false)
  })
  test('sampling settings survive JSON, with 64-bit seeds and forbidden tokens', () => {
    const settings = fromSamplingMessage({
      ...DEFAULT_SAMPLING_MESSAGE,
      seed: '18446744073709551615',
      logitBias: [{ id: 3, bias: '-Infinity' }]
    })
    expect(settings.seed).toBe(0xffff_ffff_ffff_ffffn)
    expect(settings.logitBias[0]?.bias).toBe(Number.NEGATIVE_INFINITY)
    expect(fromSamplingMessage(JSON.parse(JSON.stringify(toSamplingMessage(settings))))).toEqual(settings)
    expect(
      parseParams('sampler.explain', { runId: 'a', position: 1, sampling: { ...DEFAULT_SAMPLING_MESSAGE, seed: '18446744073709551616' } })
        .ok
    ).toBe(false)
  })
})
