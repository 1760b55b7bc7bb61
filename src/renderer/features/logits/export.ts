export interface LogitColumns {
  readonly logits: Float32Array
  readonly biased: Float32Array
  readonly penalised: Float32Array
  readonly scaled: Float32Array
  readonly probability: Float32Array
  readonly removedBy: Uint8Array
}

/** Shortest text that reads back as the same float32; NaN and infinities by name. */
export const exactFloat = (value: number): string => {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return String(Number(text))
  }
  return String(Number.isFinite(value) ? Number(value.toPrecision(9)) : value)
}

/** RFC 4180, dot decimals, one row a token in the order shown. The token's text is quoted; what cannot be seen stays as it is. */
export function toCsv(ids: Uint32Array, columns: LogitColumns, stages: readonly string[], text: (id: number) => string): string {
  const lines = ['id,token,logit,biased,penalised,scaled,probability,removed_by']
  for (const id of ids) {
    const removed = columns.removedBy[id] as number
    lines.push(
      [
        id,
        `"${text(id).replaceAll('"', '""')}"`,
        exactFloat(columns.logits[id] as number),
        exactFloat(columns.biased[id] as number),
        exactFloat(columns.penalised[id] as number),
        exactFloat(columns.scaled[id] as number),
        exactFloat(columns.probability[id] as number),
        removed === 0 ? '' : (stages[removed - 1] ?? '')
      ].join(',')
    )
  }
  return `${lines.join('\r\n')}\r\n`
}

/** NumPy's format 1.0: one f32 vector, little-endian, header padded to 64 bytes. */
export function toNpy(values: Float32Array): Uint8Array<ArrayBuffer> {
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${values.length},), }`
  const headerLength = Math.ceil((10 + description.length + 1) / 64) * 64
  const out = new Uint8Array(headerLength + values.byteLength)
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0])
  new DataView(out.buffer).setUint16(8, headerLength - 10, true)
  out.set(new TextEncoder().encode(`${description.padEnd(headerLength - 11)}\n`), 10)
  out.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), headerLength)
  return out
}
