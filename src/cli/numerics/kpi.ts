import { kpiMarkdown, runKpi } from '../../engine/numerics/kpi'
import { toWire } from '../../shared/protocol/numerics'
import { helpLines, type Options, parseWords } from '../arguments'
import { bundledModel, EXIT, type Verb } from '../program'
import { asLongWork } from './long-work'

const OPTIONS = {
  model: { kind: 'text', value: 'PATH', help: 'GGUF file or SafeTensors folder (default: the bundled story model)' },
  backend: { kind: 'text', value: 'NAME', help: 'the backend to judge (default cpu)' },
  threads: { kind: 'integer', value: 'N', least: 1, most: 1024, help: 'host threads (default: physical processors)' },
  pp: { kind: 'integer', value: 'N', least: 2, most: 1048576, help: 'prompt tokens (default 128, at most half the context)' },
  tg: { kind: 'integer', value: 'N', least: 1, most: 1048576, help: 'tokens to generate (default 64)' },
  repetitions: { kind: 'integer', value: 'N', least: 1, most: 1000, help: 'repetitions of timed and repeated runs (default 5)' },
  json: { kind: 'flag', help: 'one JSON object on stdout instead of Markdown' }
} as const satisfies Options

export const kpi: Verb = {
  async run(words, surroundings) {
    const { options, help } = parseWords(OPTIONS, words)
    if (help) {
      surroundings.out(
        `usage: greta kpi [options]\n\nPrints Markdown (or JSON). What cannot be run here is listed with its reason. Exit code 1: a figure missed its limit.\n\n${helpLines(OPTIONS)}\n`
      )
      return EXIT.ok
    }
    const json = options.json === true
    const report = await asLongWork(surroundings, json, ({ signal, say }) =>
      runKpi(options.model ?? bundledModel(surroundings.appRoot), {
        backend: options.backend ?? 'cpu',
        ...(options.threads === undefined ? {} : { threads: options.threads }),
        promptTokens: options.pp ?? 128,
        generatedTokens: options.tg ?? 64,
        repeats: options.repetitions ?? 5,
        signal,
        onStage: say
      })
    )
    surroundings.out(json ? `${JSON.stringify(toWire(report))}\n` : kpiMarkdown(report))
    return report.verdict === 'pass' ? EXIT.ok : EXIT.failed
  }
}
