import { isPresetName, PRESETS, parameterCountOf } from '../engine/formats/architecture/presets'
import { openModel } from '../engine/formats/open-model'
import { runnableOf } from '../engine/formats/runnable'
import { GretaError } from '../shared/errors'
import { helpLines, type Options, parseWords } from './arguments'
import { formatParameters } from './infer/banner'
import { bundledModel, EXIT, type Verb } from './program'

const OPTIONS = {
  preset: { kind: 'text', value: 'NAME', help: `${Object.keys(PRESETS).join(', ')} (default llama-2-7b)` },
  model: { kind: 'text', value: 'PATH', help: 'a model file to load as well (default: the bundled one)' },
  json: { kind: 'flag', help: 'one JSON object on stdout' }
} as const satisfies Options

/** Phase 3's weight_loader_test: a preset from the architecture table, and a real file parsed and validated. */
export const checkLoader: Verb = {
  async run(words, surroundings) {
    const { options, help } = parseWords(OPTIONS, words)
    if (help) {
      surroundings.out(`usage: greta check-loader [options]\n\n${helpLines(OPTIONS)}\n`)
      return EXIT.ok
    }
    const name = options.preset ?? 'llama-2-7b'
    if (!isPresetName(name)) throw new GretaError('usage', `There is no preset "${name}"; there are ${Object.keys(PRESETS).join(', ')}.`)
    const preset = PRESETS[name]
    const parameters = parameterCountOf(preset)
    // Phase 3 counted matrices only: its 6.73815B leaves out the norms.
    const norms = (2 * preset.layerCount + 1) * preset.embeddingLength
    const model = await openModel(options.model ?? bundledModel(surroundings.appRoot))
    const { config } = runnableOf(model)
    if (options.json === true) {
      const file = { path: model.path, name: config.name, parameters: config.parameterCount, tensors: model.tensors.length }
      surroundings.out(`${JSON.stringify({ status: 'OK', preset, parameters, parameters_without_norms: parameters - norms, file })}\n`)
      return EXIT.ok
    }
    surroundings.out(
      `weight_loader_test\nModel Config (${preset.name}):\n` +
        `  dim: ${preset.embeddingLength}, num_heads: ${preset.headCount}, num_layers: ${preset.layerCount}\n` +
        `  param_count: ${((parameters - norms) / 1e9).toFixed(5)}B\n  with norms: ${(parameters / 1e9).toFixed(5)}B (${parameters})\n`
    )
    surroundings.out(
      `File (${model.path}):\n  ${config.name}: dim: ${config.embeddingLength}, num_heads: ${config.headCount}, num_layers: ${config.layerCount}\n` +
        `  param_count: ${formatParameters(config.parameterCount)}, ${model.tensors.length} tensors, all inside the file and of the expected shape\nSTATUS=OK\n`
    )
    return EXIT.ok
  }
}
