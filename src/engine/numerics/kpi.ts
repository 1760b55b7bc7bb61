import { availableParallelism, cpus } from 'node:os'
import { weightBytesOf } from '../formats/weight-data'
import { dequantise } from '../native/tools'
import { devices, loadSession } from '../session'
import type { Session } from '../session/types'
import { checkEquivalence } from './equivalence'
import { checkHealth } from './health'
import { addSpeed } from './kpi-speed'
import { type KernelErrors, measureKernelErrors } from './kernel-errors'
import { compareSessions } from './parity'
import { dequantiseQ4K, dequantiseQ6K } from './quant-reference'
import { sameBits } from './tensor-error'

/** One figure of the report. */
export interface KpiRow {
  readonly figure: string
  /** What phase 3 promised or measured; '' for figures of ours. */
  readonly phase3: string
  readonly measured: string
  /** 'info' for figures without a limit, 'not run' for what this machine cannot do. */
  readonly result: 'pass' | 'fail' | 'info' | 'not run'
  readonly how: string
}

export interface KpiReport {
  readonly machine: string
  readonly model: string
  readonly backend: string
  readonly rows: readonly KpiRow[]
  readonly verdict: 'pass' | 'fail'
}

export interface KpiOptions {
  readonly backend: string
  readonly threads?: number
  readonly promptTokens: number
  readonly generatedTokens: number
  readonly repeats: number
  readonly signal?: AbortSignal
  readonly onStage?: (stage: string) => void
}

const PROMPT = 'Once upon a time there was a little robot who wanted to fly to the moon. One night, it found a ladder.'

/** Reproduces every figure of phase 3, and ours, on this machine and this model in one run. */
export async function runKpi(path: string, options: KpiOptions): Promise<KpiReport> {
  const rows: KpiRow[] = []
  const add = (figure: string, phase3: string, measured: string, result: KpiRow['result'], how: string): void => {
    rows.push({ figure, phase3, measured, result, how })
  }
  const stage = (name: string): void => {
    options.signal?.throwIfAborted()
    options.onStage?.(name)
  }
  const load = (backend: string, kvType: 'f32' | 'f16'): Promise<Session> =>
    loadSession(path, { backend, kvType, ...(options.threads === undefined ? {} : { threads: options.threads }) })

  stage('loading')
  const session = await load(options.backend, 'f32')
  const halfCache = await load(options.backend, 'f16')
  const reference = await load('reference', 'f32')
  try {
    const ids = promptOf(session, options.promptTokens)
    stage('dequantisation')
    addDequantisation(session, add)
    stage('kernel errors')
    addKernelErrors(await measureKernelErrors(session, ids), add)
    stage('health')
    const health = await checkHealth(session, [ids])
    const nan = health.prompts.reduce((sum, prompt) => sum + prompt.nanCount + prompt.infinityCount, 0)
    const values = health.prompts.reduce((sum, prompt) => sum + prompt.valuesSeen, 0)
    add(
      'NaN and infinities, all layers',
      '0',
      `${nan} of ${values} values in ${health.layers} layers`,
      nan === 0 ? 'pass' : 'fail',
      'tracer, every trace point of every position'
    )
    stage('prefill against decode')
    const equivalence = await checkEquivalence(session, ids)
    add(
      'prefill == decode, chunks, rewind',
      'guardrail B3.67',
      equivalence.verdict === 'equal' ? `bit-equal in ${equivalence.ways.length} other ways` : 'different',
      equivalence.verdict === 'equal' ? 'pass' : 'fail',
      `hashes of ${equivalence.tracePoints} trace points at ${equivalence.positions} positions`
    )
    stage('determinism')
    const distinct = await distinctRuns(session, ids, options)
    add(
      'deterministic runs',
      'deterministic graph runs',
      `${distinct} distinct result${distinct === 1 ? '' : 's'} in ${options.repeats} runs`,
      distinct === 1 ? 'pass' : 'fail',
      'ids and log-probabilities of greedy runs, bit for bit'
    )
    stage('parity with the reference')
    const parity = await compareSessions(reference, session, ids, { localPositions: 16 })
    add(
      'logits against the reference',
      '',
      `NMSE ${exponent(parity.summary.maxNmse)} at the worst position`,
      parity.verdict === 'ok' ? 'pass' : 'fail',
      `${parity.tokenCount} positions, limit ${exponent(parity.limits.logitsNmse)}`
    )
    stage('drift of an f16 cache')
    const drift = await compareSessions(session, halfCache, ids, { localPositions: 0 })
    add(
      'drift, f16 against f32 KV cache',
      'to be documented',
      `NMSE ${exponent(drift.summary.maxNmse)}, KL ${exponent(drift.summary.klDivergence.mean)} nats`,
      drift.verdict === 'ok' ? 'pass' : 'fail',
      `${drift.tokenCount} positions`
    )
    add(
      'its effect on the choice',
      'top-1 / top-k',
      `same top-1 ${percent(drift.summary.sameTop1Share)}, top-5 agreement ${percent(drift.summary.top5Agreement)}`,
      'info',
      'the same positions'
    )
    stage('speed')
    await addSpeed(session, ids, options, add)
  } finally {
    await Promise.all([session.close(), halfCache.close(), reference.close()])
  }
  for (const device of devices())
    if (!device.available)
      add(`everything on ${device.name}`, device.name === 'hip' ? 'MI300X: 13.01 tok/s, TTFT 221 ms' : '', '', 'not run', device.reason)
  return {
    machine: `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} processors`,
    model: `${session.config.name}, ${(session.config.parameterCount / 1e6).toFixed(2)} M parameters`,
    backend: `${session.backend.name}: ${session.backend.description}`,
    rows,
    verdict: rows.some((row) => row.result === 'fail') ? 'fail' : 'pass'
  }
}

