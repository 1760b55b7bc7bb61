/**
 * The standalone test inside a single-operation repro: plain Node, no dependency, float64 throughout, readable by whoever
 * gets the folder attached to an issue. It reads repro.json and the .npy files beside it.
 */
export const REPRO_CHECK_SOURCE = `#!/usr/bin/env node
// Recomputes one transformer operation in float64 and compares it with what was expected and what was found.
// usage: node check.mjs      exit code 0: "found" agrees with this computation; 1: it does not
import { readFileSync } from 'node:fs'

const here = (name) => new URL(name, import.meta.url)
const repro = JSON.parse(readFileSync(here('repro.json'), 'utf8'))
const npy = (name) => {
  const bytes = readFileSync(here(name))
  const begin = 10 + bytes.readUInt16LE(8)
  return Float32Array.from({ length: (bytes.length - begin) / 4 }, (_, i) => bytes.readFloatLE(begin + 4 * i))
}
const { point, tokens, position, model, limit } = repro
const inputs = repro.inputs.map((input) => npy(input.file))
const weight = repro.weight ? npy('weight.npy') : undefined
const bias = repro.bias ? npy('bias.npy') : undefined
const headNorm = repro.headNorm ? npy('head_norm.npy') : undefined
const sources = [...repro.inputs.map(({ file }, i) => ({ file, values: inputs[i] })), ...(weight ? [{ file: 'weight.npy', values: weight }] : [])]
const expected = npy('expected.npy')
const found = npy('found.npy')
const width = expected.length / tokens

const rows = (array, count) => Array.from({ length: count }, (_, t) => array.subarray(t * (array.length / count), (t + 1) * (array.length / count)))
const rmsNorm = (x, w) => {
  const scale = 1 / Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length + model.rmsNormEpsilon)
  return Float64Array.from(x, (v, i) => v * scale * w[i])
}
const product = (x) => {
  const y = new Float64Array(weight.length / x.length)
  for (let r = 0; r < y.length; r += 1) for (let c = 0; c < x.length; c += 1) y[r] += weight[r * x.length + c] * x[c]
  return bias ? y.map((v, r) => v + bias[r]) : y
}
const rope = (y, p) => {
  const { headDim, ropeDims, inverseFrequencies, magnitude, pairing } = model
  for (let h = 0; h < y.length; h += headDim) {
    if (headNorm) y.set(rmsNorm(y.slice(h, h + headDim), headNorm), h)
    for (let i = 0; i < ropeDims / 2; i += 1) {
      const [a, b] = pairing === 'interleaved' ? [h + 2 * i, h + 2 * i + 1] : [h + i, h + i + ropeDims / 2]
      const [cos, sin] = [Math.cos(p * inverseFrequencies[i]) * magnitude, Math.sin(p * inverseFrequencies[i]) * magnitude]
      ;[y[a], y[b]] = [y[a] * cos - y[b] * sin, y[a] * sin + y[b] * cos]
    }
  }
  return y
}
const attend = (q, keys, values) => {
  const { headDim, headCount, kvHeadCount, attentionScale } = model
  const y = new Float64Array(q.length)
  for (let h = 0; h < headCount; h += 1) {
    const kv = Math.floor(h / (headCount / kvHeadCount)) * headDim
    const scores = keys.map((k) => {
      let dot = 0
      for (let d = 0; d < headDim; d += 1) dot += q[h * headDim + d] * k[kv + d]
      return dot * attentionScale
    })
    const largest = Math.max(...scores)
    const weights = scores.map((score) => Math.exp(score - largest))
    const total = weights.reduce((sum, v) => sum + v, 0)
    for (let d = 0; d < headDim; d += 1) y[h * headDim + d] = values.reduce((sum, v, j) => sum + weights[j] * v[kv + d], 0) / total
  }
  return y
}

const compute = (t) => {
  const x = rows(inputs[0], tokens)[t]
  switch (point) {
    case 'attn_norm':
    case 'ffn_norm':
      return rmsNorm(x, weight)
    case 'q':
    case 'k':
      return rope(product(x), position + t)
    case 'attn_context': {
      const keys = position + t + 1
      return attend(x, rows(inputs[1], position + tokens).slice(0, keys), rows(inputs[2], position + tokens).slice(0, keys))
    }
    case 'attn_residual':
    case 'layer_out':
      return Float64Array.from(x, (v, i) => v + rows(inputs[1], tokens)[t][i])
    case 'ffn_act':
      return Float64Array.from(x, (v, i) => (v / (1 + Math.exp(-v))) * rows(inputs[1], tokens)[t][i])
    default:
      return product(x)
  }
}

const distance = (test) => {
  let [difference2, reference2] = [0, 0]
  for (let t = 0; t < tokens; t += 1) {
    const truth = compute(t)
    for (let i = 0; i < width; i += 1) {
      const d = test[t * width + i] - truth[i]
      if (!Number.isFinite(d)) {
        // A NaN or infinity that this program makes too came in with the inputs or the weight.
        if (Object.is(test[t * width + i], Math.fround(truth[i]))) continue
        return Infinity
      }
      difference2 += d * d
      reference2 += truth[i] * truth[i]
    }
  }
  return difference2 === 0 ? 0 : difference2 / reference2
}
const expectedNmse = distance(expected)
const foundNmse = distance(found)
console.log(\`layer \${repro.layer} \${point}, \${tokens} token(s) from position \${position}: \${repro.sentence}\`)
for (const { file, values } of sources) {
  const bad = values.findIndex((v) => !Number.isFinite(v))
  if (bad >= 0) console.log(\`\${file} is not finite at index \${bad} (\${values[bad]}): what is not finite comes in there\`)
}
console.log(\`NMSE of expected (reference engine) against this program: \${expectedNmse.toExponential(2)}\`)
console.log(\`NMSE of found (\${repro.test}) against this program:      \${foundNmse.toExponential(2)}, limit \${limit.toExponential(2)}\`)
console.log(foundNmse < limit ? 'REPRO=AGREES' : 'REPRO=DIFFERS')
process.exit(foundNmse < limit ? 0 : 1)
`
