/** Positions a block holds: 256 columns of 1,043 rows are 1 MiB of f32, so that growth never copies what is there. */
export const BLOCK_POSITIONS = 256

type Block = Float32Array | Uint32Array | Uint8Array

/**
 * A growable table of `rows` values a position, position-major, in blocks that are allocated when first written. A block
 * that is not there reads as zero: counts that are always zero cost nothing.
 */
export class ColumnBlocks<B extends Block> {
  readonly rows: number
  private readonly blocks: (B | undefined)[] = []
  private readonly allocate: (length: number) => B
  private readonly fill: number

  constructor(rows: number, allocate: (length: number) => B, fill = 0) {
    this.rows = rows
    this.allocate = allocate
    this.fill = fill
  }

  /** The block that holds `position`, and where its column starts there; undefined when nothing was written near it. */
  block(position: number): B | undefined {
    return this.blocks[Math.floor(position / BLOCK_POSITIONS)]
  }

  /** The same, allocated when missing. */
  writable(position: number): B {
    const index = Math.floor(position / BLOCK_POSITIONS)
    let block = this.blocks[index]
    if (block === undefined) {
      block = this.allocate(BLOCK_POSITIONS * this.rows)
      if (this.fill !== 0) block.fill(this.fill)
      this.blocks[index] = block
    }
    return block
  }

  offset(position: number): number {
    return (position % BLOCK_POSITIONS) * this.rows
  }

  get(position: number, row: number): number {
    return this.block(position)?.[this.offset(position) + row] ?? this.fill
  }

  /** Forgets everything at and after `position`. */
  truncate(position: number): void {
    const first = Math.floor(position / BLOCK_POSITIONS)
    this.blocks[first]?.fill(this.fill, this.offset(position))
    if (this.offset(position) === 0) this.blocks.length = Math.min(this.blocks.length, first)
    else this.blocks.length = Math.min(this.blocks.length, first + 1)
  }

  get sizeBytes(): number {
    let sum = 0
    for (const block of this.blocks) sum += block?.byteLength ?? 0
    return sum
  }
}
