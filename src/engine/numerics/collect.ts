import { GretaError } from '../../shared/errors'
import { throwIfFailed } from '../session/throw-if-failed'
import type { EvaluateRequest, Session, StepBatch } from '../session/types'

/** Runs a teacher-forced evaluation to its end and hands every batch of steps to `onSteps`. Throws what the engine reports. */
export async function evaluateSteps(
  session: Session,
  request: EvaluateRequest,
  onSteps: (batch: StepBatch) => void,
  signal?: AbortSignal
): Promise<void> {
  // An abort before now is heard by nobody.
  if (signal?.aborted === true) throw new GretaError('cancelled', 'The evaluation was cancelled.')
  const running = session.evaluate(request)
  const cancel = (): void => running.cancel()
  signal?.addEventListener('abort', cancel, { once: true })
  try {
    for await (const event of running) if (event.kind === 'steps') onSteps(event.batch)
    const report = await running.result
    if (report.reason === 'cancelled') throw new GretaError('cancelled', 'The evaluation was cancelled.')
    throwIfFailed(report)
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}