export type Add = (figure: string, phase3: string, measured: string, result: KpiRow['result'], how: string) => void

const exponent = (value: number): string => value.toExponential(2)
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`

function promptOf(session: Session, tokens: number): readonly number[] {
  const ids = session.tokenizer.encode(PROMPT)
  const wanted = Math.min(tokens, Math.floor(session.options.context / 2))
  const body = ids.slice(1)
  while (ids.length < wanted) ids.push(...body)
  return ids.slice(0, Math.max(2, wanted))
}

function addDequantisation(session: Session, add: Add): void {
  for (const [type, reference] of [
    ['Q4_K', dequantiseQ4K],
    ['Q6_K', dequantiseQ6K]
  ] as const) {
    const tensors = session.model.tensors.filter((tensor) => tensor.type === type)
    if (tensors.length === 0) {
      add(`dequantisation of ${type}`, 'exact', '', 'not run', `the model has no ${type} tensor`)
      continue
    }
    let weights = 0
    const different = tensors.filter((tensor) => {
      const cols = tensor.shape.at(-1) as number
      const rows = Math.min(tensor.shape[0] as number, 64)
      const bytes = weightBytesOf(session.model, tensor, { lengthBytes: (tensor.sizeBytes / (tensor.shape[0] as number)) * rows })
      weights += rows * cols
      return !sameBits(dequantise(type, bytes, rows, cols), reference(bytes))
    })
    add(
      `dequantisation of ${type}`,
      'exact',
      different.length === 0 ? 'bit-equal' : `${different.length} tensors differ`,
      different.length === 0 ? 'pass' : 'fail',
      `${weights} weights of ${tensors.length} tensors against an independent TypeScript reading`
    )
  }
}

function addKernelErrors(errors: KernelErrors, add: Add): void {
  const judge = (value: number): KpiRow['result'] => (value < 1e-6 ? 'pass' : 'fail')
  add('RMSNorm error', '< 1e-6', exponent(errors.rmsNorm), judge(errors.rmsNorm), 'largest relative error against float64, every layer')
  add(
    'softmax error',
    '< 1e-6',
    exponent(errors.softmax),
    judge(errors.softmax),
    'largest absolute error of attention weights of the model’s own scores against float64, every layer'
  )
  add(
    'KV cache fidelity',
    'bit-perfect',
    errors.keyValueMismatches === 0 ? 'bit-perfect' : `${errors.keyValueMismatches} values differ`,
    errors.keyValueMismatches === 0 ? 'pass' : 'fail',
    `${errors.keyValueCount} keys and values read back`
  )
}

async function distinctRuns(session: Session, prompt: readonly number[], options: KpiOptions): Promise<number> {
  const results = new Set<string>()
  for (let repeat = 0; repeat < options.repeats; repeat += 1) {
    // Batches come as they come: only their content counts.
    const ids: number[] = []
    const bits: number[] = []
    const running = session.generate({
      ids: prompt,
      maxTokens: Math.min(8, options.generatedTokens),
      ignoreCache: true,
      ignoreEndOfGeneration: true
    })
    for await (const event of running) {
      if (event.kind !== 'steps') continue
      const { logProbabilities } = event.batch
      ids.push(...event.batch.ids)
      bits.push(...new Uint32Array(logProbabilities.buffer, logProbabilities.byteOffset, logProbabilities.length))
    }
    results.add(`${ids.join()}|${bits.join()}`)
  }
  return results.size
}

/** The report as Markdown: the table that goes into a ticket. */
export function kpiMarkdown(report: KpiReport): string {
  const lines = [
    '# GRETA CORE: figures of this machine',
    '',
    `Machine: ${report.machine}. Backend: ${report.backend}. Model: ${report.model}.`,
    '',
    '| figure | phase 3 | measured | result | how |',
    '|---|---|---|---|---|',
    ...report.rows.map((row) => `| ${row.figure} | ${row.phase3} | ${row.measured} | ${row.result} | ${row.how} |`),
    '',
    `Verdict: ${report.verdict}`
  ]
  return `${lines.join('\n')}\n`
}
