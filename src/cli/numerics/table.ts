/** Rows as aligned columns of text; numbers to the right. The first row is the heading. */
export function textTable(rows: readonly (readonly string[])[], numeric: readonly number[] = []): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (numeric.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  return `${rows.map(line).join('\n')}\n`
}
