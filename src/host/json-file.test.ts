import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import * as v from 'valibot'
import { JsonFile } from './json-file'
import { RecentModels, SettingsStore } from './settings-store'

const folder = mkdtempSync(join(tmpdir(), 'greta-json-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('small files that cannot be written', () => {
  it('are io errors in words, and leave nothing half', () => {
    const path = join(folder, 'taken.json')
    mkdirSync(join(path, 'full'), { recursive: true })
    const file = new JsonFile(path, v.number(), () => undefined)
    expect(() => file.write(1)).toThrow(`${path} could not be written: `)
    expect(readdirSync(folder)).toEqual(['taken.json'])
  })

  it('settings stay as they were; a model that was opened is remembered for as long as the program runs', () => {
    const blocked = join(folder, 'file')
    writeFileSync(blocked, '')
    const said: string[] = []
    const log = (message: string): void => void said.push(message)
    const settings = new SettingsStore(blocked, log)
    const { language } = settings.value
    expect(() => settings.set({ language: language === 'es' ? 'en' : 'es' })).toThrow('a file is in the way')
    expect(settings.value.language).toBe(language)
    const recents = new RecentModels(blocked, undefined, log)
    recents.add('/models/a.gguf')
    expect(recents.list().map(({ path }) => path)).toEqual(['/models/a.gguf'])
    expect(said.join()).toContain('a file is in the way')
  })
})
