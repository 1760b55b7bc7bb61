import type { EvaluateRequest, FinishReport, GenerateRequest, Running, Session, StepBatch } from '../types'

export interface Collected {
  readonly batches: readonly StepBatch[]
  readonly text: string
  readonly report: FinishReport
}

/** Reads a request to its end. */
export async function collect(running: Running): Promise<Collected> {
  const batches: StepBatch[] = []
  let text = ''
  for await (const event of running) {
    if (event.kind === 'steps') batches.push(event.batch)
    if (event.kind === 'text') text += event.text
  }
  return { batches, text, report: await running.result }
}

export const generate = (session: Session, request: GenerateRequest): Promise<Collected> => collect(session.generate(request))

/** The logits of every position from `from` on, in one array. */
export async function evaluateRows(session: Session, request: EvaluateRequest): Promise<Float32Array> {
  const { batches, report } = await collect(session.evaluate({ ...request, fullRows: true, candidates: 0 }))
  if (report.reason !== 'evaluated') throw new Error(`evaluation ended with ${report.reason}: ${report.error?.message ?? ''}`)
  return joined(batches.map((batch) => batch.logits as Float32Array))
}

export function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
