import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readWindowState, writeWindowState } from './window-state'

const folder = mkdtempSync(join(tmpdir(), 'greta-window-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'state.json')
const screen = () => ({ x: 0, y: 25, width: 1920, height: 1055 })

test('a window comes back where it was, unless that is out of sight', () => {
  expect(readWindowState(path, screen)).toEqual({})
  const place = { x: 100, y: 80, width: 1280, height: 800, maximized: true }
  writeWindowState(path, place)
  expect(readWindowState(path, screen)).toEqual(place)
  for (const lost of [{ x: 1920 }, { x: -1280 }, { y: 1080 }, { y: -26 }, { width: Number.NaN }]) {
    writeWindowState(path, { ...place, ...lost })
    expect(readWindowState(path, screen)).toEqual({})
  }
})

test('a damaged file and a folder that is gone are no errors', () => {
  writeFileSync(path, '{"x": 1')
  expect(readWindowState(path, screen)).toEqual({})
  writeWindowState(join(folder, 'absent', 'state.json'), {})
})
