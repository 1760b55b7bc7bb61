import { describe, expect, test } from 'vitest'
import { remoteAddress } from '../supervisor/remote-session'
import { hostIsAllowed, newToken, originIsAllowed, splitHost, TOKEN_PATTERN, tokensAreEqual } from './access'

describe('host names', () => {
  const local = { boundHost: '127.0.0.1', port: 7421, allowedHosts: [] }
  const open = { boundHost: '0.0.0.0', port: 7421, allowedHosts: ['GPU.example'] }
  test.each([
    ['127.0.0.1:7421', local, true],
    ['localhost:7421', local, true],
    ['LOCALHOST:7421', local, true],
    ['[::1]:7421', local, true],
    ['localhost', local, false],
    ['localhost:80', local, false],
    ['rebound.example:7421', local, false],
    ['10.0.0.5:7421', local, false],
    ['localhost.evil.example:7421', local, false],
    ['localhost:7421@evil.example', local, false],
    ['', local, false],
    [undefined, local, false],
    ['10.0.0.5:7421', open, true],
    ['[2001:db8::1]:7421', open, true],
    ['rebound.example:7421', open, false],
    ['gpu.example', open, true],
    ['gpu.example:443', open, true]
  ] as const)('%s', (header, rules, allowed) => {
    expect(hostIsAllowed(header, rules)).toBe(allowed)
  })
  test('parts', () => {
    expect(splitHost('[::1]:80')).toEqual({ name: '[::1]', port: 80 })
    expect(splitHost('a/b')).toBeUndefined()
  })
})

test('origins: our own page, or no browser at all', () => {
  expect(originIsAllowed(undefined, 'localhost:1')).toBe(true)
  expect(originIsAllowed('http://localhost:1', 'localhost:1')).toBe(true)
  expect(originIsAllowed('https://gpu.example', 'gpu.example')).toBe(true)
  for (const origin of ['null', 'http://localhost:2', 'http://evil.example', 'file://', 'http://localhost:1.evil.example'])
    expect(originIsAllowed(origin, 'localhost:1'), origin).toBe(false)
})

test('tokens', () => {
  const token = newToken()
  expect(token).toMatch(TOKEN_PATTERN)
  expect(tokensAreEqual(token, token)).toBe(true)
  for (const other of ['', token.slice(1), `${token}x`, newToken()]) expect(tokensAreEqual(other, token)).toBe(false)
})

test('addresses of remote workbenches, as people paste them', () => {
  expect(remoteAddress('http://gpu:7421/#token=abc', '')).toEqual({ socket: 'ws://gpu:7421/ws', location: 'gpu:7421', token: 'abc' })
  expect(remoteAddress('gpu:7421', 'abc')).toMatchObject({ socket: 'ws://gpu:7421/ws', token: 'abc' })
  expect(remoteAddress('https://gpu.example/#token=old', 'new')).toMatchObject({ socket: 'wss://gpu.example/ws', token: 'new' })
  expect(() => remoteAddress('gpu:7421', '')).toThrow('The token is missing')
  expect(() => remoteAddress('javascript://x', 'abc')).toThrow('does not begin with')
})
