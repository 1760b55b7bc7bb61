import { checkHealth } from '../../engine/numerics/health'
import { type HealthReport, toWire } from '../../shared/protocol/numerics'
import { helpLines, type Options, parseWords } from '../arguments'
import { LOAD_OPTIONS } from '../load-settings'
import { EXIT, type Verb } from '../program'
import { FAULT_OPTIONS, faultsOf } from './fault-option'
import { asLongWork } from './long-work'
import { DEFAULT_TEXT } from './sequence'
import { withSession } from './sides'

const OPTIONS = {
  ...LOAD_OPTIONS,
  ...FAULT_OPTIONS,
  prompt: { kind: 'text', value: 'TEXT', repeated: true, help: 'a prompt of the set; may be given more than once' },
  json: { kind: 'flag', help: 'one JSON object on stdout' }
} as const satisfies Options

/** A small set that reaches different corners: a story, digits, bytes that need fallback, a repetition, the empty prompt. */
const PROMPTS = [DEFAULT_TEXT, '1234567890 + 987 = 42?', 'naïve café ✓ 火星 🚀', 'la la la la la la la la la la la la la la', '']
const SHOWN_ALERTS = 20

export const health: Verb = {
  async run(words, surroundings) {
    const { options, help } = parseWords(OPTIONS, words)
    if (help) {
      surroundings.out(
        `usage: greta health [options]\n\nEvaluates a set of prompts with statistics on every trace point. Exit code 0: no NaN, no infinity; 1: some.\n\n${helpLines(OPTIONS)}\n`
      )
      return EXIT.ok
    }
    const json = options.json === true
    const faults = faultsOf(options.fault)
    const report = await withSession(surroundings, options, json, (session) => {
      const prompts = (options.prompt ?? PROMPTS).map((text) => session.tokenizer.encode(text)).filter((ids) => ids.length > 0)
      return asLongWork(surroundings, json, ({ signal, say }) =>
        checkHealth(session, prompts, { signal, ...faults, onPrompt: (index) => say(`prompt ${index + 1} of ${prompts.length}`) })
      )
    })
    surroundings.out(json ? `${JSON.stringify(toWire(report))}\n` : healthText(report))
    return report.verdict === 'broken' ? EXIT.failed : EXIT.ok
  }
}

function healthText(report: HealthReport): string {
  const lines = report.prompts.map(
    (prompt) =>
      `prompt ${prompt.prompt}: ${prompt.positions} positions, ${prompt.valuesSeen} values: ${prompt.nanCount} NaN, ${prompt.infinityCount} infinite, ${prompt.saturatedCount} saturated`
  )
  for (const alert of report.alerts.slice(0, SHOWN_ALERTS))
    lines.push(`! ${alert.kind} × ${alert.amount}: prompt ${alert.prompt}, position ${alert.position}, layer ${alert.layer} ${alert.point}`)
  if (report.alertCount > SHOWN_ALERTS) lines.push(`… ${report.alertCount - SHOWN_ALERTS} more alerts (--json lists up to 1000)`)
  if (report.lastFiniteAncestor !== undefined)
    lines.push(`last finite ancestor of the first: layer ${report.lastFiniteAncestor.layer} ${report.lastFiniteAncestor.point}`)
  lines.push(`${report.layers} layers, ${report.tracePoints} trace points`, `VERDICT=${report.verdict.toUpperCase()}`)
  return `${lines.join('\n')}\n`
}
