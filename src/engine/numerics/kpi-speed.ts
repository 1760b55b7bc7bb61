import { TIMED_BLOCKS } from '../../shared/model/trace-points'
import type { Session } from '../session/types'
import type { Add, KpiOptions } from './kpi'

/** Time to first token, prefill, decode, the matrix product and every block: medians over `options.repeats`. */
export async function addSpeed(session: Session, ids: readonly number[], options: KpiOptions, add: Add): Promise<void> {
  const timeToFirst: number[] = []
  const prefill: number[] = []
  const decode: number[] = []
  const blocks = new Float64Array(TIMED_BLOCKS.length)
  let steps = 0
  for (let repeat = 0; repeat < options.repeats; repeat += 1) {
    const running = session.generate({
      ids,
      maxTokens: options.generatedTokens,
      ignoreCache: true,
      ignoreEndOfGeneration: true,
      trace: { blockTimes: true }
    })
    for await (const event of running) {
      if (event.kind !== 'steps' || event.batch.phase !== 'generated' || event.batch.blockMilliseconds === undefined) continue
      steps += event.batch.count
      for (const [index, value] of event.batch.blockMilliseconds.entries())
        blocks[index % TIMED_BLOCKS.length] = (blocks[index % TIMED_BLOCKS.length] as number) + value
    }
    const report = await running.result
    timeToFirst.push(report.timeToFirstTokenMilliseconds)
    prefill.push(report.prefillTokensPerSecond)
    decode.push(report.decodeTokensPerSecond)
  }
  const how = `median of ${options.repeats}, ${ids.length} prompt tokens, ${options.generatedTokens} generated`
  add('time to first token', '221 ms (3 tokens, MI300X)', `${median(timeToFirst).toFixed(1)} ms`, 'info', how)
  add('prefill', '19.3 tok/s (MI300X)', `${median(prefill).toFixed(1)} tok/s`, 'info', how)
  await addMatrixProduct(session, options, add)
  const flops = 2 * session.config.parameterCount * median(prefill)
  add(
    'all of prefill',
    '',
    `${(flops / 1e12).toFixed(3)} TFLOP/s`,
    'info',
    '2 × parameters × prefill speed: a lower bound, everything else included'
  )
  add('decode', '13.01 tok/s (MI300X)', `${median(decode).toFixed(1)} tok/s`, 'info', how)
  for (const [index, block] of TIMED_BLOCKS.entries())
    add(
      `time in ${block}`,
      '',
      `${((blocks[index] as number) / Math.max(1, steps)).toFixed(4)} ms a token`,
      'info',
      'mean over generated tokens, all layers'
    )
}

/** One product of the model's own shape through run_operation, which copies its input and output: that is in the time. */
async function addMatrixProduct(session: Session, options: KpiOptions, add: Add): Promise<void> {
  const { embeddingLength, feedForwardLength } = session.config
  const tokenCount = Math.min(session.options.batch, session.options.context)
  const input = Float32Array.from({ length: tokenCount * embeddingLength }, (_, index) => Math.sin(index))
  const seconds: number[] = []
  for (let repeat = 0; repeat <= options.repeats; repeat += 1) {
    const begin = performance.now()
    await session.runOperation({ layer: 0, point: 'ffn_up', inputs: [input], tokenCount, position: 0 })
    // The first one warms up.
    if (repeat > 0) seconds.push((performance.now() - begin) / 1000)
  }
  const flops = (2 * tokenCount * embeddingLength * feedForwardLength) / median(seconds)
  add(
    'matrix product (GEMM)',
    '13 TFLOP/s (MI300X)',
    `${(flops / 1e12).toFixed(3)} TFLOP/s`,
    'info',
    `${tokenCount} × ${embeddingLength} by ${embeddingLength} × ${feedForwardLength}, the stored weight of the up projection; copies included, median of ${options.repeats}`
  )
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}
