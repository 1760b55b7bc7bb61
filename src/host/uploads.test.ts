import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { LIMITS } from '../shared/protocol'
import { PageUploads, Uploads } from './uploads'

const folder = mkdtempSync(join(tmpdir(), 'greta-uploads-'))
afterAll(() => rmSync(folder, { recursive: true }))
const left = (): readonly string[] => readdirSync(join(folder, `uploads-${process.pid}`))

describe('uploads', () => {
  test('chunks become a file of the engine’s machine, which goes with the process', () => {
    const uploads = new Uploads(folder)
    const upload = uploads.begin('../../story.greta', 5)
    uploads.chunk(upload, 0, Uint8Array.of(1, 2, 3))
    uploads.chunk(upload, 1, Uint8Array.of(4, 5))
    const { path } = uploads.end(upload)
    expect(path.startsWith(folder) && path.endsWith('.greta')).toBe(true)
    expect([...readFileSync(path)]).toEqual([1, 2, 3, 4, 5])
    uploads.close()
    expect(existsSync(path)).toBe(false)
  })
  test('what is too much, out of order or too little is given up', () => {
    const uploads = new Uploads(folder)
    const tooMuch = uploads.begin('a.gguf', 2)
    uploads.chunk(tooMuch, 0, new Uint8Array(3))
    expect(() => uploads.end(tooMuch)).toThrow('was given up')
    const outOfOrder = uploads.begin('a.gguf', 2)
    uploads.chunk(outOfOrder, 1, new Uint8Array(1))
    expect(() => uploads.end(outOfOrder)).toThrow('was given up')
    const tooLarge = uploads.begin('a.gguf', LIMITS.uploadBytes)
    uploads.chunk(tooLarge, 0, new Uint8Array(LIMITS.uploadChunkBytes + 1))
    expect(() => uploads.end(tooLarge)).toThrow('was given up')
    const tooLittle = uploads.begin('a.gguf', 2)
    expect(() => uploads.end(tooLittle)).toThrow('has 0 of 2 bytes')
    uploads.chunk(999, 0, new Uint8Array(1))
    for (let open = 0; open < 4; open += 1) uploads.begin('x', 1)
    expect(() => uploads.begin('x', 1)).toThrow('being sent already')
    uploads.close()
  })
  test('what is cancelled leaves nothing, and makes room for another', () => {
    const uploads = new Uploads(folder)
    const upload = uploads.begin('a.gguf', 4)
    uploads.chunk(upload, 0, new Uint8Array(3))
    expect(uploads.receivedBytes(upload)).toBe(3)
    expect(left()).toHaveLength(1)
    uploads.cancel(upload)
    uploads.cancel(upload)
    expect(left()).toEqual([])
    expect(() => uploads.receivedBytes(upload)).toThrow('was given up')
    uploads.close()
  })
  test('a page touches its own uploads only, and what it left unfinished goes with it', () => {
    const uploads = new Uploads(folder)
    const [page, other] = [new PageUploads(uploads), new PageUploads(uploads)]
    const upload = page.begin('a.gguf', 2)
    other.chunk(upload, 0, new Uint8Array(2))
    other.cancel(upload)
    expect(page.receivedBytes(upload)).toBe(0)
    expect(() => other.end(upload)).toThrow('was given up')
    const whole = page.begin('b.gguf', 1)
    page.chunk(whole, 0, new Uint8Array(1))
    const { path } = page.end(whole)
    page.close()
    expect(() => uploads.end(upload)).toThrow('was given up')
    expect(existsSync(path)).toBe(true)
    expect(left()).toHaveLength(1)
    for (let open = 0; open < 4; open += 1) other.begin('x', 1)
    other.close()
    uploads.close()
  })
})
