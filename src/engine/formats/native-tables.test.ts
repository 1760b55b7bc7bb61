import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DTYPES, dtypeById, dtypeFacts } from '../../shared/model/dtype'
import {
  LAYER_POINTS,
  TIMED_BLOCKS,
  TRACE_COUNT_FIELDS,
  TRACE_FLOAT_FIELDS,
  TRACE_STATS_WORDS,
  traceIndex,
  tracePointAt,
  tracePointCount
} from '../../shared/model/trace-points'

const header = (path: string): string => readFileSync(new URL(`../../../native/${path}`, import.meta.url), 'utf8')

describe('tensor types', () => {
  const text = header('base/dtype.h')

  it('are those of native/base/dtype.h, with the same ids and block sizes', () => {
    const ids = new Map([...text.matchAll(/^ {2}(\w+) = (\d+),$/gmu)].map(([, name, id]) => [name as string, Number(id)]))
    const rows = [...text.matchAll(/\{DType::(\w+), "(\w+)", (\d+), (\d+)\}/gu)].map(([, member, name, weights, bytes]) => ({
      name,
      id: ids.get(member as string),
      blockWeights: Number(weights),
      blockBytes: Number(bytes)
    }))
    expect(rows).toHaveLength(13)
    const byId = (a: { id: number | undefined }, b: { id: number | undefined }): number => (a.id ?? 0) - (b.id ?? 0)
    expect([...DTYPES].sort(byId)).toEqual(rows.sort(byId))
  })

  it('are found by id and by name', () => {
    for (const facts of DTYPES) {
      expect(dtypeById(facts.id)).toBe(facts)
      expect(dtypeFacts(facts.name)).toBe(facts)
    }
    expect(dtypeById(23)).toBeUndefined()
  })
})

describe('trace points', () => {
  const text = header('backend/trace_points.h')
  const names = (constant: string): string[] => {
    const list = new RegExp(`${constant}\\[[^\\]]*\\] = \\{([^}]*)\\}`, 'u').exec(text)?.[1] ?? ''
    return [...list.matchAll(/"(\w+)"/gu)].map(([, name]) => name as string)
  }

  it('have the names and the order of native/backend/trace_points.h', () => {
    expect(names('kLayerPointNames')).toEqual([...LAYER_POINTS])
    expect(names('kTimedBlockNames')).toEqual([...TIMED_BLOCKS])
  })

  it('have a statistics row of the native size, floats first', () => {
    const text = header('base/trace_stats.h')
    const struct = /struct TraceStats \{([^}]*)\}/u.exec(text)?.[1] ?? ''
    const fields = (type: string): number =>
      [...struct.matchAll(new RegExp(`${type} ([\\w, ]+);`, 'gu'))].flatMap(([, list]) => (list as string).split(',')).length
    expect(fields('float')).toBe(TRACE_FLOAT_FIELDS.length)
    expect(fields('uint32_t')).toBe(TRACE_COUNT_FIELDS.length)
    expect(TRACE_STATS_WORDS * 4).toBe(Number(/sizeof\(TraceStats\) == (\d+)/u.exec(text)?.[1]))
  })

  it('are numbered back and forth', () => {
    const layers = 3
    expect(tracePointAt(0, layers)).toEqual({ layer: -1, point: 'embedding' })
    for (let layer = 0; layer < layers; layer += 1) {
      for (const point of LAYER_POINTS) expect(tracePointAt(traceIndex(layer, point), layers)).toEqual({ layer, point })
    }
    expect(tracePointAt(tracePointCount(layers) - 2, layers)).toEqual({ layer: layers, point: 'final_norm' })
    expect(tracePointAt(tracePointCount(layers) - 1, layers)).toEqual({ layer: layers, point: 'logits' })
  })
})
