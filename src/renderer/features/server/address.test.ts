import { describe, expect, it } from 'vitest'
import { addressWithToken, parseServerAddress } from './address'

describe('parseServerAddress', () => {
  it('takes the printed address apart and puts it together again', () => {
    const printed = 'http://127.0.0.1:7421/#token=abc-DEF_0123456789'
    const address = parseServerAddress(printed)
    expect(address).toEqual({ url: 'http://127.0.0.1:7421', token: 'abc-DEF_0123456789' })
    expect(addressWithToken({ url: 'http://127.0.0.1:7421', token: 'abc-DEF_0123456789' })).toBe(printed)
  })

  it('adds the scheme to a bare host', () => {
    expect(parseServerAddress(' gpu-server:7421 ')).toEqual({ url: 'http://gpu-server:7421', token: '' })
  })

  it.each(['', '   ', 'javascript:alert(1)', 'file:///etc/passwd', 'ftp://host', 'http://', 'http://a b'])('refuses %j', (text) => {
    expect(parseServerAddress(text)).toBeUndefined()
  })
})
