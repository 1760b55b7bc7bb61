import { shareFigure } from '../../shared/figures'
import { lensReport } from '../../engine/numerics/lens-report'
import { type LensReport, toWire } from '../../shared/protocol/numerics'
import { helpLines, type Options, parseWords, usage } from '../arguments'
import { LOAD_OPTIONS } from '../load-settings'
import { EXIT, type Verb } from '../program'
import { SEQUENCE_OPTIONS, sequenceOf } from './sequence'
import { withSession } from './sides'

const OPTIONS = {
  ...LOAD_OPTIONS,
  ...SEQUENCE_OPTIONS,
  position: { kind: 'integer', value: 'N', least: 0, most: 1048576, help: 'which position of the text (default: the last)' },
  candidates: { kind: 'integer', value: 'N', least: 1, most: 64, help: 'tokens a layer (default 5)' },
  json: { kind: 'flag', help: 'one JSON object on stdout' }
} as const satisfies Options

export const lens: Verb = {
  async run(words, surroundings) {
    const { options, help } = parseWords(OPTIONS, words)
    if (help) {
      surroundings.out(
        `usage: greta lens [options]\n\nApplies the model’s own final norm and head to the residual stream after every layer, through the engine’s own kernels:\nthe last row equals the logits bit for bit (checked, exit code 1 when not). A raw lens: early layers may be noise.\n\n${helpLines(OPTIONS)}\n`
      )
      return EXIT.ok
    }
    return withSession(surroundings, options, options.json === true, async (session) => {
      const ids = await sequenceOf(options, session.tokenizer, surroundings)
      const position = options.position ?? ids.length - 1
      if (position >= ids.length) throw usage(`--position ${position} is beyond the text, which has ${ids.length} tokens.`)
      const report = await lensReport(session, ids, position, options.candidates ?? 5)
      const show = (id: number): string => JSON.stringify(session.tokenizer.tokenText(id))
      surroundings.out(options.json === true ? `${JSON.stringify(toWire(report))}\n` : lensText(report, show))
      return report.lastEqualsLogits ? EXIT.ok : EXIT.failed
    })
  }
}

function lensText(report: LensReport, show: (id: number) => string): string {
  const lines = report.layers.map((row) => {
    const candidates = row.candidates.map(({ id, probability }) => `${show(id)} ${shareFigure(probability)}`)
    return `layer ${String(row.layer).padStart(3)}  ${row.nextTokenRank < 0 ? '' : `rank of what follows ${String(row.nextTokenRank).padStart(6)}  `}${candidates.join('  ')}`
  })
  return `position ${report.position}\n${lines.join('\n')}\nlast row ${report.lastEqualsLogits ? 'equals' : 'DIFFERS FROM'} the logits bit for bit\n`
}
