import { loadSession } from '../engine/session'
import { throwIfFailed } from '../engine/session/throw-if-failed'
import { GretaError } from '../shared/errors'
import { formatBytes, formatMilliseconds } from '../shared/units'
import { helpLines, type Options, parseWords } from './arguments'
import { LOAD_OPTIONS, loadOptions } from './load-settings'
import { bundledModel, EXIT, type Verb } from './program'

const SEQUENCE_LENGTH = 128
const OPTIONS = { ...LOAD_OPTIONS, json: { kind: 'flag', help: 'one JSON object on stdout' } } as const satisfies Options

/** Phase 3's block_scheduler_test, with a forward pass that is one: every layer, real weights, zero NaN. */
export const checkScheduler: Verb = {
  async run(words, surroundings) {
    const { options, help } = parseWords(OPTIONS, words)
    if (help) {
      surroundings.out(`usage: greta check-scheduler [options]\n\n${helpLines(OPTIONS)}\n`)
      return EXIT.ok
    }
    const session = await loadSession(options.model ?? bundledModel(surroundings.appRoot), loadOptions(options))
    try {
      const { config, plan } = session
      const length = Math.min(SEQUENCE_LENGTH, session.options.context)
      const ids = Int32Array.from({ length }, (_, index) => (index * 7919 + 1) % config.vocabularySize)
      const report = await session.evaluate({ ids, trace: { stats: true } }).result
      throwIfFailed(report)
      if (report.nanCount > 0) throw new GretaError('internal', `The forward pass produced ${report.nanCount} NaN values.`)
      if (options.json === true) {
        const { nanCount, totalMilliseconds } = report
        surroundings.out(
          `${JSON.stringify({ status: 'OK', layers: config.layerCount, dim: config.embeddingLength, tokens: length, nan_count: nanCount, total_ms: totalMilliseconds, memory: plan })}\n`
        )
        return EXIT.ok
      }
      surroundings.out(
        `block_scheduler_test\nConfig: ${config.layerCount} layers, dim=${config.embeddingLength}\n` +
          `Weight buffers allocated: ${formatBytes(plan.weightsMappedBytes + plan.weightsResidentBytes)}\n` +
          `Activation buffers allocated (batch=1, seq=${length}): ${formatBytes(plan.activationsBytes + plan.kvCacheBytes)}\n`
      )
      surroundings.out(
        `Forward pass completed: ${config.layerCount} layers, ${length} tokens in ${formatMilliseconds(report.totalMilliseconds)}, 0 NaN over all trace points\nSTATUS=OK\n`
      )
      return EXIT.ok
    } finally {
      await session.close()
    }
  }
}
