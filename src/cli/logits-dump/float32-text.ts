/**
 * A float32 as JSON that reads back to the same float32, in at most 9 significant digits (enough for every one of them).
 * JSON has no NaN and no infinities: null stands for NaN, ±1e999 for ±Infinity (every parser reads it as such).
 */
export function float32Text(value: number): string {
  if (Number.isNaN(value)) return 'null'
  if (!Number.isFinite(value)) return value > 0 ? '1e999' : '-1e999'
  if (Object.is(value, -0)) return '-0'
  return String(Number(value.toPrecision(9)))
}

/** [v, v, ...] */
export function float32ArrayText(values: Float32Array): string {
  return `[${Array.from(values, float32Text).join(',')}]`
}
