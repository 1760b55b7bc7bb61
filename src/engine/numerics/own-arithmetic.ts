import { LAYER_POINTS } from '../../shared/model/trace-points'
import type { DivergenceCard } from '../../shared/protocol/numerics'
import type { FaultRequest, Session } from '../session/types'
import { captureLayer, replayOperation } from './block-replay'
import { diagnose } from './diagnose'
import { OPERATION_NAMES } from './operations'
import { rowErrors } from './row-errors'

/**
 * The rounding of 16-bit operands hides small damage from a comparison with the reference. It does not hide it from the
 * backend itself: an operation run alone on the inputs that it had in the step gives the bits of the step. The first
 * operation that does not is named; its limit is 0. The session's cache is used as a work bench.
 */
export async function findBrokenOperation(
  session: Session,
  count: number,
  options: {
    readonly faults?: readonly FaultRequest[]
    readonly signal?: AbortSignal
    readonly onProgress?: (what: string, fraction: number) => void
  }
): Promise<DivergenceCard | undefined> {
  const { layerCount } = session.config
  for (let layer = 0; layer < layerCount; layer += 1) {
    options.signal?.throwIfAborted()
    options.onProgress?.(`block ${layer} against itself`, layer / layerCount)
    const inputs = await captureLayer(session, layer, count, options.faults)
    for (const point of LAYER_POINTS) {
      const found = inputs.get(point) as Float32Array
      const expected = await replayOperation(session, layer, point, inputs, count)
      const at = firstDifference(expected, found)
      if (at === undefined) continue
      const width = found.length / count
      const position = Math.floor(at / width)
      const pattern = await diagnose(session, { layer, point, position, width, expected, found, inputs, count })
      const alone = `alone on the same inputs ${session.backend.name} gives other bits; the reference cannot tell this from rounding`
      return {
        layer,
        point,
        operation: OPERATION_NAMES[point],
        localNmse: rowErrors(expected, found, width)[position]?.nmse ?? 0,
        limit: 0,
        firstPosition: position,
        worstElement: at % width,
        expected: expected[at] as number,
        found: found[at] as number,
        inputsNmse: 0,
        diagnosis: pattern === undefined ? alone : `${pattern} (${alone})`
      }
    }
  }
  return undefined
}

/** Index of the first value that differs; two NaN are the same value. */
function firstDifference(expected: Float32Array, found: Float32Array): number | undefined {
  const index = found.findIndex((value, i) => value !== expected[i] && !(Number.isNaN(value) && Number.isNaN(expected[i])))
  return index === -1 ? undefined : index
}
