import { BundleReader } from '../../engine/bundle/bundle'
import { followGeneration, measureDriftSpeed } from '../../engine/numerics/drift-report'
import { checkRecordingFits, lockstepReference, recordedReference, recordingOf } from '../../engine/numerics/drift-rows'
import type { Session } from '../../engine/session'
import { errorFigure } from '../../shared/figures'
import { type DriftReport, type DriftSpeedReport, toWire } from '../../shared/protocol/numerics'
import { helpLines, type Options, parseWords, usage } from '../arguments'
import { LOAD_OPTIONS } from '../load-settings'
import { EXIT, type Verb } from '../program'
import { asLongWork } from './long-work'
import { SEQUENCE_OPTIONS, sequenceOf } from './sequence'
import { REFERENCE_OPTIONS, withSession, withSides } from './sides'
import { textTable } from './table'

const OPTIONS = {
  ...LOAD_OPTIONS,
  ...REFERENCE_OPTIONS,
  ...SEQUENCE_OPTIONS,
  'max-tokens': { kind: 'integer', value: 'N', least: 1, most: 1048576, help: 'tokens to generate, greedily (default 64)' },
  'reference-run': {
    kind: 'text',
    value: 'FILE',
    help: 'follow with a recorded run bundle (.greta) and its prompt, instead of a second engine'
  },
  measure: { kind: 'integer', value: 'N', least: 1, most: 1000, help: 'measure in N rounds how much longer a followed generation takes' },
  json: { kind: 'flag', help: 'one JSON object on stdout' }
} as const satisfies Options

/** The generation is what the person waits for. */
const FOLLOWER = { background: true } as const

export const drift: Verb = {
  async run(words, surroundings) {
    const { options, help } = parseWords(OPTIONS, words)
    if (help) {
      surroundings.out(`usage: greta drift [options]

Errors are estimated from 64-value sketches of the residual stream after every layer; divergence from the best candidates (a
lower bound). The generation never waits for its follower. Exit code 0: the favourite token is the same everywhere; 1: not.

${helpLines(OPTIONS)}
`)
      return EXIT.ok
    }
    const json = options.json === true
    const run = options['reference-run']
    const maxTokens = options['max-tokens'] ?? 64
    if (options.measure !== undefined) {
      if (run !== undefined) throw usage('--measure makes its own recording: leave out --reference-run.')
      const rounds = options.measure
      const speed = await withSides(
        surroundings,
        options,
        json,
        ({ reference, test }) =>
          asLongWork(surroundings, json, async ({ signal, say }) =>
            measureDriftSpeed(test, reference, await sequenceOf(options, test.tokenizer, surroundings), {
              maxTokens,
              rounds,
              signal,
              onRound: (round) => say(round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`)
            })
          ),
        FOLLOWER
      )
      surroundings.out(json ? `${JSON.stringify(speed)}\n` : speedText(speed))
      return EXIT.ok
    }
    const report =
      run === undefined
        ? await withSides(
            surroundings,
            options,
            json,
            ({ reference, test }) =>
              asLongWork(surroundings, json, async ({ signal }) =>
                followGeneration(test, lockstepReference(reference, 10), await sequenceOf(options, test.tokenizer, surroundings), {
                  maxTokens,
                  signal
                })
              ),
            FOLLOWER
          )
        : await withSession(surroundings, options, json, (test) =>
            asLongWork(surroundings, json, ({ signal }) => followRecorded(test, run, maxTokens, signal))
          )
    surroundings.out(json ? `${JSON.stringify(toWire(report))}\n` : driftText(report))
    return report.flips === 0 ? EXIT.ok : EXIT.failed
  }
}

async function followRecorded(test: Session, path: string, maxTokens: number, signal: AbortSignal): Promise<DriftReport> {
  const bundle = new BundleReader(path)
  try {
    const detail = await bundle.detail()
    const recording = recordingOf(detail, await bundle.columns(detail))
    checkRecordingFits(detail, recording, test, detail.promptIds)
    return await followGeneration(test, recordedReference(recording), detail.promptIds, { maxTokens, signal })
  } finally {
    bundle.close()
  }
}

function driftText(report: DriftReport): string {
  const rows = report.steps.map((step) => [
    String(step.position),
    step.layerErrors.length === 0 ? '·' : errorFigure(Math.max(...step.layerErrors)),
    step.layerErrors.length === 0 ? '·' : errorFigure(step.layerErrors.at(-1) as number),
    errorFigure(step.klDivergence),
    step.flip ? `⇄ ${step.referenceTop} → ${step.testTop}` : ''
  ])
  const heading = ['position', 'largest layer error', 'last layer', 'KL, nats', 'favourite']
  const lines = [
    `reference  ${report.reference}`,
    `test       ${report.test}`,
    '',
    textTable([heading, ...rows], [0, 1, 2, 3]).trimEnd(),
    '',
    ...(report.unmatchedFrom === undefined
      ? []
      : [`not compared from position ${report.unmatchedFrom} on: the recording ends there or has another token`]),
    `${report.steps.length} tokens compared, largest layer error ${errorFigure(report.largestError)}, mean KL ${errorFigure(report.meanKlDivergence)} nats, ${report.flips} flips of the favourite`
  ]
  return `${lines.join('\n')}\n`
}

const speedText = (speed: DriftSpeedReport): string => `test       ${speed.test}
reference  ${speed.reference}
${speed.promptTokens} prompt tokens, ${speed.generatedTokens} generated, medians of ${speed.rounds} rounds

alone                   ${speed.aloneMilliseconds.toFixed(1)} ms
with a recorded run     ${speed.recordedRatio.toFixed(3)} × as long
in lockstep             ${speed.lockstepRatio.toFixed(3)} × as long
`
