import { openModel } from '../engine/formats/open-model'
import { createTokenizer } from '../engine/tokenizer'
import { GretaError } from '../shared/errors'
import { helpLines, type Options, parseWords, usage } from './arguments'
import { bundledModel, EXIT, type Verb } from './program'
import { malformedText, readText } from './read-text'

const OPTIONS = {
  model: { kind: 'text', value: 'PATH', help: 'GGUF file or SafeTensors folder (default: the bundled story model)' },
  text: { kind: 'text', value: 'TEXT', help: 'the text' },
  file: { kind: 'text', value: 'FILE', help: 'a file that holds the text, in UTF-8; - for standard input' },
  'no-bos': { kind: 'flag', help: 'only the ids of the text itself: no BOS before it, no EOS after it' },
  'parse-special': { kind: 'flag', help: 'read the text of special tokens ("<|im_start|>") as those tokens' },
  json: { kind: 'flag', help: 'one JSON object on stdout: {"ids": [...], "pieces": [...]}' }
} as const satisfies Options

export const tokenize: Verb = {
  async run(words, surroundings) {
    const { options, help } = parseWords(OPTIONS, words)
    if (help) {
      surroundings.out(
        `usage: greta tokenize (--text TEXT | --file FILE) [options]\n\nCuts a text into the tokens of a model's vocabulary.\n\n${helpLines(OPTIONS)}\n`
      )
      return EXIT.ok
    }
    if ((options.text === undefined) === (options.file === undefined)) {
      throw usage(`greta tokenize needs either --text or --file, and ${options.text === undefined ? 'neither is' : 'both are'} given.`)
    }
    const model = await openModel(options.model ?? bundledModel(surroundings.appRoot))
    if (model.tokenizer === undefined)
      throw new GretaError('unsupported', `${model.path} has no vocabulary that GRETA has a tokenizer for.`)
    const tokenizer = createTokenizer(model.tokenizer)
    const text = options.text ?? (await readText(options.file ?? '-', (name, byte) => surroundings.err(malformedText(name, byte))))
    const ids = tokenizer.encode(text, { addSpecial: options['no-bos'] !== true, parseSpecial: options['parse-special'] === true })
    const pieces = ids.map((id) => tokenizer.tokenText(id))
    if (options.json === true) surroundings.out(`${JSON.stringify({ ids, pieces })}\n`)
    else surroundings.out(table(ids, pieces))
    return EXIT.ok
  }
}

function table(ids: readonly number[], pieces: readonly string[]): string {
  const width = Math.max(0, ...new Set(ids.map((id) => String(id).length)))
  const rows = ids.map((id, i) => `${String(id).padStart(width)}  ${JSON.stringify(pieces[i])}\n`)
  return `${rows.join('')}${ids.length} ${ids.length === 1 ? 'token' : 'tokens'}\n`
}
