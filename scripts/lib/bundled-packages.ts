// A build step: writes down whose code went into a bundle. The package's notices are made of it.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Plugin } from 'vite'

/** The package folder that a module of a bundle came from; undefined for our own. Takes ids as bundlers decorate them. */
export function packageFolderOf(id: string, root: string): string | undefined {
  const plain = id.replace(/^\0/, '').replace(/\?.*$/, '')
  // Helpers that the build itself puts in.
  const helper = /^(vite|rolldown)\//.exec(plain)?.[1]
  if (id.startsWith('\0') && helper !== undefined) return join(root, 'node_modules', helper)
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(plain)?.[0]
}

/** Packages whose style sheets a style sheet imports: they are inlined, and no module tells of them. */
export const packagesImportedBy = (styleSheet: string): readonly string[] =>
  [...styleSheet.matchAll(/@import\s+(?:url\()?["']((?:@[^/"']+\/)?[^./"'][^/"']*)/g)].map((match) => match[1] as string)

/** Vite plugin. Writes the package folders of one build to `file`, a JSON array, sorted. `root`: where node_modules is. */
export function bundledPackages(file: string, root: string): Plugin {
  const styleSheetPackages = new Set<string>()
  return {
    name: 'greta-bundled-packages',
    apply: 'build',
    enforce: 'pre',
    transform(code, id) {
      if (id.endsWith('.css')) for (const name of packagesImportedBy(code)) styleSheetPackages.add(join(root, 'node_modules', name))
    },
    generateBundle(_, bundle) {
      const folders = new Set(styleSheetPackages)
      for (const item of Object.values(bundle)) {
        if (item.type !== 'chunk') continue
        for (const [id, { renderedLength }] of Object.entries(item.modules)) {
          const folder = renderedLength > 0 ? packageFolderOf(id, root) : undefined
          if (folder !== undefined) folders.add(folder)
        }
      }
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, `${JSON.stringify([...folders].toSorted(), null, 1)}\n`)
    }
  }
}
