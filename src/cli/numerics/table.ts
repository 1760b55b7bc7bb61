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

/** "1.23e-10", "0", "NaN": the form every error figure of the reports has. */
export const errorFigure = (value: number): string => (value === 0 ? '0' : Number.isFinite(value) ? value.toExponential(2) : String(value))
export const percentFigure = (share: number): string => (Number.isFinite(share) ? `${(100 * share).toFixed(2)} %` : String(share))
