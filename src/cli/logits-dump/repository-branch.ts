import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The branch the program was built from, a short commit where none is checked out, or "unknown" outside a repository. */
export function repositoryBranch(root: string): string {
  try {
    const head = readFileSync(join(gitFolder(root), 'HEAD'), 'utf8').trim()
    return head.startsWith('ref: refs/heads/') ? head.slice('ref: refs/heads/'.length) : head.slice(0, 12)
  } catch {
    return 'unknown'
  }
}

/** .git is a folder, or in a worktree a file that names one. */
function gitFolder(root: string): string {
  const path = join(root, '.git')
  try {
    const named = /^gitdir: (.+)$/m.exec(readFileSync(path, 'utf8'))?.[1]
    return named === undefined ? path : resolve(root, named)
  } catch {
    return path
  }
}
