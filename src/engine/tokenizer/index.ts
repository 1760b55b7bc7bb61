export { createTokenizer } from './create-tokenizer'
export { preTokenizerNames } from './pre-tokenizers'
