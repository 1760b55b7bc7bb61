import type { CellMatrix } from '../../statistics'
import type { CellPainterStyle, Pooling, SpecialPixel } from './cell-painter'
import { paintCells, pixelColumns, pixelRows } from './cell-painter'

/** Pixels along each side of a tile. */
export const TILE_SIZE = 256

/** 4 bytes x 256 x 256 each: 96 MiB at most, twice (pixels and canvas). */
const MOST_TILES = 192

export interface Tile {
  readonly canvas: HTMLCanvasElement
  special: SpecialPixel[]
}

interface StoredTile extends Tile {
  readonly image: ImageData
  readonly words: Uint32Array
  readonly context: CanvasRenderingContext2D
  revision: number
  lastUse: number
}

/**
 * Painted pieces of a matrix. Panning and zooming only copies tiles; a tile is painted when it is first seen and, from the
 * first changed column on, when its data changed. A change of statistic, scale, palette or theme starts a new cache.
 */
export class TileCache {
  private readonly tiles = new Map<string, StoredTile>()
  private readonly matrix: CellMatrix
  private readonly style: CellPainterStyle
  private uses = 0

  constructor(matrix: CellMatrix, style: CellPainterStyle) {
    this.matrix = matrix
    this.style = style
  }

  /**
   * The tile, painted and up to date; undefined when it is missing or stale and `mayPaint` forbids work now (a stale tile is
   * given out all the same: last frame's picture is better than none).
   */
  tile(pooling: Pooling, tileX: number, tileY: number, mayPaint: boolean): { readonly tile: Tile | undefined; readonly fresh: boolean } {
    const key = `${pooling.columnsLog2}/${pooling.rowsLog2}/${tileX}/${tileY}`
    let stored = this.tiles.get(key)
    const dirtyPixel = stored === undefined ? 0 : this.dirtyPixel(stored.revision, pooling) - tileX * TILE_SIZE
    const fresh = stored !== undefined && dirtyPixel >= TILE_SIZE
    if (!fresh && mayPaint) {
      stored ??= this.create(key)
      this.paint(stored, pooling, tileX, tileY, Math.max(0, dirtyPixel))
      stored.revision = this.matrix.revision
    }
    if (stored !== undefined) stored.lastUse = ++this.uses
    return { tile: stored, fresh: fresh || mayPaint }
  }

  get count(): number {
    return this.tiles.size
  }

  private dirtyPixel(revision: number, pooling: Pooling): number {
    const column = this.matrix.dirtySince(revision)
    return Number.isFinite(column) ? Math.floor(column / 2 ** pooling.columnsLog2) : Infinity
  }

  private create(key: string): StoredTile {
    if (this.tiles.size >= MOST_TILES) this.evict()
    const canvas = document.createElement('canvas')
    canvas.width = TILE_SIZE
    canvas.height = TILE_SIZE
    const context = canvas.getContext('2d', { alpha: false }) as CanvasRenderingContext2D
    const image = new ImageData(TILE_SIZE, TILE_SIZE)
    const tile: StoredTile = { canvas, context, image, words: new Uint32Array(image.data.buffer), special: [], revision: -1, lastUse: 0 }
    this.tiles.set(key, tile)
    return tile
  }

  private paint(tile: StoredTile, pooling: Pooling, tileX: number, tileY: number, from: number): void {
    const x = tileX * TILE_SIZE
    const y = tileY * TILE_SIZE
    const width = Math.min(TILE_SIZE, pixelColumns(this.matrix, pooling) - x) - from
    const height = Math.min(TILE_SIZE, pixelRows(this.matrix, pooling) - y)
    tile.special = tile.special.filter((pixel) => pixel.x < from)
    if (width <= 0 || height <= 0) return
    const special: SpecialPixel[] = []
    paintCells(this.matrix, this.style, pooling, x + from, y, width, height, tile.words.subarray(from), TILE_SIZE, special)
    for (const pixel of special) tile.special.push({ ...pixel, x: pixel.x + from })
    tile.context.putImageData(tile.image, 0, 0, from, 0, width, height)
  }

  private evict(): void {
    const oldest = [...this.tiles].sort((a, b) => a[1].lastUse - b[1].lastUse).slice(0, MOST_TILES / 4)
    for (const [key] of oldest) this.tiles.delete(key)
  }
}
