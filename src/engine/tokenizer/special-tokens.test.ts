import { describe, expect, it } from 'vitest'
import { SpecialTokenFinder } from './special-tokens'

function finder(...texts: string[]): SpecialTokenFinder {
  const made = new SpecialTokenFinder()
  for (const [id, text] of texts.entries()) made.add(text, id)
  return made
}

describe('special tokens in a text', () => {
  it('are found in order, with the text between them', () => {
    expect(finder('<a>', '<b>').split('x<a><b>y<c><a')).toEqual(['x', 0, 1, 'y<c><a'])
    expect(finder('<a>').split('<a>')).toEqual([0])
    expect(finder('<a>').split('')).toEqual([])
    expect(finder().split('plain')).toEqual(['plain'])
  })

  it('are the longest that fit', () => {
    expect(finder('  ', '   ', '    ').split('x     y')).toEqual(['x', 2, ' y'])
    expect(finder('<a', '<a>', '<a>b').split('<a>b<a>c<ac')).toEqual([2, 1, 'c', 0, 'c'])
  })

  it('may lie beyond the first plane', () => {
    expect(finder('🦙', '🚀🚀').split('a🚀🦙🚀🚀')).toEqual(['a🚀', 0, 1])
  })

  it('count once when two are spelled alike, and never when empty', () => {
    expect(finder('<a>', '<a>', '').split('<a>b')).toEqual([0, 'b'])
  })
})
