/** Bumped with every incompatible change of a message or frame. A page and a host of different versions refuse each other in words. */
export const PROTOCOL_VERSION = 1

/** Bounds of everything that crosses a process or a socket. A message beyond its bound is refused before it is parsed. */
export const LIMITS = {
  /** A JSON message to the host or supervisor (a long prompt is the largest). */
  inboundTextBytes: 8 * 1024 * 1024,
  /** A binary frame to the host: one upload chunk and its header. */
  inboundBinaryBytes: 1024 * 1024 + 4096,
  /** A JSON message to a page. */
  outboundTextBytes: 32 * 1024 * 1024,
  /** A binary frame to a page: six f32 columns of a 262,144-row vocabulary fit. */
  outboundBinaryBytes: 64 * 1024 * 1024,
  /** Bytes that may wait for a slow page before the connection is given up. */
  sendQueueBytes: 128 * 1024 * 1024,
  promptCharacters: 4 * 1024 * 1024,
  promptTokens: 1024 * 1024,
  pathCharacters: 4096,
  nameCharacters: 200,
  notesCharacters: 64 * 1024,
  tags: 32,
  tagCharacters: 64,
  stopStrings: 16,
  stopStringCharacters: 256,
  logitBiases: 1024,
  candidates: 64,
  chatMessages: 4096,
  templateCharacters: 1024 * 1024,
  searchCharacters: 500,
  uploadBytes: 2 * 1024 * 1024 * 1024,
  uploadChunkBytes: 1024 * 1024,
  histogramBins: 512,
  listRows: 1000
} as const
