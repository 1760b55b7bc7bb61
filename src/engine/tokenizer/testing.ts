/** Helpers of this folder's tests. */

/** Numbers in [0, 1) that are the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const ALPHABETS = [
  'abcdefghijklmnopqrstuvwxyz',
  'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  '0123456789',
  ' \t\n\r\u00a0\u3000\u0085\u2028\ufeff\u200d\0',
  '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
  'éèüñçßøåÄÖÜŁżČǅﬁſKΩ½²³Ⅻ①',
  'мирВЕЧЕР我想在漢字こんにちはカタカナ안녕مرحبا۱۲नमस्ते दुनियाไทย',
  '\u0301\u0308\u0345\u20dd',
  '🚀😶✅🦙👨👩👧🏽𝐀𐐀𠀀\u{10ffff}'
].map((alphabet) => Array.from(alphabet))

/** Text of up to `length` characters from many scripts, with runs of one kind as texts have them. */
export function randomText(random: () => number, length: number): string {
  let text = ''
  const wanted = Math.floor(random() * length)
  for (let count = 0; count < wanted; ) {
    const alphabet = ALPHABETS[Math.floor(random() * ALPHABETS.length)] as string[]
    for (let run = 1 + Math.floor(random() * 5); run > 0; run--, count++) text += alphabet[Math.floor(random() * alphabet.length)]
  }
  return text
}
