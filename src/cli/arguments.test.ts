import { describe, expect, it } from 'vitest'
import { helpLines, type Options, parseWords } from './arguments'

const OPTIONS = {
  flag: { kind: 'flag', help: 'a switch' },
  name: { kind: 'text', value: 'NAME', help: 'a text' },
  count: { kind: 'integer', value: 'N', least: 1, most: 100, help: 'a count', environment: 'TEST_COUNT' },
  share: { kind: 'number', value: 'S', least: 0, most: 1, aboveLeast: true, help: 'a share' },
  seed: { kind: 'seed', value: 'N', help: 'a seed' },
  side: { kind: 'choice', choices: ['left', 'right'], help: 'a side' },
  ids: { kind: 'ids', value: 'IDS', help: 'ids' },
  stop: { kind: 'text', value: 'TEXT', help: 'several', repeated: true }
} as const satisfies Options

const parse = (...words: string[]) => parseWords(OPTIONS, words, { environment: {} }).options

describe('words of a command line', () => {
  it('reads every kind, in both spellings', () => {
    expect(
      parse(
        '--flag',
        '--name',
        'x',
        '--count=7',
        '--share',
        '.5',
        '--seed',
        '18446744073709551615',
        '--side',
        'left',
        '--ids',
        '1,2,30',
        '--stop',
        'a',
        '--stop='
      )
    ).toEqual({
      flag: true,
      name: 'x',
      count: 7,
      share: 0.5,
      seed: 18446744073709551615n,
      side: 'left',
      ids: [1, 2, 30],
      stop: ['a', '']
    })
  })

  it('the last one of a repeated option counts, and an option wins over the environment', () => {
    expect(parse('--count', '3', '--count', '4').count).toBe(4)
    expect(parseWords(OPTIONS, ['--count', '5'], { environment: { TEST_COUNT: '9' } }).options.count).toBe(5)
    expect(parseWords(OPTIONS, [], { environment: { TEST_COUNT: '9' } }).options.count).toBe(9)
    expect(() => parseWords(OPTIONS, [], { environment: { TEST_COUNT: 'x' } })).toThrow(
      'TEST_COUNT needs a whole number from 1 to 100, not "x".'
    )
  })

  it.each([
    [['--nope'], 'Unknown option "--nope".'],
    [['--cuont', '3'], 'Unknown option "--cuont". Did you mean --count?'],
    [['--__proto__', '3'], 'Unknown option "--__proto__".'],
    [['-x'], 'Unknown option "-x".'],
    [['--count'], '--count needs a value'],
    [['--count', '--flag'], '--count needs a value'],
    [['--count', '0'], '--count needs a whole number from 1 to 100, not "0".'],
    [['--count', '-3'], 'not "-3"'],
    [['--count', '1e1'], 'not "1e1"'],
    [['--count', '99999999999999999999'], 'not "99999999999999999999"'],
    [['--count', ''], 'not ""'],
    [['--share', 'NaN'], 'a number above 0, up to 1, not "NaN"'],
    [['--share', '0'], 'not "0"'],
    [['--share', 'Infinity'], 'not "Infinity"'],
    [['--share', '1.0001'], 'not "1.0001"'],
    [['--seed', '-1'], 'not "-1"'],
    [['--seed', '18446744073709551616'], 'not "18446744073709551616"'],
    [['--side', 'up'], '--side needs left or right, not "up".'],
    [['--ids', '1,,2'], 'token ids like 1,2,3, not "1,,2"'],
    [['--ids', '1,-2'], 'not "1,-2"'],
    [['--flag=1'], '--flag takes no value.'],
    [['word'], '"word" is not expected here.']
  ])('refuses %j', (words, message) => {
    expect(() => parse(...words)).toThrow(message)
  })

  it('help names every option', () => {
    const text = helpLines(OPTIONS)
    for (const name of Object.keys(OPTIONS)) expect(text).toContain(`--${name}`)
    expect(text).toContain('environment: TEST_COUNT')
  })
})
