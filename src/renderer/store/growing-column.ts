type Typed = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array

/** A typed array that grows by doubling; unwritten elements hold `fill`. */
export class GrowingColumn<T extends Typed> {
  values: T
  private readonly create: (length: number) => T
  private readonly fill: number

  constructor(create: (length: number) => T, fill: number, initial = 256) {
    this.create = create
    this.fill = fill
    this.values = create(initial).fill(fill) as T
  }

  ensure(length: number): T {
    if (length > this.values.length) {
      const larger = this.create(Math.max(length, this.values.length * 2)).fill(this.fill) as T
      larger.set(this.values)
      this.values = larger
    }
    return this.values
  }

  clearFrom(index: number): void {
    this.values.fill(this.fill, Math.min(index, this.values.length))
  }

  get byteLength(): number {
    return this.values.byteLength
  }
}

export const floats = (fill = Number.NaN) => new GrowingColumn<Float32Array>((length) => new Float32Array(length), fill)
export const doubles = () => new GrowingColumn<Float64Array>((length) => new Float64Array(length), Number.NaN)
export const integers = (fill = -1) => new GrowingColumn<Int32Array>((length) => new Int32Array(length), fill)
export const bytes = () => new GrowingColumn<Uint8Array>((length) => new Uint8Array(length), 0)
