import { compareSessions } from '../../engine/numerics/parity'
import { compareWithRecording, type RecordedParityReport } from '../../engine/numerics/recorded-parity'
import { errorFigure, percentFigure } from '../../shared/figures'
import type { ParityReport } from '../../shared/protocol/numerics'
import { toWire } from '../../shared/protocol/numerics'
import { helpLines, type Options, parseWords } from '../arguments'
import { LOAD_OPTIONS } from '../load-settings'
import { EXIT, type Verb } from '../program'
import { FAULT_OPTIONS, faultsOf } from './fault-option'
import { asLongWork } from './long-work'
import { SEQUENCE_OPTIONS, sequenceOf } from './sequence'
import { REFERENCE_OPTIONS, withSession, withSides } from './sides'
import { textTable } from './table'

const OPTIONS = {
  ...LOAD_OPTIONS,
  ...REFERENCE_OPTIONS,
  ...SEQUENCE_OPTIONS,
  ...FAULT_OPTIONS,
  'reference-run': { kind: 'text', value: 'FILE', help: 'compare with a recorded run bundle (.greta) instead of a second engine' },
  'reference-dump': {
    kind: 'text',
    value: 'FOLDER',
    help: 'compare with a logits dump; needs the --prompt or --prompt-ids it was made with'
  },
  local: {
    kind: 'integer',
    value: 'N',
    least: 0,
    most: 1048576,
    help: 'positions for local errors of single operations (default 64, 0 = none)'
  },
  'logits-only': { kind: 'flag', help: 'compare logits only, no layers' },
  json: { kind: 'flag', help: 'one JSON object on stdout' }
} as const satisfies Options

export const parity: Verb = {
  async run(words, surroundings) {
    const { options, help } = parseWords(OPTIONS, words)
    if (help) {
      surroundings.out(`usage: greta parity [options]

Feeds the same token ids to two sides and compares them: per position over the whole vocabulary, per layer and trace point
(cumulative: what has piled up; local: one operation on its own inputs). By default: the cpu backend against reference.
Exit code 0: within the limits for such a pair; 1: not.

${helpLines(OPTIONS)}
`)
      return EXIT.ok
    }
    const json = options.json === true
    const faults = faultsOf(options.fault)
    if (options['reference-run'] !== undefined || options['reference-dump'] !== undefined) {
      const report = await withSession(surroundings, options, json, (test) =>
        asLongWork(surroundings, json, async ({ signal, say }) =>
          compareWithRecording(
            test,
            {
              ...(options['reference-run'] === undefined ? {} : { run: options['reference-run'] }),
              ...(options['reference-dump'] === undefined ? {} : { dump: options['reference-dump'] }),
              ids: await sequenceOf(options, test.tokenizer, surroundings)
            },
            { signal, onProgress: (done, total) => say(`${done} of ${total} positions`) }
          )
        )
      )
      surroundings.out(json ? `${JSON.stringify(toWire(report))}\n` : recordedText(report))
      return report.verdict === 'ok' ? EXIT.ok : EXIT.failed
    }
    const report = await withSides(surroundings, options, json, ({ reference, test }) =>
      asLongWork(surroundings, json, async ({ signal, say }) =>
        compareSessions(reference, test, await sequenceOf(options, test.tokenizer, surroundings), {
          signal,
          onProgress: say,
          layers: options['logits-only'] !== true,
          ...faults,
          ...(options.local === undefined ? {} : { localPositions: options.local })
        })
      )
    )
    surroundings.out(json ? `${JSON.stringify(toWire(report))}\n` : parityText(report))
    return report.verdict === 'ok' ? EXIT.ok : EXIT.failed
  }
}

