import type { LoadOptions } from '../engine/session'
import type { Options, Parsed } from './arguments'

/** Options of every verb that loads a model. */
export const LOAD_OPTIONS = {
  model: { kind: 'text', value: 'PATH', help: 'GGUF file or SafeTensors folder (default: the bundled story model)' },
  backend: { kind: 'text', value: 'NAME', help: 'cpu (default), reference, hip, cuda; greta inspect --devices lists them' },
  device: { kind: 'integer', value: 'N', least: 0, most: 1023, help: 'which device of a GPU backend (default 0)' },
  threads: { kind: 'integer', value: 'N', least: 1, most: 1024, help: 'host threads (default: physical processors)' },
  context: { kind: 'integer', value: 'N', least: 1, most: 4194304, help: 'positions of the KV cache (default: the model’s, at most 4096)' },
  'kv-type': { kind: 'choice', choices: ['f16', 'f32'], help: 'element type of the KV cache (default f16)' },
  precision: { kind: 'choice', choices: ['f32', 'bf16'], help: 'rounding of matrix operands (default f32, on GPUs bf16)' }
} as const satisfies Options

export function loadOptions(options: Parsed<typeof LOAD_OPTIONS>): LoadOptions {
  return {
    ...(options.backend === undefined ? {} : { backend: options.backend }),
    ...(options.device === undefined ? {} : { deviceIndex: options.device }),
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.context === undefined ? {} : { context: options.context }),
    ...(options['kv-type'] === undefined ? {} : { kvType: options['kv-type'] }),
    ...(options.precision === undefined ? {} : { precision: options.precision })
  }
}
