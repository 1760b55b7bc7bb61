import { existsSync } from 'node:fs'
import { findFirstDivergence } from '../../engine/numerics/first-divergence'
import { limitsFor } from '../../engine/numerics/bands'
import { pairTraits } from '../../engine/numerics/parity'
import { exportRepro } from '../../engine/numerics/repro'
import { runFaultLab } from '../../engine/numerics/fault-lab'
import { errorFigure } from '../../shared/figures'
import { type DivergenceCard, type DivergenceReport, type ExerciseResult, toWire } from '../../shared/protocol/numerics'
import { helpLines, type Options, parseWords, usage } from '../arguments'
import { LOAD_OPTIONS } from '../load-settings'
import { EXIT, type Verb } from '../program'
import { FAULT_OPTIONS, faultsOf } from './fault-option'
import { asLongWork } from './long-work'
import { SEQUENCE_OPTIONS, sequenceOf } from './sequence'
import { REFERENCE_OPTIONS, withSides } from './sides'

const OPTIONS = {
  ...LOAD_OPTIONS,
  ...REFERENCE_OPTIONS,
  ...SEQUENCE_OPTIONS,
  ...FAULT_OPTIONS,
  limit: {
    kind: 'number',
    value: 'NMSE',
    least: 0,
    most: 1e6,
    aboveLeast: true,
    help: 'local NMSE at which an operation is named (default: by precision)'
  },
  repro: { kind: 'text', value: 'FOLDER', help: 'write the offending operation as a standalone test to this new folder' },
  json: { kind: 'flag', help: 'one JSON object on stdout' }
} as const satisfies Options

export const divergence: Verb = {
  async run(words, surroundings) {
    const { options, help } = parseWords(OPTIONS, words)
    if (help) {
      surroundings.out(`usage: greta divergence [options]

Two passes on the same token ids: first every block on the input it really had, then the operations of the first block that
leaves its limit. Exit code 0: none does; 1: one does, and is named.

${helpLines(OPTIONS)}
`)
      return EXIT.ok
    }
    const json = options.json === true
    const faults = faultsOf(options.fault)
    if (options.repro !== undefined && existsSync(options.repro))
      throw usage(`${options.repro} exists already; a repro is written to a new folder.`)
    const report = await withSides(surroundings, options, json, ({ reference, test }) =>
      asLongWork(surroundings, json, async ({ signal, say }) => {
        const limit = options.limit ?? limitsFor(pairTraits(reference, test)).localNmse
        const found = await findFirstDivergence(reference, test, await sequenceOf(options, test.tokenizer, surroundings), {
          limit,
          signal,
          onProgress: say,
          ...faults
        })
        const card = found.first
        if (card !== undefined && options.repro !== undefined)
          await exportRepro(
            reference,
            test,
            { layer: card.layer, point: card.point, position: card.firstPosition, limit, ...faults },
            options.repro
          )
        return found
      })
    )
    surroundings.out(json ? `${JSON.stringify(toWire(report))}\n` : divergenceText(report))
    return report.verdict === 'agree' ? EXIT.ok : EXIT.failed
  }
}

function divergenceText(report: DivergenceReport): string {
  const lines = [
    `reference  ${report.reference}`,
    `test       ${report.test}`,
    `${report.positions} positions, limit ${errorFigure(report.limit)}`
  ]
  for (const block of report.blocks)
    lines.push(
      `block ${String(block.layer).padStart(3)}  local NMSE ${errorFigure(block.localNmse).padStart(9)}  cumulative ${errorFigure(block.cumulativeNmse).padStart(9)}`
    )
  lines.push(
    ...(report.first === undefined ? ['no operation leaves its limit'] : cardLines(report.first)),
    `VERDICT=${report.verdict === 'agree' ? 'AGREE' : 'DIVERGES'}`
  )
  return `${lines.join('\n')}\n`
}

const cardLines = (card: DivergenceCard): string[] => [
  `first divergence: layer ${card.layer} ${card.point} (${card.operation}), local NMSE ${errorFigure(card.localNmse)} (limit ${errorFigure(card.limit)}), first at position ${card.firstPosition}, element ${card.worstElement}: expected ${card.expected}, found ${card.found}; its inputs agree to ${errorFigure(card.inputsNmse)}`,
  ...(card.diagnosis === undefined ? [] : [`diagnosis: ${card.diagnosis}`])
]

const LAB_OPTIONS = {
  ...LOAD_OPTIONS,
  ...REFERENCE_OPTIONS,
  ...SEQUENCE_OPTIONS,
  json: { kind: 'flag', help: 'one JSON object on stdout' }
} as const satisfies Options

export const faultLab: Verb = {
  async run(words, surroundings) {
    const { options, help } = parseWords(LAB_OPTIONS, words)
    if (help) {
      surroundings.out(
        `usage: greta fault-lab [options]\n\nSelf-test and tutorial of greta divergence. Exit code 0: all faults named; 1: not all.\n\n${helpLines(LAB_OPTIONS)}\n`
      )
      return EXIT.ok
    }
    const json = options.json === true
    const results = await withSides(surroundings, options, json, ({ reference, test }) =>
      asLongWork(surroundings, json, async ({ signal, say }) =>
        runFaultLab(reference, test, await sequenceOf({ tokens: 24, ...options }, test.tokenizer, surroundings), {
          limit: limitsFor(pairTraits(reference, test)).localNmse,
          signal,
          onExercise: say
        })
      )
    )
    const named = results.filter((result) => result.named).length
    surroundings.out(json ? `${JSON.stringify(toWire({ named, exercises: results }))}\n` : labText(results, named))
    return named === results.length ? EXIT.ok : EXIT.failed
  }
}

function labText(results: readonly ExerciseResult[], named: number): string {
  const lines = results.flatMap((result) => [
    `${result.named ? '✓' : '✗'} ${result.name}: ${result.teaches}`,
    `  planted at layer ${result.fault.layer} ${result.fault.point}`,
    ...(result.found === undefined ? ['  nothing was found'] : cardLines(result.found).map((line) => `  ${line}`))
  ])
  return `${lines.join('\n')}\n${named} of ${results.length} faults named\n`
}
