import { compareDumps, type GuardrailReport } from '../../engine/numerics/dump-guardrail'
import { checkEquivalence } from '../../engine/numerics/equivalence'
import { readLogitsDump } from '../../engine/numerics/logits-dump'
import { errorFigure } from '../../shared/figures'
import { type EquivalenceReport, toWire } from '../../shared/protocol/numerics'
import { helpLines, type Options, parseWords, usage } from '../arguments'
import { LOAD_OPTIONS } from '../load-settings'
import { EXIT, type Verb } from '../program'
import { asLongWork } from './long-work'
import { SEQUENCE_OPTIONS, sequenceOf } from './sequence'
import { withTwin } from './sides'

const OPTIONS = {
  ...LOAD_OPTIONS,
  ...SEQUENCE_OPTIONS,
  json: { kind: 'flag', help: 'one JSON object on stdout' }
} as const satisfies Options

export const equivalence: Verb = {
  async run(words, surroundings) {
    const { options, positional, help } = parseWords(OPTIONS, words, { positional: 2 })
    if (help) {
      surroundings.out(`usage: greta equivalence [options]
       greta equivalence DUMP_A DUMP_B [--json]

Computes the same tokens in one batch, token by token, in chunks of 7, 64 and 512, after a rewind and in a second session,
and compares hashes of the bit patterns of every trace point of every position. With two folders: compares two logits dumps
of the same token_span (guardrail B3.67). Exit code 0: equal; 1: different.

${helpLines(OPTIONS)}
`)
      return EXIT.ok
    }
    const json = options.json === true
    if (positional.length === 1) throw usage('Two dump folders are needed.')
    if (positional.length === 2) {
      const report = compareDumps(await readLogitsDump(positional[0] as string), await readLogitsDump(positional[1] as string))
      surroundings.out(json ? `${JSON.stringify(toWire(report))}\n` : dumpsText(report))
      return report.verdict === 'equal' ? EXIT.ok : EXIT.failed
    }
    const report = await withTwin(surroundings, options, json, (session, secondSession) =>
      asLongWork(surroundings, json, async ({ signal, say }) =>
        checkEquivalence(session, await sequenceOf(options, session.tokenizer, surroundings), { secondSession, signal, onWay: say })
      )
    )
    surroundings.out(json ? `${JSON.stringify(toWire(report))}\n` : equivalenceText(report))
    return report.verdict === 'equal' ? EXIT.ok : EXIT.failed
  }
}

function equivalenceText(report: EquivalenceReport): string {
  const lines = report.ways.map((way) => {
    const first = way.firstDifference
    if (first === undefined) return `✓ ${way.name}`
    return `✗ ${way.name}: first difference at position ${first.position}, layer ${first.layer} ${first.point}; ${first.differingPositions} positions differ; ${first.boundary}`
  })
  return `${report.positions} positions × ${report.tracePoints} trace points, against ${report.reference}\n${lines.join('\n')}\nVERDICT=${report.verdict === 'equal' ? 'EQUAL' : 'DIFFERENT'}\n`
}

function dumpsText(report: GuardrailReport): string {
  const lines = report.rows.map((row) =>
    row.bitEqual && row.sameTokenId
      ? `✓ token ${row.tokenIndex} (id ${row.tokenId}): every logit equal`
      : `✗ token ${row.tokenIndex} (id ${row.tokenId}${row.sameTokenId ? '' : ', ids differ'}): NMSE ${errorFigure(row.nmse)}, max |Δ| ${errorFigure(row.maxAbsoluteDifference)}`
  )
  return `${lines.join('\n')}\nVERDICT=${report.verdict === 'equal' ? 'EQUAL' : 'DIFFERENT'}\n`
}
