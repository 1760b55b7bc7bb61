import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { packageFolderOf, packagesImportedBy } from './lib/bundled-packages'
import { noticesOf, noticesText } from './lib/third-party-notices.mjs'

const modules = join(mkdtempSync(join(tmpdir(), 'greta-notices-')), 'node_modules')
afterAll(() => rmSync(join(modules, '..'), { recursive: true, force: true }))

interface Package {
  readonly license?: string
  readonly author?: string
  readonly files?: Readonly<Record<string, string>>
}
function packageAt(name: string, { files = {}, ...manifest }: Package): string {
  const folder = join(modules, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.2.3', ...manifest }))
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  return folder
}

describe('third-party notices', () => {
  const a = packageAt('a', { license: 'MIT', files: { 'LICENSE.md': 'Permission is granted.\r\n', 'licenses.js': 'no licence' } })
  const b = packageAt('@scope/b', { license: 'MIT', files: { LICENCE: 'Permission is granted.' } })
  const c = packageAt('c', { license: 'Apache-2.0', files: { LICENSE: 'Terms.', NOTICE: 'By C.' } })

  it('lists every package once, and a text under all that have it', () => {
    const entries = noticesOf([c, b, a, a])
    expect(entries.map(({ name }) => name)).toEqual(['@scope/b', 'a', 'c'])
    const text = noticesText(entries, 'Product')
    expect(text).toContain('Product contains 3 packages')
    expect(text).toContain('@scope/b 1.2.3 (MIT)\na 1.2.3 (MIT)\n\nPermission is granted.\n')
    expect(text).toContain('c 1.2.3 (Apache-2.0)\n\nTerms.\n\nBy C.\n')
    expect(text).not.toContain('no licence')
  })

  it('refuses packages without a licence text or id, naming all of them', () => {
    const silent = packageAt('silent', { license: 'MIT' })
    const empty = packageAt('empty', { license: 'MIT', files: { LICENSE: ' \n' } })
    const nameless = packageAt('nameless', { files: { LICENSE: 'Terms.' } })
    expect(() => noticesOf([a, silent, empty, nameless])).toThrow(/silent 1\.2\.3, empty 1\.2\.3, nameless 1\.2\.3/)
  })

  it('takes the text of the same author’s package only while author and licence are the same', () => {
    const author = 'Anton'
    packageAt('react-remove-scroll', { license: 'MIT', author, files: { LICENSE: 'Of Anton.' } })
    const bar = packageAt('react-remove-scroll-bar', { license: 'MIT', author })
    expect(noticesOf([bar])).toMatchObject([{ text: 'Of Anton.' }])
    for (const changed of [
      { license: 'MIT', author: 'Somebody' },
      { license: 'ISC', author }
    ])
      expect(() => noticesOf([packageAt('react-remove-scroll-bar', changed)])).toThrow('react-remove-scroll-bar')
  })
})

describe('whose code is in a bundle', () => {
  it.each([
    ['/w/node_modules/react/index.js', '/w/node_modules/react'],
    ['\0/w/node_modules/react/index.js?commonjs-es-import', '/w/node_modules/react'],
    ['/w/node_modules/@radix-ui/react-id/dist/index.mjs', '/w/node_modules/@radix-ui/react-id'],
    ['/w/node_modules/a/node_modules/b/c.js', '/w/node_modules/a/node_modules/b'],
    ['\0rolldown/runtime.js', '/app/node_modules/rolldown'],
    ['\0vite/preload-helper.js', '/app/node_modules/vite'],
    ['/w/src/vite/index.ts', undefined]
  ])('%j is of %s', (id, folder) => expect(packageFolderOf(id, '/app')).toBe(folder))

  it('style sheets count by what they import', () => {
    expect(
      packagesImportedBy('@import "tailwindcss";\n@import \'@fontsource/ibm/latin.css\';\n@import url("cmdk/x.css");\n@import "./own.css";')
    ).toEqual(['tailwindcss', '@fontsource/ibm', 'cmdk'])
  })
})
