import type { FaultSettings, Sequence } from '../../../shared/protocol'
import type { TracePoint } from '../../../shared/model/trace-points'
import { evaluatePrompt, promptOf } from '../../actions/generation'
import { reportError } from '../../actions/report'
import { openRun } from '../../actions/runs'
import { call } from '../../bridge'
import { translateNow } from '../../i18n'
import { useStore } from '../../store'
import { type Finished, sideOf, sourceNow, type Tool, useChecks } from './checks-state'

/** Prompts of health besides the chosen sequence: the corners the command line visits too. */
const HEALTH_TEXTS = ['1234567890 + 987 = 42?', 'naïve café ✓ 火星 🚀', 'la la la la la la la la la la la la la la']

/** The tokens to check; undefined (after saying why) when there are none. */
async function chosenSequence(): Promise<Sequence | undefined> {
  const { source: wanted, text } = useChecks.getState()
  const { cursor, prompt } = useStore.getState()
  const source = sourceNow(wanted, cursor.run)
  if (source === 'run' && cursor.run !== undefined) return { kind: 'run', runId: cursor.run }
  if (source === 'text' && text !== '') return { kind: 'text', text }
  const written = source === 'prompt' ? promptOf(prompt) : undefined
  if (written?.kind === 'raw' && written.text !== '') return { kind: 'text', text: written.text }
  if (written?.kind === 'tokens') return { kind: 'ids', ids: written.ids }
  if (written?.kind === 'chat') {
    const { messages, template } = written
    const rendered = await call('chat.render', { messages, maxPieces: 1, ...(template === undefined ? {} : { template }) })
    if (rendered.ok) return { kind: 'ids', ids: rendered.value.ids }
    reportError(rendered.error)
    return undefined
  }
  useStore.getState().toast({ tone: 'danger', title: translateNow('checks.noSequence'), detail: translateNow('checks.noSequenceText') })
  return undefined
}

/** Runs one tool on the chosen sides and sequence; its report or its error goes into the state. */
export async function runCheck(tool: Tool): Promise<void> {
  const { running, change } = useChecks.getState()
  if (running !== undefined) return
  change({ tool, running: tool, cancelling: false })
  useStore.getState().setConnection({ numericsProgress: undefined })
  const sequence = await chosenSequence()
  if (sequence !== undefined) await ask(tool, sequence)
  useChecks.getState().change({ running: undefined, cancelling: false })
}

async function ask(tool: Tool, sequence: Sequence): Promise<void> {
  const state = useChecks.getState()
  const reference = sideOf(state.reference)
  const test = sideOf(state.test)
  const startedAt = performance.now()
  const both = { reference, test, sequence }
  const answer =
    tool === 'parity'
      ? await call('numerics.parity', both)
      : tool === 'divergence'
        ? await call('numerics.divergence', both)
        : tool === 'equivalence'
          ? await call('numerics.equivalence', { test, sequence })
          : tool === 'health'
            ? await call('numerics.health', {
                test,
                sequences: [sequence, ...HEALTH_TEXTS.map((text) => ({ kind: 'text' as const, text }))]
              })
            : await call('numerics.faultLab', both)
  const { reports, errors, change } = useChecks.getState()
  if (!answer.ok) {
    if (answer.error.code !== 'cancelled') change({ errors: { ...errors, [tool]: answer.error } })
    return
  }
  const finished = { report: answer.value, ...both, milliseconds: performance.now() - startedAt }
  change({ reports: { ...reports, [tool]: finished }, errors: { ...errors, [tool]: undefined } })
  useStore.getState().announce(translateNow('checks.done'))
}

export async function cancelCheck(): Promise<void> {
  useChecks.getState().change({ cancelling: true })
  await call('numerics.cancel', {})
}

export interface Place {
  readonly position: number
  readonly layer: number
  readonly point: TracePoint
  readonly element?: number
}

/** Shows a place of a checked sequence in Layers. A sequence that is no run yet becomes one, of a single new token. */
export async function openTensor({ position, layer, point, element }: Place, sequence: Sequence): Promise<void> {
  const shown =
    sequence.kind === 'run'
      ? useStore.getState().cursor.run === sequence.runId || (await openRun(sequence.runId))
      : await evaluatePrompt(
          sequence.kind === 'text'
            ? { kind: 'raw', text: sequence.text, addSpecial: true, parseSpecial: false }
            : { kind: 'tokens', ids: sequence.ids }
        )
  if (!shown) return
  const { moveCursor, showView } = useStore.getState()
  moveCursor({ token: position, layer, point, element })
  showView('layers')
}

/** Writes one operation as a standalone test; the folder, or undefined after the error was shown. */
export async function exportRepro(
  { reference, test, sequence }: Pick<Finished<'divergence'>, 'reference' | 'test' | 'sequence'>,
  place: Pick<Parameters<typeof call<'numerics.repro'>>[1], 'layer' | 'point' | 'position'>,
  fault?: FaultSettings
): Promise<string | undefined> {
  const answer = await call('numerics.repro', { reference, test, sequence, ...place, ...(fault === undefined ? {} : { fault }) })
  if (answer.ok) return answer.value.folder
  reportError(answer.error)
  return undefined
}
