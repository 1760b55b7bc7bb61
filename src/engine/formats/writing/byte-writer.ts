/** Little-endian bytes that grow as they are written. */
export class ByteWriter {
  private bytes = Buffer.alloc(4096)
  private used = 0

  get length(): number {
    return this.used
  }

  /** `count` more bytes, zeroed, to be filled by the caller. */
  private grow(count: number): number {
    const at = this.used
    if (at + count > this.bytes.length) {
      const larger = Buffer.alloc(Math.max(this.bytes.length * 2, at + count))
      this.bytes.copy(larger, 0, 0, at)
      this.bytes = larger
    }
    this.used += count
    return at
  }

  u8(value: number): void {
    const at = this.grow(1)
    this.bytes[at] = value & 0xff
  }

  u16(value: number): void {
    const at = this.grow(2)
    this.bytes.writeUInt16LE(value & 0xffff, at)
  }

  u32(value: number): void {
    const at = this.grow(4)
    this.bytes.writeUInt32LE(value >>> 0, at)
  }

  u64(value: number | bigint): void {
    const at = this.grow(8)
    this.bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), at)
  }

  f32(value: number): void {
    const at = this.grow(4)
    this.bytes.writeFloatLE(value, at)
  }

  f64(value: number): void {
    const at = this.grow(8)
    this.bytes.writeDoubleLE(value, at)
  }

  raw(bytes: Uint8Array): void {
    const at = this.grow(bytes.length)
    this.bytes.set(bytes, at)
  }

  padTo(multiple: number): void {
    this.grow((multiple - (this.used % multiple)) % multiple)
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return Uint8Array.from(this.bytes.subarray(0, this.used))
  }
}
