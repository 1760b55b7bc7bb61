import type { FaultRequest } from '../../engine/session'
import { LAYER_POINTS, type LayerPoint } from '../../shared/model/trace-points'
import type { Options } from '../arguments'
import { usage } from '../arguments'

const KINDS = ['nan-at-point', 'scale-weight-row', 'drop-k-tile', 'wrong-rope-base', 'stale-kv-slot'] as const
const NUMBERS = ['position', 'index', 'count', 'factor'] as const

/** Plants a fault in the tested side, to see what a tool makes of it. */
export const FAULT_OPTIONS = {
  fault: {
    kind: 'text',
    value: 'KIND@LAYER.POINT[:position=N,index=N,count=N,factor=X]',
    help: `plant a fault in the tested side: ${KINDS.join(', ')}`
  }
} as const satisfies Options

/** "nan-at-point@4.attn_out:position=12,index=256" as a fault; none without the option. Throws 'usage' naming the part that is wrong. */
export function faultsOf(text: string | undefined): { readonly faults?: readonly FaultRequest[] } {
  if (text === undefined) return {}
  const match = /^([a-z-]+)@(\d+)\.(\w+)(?::(.*))?$/.exec(text)
  if (match === null) throw usage(`--fault needs KIND@LAYER.POINT, such as nan-at-point@4.attn_out:position=12,index=256, not "${text}".`)
  const kind = KINDS.find((name) => name === match[1])
  if (kind === undefined) throw usage(`--fault: "${match[1]}" is none of ${KINDS.join(', ')}.`)
  const point = LAYER_POINTS.find((name): name is LayerPoint => name === match[3])
  if (point === undefined) throw usage(`--fault: "${match[3]}" is none of ${LAYER_POINTS.join(', ')}.`)
  const numbers = { position: 0, index: 0, count: 0, factor: 1 }
  for (const part of match[4] === undefined ? [] : match[4].split(',')) {
    const [name, value = ''] = part.split('=')
    const known = NUMBERS.find((candidate) => candidate === name)
    const number = value === '' ? Number.NaN : Number(value)
    if (known === undefined || !Number.isFinite(number) || (known !== 'factor' && !(Number.isSafeInteger(number) && number >= 0)))
      throw usage(`--fault: "${part}" is not one of ${NUMBERS.map((entry) => `${entry}=N`).join(', ')}.`)
    numbers[known] = number
  }
  return { faults: [{ kind, layer: Number(match[2]), point, ...numbers }] }
}
