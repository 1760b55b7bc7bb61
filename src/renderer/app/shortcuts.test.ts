import { describe, expect, it } from 'vitest'
import { keysOf, listCommands, registerCommands } from './shortcuts'

const press = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', boolean>> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held
})

describe('keysOf', () => {
  it('writes a key press as commands write their keys', () => {
    expect(keysOf(press('k', { ctrlKey: true }), false)).toBe('Mod+K')
    expect(keysOf(press('L', { ctrlKey: true, shiftKey: true }), false)).toBe('Mod+Shift+L')
    expect(keysOf(press('Enter', { altKey: true }), false)).toBe('Alt+Enter')
    expect(keysOf(press('F8', { shiftKey: true }), false)).toBe('Shift+F8')
    expect(keysOf(press(',', { ctrlKey: true }), false)).toBe('Mod+,')
  })

  it('lets Shift only make the character', () => {
    expect(keysOf(press('?', { shiftKey: true }), false)).toBe('?')
  })

  it('takes the Command key on Apple machines', () => {
    expect(keysOf(press('k', { metaKey: true }), true)).toBe('Mod+K')
    expect(keysOf(press('k', { ctrlKey: true }), true)).toBe('K')
  })
})

describe('registerCommands', () => {
  it('replaces by id and takes back only its own', () => {
    const command = (run: () => void) => ({ id: 'same', title: 'app.help', group: 'app.groupGeneral', run }) as const
    const first = registerCommands([command(() => undefined)])
    const later = command(() => undefined)
    const second = registerCommands([later])
    first()
    expect(listCommands()).toContain(later)
    second()
    expect(listCommands()).not.toContain(later)
  })
})
