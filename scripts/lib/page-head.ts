// A build step of the page: what its first paint needs is in index.html itself.
import { readFileSync } from 'node:fs'
import type { Plugin } from 'vite'

/** Vite plugin. `themePath`: the style sheet with the colours, small enough to be in the page twice. */
export const pageHead = (themePath: string): Plugin => ({
  name: 'greta-page-head',
  apply: 'build',
  transformIndexHtml: {
    order: 'post',
    handler(html) {
      const theme = readFileSync(themePath, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
      // The first script is small and sets the theme: a paint before it would be of the wrong colour.
      return html
        .replace('<style>', `<style>${theme}</style>\n    <style>`)
        .replace('<script type="module" ', '<script type="module" blocking="render" ')
    }
  }
})
