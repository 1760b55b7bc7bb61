import { expect, test } from 'vitest'
import { toErrorData } from './errors'
import { isSystemError, systemReason } from './system-errors'

const failed = (code: string, rest: object = {}): Error =>
  Object.assign(new Error(`${code}: raw words`), { code, syscall: 'write', ...rest })

test('a failed system call is an io error in words, not a bug', () => {
  expect(toErrorData(failed('ENOSPC'))).toEqual({ code: 'io', message: 'A file could not be read or written: the disk is full (write).' })
  expect(toErrorData(failed('EACCES', { path: '/a/b' })).message).toContain('it is not permitted (write /a/b)')
  expect(systemReason(failed('EBADMSG'))).toBe('EBADMSG: raw words')
})

test('anything else is not taken for one', () => {
  expect(isSystemError(new Error('ENOSPC'))).toBe(false)
  expect(isSystemError(Object.assign(new Error('x'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBe(false)
  expect(toErrorData(new TypeError('x is not a function')).code).toBe('internal')
})
