import { resolve } from 'node:path'
import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** The bench page, built like the product's page and never shipped with it. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwind()],
  logLevel: 'warn',
  build: {
    outDir: resolve(import.meta.dirname, '../../out/bench-ui'),
    emptyOutDir: true,
    minify: process.env.BENCH_MINIFY !== '0',
    assetsInlineLimit: 0
  }
})
