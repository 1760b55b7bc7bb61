// One measurement of llama.cpp in a process of its own. Arguments: model prompt-tokens decode-tokens threads. Prints one JSON line.
import { getLlama, LlamaLogLevel } from 'node-llama-cpp'

const [model, promptText, decodeText, threadsText] = process.argv.slice(2)
const [promptTokens, decodeTokens, threads] = [promptText, decodeText, threadsText].map(Number)

let start = performance.now()
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.error, maxThreads: threads })
const loaded = await llama.loadModel({ modelPath: model, gpuLayers: 0 })
const loadMilliseconds = performance.now() - start
const context = await loaded.createContext({ contextSize: promptTokens + decodeTokens + 16, threads, batchSize: 512, flashAttention: true })
const sequence = context.getSequence()
const vocabulary = loaded.fileInfo.metadata?.tokenizer?.ggml?.tokens?.length ?? 32000
const prompt = Array.from({ length: promptTokens }, (_, i) => 100 + ((i * 7919) % (vocabulary - 200)))

async function round() {
  await sequence.clearHistory()
  start = performance.now()
  await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(0, -1))
  const prefillMilliseconds = performance.now() - start
  let produced = 0
  let first = 0
  for await (const _token of sequence.evaluate([prompt[promptTokens - 1]], { temperature: 0 })) {
    if (produced === 0) first = performance.now()
    if (++produced > decodeTokens) break
  }
  const decoded = produced - 1
  return {
    prefill: ((promptTokens - 1) / prefillMilliseconds) * 1e3,
    decode: decoded > 0 ? (decoded / (performance.now() - first)) * 1e3 : null
  }
}

await round() // warms pages and threads
const measured = await round()
console.log(JSON.stringify({ ...measured, load_ms: loadMilliseconds, system: llama.systemInfo }))
process.exit(0)
