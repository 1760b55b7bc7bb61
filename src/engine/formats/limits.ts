/**
 * Upper bounds on what a file may claim, beside the rule that nothing may claim more than the bytes it has. Each is far
 * above any real model and low enough that reading up to it stays quick and small.
 */
export const LIMITS = {
  /** All bytes before the tensor data. The largest real headers (260 000 pieces with merges) are near 15 MB. */
  headerBytes: 256 * 1024 * 1024,
  metadataEntries: 65_536,
  /** GGUF's own limit. */
  keyBytes: 65_535,
  stringBytes: 64 * 1024 * 1024,
  numericArrayElements: 1 << 24,
  stringArrayElements: 1 << 22,
  tensors: 1 << 20,
  tensorNameBytes: 1024,
  dimensions: 4,
  splitFiles: 1000,
  alignmentBytes: 65_536,
  chatTemplateCharacters: 1 << 20,
  /** JSON files beside SafeTensors weights. */
  configJsonBytes: 4 * 1024 * 1024,
  tokenizerFileBytes: 128 * 1024 * 1024,
  /** SafeTensors' own limit is 100 MB; a header of a million tensors is about this long. */
  safetensorsHeaderBytes: 100_000_000,
  layers: 4096,
  headDim: 1024,
  /** Backends count rows and columns in 32 bits. */
  dimension: 2 ** 31 - 1
} as const
