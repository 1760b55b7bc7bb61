import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { decodeTokenFrame, encodeTokenFrame } from '../../shared/protocol'
import { BundleReader, writeBundle } from './bundle'
import { columnsOfFrames, framesOfColumns, type RunColumns } from './columns'
import { npyHeader, parseNpy } from './npy'
import { TEST_LAYERS, testDetail, testFrame } from './test-run'
import { ZipReader } from './zip-reader'
import { ZipWriter } from './zip-writer'

const folder = mkdtempSync(join(tmpdir(), 'greta-bundle-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = (name: string): string => join(folder, name)

const FRAMES = [
  testFrame({ first: 0, count: 3, phase: 'prompt', candidates: 0, text: '' }),
  testFrame({ first: 3, count: 1 }),
  testFrame({ first: 4, count: 70 }),
  testFrame({ first: 74, count: 2, stats: false, timed: false, candidates: 2 })
]

async function read(path: string): Promise<RunColumns> {
  const bundle = new BundleReader(path)
  try {
    return await bundle.columns(await bundle.detail())
  } finally {
    bundle.close()
  }
}

describe('columns', () => {
  const columns = columnsOfFrames(FRAMES, TEST_LAYERS)
  test('frames become columns and frames again, value by value', () => {
    const again = [...framesOfColumns(columns, 9)].map((frame) => decodeTokenFrame(encodeTokenFrame(frame)))
    expect(again.map((frame) => [frame.phase, frame.count, frame.pointCount > 0])).toEqual([
      ['prompt', 3, true],
      ['generated', 64, true],
      ['generated', 7, true],
      ['generated', 2, false]
    ])
    expect(columnsOfFrames(again, TEST_LAYERS)).toEqual(columns)
    expect(again[1]?.statsCounts.slice(0, 10)).toEqual(FRAMES[1]?.statsCounts.slice(0, 10))
    expect(again[0]).toMatchObject({ handle: 9, recorded: true, candidatesPerStep: 4 })
  })
  test('what a frame did not keep is NaN and -1, never 0 that looks like a value', () => {
    expect(Array.from(columns.candidateIds.subarray(0, 4))).toEqual([-1, -1, -1, -1])
    expect(Array.from(columns.candidateLogits.subarray(-2))).toEqual([Number.NaN, Number.NaN])
    expect(columns.captured.at(-1)).toBe(0)
  })
  test('a run without any row is a run too', async () => {
    await writeBundle(file('empty.greta'), testDetail('empty'), columnsOfFrames([], TEST_LAYERS))
    expect((await read(file('empty.greta'))).rowCount).toBe(0)
  })
})

describe('bundle', () => {
  test('comes back as it went, byte for byte the same when written twice', async () => {
    const columns = columnsOfFrames(FRAMES, TEST_LAYERS)
    await writeBundle(file('a.greta'), testDetail('a'), columns)
    await writeBundle(file('b.greta'), testDetail('a'), columns)
    expect(readFileSync(file('a.greta')).equals(readFileSync(file('b.greta')))).toBe(true)
    expect(await read(file('a.greta'))).toEqual(columns)
    const bundle = new BundleReader(file('a.greta'))
    expect(await bundle.detail()).toEqual(testDetail('a'))
    bundle.close()
  })

  test.skipIf(spawnSync('python3', ['--version']).error !== undefined)('another program reads it', () => {
    const python = spawnSync('python3', [
      '-c',
      'import sys,zipfile;z=zipfile.ZipFile(sys.argv[1]);print(z.testzip(), len(z.namelist()))',
      file('a.greta')
    ])
    expect(python.stdout.toString().trim()).toBe('None 25')
  })

  test('every cut and every flipped byte is refused in one sentence, and nothing else happens', async () => {
    const whole = readFileSync(file('a.greta'))
    const variants: Buffer[] = []
    for (let length = 0; length < whole.byteLength; length += Math.ceil(whole.byteLength / 60)) variants.push(whole.subarray(0, length))
    for (let at = 7; at < whole.byteLength; at += Math.ceil(whole.byteLength / 300)) {
      const bad = Buffer.from(whole)
      bad[at] = (bad[at] as number) ^ 0x55
      variants.push(bad)
    }
    let refused = 0
    for (const bytes of variants) {
      writeFileSync(file('bad.greta'), bytes)
      try {
        await read(file('bad.greta'))
      } catch (thrown) {
        refused += 1
        expect(thrown).toMatchObject({ code: 'format', message: expect.stringMatching(/^bad\.greta .*\.$|^\S+\.npy .*\.$/) })
      }
    }
    // Bytes that mean nothing (a date in a header, text of the manifest) may change unseen only where no checksum covers them.
    expect(refused).toBeGreaterThan(variants.length * 0.9)
  })
})

describe('hostile ZIP files', () => {
  const BOUNDS = { entries: 8, entryBytes: 1000, totalBytes: 1500 }
  const zipped = async (entries: readonly (readonly [string, Uint8Array])[]): Promise<string> => {
    const zip = new ZipWriter(file('hostile.zip'))
    for (const [name, content] of entries) await zip.add(name, content)
    zip.finish()
    return file('hostile.zip')
  }
  const refusal = async (path: string): Promise<string> => {
    try {
      const zip = new ZipReader(path, BOUNDS)
      for (const name of zip.names) await zip.read(name)
      zip.close()
      return 'accepted'
    } catch (thrown) {
      return (thrown as Error).message
    }
  }

  test('sizes beyond the bounds are refused from the directory alone', async () => {
    expect(await refusal(await zipped([['a', new Uint8Array(1001)]]))).toContain('claims 1001 bytes')
    expect(
      await refusal(
        await zipped([
          ['a', new Uint8Array(900)],
          ['b', new Uint8Array(900)]
        ])
      )
    ).toContain('add up to more than')
    expect(await refusal(await zipped(Array.from({ length: 9 }, (_, i) => [`${i}`, new Uint8Array(1)] as const)))).toContain('9 entries')
  })
  test('two entries of one name are refused', async () => {
    expect(
      await refusal(
        await zipped([
          ['a', new Uint8Array(1)],
          ['a', new Uint8Array(2)]
        ])
      )
    ).toContain('two entries')
  })
  test('a bomb that lies about its size stops one byte after the lie', async () => {
    const path = await zipped([['a', new Uint8Array(500)]])
    const bytes = readFileSync(path)
    const bomb = deflateRawSync(new Uint8Array(900_000))
    // The body of the only entry becomes the bomb; the directory keeps claiming 500 bytes.
    const compressedBytes = bytes.readUInt32LE(18)
    const directory = bytes.subarray(31 + compressedBytes)
    directory.writeUInt32LE(bomb.byteLength, 20)
    const head = Buffer.from(bytes.subarray(0, 31))
    head.writeUInt32LE(bomb.byteLength, 18)
    const out = Buffer.concat([head, bomb, directory])
    out.writeUInt32LE(31 + bomb.byteLength, out.byteLength - 6)
    writeFileSync(path, out)
    expect(await refusal(path)).toMatch(/cannot be decompressed|has 501 bytes/)
  })
  test('sizes that say "see the ZIP64 record", and records that lie, are refused', async () => {
    const whole = readFileSync(await zipped([['a', new Uint8Array(500)]]))
    const directory = whole.readUInt32LE(whole.byteLength - 6)
    for (const [offset, value, what] of [
      [directory + 24, 0xffffffff, 'claims 4294967295 bytes'],
      [directory + 20, 0xffffffff, 'passes the end of the file'],
      [directory + 42, 0xffffffff, 'passes the end of the file'],
      [whole.byteLength - 6, 0xffffffff, 'the directory passes the end of the file'],
      [whole.byteLength - 10, 0xffffffff, 'the directory passes the end of the file']
    ] as const) {
      const bytes = Buffer.from(whole)
      bytes.writeUInt32LE(value, offset)
      writeFileSync(file('zip64.zip'), bytes)
      expect(await refusal(file('zip64.zip'))).toContain(what)
    }
    const many = Buffer.from(whole)
    many.writeUInt16LE(0xffff, many.byteLength - 12)
    writeFileSync(file('zip64.zip'), many)
    expect(await refusal(file('zip64.zip'))).toContain('65535 entries')
  })
  test('an entry that is a symbolic link elsewhere is a name and bytes, never a link', async () => {
    const bytes = readFileSync(await zipped([['/etc/manifest.json', new TextEncoder().encode('/etc/passwd')]]))
    // Made by Unix, mode 0o120777: what unpackers make a link from.
    const directory = bytes.readUInt32LE(bytes.byteLength - 6)
    bytes.writeUInt16LE(3 << 8, directory + 4)
    bytes.writeUInt32LE((0o120777 << 16) >>> 0, directory + 38)
    writeFileSync(file('link.greta'), bytes)
    const before = readdirSync(folder)
    await expect(read(file('link.greta'))).rejects.toThrow('link.greta is not a whole run bundle: it has no manifest.json.')
    expect(readdirSync(folder)).toEqual(before)
  })
  test('a name that climbs is only a name', async () => {
    const zip = new ZipReader(await zipped([['../../etc/passwd', new Uint8Array(3)]]), BOUNDS)
    expect(zip.names).toEqual(['../../etc/passwd'])
    await expect(zip.read('manifest.json')).rejects.toThrow('it has no manifest.json')
    zip.close()
  })
})

describe('npy', () => {
  test('headers are what NumPy writes, and other ones are refused', () => {
    for (const shape of [[5], [0], [2, 3], [1, 2, 3]]) {
      const header = npyHeader('<f4', shape)
      const bytes = shape.reduce((product, length) => product * length, 4)
      const array = new Uint8Array(header.byteLength + bytes)
      array.set(header)
      expect(parseNpy('x', array)).toEqual({ type: '<f4', shape, dataOffset: header.byteLength })
      expect(() => parseNpy('x', array.subarray(0, -1))).toThrow(bytes === 0 ? 'passes its end' : 'needs')
    }
    expect(new TextDecoder('latin1').decode(npyHeader('<i4', [7]))).toContain("{'descr': '<i4', 'fortran_order': False, 'shape': (7,), }")
  })
})