function parityText(report: ParityReport): string {
  const { summary } = report
  const kl = summary.klDivergence
  const dp = summary.probabilityDifference
  const lines = [
    `reference  ${report.reference}`,
    `test       ${report.test}`,
    `positions  ${summary.positions}, of them bit-identical ${summary.bitEqualPositions}`,
    '',
    `NMSE of logits        mean ${errorFigure(summary.meanNmse)}, worst position ${errorFigure(summary.maxNmse)} (${report.band})`,
    `max |Δlogit|          ${errorFigure(summary.maxAbsoluteDifference)}`,
    `KL divergence, nats   mean ${errorFigure(kl.mean)}, max ${errorFigure(kl.maximum)}, 99.9 % ${errorFigure(kl.percentile999)}, 99 % ${errorFigure(kl.percentile99)}, 95 % ${errorFigure(kl.percentile95)}, 90 % ${errorFigure(kl.percentile90)}, median ${errorFigure(kl.median)}, 10 % ${errorFigure(kl.percentile10)}, 5 % ${errorFigure(kl.percentile5)}, 1 % ${errorFigure(kl.percentile1)}, min ${errorFigure(kl.minimum)}`,
    `Δp of the next token  mean ${errorFigure(dp.mean)}, rms ${errorFigure(summary.probabilityDifferenceRms)}, min ${errorFigure(dp.minimum)}, median ${errorFigure(dp.median)}, max ${errorFigure(dp.maximum)}`,
    `same favourite        ${percentFigure(summary.sameTop1Share)}; top-5 agreement ${percentFigure(summary.top5Agreement)}`,
    `perplexity            reference ${summary.referencePerplexity.toFixed(4)}, test ${summary.testPerplexity.toFixed(4)}, ratio ${summary.perplexityRatio.toFixed(6)}`,
    `worst positions       ${summary.worstPositions.join(' ')}`
  ]
  if (report.points.length > 0) {
    const rows = report.points.map((point) => [
      point.point === 'embedding' ? '' : String(point.layer),
      point.point,
      errorFigure(point.cumulativeNmse),
      point.localNmse === undefined ? '·' : errorFigure(point.localNmse),
      String(point.worstPosition)
    ])
    lines.push('', textTable([['layer', 'point', 'cumulative NMSE', 'local NMSE', 'worst position'], ...rows], [0, 2, 3, 4]).trimEnd())
    if (report.localSkipped !== undefined) lines.push(`local errors: not measured, ${report.localSkipped}`)
  }
  lines.push('', `limits: ${report.limits.why}`, ...report.failures, `VERDICT=${report.verdict === 'ok' ? 'OK' : 'FAILED'}`)
  return `${lines.join('\n')}\n`
}

/** Runs of equal verdicts: every token is in one of them. */
function verdictRanges(verdicts: RecordedParityReport['verdicts']): string[] {
  const ranges: { from: number; to: number; verdict: string }[] = []
  for (const { position, verdict } of verdicts) {
    const last = ranges.at(-1)
    if (last !== undefined && last.verdict === verdict && last.to === position - 1) last.to = position
    else ranges.push({ from: position, to: position, verdict })
  }
  const signs: Readonly<Record<string, string>> = { identical: '=', 'within band': '≈', different: '≠' }
  return ranges.map(
    ({ from, to, verdict }) => `  ${signs[verdict] ?? ''} ${from === to ? `position ${from}` : `positions ${from} to ${to}`}: ${verdict}`
  )
}

function recordedText(report: RecordedParityReport): string {
  const lines = [
    `recorded   ${report.reference}`,
    `test       ${report.test}`,
    ...report.circumstances.map((line) => `note       ${line}`),
    `positions  ${report.positions}, of them identical ${report.identicalPositions}, within the limit ${report.withinLimitPositions}`,
    ...verdictRanges(report.verdicts),
    `max |Δlogit| of what was recorded  ${errorFigure(report.maxAbsoluteDifference)}, limit ${errorFigure(report.limit)}`,
    ...(report.firstDifference === undefined
      ? []
      : [`first difference  position ${report.firstDifference.position}: ${report.firstDifference.what}`]),
    `VERDICT=${report.verdict === 'ok' ? 'OK' : 'FAILED'}`
  ]
  return `${lines.join('\n')}\n`
}
