import { createElement, Suspense } from 'react'
import { renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import { slot } from './slot'

const shown = (part: ReturnType<typeof slot<{ readonly name: string }>>): string =>
  renderToString(createElement(Suspense, { fallback: 'waiting' }, createElement(part, { name: 'Lily' })))

test('a part that was loaded before is shown at once, without what stands in for it', async () => {
  let loads = 0
  const Part = slot<{ readonly name: string }>(async () => {
    loads += 1
    return ({ name }) => createElement('b', undefined, name)
  })
  expect(shown(Part)).toContain('waiting')
  await Part.preload()
  expect(shown(Part)).toContain('<b>Lily</b>')
  expect(shown(Part)).not.toContain('waiting')
  expect(loads).toBe(1)
})

test('a load that failed is tried again', async () => {
  let loads = 0
  const Part = slot<{ readonly name: string }>(async () => {
    loads += 1
    if (loads === 1) throw new Error('the connection was gone')
    return ({ name }) => createElement('b', undefined, name)
  })
  await Part.preload()
  await Part.preload()
  expect(shown(Part)).toContain('<b>Lily</b>')
  expect(loads).toBe(2)
})
