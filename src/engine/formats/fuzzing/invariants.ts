import { dtypeFacts } from '../../../shared/model/dtype'
import type { OpenedModel, TensorInfo, TokenizerSpec, WeightReference } from '../../../shared/model/description'
import { planMemory } from '../memory-plan'
import { summarize } from '../summary'
import { tensorSizeBytes } from '../tensor-sizes'

/** What must hold of anything openModel returns, whatever the file was: the promises native code relies on. Gives what does not. */
export function brokenInvariants(opened: OpenedModel): readonly string[] {
  const broken: string[] = []
  const claim = (holds: boolean, what: string): void => {
    if (!holds) broken.push(what)
  }
  for (const tensor of opened.tensors) checkTensor(opened, tensor, claim)
  claim(new Set(opened.tensors.map((tensor) => tensor.name)).size === opened.tensors.length, 'tensor names are unique')
  if (opened.tokenizer !== undefined) checkTokenizer(opened.tokenizer, claim)
  claim(opened.runnable !== undefined || (opened.notRunnable ?? '') !== '', 'a model is runnable or says why not')
  if (opened.runnable !== undefined) checkRunnable(opened, claim)
  claim(Number.isFinite(summarize(opened).bitsPerWeight), 'the summary is finite')
  return broken
}

type Claim = (holds: boolean, what: string) => void

function checkTensor(opened: OpenedModel, tensor: TensorInfo, claim: Claim): void {
  const what = `tensor ${tensor.name}`
  const file = opened.files[tensor.file]
  claim(file !== undefined && tensor.offsetBytes + tensor.sizeBytes <= file.sizeBytes, `${what} lies in its file`)
  claim(Number.isSafeInteger(tensor.offsetBytes) && tensor.offsetBytes >= 0, `${what} has a whole offset`)
  // Block types hold 16-bit scales; floats are read as they are.
  claim(tensor.offsetBytes % (tensor.type === 'F32' ? 4 : 2) === 0, `${what} is aligned for its elements`)
  claim(tensor.shape.length >= 1 && tensor.shape.length <= 4, `${what} has 1 to 4 dimensions`)
  claim(
    tensor.shape.every((length) => Number.isSafeInteger(length) && length >= 1),
    `${what} has positive dimensions`
  )
  claim(tensorSizeBytes(dtypeFacts(tensor.type), tensor.shape) === tensor.sizeBytes, `${what} has the size of its type and shape`)
}

function checkTokenizer(tokenizer: TokenizerSpec, claim: Claim): void {
  const count = tokenizer.pieces.length
  const inRange = (id: number | undefined): boolean => id === undefined || (Number.isInteger(id) && id >= 0 && id < count)
  claim(count > 0 && tokenizer.types.length === count, 'every piece has a type')
  claim(tokenizer.kind !== 'spm' || tokenizer.scores?.length === count, 'every piece has a score')
  claim(tokenizer.kind !== 'bpe' || tokenizer.merges !== undefined, 'a byte-level vocabulary has merges')
  claim(
    [tokenizer.bosId, tokenizer.eosId, tokenizer.unknownId, tokenizer.padId, ...tokenizer.endOfGenerationIds].every(inRange),
    'special ids are in range'
  )
  claim(
    tokenizer.types.every((type) => type >= 1 && type <= 6),
    'token types are 1 to 6'
  )
  claim(!(tokenizer.scores?.some(Number.isNaN) ?? false), 'no score is NaN')
}

function checkRunnable(opened: OpenedModel, claim: Claim): void {
  const { config, weights } = opened.runnable as NonNullable<OpenedModel['runnable']>
  const shape = (reference: WeightReference | undefined, ...lengths: readonly number[]): boolean =>
    reference === undefined || reference.tensor.shape.join() === lengths.join()
  const queryRows = config.headCount * config.headDim
  const keyRows = config.kvHeadCount * config.headDim
  const { embeddingLength: width, feedForwardLength: hidden } = config
  claim(config.headCount % config.kvHeadCount === 0, 'heads share key-value heads evenly')
  claim(config.headDim % 2 === 0 && config.ropeDims % 2 === 0 && config.ropeDims <= config.headDim, 'rotary dimensions fit')
  claim(config.ropeInverseFrequencies.length === config.ropeDims / 2, 'every rotary pair has a frequency')
  claim(config.ropeInverseFrequencies.every(Number.isFinite), 'rotary frequencies are finite')
  const scalars = [config.rmsNormEpsilon, config.attentionScale, config.ropeMagnitude, config.ropeBase]
  claim(
    scalars.every((value) => Number.isFinite(value) && value > 0),
    'epsilon, scales and base are positive'
  )
  claim(weights.layers.length === config.layerCount, 'every layer has weights')
  claim(shape(weights.tokenEmbedding, config.vocabularySize, width), 'the embedding has its shape')
  claim(shape(weights.lmHead, config.vocabularySize, width), 'the output matrix has its shape')
  for (const layer of weights.layers) {
    claim(shape(layer.q, queryRows, width) && shape(layer.k, keyRows, width) && shape(layer.v, keyRows, width), 'q, k, v have their shapes')
    claim(shape(layer.attnOutput, width, queryRows), 'attn_output has its shape')
    claim(
      shape(layer.ffnGate, hidden, width) && shape(layer.ffnUp, hidden, width) && shape(layer.ffnDown, width, hidden),
      'the FFN has its shapes'
    )
    claim(shape(layer.attnNorm, width) && shape(layer.ffnNorm, width), 'norms have their shapes')
    claim(shape(layer.qBias, queryRows) && shape(layer.kBias, keyRows) && shape(layer.vBias, keyRows), 'biases have their shapes')
    claim(shape(layer.qNorm, config.headDim) && shape(layer.kNorm, config.headDim), 'head norms have their shapes')
  }
  claim(Number.isSafeInteger(planMemory(opened).totalBytes), 'the memory plan is a whole number')
}
