/**
 * Upper bounds on what a file may claim, beside the rule that nothing may claim more than the bytes it has. Each is far
 * above any real model and low enough that reading up to it stays quick and small.
 */
export const LIMITS = {
  /** All bytes before the tensor data. The largest real headers (260 000 pieces with merges) are near 15 MB. */
  headerBytes: 128 * 1024 * 1024,
  metadataEntries: 65_536,
  /** GGUF's own limit. */
  keyBytes: 65_535,
  stringBytes: 64 * 1024 * 1024,
  /** Elements of all metadata arrays together. The largest vocabularies have 1.3 million (pieces, scores, types, merges). */
  arrayElements: 1 << 22,
  /** Ids of pieces are below this. */
  vocabulary: 1 << 22,
  /** The largest published model has 91 thousand. */
  tensors: 1 << 17,
  tensorNameBytes: 1024,
  dimensions: 4,
  splitFiles: 1000,
  alignmentBytes: 65_536,
  chatTemplateCharacters: 1 << 20,
  /** JSON files beside SafeTensors weights. */
  configJsonBytes: 4 * 1024 * 1024,
  tokenizerFileBytes: 128 * 1024 * 1024,
  /** SafeTensors' own limit is 100 MB; a header of all tensors allowed is a tenth of it. */
  safetensorsHeaderBytes: 100_000_000,
  layers: 4096,
  headDim: 1024,
  /** Backends count rows and columns in 32 bits. */
  dimension: 2 ** 31 - 1
} as const
