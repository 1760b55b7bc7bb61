import { TIMED_BLOCKS } from '../../shared/model/trace-points'
import { ColumnBlocks } from './column-blocks'

const BLOCKS = TIMED_BLOCKS.length

/** Where the time of every position went: milliseconds a block and layer (the last "layer" is what lies outside the layers). */
export class BlockTimings {
  readonly layerCount: number
  private readonly blocks: ColumnBlocks<Float32Array>
  private readonly steps = new ColumnBlocks(1, (length) => new Float32Array(length))
  private readonly generated = new ColumnBlocks(1, (length) => new Uint8Array(length))
  private positionEnd = 0
  private writes = 0

  constructor(layerCount: number) {
    this.layerCount = layerCount
    this.blocks = new ColumnBlocks((layerCount + 1) * BLOCKS, (length) => new Float32Array(length))
  }

  get end(): number {
    return this.positionEnd
  }
  get revision(): number {
    return this.writes
  }

  /** `blockMilliseconds` holds (layers + 1) x blocks values from `start`, or is empty when the run was not timed by block. */
  write(position: number, stepMilliseconds: number, isGenerated: boolean, blockMilliseconds: Float32Array, start: number): void {
    if (position < this.positionEnd) this.truncate(position)
    this.steps.writable(position)[this.steps.offset(position)] = stepMilliseconds
    this.generated.writable(position)[this.generated.offset(position)] = isGenerated ? 2 : 1
    if (blockMilliseconds.length > 0) {
      const width = this.blocks.rows
      this.blocks.writable(position).set(blockMilliseconds.subarray(start, start + width), this.blocks.offset(position))
    }
    this.positionEnd = position + 1
    this.writes += 1
  }

  truncate(position: number): void {
    if (position >= this.positionEnd) return
    this.blocks.truncate(position)
    this.steps.truncate(position)
    this.generated.truncate(position)
    this.positionEnd = position
    this.writes += 1
  }

  measured(position: number): boolean {
    return position < this.positionEnd && this.generated.get(position, 0) !== 0
  }
  isGenerated(position: number): boolean {
    return this.generated.get(position, 0) === 2
  }
  /** Wall time of the step that evaluated the position. */
  step(position: number): number {
    return this.steps.get(position, 0)
  }
  /** `layer` from 0; layerCount for what lies outside the layers. */
  block(position: number, layer: number, block: number): number {
    return this.blocks.get(position, layer * BLOCKS + block)
  }
  /** Sum over all layers. */
  blockTotal(position: number, block: number): number {
    let sum = 0
    for (let layer = 0; layer <= this.layerCount; layer++) sum += this.block(position, layer, block)
    return sum
  }
}
