interface TrieNode {
  readonly children: Map<number, TrieNode>
  id: number
}

/** Longer pieces are not looked for: no vocabulary has them, and a made-up one must not make every text slow. In UTF-16 units. */
const LONGEST = 512

/** A piece of text between special tokens, or the id of one. */
export type TextPart = string | number

/**
 * Finds tokens that stand in a text by their very spelling ("<|im_start|>"). At every position the longest one wins; the search goes on after it.
 * A trie over UTF-16 units: the cost is the length of the text times at most the longest token that it nearly spells.
 */
export class SpecialTokenFinder {
  readonly #root: TrieNode = { children: new Map(), id: -1 }
  #empty = true

  add(text: string, id: number): void {
    if (text === '' || text.length > LONGEST) return
    this.#empty = false
    let node = this.#root
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      let child = node.children.get(unit)
      if (child === undefined) {
        child = { children: new Map(), id: -1 }
        node.children.set(unit, child)
      }
      node = child
    }
    if (node.id < 0) node.id = id
  }

  /** The text cut at every special token; parts are in order and none is empty. */
  split(text: string): TextPart[] {
    if (this.#empty) return text === '' ? [] : [text]
    const parts: TextPart[] = []
    let textStart = 0
    let at = 0
    while (at < text.length) {
      const node = this.#root.children.get(text.charCodeAt(at))
      const end = node === undefined ? -1 : this.#longestFrom(node, text, at)
      if (end < 0) {
        at += 1
        continue
      }
      if (at > textStart) parts.push(text.slice(textStart, at))
      parts.push(this.#found)
      at = end
      textStart = end
    }
    if (textStart < text.length) parts.push(text.slice(textStart))
    return parts
  }

  #found = -1

  /** End of the longest token that starts at `at` (its id is then in #found), or -1. */
  #longestFrom(first: TrieNode, text: string, at: number): number {
    let end = -1
    let node: TrieNode | undefined = first
    for (let i = at + 1; node !== undefined; i++) {
      if (node.id >= 0) {
        this.#found = node.id
        end = i
      }
      node = i < text.length ? node.children.get(text.charCodeAt(i)) : undefined
    }
    return end
  }
}
