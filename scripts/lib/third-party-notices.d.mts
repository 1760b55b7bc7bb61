export interface Notice {
  readonly name: string
  readonly version: string
  readonly licence: string
  readonly text: string
}
export const NOTICES_FILE: string
export function packedFolders(root: string, archive: string): readonly string[]
export function archivedPackages(archive: string): readonly string[]
export function noticesOf(folders: readonly string[]): readonly Notice[]
export function noticesText(entries: readonly Notice[], productName: string): string
