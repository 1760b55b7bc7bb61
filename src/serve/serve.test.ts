import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { traceIndex } from '../shared/model/trace-points'
import { SESSION_PATH, SOCKET_PATH, SUBPROTOCOL, socketProtocols } from '../shared/page-door'
import {
  type Client,
  createClient,
  createWebSocketTransport,
  DEFAULT_SETTINGS,
  type EventData,
  type FaultSettings,
  HELLO,
  LIMITS,
  type TokenFrame,
  type UploadSource
} from '../shared/protocol'
import { type Served, startServe } from './serve'

/** The whole of `greta serve` with the real engine and the bundled model; needs `npm run build`. */
const appRoot = join(import.meta.dirname, '../..')
const built = existsSync(join(appRoot, 'out/main/host.js')) && existsSync(join(appRoot, 'native/build/greta.node'))

describe.skipIf(!built)('serve', () => {
  const folder = mkdtempSync(join(tmpdir(), 'greta-serve-'))
  let served: Served
  let token: string
  beforeAll(async () => {
    served = await startServe({ appRoot, appVersion: 'test', port: 0, dataFolder: folder })
    token = served.url.split('token=')[1] as string
  })
  afterAll(async () => {
    await served.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const connect = (headers: Record<string, string> = {}, protocols = socketProtocols(token), path = SOCKET_PATH): WebSocket =>
    new WebSocket(`ws://127.0.0.1:${served.port}${path}`, protocols, { headers })
  const refusal = (socket: WebSocket): Promise<number | undefined> =>
    new Promise((resolve) => {
      socket.on('unexpected-response', (_, response) => resolve(response.statusCode))
      socket.on('open', () => resolve(101))
      socket.on('error', () => undefined)
    })
  const get = (
    path: string,
    headers: Record<string, string> = {}
  ): Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }> =>
    new Promise((resolve, reject) => {
      request({ port: served.port, path, headers }, (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
      })
        .on('error', reject)
        .end()
    })
  const open = async (): Promise<{ client: Client; socket: WebSocket }> => {
    const socket = connect()
    const client = createClient(createWebSocketTransport(socket as never))
    expect(await client.call('app.hello', HELLO)).toMatchObject({ ok: true, value: { kind: 'serve' } })
    return { client, socket }
  }
  const event = <T>(listen: (resolve: (value: T) => void) => unknown): Promise<T> => new Promise((resolve) => void listen(resolve))
  /** Loads the bundled model; gives the backend. */
  const modelReady = async (client: Client): Promise<string> => {
    const devices = await client.call('devices.list', {})
    const hasCpu = devices.ok && devices.value.devices.some((device) => device.name === 'cpu' && device.available)
    const path = join(appRoot, 'resources/models/greta-stories-22m.Q4_K_M.gguf')
    for (;;) {
      const loaded = await client.call('model.load', { path, options: hasCpu ? {} : { backend: 'reference' } })
      if (loaded.ok) return loaded.value.backend
      if (loaded.error.code !== 'busy') throw new Error(loaded.error.message)
      await client.call('engine.info', {}) // another load is under way: ask until it is over
    }
  }

  test('sockets: only our host name, our origin and our token get one', async () => {
    const host = `127.0.0.1:${served.port}`
    expect(await refusal(connect({}, [SUBPROTOCOL]))).toBe(401)
    expect(await refusal(connect({}, socketProtocols('x'.repeat(43))))).toBe(401)
    expect(await refusal(connect({ origin: 'http://evil.example' }))).toBe(403)
    expect(await refusal(connect({ host: `evil.example:${served.port}` }))).toBe(403)
    expect(await refusal(connect({ host: '127.0.0.1:1' }))).toBe(403)
    expect(await refusal(connect({}, socketProtocols(token), '/other'))).toBe(404)
    const good = connect({ origin: `http://${host}` })
    expect(await refusal(good)).toBe(101)
    good.close()
  })

  test('files: the page with its policy, and nothing outside it', async () => {
    const page = await get('/')
    expect(page.status).toBe(200)
    expect(page.headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'")
    expect(page.headers['x-content-type-options']).toBe('nosniff')
    for (const path of [
      '/../package.json',
      '/%2e%2e/package.json',
      '/..%2fpackage.json',
      '//etc/passwd',
      '/assets/',
      '/index.html/..',
      '/.built'
    ])
      expect((await get(path)).status, path).toBe(404)
    expect((await get('/', { host: 'evil.example' })).status).toBe(403)
    expect((await get(SESSION_PATH)).status).toBe(401)
    expect((await get(SESSION_PATH, { authorization: `Bearer ${token}` })).status).toBe(204)
  })

  test('a message that is too long ends the connection and nothing else', async () => {
    const socket = connect()
    await event<void>((resolve) => socket.on('open', resolve))
    const closed = event<number>((resolve) => socket.on('close', resolve))
    socket.send('x'.repeat(LIMITS.inboundTextBytes + 1))
    expect(await closed).toBe(1009)
    const { client } = await open()
    expect((await client.call('engine.info', {})).ok).toBe(true)
    client.close()
  })

  test('what is no request is answered in words', async () => {
    const { client, socket } = await open()
    const refused = event<{ message: string }>((resolve) => client.on('app.refused', resolve))
    socket.send('{"kind":"request","id":7}')
    expect((await refused).message).toContain('no request')
    expect(await client.call('app.openDialog', { purpose: 'model' })).toMatchObject({ ok: false, error: { code: 'unsupported' } })
    client.close()
  })

  test('a story streams, is looked into, kept, continued, branched, checked and exported', async () => {
    const { client } = await open()
    await modelReady(client)
    const frames: TokenFrame[] = []
    client.onFrame('all', (frame) => frames.push(frame))
    const finished = (): Promise<{ text: string; runId: string; reason: string }> => event((resolve) => client.on('run.finished', resolve))
    const settings = {
      ...DEFAULT_SETTINGS.generation,
      stopping: { ...DEFAULT_SETTINGS.generation.stopping, maxTokens: 24, ignoreEos: true }
    }
    let done = finished()
    const started = await client.call('generate.start', {
      prompt: { kind: 'raw', text: 'Once upon a time', addSpecial: true, parseSpecial: false },
      ...settings
    })
    if (!started.ok) throw new Error(started.error.message)
    const { handle, promptIds, row } = started.value
    const first = await done
    expect(first.reason).toBe('length')
    const generated = frames.filter((frame) => frame.handle === handle && frame.phase === 'generated')
    expect(generated.reduce((sum, frame) => sum + frame.count, 0)).toBe(24)
    expect(generated.map((frame) => new TextDecoder().decode(frame.text)).join('')).toBe(first.text)
    expect(frames.every((frame) => frame.pointCount === frame.layerCount * 13 + 3)).toBe(true)

    const position = promptIds.length + 3
    const logits = await client.call('logits.row', { runId: row.id, position })
    const explained = await client.call('sampler.explain', { runId: row.id, position })
    if (!logits.ok || !explained.ok) throw new Error('no logits')
    expect(logits.value.source).toBe('captured')
    expect(explained.value.arrays.logits).toEqual(logits.value.arrays.logits)
    expect(explained.value.wouldChooseId).toBe(logits.value.chosenId)
    expect(explained.value.arrays.probability.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5)
    expect(explained.value.stages.find((stage) => stage.stage === 'top-k')).toMatchObject({ active: true, survivorsAfter: 50 })

    done = finished()
    expect(
      (await client.call('generate.continue', { runId: row.id, ...settings, stopping: { ...settings.stopping, maxTokens: 8 } })).ok
    ).toBe(true)
    const longer = await done
    expect(longer.text.startsWith(first.text)).toBe(true)

    done = finished()
    const branch = await client.call('generate.branch', { runId: row.id, position: promptIds.length + 5, tokenId: 300, ...settings })
    if (!branch.ok) throw new Error(branch.error.message)
    expect((await done).runId).toBe(branch.value.row.id)
    expect(branch.value.row.parent).toEqual({ runId: row.id, position: promptIds.length + 5, tokenId: 300 })

    for (const id of [row.id, branch.value.row.id]) {
      const check = await client.call('runs.check', { id })
      expect(check, id).toMatchObject({ ok: true, value: { verdict: 'bit-identical', circumstances: [] } })
    }
    const list = await client.call('runs.list', { search: 'once upon' })
    expect(list).toMatchObject({ ok: true, value: { total: 2 } })
    const bundle = await client.call('runs.export', { id: row.id })
    if (!bundle.ok) throw new Error(bundle.error.message)
    const uploaded = await client.upload('story.greta', new Blob([new Uint8Array(bundle.value.arrays.file)]))
    if (!uploaded.ok) throw new Error(uploaded.error.message)
    expect(await client.call('runs.import', { path: uploaded.value.path })).toMatchObject({
      ok: true,
      value: { id: `${row.id}-2`, imported: true }
    })
    expect(await client.call('runs.export', { id: row.id, path: join(folder, 'no') })).toMatchObject({
      ok: false,
      error: { code: 'unsupported' }
    })
    client.close()
  })

  test('a planted fault breaks one generation, is kept in its record, and is planted again by whatever computes it again', async () => {
    const { client } = await open()
    await modelReady(client)
    const { generation } = DEFAULT_SETTINGS
    const settings = {
      ...generation,
      sampling: { ...generation.sampling, temperature: 0 },
      stopping: { ...generation.stopping, maxTokens: 12, ignoreEos: true },
      capture: { ...generation.capture, level: 'stats' as const }
    }
    const prompt = { kind: 'raw', text: 'Once upon a time', addSpecial: true, parseSpecial: false } as const
    const generate = async (fault?: FaultSettings) => {
      const finished = event<EventData<'run.finished'>>((resolve) => client.on('run.finished', resolve))
      const begun = await client.call('generate.start', { prompt, ...settings, ...(fault === undefined ? {} : { fault }) })
      if (!begun.ok) throw new Error(begun.error.message)
      return { detail: begun.value, finished: await finished }
    }
    const healthy = await generate()

    const nan = { kind: 'nan-at-point', layer: 4, point: 'attn_out', position: 8, index: 256, count: 0, factor: 1 } as const
    const broken = await generate(nan)
    expect(broken.detail.row.plantedFault).toBe(true)
    expect(broken.finished).toMatchObject({ reason: 'failed', error: { message: expect.stringContaining('NaN') as string } })
    const { id } = broken.detail.row
    const opened = await client.call('runs.open', { id })
    expect(opened).toMatchObject({ ok: true, value: { row: { plantedFault: true }, settings: { fault: nan } } })
    const row = await client.call('trace.row', { runId: id, position: 8, traceIndex: traceIndex(4, 'attn_out') })
    if (!row.ok) throw new Error(row.error.message)
    expect([...row.value.arrays.values].flatMap((value, index) => (Number.isNaN(value) ? [index] : []))).toEqual([256])
    expect(await client.call('numerics.lens', { runId: id, position: 8, candidates: 3 })).toMatchObject({
      ok: false,
      error: { code: 'unsupported' }
    })

    // Going on without the fault evaluates everything again: what is read then is healthy.
    const finished = event<EventData<'run.finished'>>((resolve) => client.on('run.finished', resolve))
    expect((await client.call('generate.continue', { runId: id, ...settings })).ok).toBe(true)
    expect((await finished).reason).toBe('length')
    const later = await client.call('trace.row', { runId: id, position: 8, traceIndex: traceIndex(4, 'attn_out') })
    expect(later.ok && [...later.value.arrays.values].every(Number.isFinite)).toBe(true)
    expect(await client.call('runs.open', { id })).toMatchObject({ ok: true, value: { row: { plantedFault: true } } })
    expect(await client.call('runs.check', { id })).toMatchObject({ ok: true, value: { verdict: 'bit-identical' } })

    const scaled = { kind: 'scale-weight-row', layer: 1, point: 'ffn_up', position: 0, index: 3, count: 0, factor: 40 } as const
    const wrong = await generate(scaled)
    expect(await client.call('runs.check', { id: wrong.detail.row.id })).toMatchObject({
      ok: true,
      value: { verdict: 'bit-identical', circumstances: [] }
    })
    const logits = async (runId: string) => {
      const answer = await client.call('logits.row', { runId, position: 6 })
      if (!answer.ok) throw new Error(answer.error.message)
      return answer.value.arrays.logits
    }
    expect(await logits(wrong.detail.row.id)).not.toEqual(await logits(healthy.detail.row.id))

    // The next generation is as the first was, and a fault that the model cannot have is one sentence.
    const again = await generate()
    expect(again.finished.text).toBe(healthy.finished.text)
    expect(again.detail.row.plantedFault).toBeUndefined()
    expect((await generate({ ...nan, layer: 99 })).finished).toMatchObject({
      reason: 'failed',
      error: { message: expect.stringContaining('layer 99') as string }
    })
    expect(await client.call('generate.start', { prompt, ...settings, fault: { ...nan, kind: 'flood' } as never })).toMatchObject({
      ok: false,
      error: { code: 'usage' }
    })
    client.close()
  })

  test('a file that is being sent is cancelled, by word or by going away, and no half of it stays', async () => {
    const parts = (): readonly string[] =>
      readdirSync(folder)
        .filter((name) => name.startsWith('uploads-'))
        .flatMap((name) => readdirSync(join(folder, name)))
    const before = parts()
    /** A file whose reading stops behind its 20th MiB, as on a drive that does not answer. */
    const slow = (): UploadSource => ({
      size: 64 * 1024 * 1024,
      slice: (start, end) => ({
        arrayBuffer: () => (start < 20 * 1024 * 1024 ? Promise.resolve(new ArrayBuffer(end - start)) : new Promise(() => undefined))
      })
    })
    const { client, socket } = await open()
    const controller = new AbortController()
    const received: number[] = []
    const answer = await client.upload('model.gguf', slow(), {
      signal: controller.signal,
      onProgress: (bytes) => {
        received.push(bytes)
        if (received.length === 2) {
          expect(parts().length).toBe(before.length + 1)
          controller.abort()
        }
      }
    })
    expect(answer).toMatchObject({ ok: false, error: { code: 'cancelled' } })
    expect(received).toEqual([8 * 1024 * 1024, 16 * 1024 * 1024])
    expect(parts()).toEqual(before)

    const gone = new Promise<void>((resolve) => {
      const sent = client.upload('model.gguf', slow(), { onProgress: () => socket.terminate() })
      void sent.then((result) => {
        expect(result).toMatchObject({ ok: false, error: { code: 'io' } })
        resolve()
      })
    })
    await gone
    const other = await open()
    // The host hears that the page is gone before it hears anything new.
    await vi.waitFor(async () => {
      await other.client.call('engine.info', {})
      expect(parts()).toEqual(before)
    })
    other.client.close()
  })

  test('the numbers are those of the command line: ids, text and whole logits rows, bit for bit', async () => {
    const dump = join(folder, 'dump')
    const words = ['--prompt', 'One day, a fox', '--max-tokens', '12', '--seed', '7', '--json', '--dump-logits', dump]
    const { client } = await open()
    const backend = await modelReady(client)
    const told = spawnSync(process.execPath, ['bin/greta_infer', ...words, '--backend', backend], { cwd: appRoot, encoding: 'utf8' })
    const commandLine = JSON.parse(told.stdout) as { readonly text: string; readonly ids: readonly number[] }
    const finished = event<{ text: string }>((resolve) => client.on('run.finished', resolve))
    const { generation } = DEFAULT_SETTINGS
    const run = await client.call('generate.start', {
      prompt: { kind: 'raw', text: 'One day, a fox', addSpecial: true, parseSpecial: false },
      sampling: { ...generation.sampling, seed: '7' },
      stopping: { ...generation.stopping, maxTokens: 12 },
      capture: generation.capture
    })
    if (!run.ok) throw new Error(run.error.message)
    expect((await finished).text).toBe(commandLine.text)
    const rows = gunzipSync(readFileSync(join(dump, 'logits.jsonl.gz')))
      .toString('utf8')
      .trim()
      .split('\n')
    for (const [index, line] of rows.entries()) {
      const dumped = JSON.parse(line) as { readonly token_id: number; readonly logits: readonly number[] }
      const shown = await client.call('logits.row', { runId: run.value.row.id, position: run.value.promptIds.length - 1 + index })
      if (!shown.ok) throw new Error(shown.error.message)
      expect(shown.value.chosenId).toBe(commandLine.ids[index])
      expect(dumped.token_id).toBe(commandLine.ids[index])
      expect(shown.value.arrays.logits).toEqual(Float32Array.from(dumped.logits))
    }
    expect(rows).toHaveLength(commandLine.ids.length)
    client.close()
  })

  test('an engine that is killed while it generates: the page is told, the model comes back, nothing shown is lost', async () => {
    const { client } = await open()
    await modelReady(client)
    let shown = 0
    const some = event<void>((resolve) =>
      client.onFrame('all', (frame) => (shown += frame.phase === 'generated' ? frame.count : 0) > 20 && resolve())
    )
    const crashed = event<{ message?: string; epoch: number }>((resolve) =>
      client.on('engine.status', (status) => status.state === 'crashed' && resolve(status))
    )
    const ready = event<{ epoch: number }>((resolve) => client.on('engine.status', (status) => status.state === 'ready' && resolve(status)))
    const reloaded = event<unknown>((resolve) => client.on('model.changed', ({ model }) => model !== null && resolve(model)))
    const settings = { ...DEFAULT_SETTINGS.generation, stopping: { maxTokens: 400, stopStrings: [], ignoreEos: true } }
    const run = await client.call('generate.start', {
      prompt: { kind: 'raw', text: 'A cat', addSpecial: true, parseSpecial: false },
      ...settings
    })
    if (!run.ok) throw new Error(run.error.message)
    await some
    process.kill(served.supervisor.status.processId as number, 'SIGKILL')
    expect((await crashed).message).toMatch(/^The engine process was killed by SIGKILL while generating run \S+, at position \d+\.$/)
    const shownAtCrash = shown
    await ready
    await reloaded
    const kept = await client.call('runs.open', { id: run.value.row.id })
    if (!kept.ok) throw new Error(kept.error.message)
    expect(kept.value).toMatchObject({ recorded: true, row: { state: 'interrupted' } })
    expect(kept.value.row.summary.generatedTokens).toBeGreaterThanOrEqual(shownAtCrash)
    const finished = event<{ summary: { generatedTokens: number } }>((resolve) => client.on('run.finished', resolve))
    expect(
      (await client.call('generate.continue', { runId: run.value.row.id, ...settings, stopping: { ...settings.stopping, maxTokens: 5 } }))
        .ok
    ).toBe(true)
    expect((await finished).summary.generatedTokens).toBe(kept.value.row.summary.generatedTokens + 5)
    expect(await client.call('runs.check', { id: run.value.row.id })).toMatchObject({ ok: true, value: { verdict: 'bit-identical' } })
    client.close()
  })
})
