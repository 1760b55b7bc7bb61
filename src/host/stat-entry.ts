import { type Stats, statSync } from 'node:fs'

/** What lies at a path, links followed; undefined where nothing does, or nothing that can be looked at (a link to itself, below a file). */
export function statEntry(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}
