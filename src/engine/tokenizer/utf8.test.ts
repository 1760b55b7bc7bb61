import { describe, expect, it } from 'vitest'
import { createStreamingDecoder } from './streaming-decoder'
import { randomText, seededRandom } from './testing'
import { displayText, incompleteTailLength, utf8Bytes, utf8Text, wellFormed } from './utf8'

const TEXTS = ['', 'plain', 'é', '我想', '🚀 and 😶‍🌫️', '\ufeffmark', 'a\u0301', '\u{10ffff}\u0800\u07ff\uffff']

/** What a decoder gives out for each of the parts that a byte run is cut into. */
function stream(parts: readonly Uint8Array[]): string[] {
  const decoder = createStreamingDecoder((id) => parts[id] as Uint8Array)
  return [...parts.keys()].map((id) => decoder.push(id)).concat(decoder.flush())
}

describe('streaming decoder', () => {
  it('never gives out half a character, wherever the bytes are cut', () => {
    for (const text of TEXTS) {
      const bytes = utf8Bytes(text)
      for (let first = 0; first <= bytes.length; first++) {
        for (let second = first; second <= bytes.length; second++) {
          const given = stream([bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)])
          expect(given.join('')).toBe(text)
          expect(given.some((part) => part.includes('\uFFFD'))).toBe(false)
        }
      }
    }
  })

  it('gives out each character with its last byte', () => {
    const bytes = utf8Bytes('a🚀b')
    expect(stream(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(['a', '', '', '', '🚀', 'b', ''])
  })

  it('of any bytes, cut anyhow, gives what all bytes at once give', () => {
    const random = seededRandom(2)
    const interesting = [0x00, 0x41, 0x7f, 0x80, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe2, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff]
    for (let round = 0; round < 4000; round++) {
      const length = Math.floor(random() * 12)
      const bytes = Uint8Array.from({ length }, () => interesting[Math.floor(random() * interesting.length)] as number)
      const parts: Uint8Array[] = []
      for (let at = 0; at < length; ) {
        const end = Math.min(length, at + 1 + Math.floor(random() * 3))
        parts.push(bytes.subarray(at, end))
        at = end
      }
      expect(stream(parts).join('')).toBe(utf8Text(bytes))
    }
  })

  it('turns what is left at the end into one replacement character', () => {
    expect(stream([Uint8Array.of(0x41, 0xf0, 0x9f)])).toEqual(['A', '\uFFFD'])
  })
})

describe('utf8', () => {
  it('knows what may still become a character', () => {
    const tail = (...bytes: number[]): number => incompleteTailLength(Uint8Array.from(bytes))
    expect(tail()).toBe(0)
    expect(tail(0x41)).toBe(0)
    expect(tail(0xe2)).toBe(1)
    expect(tail(0xe2, 0x82)).toBe(2)
    expect(tail(0xe2, 0x82, 0xac)).toBe(0)
    expect(tail(0xf0, 0x9f, 0x9a)).toBe(3)
    expect(tail(0xe0, 0x80)).toBe(0)
    expect(tail(0xed, 0xa0)).toBe(0)
    expect(tail(0xf4, 0x90)).toBe(0)
    expect(tail(0xc0)).toBe(0)
    expect(tail(0x80, 0x80, 0x80, 0x80)).toBe(0)
  })

  it('shows whole characters and names lone bytes', () => {
    expect(displayText(utf8Bytes(' né 🚀'))).toBe(' né 🚀')
    expect(displayText(Uint8Array.of(0x20, 0xe2, 0x80))).toBe(' <0xE2><0x80>')
    expect(displayText(Uint8Array.of(0x99, 0x61, 0xff, 0xc3, 0xa9))).toBe('<0x99>a<0xFF>é')
    expect(displayText(new Uint8Array(0))).toBe('')
  })

  it('replaces lone surrogates only', () => {
    expect(wellFormed('a\ud800b\udc00🚀')).toBe('a\uFFFDb\uFFFD🚀')
    const random = seededRandom(3)
    for (let round = 0; round < 200; round++) {
      const text = randomText(random, 40)
      expect(wellFormed(text)).toBe(text)
    }
  })
})
