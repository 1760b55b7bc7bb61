import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

const isModelOrRun = (path: string): boolean => /\.(gguf|safetensors|greta)$/.test(path) && existsSync(path)

/** The files among the words of a command line that the workbench opens. `folder`: where it was typed. */
export const pathsIn = (words: readonly string[], folder: string): string[] =>
  words.map((word) => resolve(folder, word)).filter(isModelOrRun)
