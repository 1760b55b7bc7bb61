import { measureNoise } from '../../engine/numerics/noise-floor'
import { errorFigure } from '../../shared/figures'
import { type NoiseReport, toWire } from '../../shared/protocol/numerics'
import { helpLines, type Options, parseWords } from '../arguments'
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

export const noise: Verb = {
  async run(words, surroundings) {
    const { options, help } = parseWords(OPTIONS, words)
    if (help) {
      surroundings.out(`usage: greta noise [options]

Computes the same tokens again, in other chunks and with one thread, and compares the statistics of every trace point with the
first time: a difference below this floor says nothing about the arithmetic. Exit code 0: measured.

${helpLines(OPTIONS)}
`)
      return EXIT.ok
    }
    const json = options.json === true
    const report = await withTwin(surroundings, options, json, (session, twin) =>
      asLongWork(surroundings, json, async ({ signal, say }) =>
        measureNoise(session, twin, await sequenceOf(options, session.tokenizer, surroundings), { signal, onRepeat: say })
      )
    )
    surroundings.out(json ? `${JSON.stringify(toWire(report))}\n` : noiseText(report))
    return EXIT.ok
  }
}

function noiseText(report: NoiseReport): string {
  const repeats = report.repeats.map(({ name, differingRows, largest }) =>
    differingRows === 0
      ? `✓ ${name}: every bit equal`
      : `≈ ${name}: ${differingRows} rows differ, a statistic by at most ${errorFigure(largest)}`
  )
  const floors = report.floors.map(({ field, largest, layer, point }) =>
    largest === 0 ? `floor of ${field}: 0` : `floor of ${field}: ${errorFigure(largest)} (99 % of positions), at layer ${layer} ${point}`
  )
  return `${report.test}: ${report.positions} positions × ${report.tracePoints} trace points\n${[...repeats, ...floors].join('\n')}\nVERDICT=${report.verdict.toUpperCase()}\n`
}
