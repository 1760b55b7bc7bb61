import { ColumnBlocks } from './column-blocks'

/** Positions one step of the pyramid joins. */
export const POOL_FACTOR = 4

/** Positions a column of `level` stands for. */
export const positionsPerColumn = (level: number): number => POOL_FACTOR ** level

/** Reads one base cell. */
export type ReadCell = (position: number, row: number) => number

interface ValueLevel {
  readonly least: ColumnBlocks<Float32Array>
  readonly greatest: ColumnBlocks<Float32Array>
}

/**
 * Smallest and largest value of every group of 4, 16, 64 … positions, per row, kept up to date a position at a time.
 * Groups without data hold +Infinity / -Infinity. Severity of the base decides what counts as data.
 */
export class ValuePyramid {
  private readonly levels: ValueLevel[] = []
  private readonly rows: number
  private readonly levelCount: number

  /** `levelCount` levels above the base. */
  constructor(rows: number, levelCount: number) {
    this.rows = rows
    this.levelCount = levelCount
    for (let level = 0; level < levelCount; level++) {
      this.levels.push({
        least: new ColumnBlocks(rows, (length) => new Float32Array(length), Infinity),
        greatest: new ColumnBlocks(rows, (length) => new Float32Array(length), -Infinity)
      })
    }
  }

  /** Takes in one captured position; `values` holds its rows from `offset`. O(rows x levels). */
  add(position: number, values: Float32Array | Uint32Array, offset: number, captured: Uint8Array, capturedOffset: number): void {
    const rows = this.rows
    let column = position
    for (let level = 0; level < this.levelCount; level++) {
      column = Math.floor(column / POOL_FACTOR)
      const { least, greatest } = this.levels[level] as ValueLevel
      const leastBlock = least.writable(column)
      const greatestBlock = greatest.writable(column)
      const start = least.offset(column)
      for (let row = 0; row < rows; row++) {
        if (captured[capturedOffset + row] === 0) continue
        const value = values[offset + row] as number
        if (value < (leastBlock[start + row] as number)) leastBlock[start + row] = value
        if (value > (greatestBlock[start + row] as number)) greatestBlock[start + row] = value
      }
    }
  }

  /** The planes of `level` >= 1 (level 0 is the base itself). */
  level(level: number): ValueLevel {
    const found = this.levels[level - 1]
    if (found === undefined) throw new RangeError(`Pyramid level ${level} does not exist; there are ${this.levelCount}.`)
    return found
  }

  /** Forgets positions >= `position`; groups that straddle it are worked out again from `readd`. */
  truncate(position: number, readd: (firstPosition: number) => void): void {
    const top = positionsPerColumn(this.levelCount)
    const groupStart = Math.floor(position / top) * top
    this.levels.forEach((planes, index) => {
      const column = Math.floor(groupStart / positionsPerColumn(index + 1))
      planes.least.truncate(column)
      planes.greatest.truncate(column)
    })
    readd(groupStart)
  }

  get sizeBytes(): number {
    return this.levels.reduce((sum, planes) => sum + planes.least.sizeBytes + planes.greatest.sizeBytes, 0)
  }
}

/** The worst severity of every group of positions: what keeps a single NaN visible at any zoom. */
export class SeverityPyramid {
  private readonly levels: ColumnBlocks<Uint8Array>[] = []
  private readonly rows: number

  constructor(rows: number, levelCount: number) {
    this.rows = rows
    for (let level = 0; level < levelCount; level++) this.levels.push(new ColumnBlocks(rows, (length) => new Uint8Array(length)))
  }

  add(position: number, severity: Uint8Array, offset: number): void {
    let column = position
    for (const plane of this.levels) {
      column = Math.floor(column / POOL_FACTOR)
      const block = plane.writable(column)
      const start = plane.offset(column)
      for (let row = 0; row < this.rows; row++) {
        const worst = severity[offset + row] as number
        if (worst > (block[start + row] as number)) block[start + row] = worst
      }
    }
  }

  level(level: number): ColumnBlocks<Uint8Array> {
    const found = this.levels[level - 1]
    if (found === undefined) throw new RangeError(`Pyramid level ${level} does not exist; there are ${this.levels.length}.`)
    return found
  }

  truncate(position: number, readd: (firstPosition: number) => void): void {
    const top = positionsPerColumn(this.levels.length)
    const groupStart = Math.floor(position / top) * top
    this.levels.forEach((plane, index) => plane.truncate(Math.floor(groupStart / positionsPerColumn(index + 1))))
    readd(groupStart)
  }

  get sizeBytes(): number {
    return this.levels.reduce((sum, plane) => sum + plane.sizeBytes, 0)
  }
}
