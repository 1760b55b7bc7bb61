// Measures tokenizing and decoding per vocabulary family: characters a second, medians of several runs in one process.
//   node bench/tokenizer.mjs [--json] [--runs N]
// The bundled vocabulary is always measured; those of ../shared/tokenizers where that folder is there.
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '..')
const CHARACTERS = 1_000_000
const words = process.argv.slice(2)
const json = words.includes('--json')
const runs = words.includes('--runs') ? Number(words[words.indexOf('--runs') + 1]) : 5
if (!Number.isInteger(runs) || runs < 1) {
  console.error('--runs needs a whole number of at least 1.')
  process.exit(2)
}

/** Seeded, so that every run measures the same texts (mulberry32). */
function seededRandom(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const random = seededRandom(1)
const pick = (list) => list[Math.floor(random() * list.length)]
const filled = (next) => {
  let text = ''
  while (text.length < CHARACTERS) text += next()
  return text.slice(0, CHARACTERS)
}
const letters = 'etaoinshrdlucmfwypvbgkjqxz'
/** Words of letters drawn by rank, words by rank: repeats as language does (Zipf). Synthetic. */
const vocabulary = Array.from({ length: 20_000 }, () =>
  Array.from({ length: 1 + Math.floor(random() * 9) }, () => letters[Math.floor(26 * random() ** 2)]).join('')
)
const TEXTS = {
  'words, repeating as language does (synthetic)': filled(
    () => `${vocabulary[Math.floor(20_000 * random() ** 4)]}${pick([' ', ' ', ' ', ', ', '.\n'])}`
  ),
  'random letters': filled(() => letters[Math.floor(26 * random())]),
  'random CJK': filled(() => String.fromCodePoint(0x4e00 + Math.floor(random() * 20_000))),
  'one letter': 'a'.repeat(CHARACTERS),
  spaces: ' '.repeat(CHARACTERS)
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
const milliseconds = (work) => {
  const begin = performance.now()
  work()
  return performance.now() - begin
}

const outDir = join(root, 'out/bench-tokenizer')
const entry = (name, source) =>
  build({ configFile: false, root, logLevel: 'warn', build: { ssr: source, outDir: join(outDir, name), target: 'node20.19' } })
await entry('tokenizer', 'src/engine/tokenizer/index.ts')
await entry('formats', 'src/engine/formats/open-model.ts')
const { createTokenizer } = await import(pathToFileURL(join(outDir, 'tokenizer/index.js')).href)
const { openModel } = await import(pathToFileURL(join(outDir, 'formats/open-model.js')).href)

const shared = resolve(root, '../shared/tokenizers')
const models = [join(root, 'resources/models/greta-stories-22m.Q4_K_M.gguf')]
if (existsSync(shared))
  models.push(
    ...readdirSync(shared)
      .filter((name) => name.endsWith('.gguf'))
      .map((name) => join(shared, name))
  )

const results = []
for (const path of models) {
  const { tokenizer: spec } = await openModel(path)
  const name = path.split('/').at(-1)
  const createMilliseconds = median(Array.from({ length: runs }, () => milliseconds(() => createTokenizer(spec))))
  for (const [textName, text] of Object.entries(TEXTS)) {
    // A fresh tokenizer each time: remembered words are part of one text's cost, not of the next one's.
    const encode = []
    let ids = []
    let tokenizer = createTokenizer(spec)
    for (let run = 0; run < runs; run++) {
      tokenizer = createTokenizer(spec)
      encode.push(milliseconds(() => (ids = tokenizer.encode(text, { addSpecial: false }))))
    }
    const decode = Array.from({ length: runs }, () => milliseconds(() => tokenizer.decode(ids)))
    if (tokenizer.decode(ids) !== text) throw new Error(`${name} does not give back: ${textName}`)
    results.push({
      vocabulary: name,
      text: textName,
      characters: text.length,
      tokens: ids.length,
      createMilliseconds,
      encodeMilliseconds: median(encode),
      encodeCharactersPerSecond: (text.length / median(encode)) * 1000,
      decodeMilliseconds: median(decode)
    })
  }
}

if (json) console.log(JSON.stringify({ runs, results }))
else {
  for (const row of results) {
    console.log(
      `${row.vocabulary.padEnd(34)} ${row.text.padEnd(46)} ${(row.encodeCharactersPerSecond / 1e6).toFixed(2).padStart(6)} M characters/s, ` +
        `${row.tokens} tokens, decode ${row.decodeMilliseconds.toFixed(0)} ms`
    )
  }
}
