import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import { bundledPackages } from './scripts/lib/bundled-packages'
import { pageHead } from './scripts/lib/page-head'

const at = (path: string): string => resolve(import.meta.dirname, path)
/** Entries by name: those whose source is there. */
const entries = (sources: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(sources).filter(([, source]) => existsSync(at(source))))

/** Whose code is in the bundle, for the package's notices. */
const packagesIn = (bundle: string) => bundledPackages(at(`out/packages/${bundle}.json`), at('.'))

const nodeEntries = entries({
  index: 'src/main/index.ts',
  host: 'src/host/index.ts',
  cli: 'src/cli/index.ts'
})
const preloadEntries = entries({ index: 'src/preload/index.ts' })

export default defineConfig({
  main: {
    plugins: [packagesIn('main')],
    build: {
      outDir: at('out/main'),
      // The user's Node runs all of these but index: the default (Electron's Node) would let newer syntax through.
      target: 'node20.19',
      // One file instead of dozens: they are on the way to the first paint.
      externalizeDeps: { exclude: ['ws', 'valibot'] },
      rolldownOptions: {
        input: nodeEntries,
        output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' }
      }
    }
  },
  ...(Object.keys(preloadEntries).length === 0
    ? {}
    : {
        preload: {
          plugins: [packagesIn('preload')],
          build: {
            outDir: at('out/preload'),
            // A sandboxed preload is one self-contained CommonJS file.
            externalizeDeps: false,
            rolldownOptions: { input: preloadEntries, output: { format: 'cjs', entryFileNames: '[name].cjs' } }
          }
        }
      }),
  renderer: {
    root: at('src/renderer'),
    plugins: [packagesIn('renderer'), react(), tailwind(), pageHead(at('src/renderer/app/theme.css'))],
    build: {
      outDir: at('out/renderer'),
      minify: true,
      // Fonts stay files: the page's policy allows its own origin, and they are cached apart from the code.
      assetsInlineLimit: 0,
      rolldownOptions: { input: { index: at('src/renderer/index.html') } }
    }
  }
})
