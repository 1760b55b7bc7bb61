/**
 * Numbers cut into groups of three from their end, as readers group them: "1234567" gives 1, 234, 567. Written as programs because the files'
 * regular expressions for it look ahead over the whole number at each of its digits, which takes quadratic time.
 */

const NUMBER_RUN = /\p{N}+/gu
const DECIMAL_RUN = /\p{Nd}+/gu
/** What \w is to the library that trained these vocabularies (Oniguruma): the numbers of Latin-1 count as well. */
const WORD_CHARACTER = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u00b2\u00b3\u00b9\u00bc-\u00be]/uy

/** Every run of numbers (Unicode N) in groups of three from its end. */
export function numbersInThrees(text: string): readonly string[] {
  return cutRuns(text, NUMBER_RUN, (run, parts) => pushGroups(run, parts))
}

/** `\p{N}+`, then `(?=(\d{3})+(?!\d))` (SuperBPE): decimal digits are grouped; other numbers stay with the group before them. */
export function decimalsInThreesWithinNumbers(text: string): readonly string[] {
  return cutRuns(text, NUMBER_RUN, (run, parts) => {
    const starts: number[] = []
    for (const digits of run.matchAll(DECIMAL_RUN)) {
      const groups: string[] = []
      pushGroups(digits[0], groups)
      let at = digits.index
      for (const [i, group] of groups.entries()) {
        // A first group of less than three does not begin a part: the expression marks only where whole threes are left.
        if (i > 0 || Array.from(group).length === 3) starts.push(at)
        at += group.length
      }
    }
    let from = 0
    for (const start of starts) {
      if (start > from) parts.push(run.slice(from, start))
      from = start
    }
    parts.push(run.slice(from))
  })
}

/** `\d{1,3}(?=(?:\d{3})*\b)` (Aya): grouped where the digits end at a word boundary; "12345x" stays as it is. */
export function wordEndingDecimalsInThrees(text: string): readonly string[] {
  return cutRuns(text, DECIMAL_RUN, (run, parts, end) => {
    WORD_CHARACTER.lastIndex = end
    if (WORD_CHARACTER.test(text)) return false
    pushGroups(run, parts)
    return true
  })
}

/**
 * @param cut pushes the parts of a run that ends before `end`; when it returns false the run is not a part of its own
 */
function cutRuns(text: string, runs: RegExp, cut: (run: string, parts: string[], end: number) => boolean | void): readonly string[] {
  const parts: string[] = []
  let from = 0
  for (const match of text.matchAll(runs)) {
    const end = match.index + match[0].length
    const cutParts: string[] = []
    if (cut(match[0], cutParts, end) === false) continue
    if (match.index > from) parts.push(text.slice(from, match.index))
    for (const part of cutParts) parts.push(part)
    from = end
  }
  if (from < text.length) parts.push(text.slice(from))
  return parts
}

function pushGroups(run: string, parts: string[]): void {
  const digits = Array.from(run)
  let at = 0
  for (let take = digits.length % 3 || 3; at < digits.length; take = 3) {
    parts.push(digits.slice(at, at + take).join(''))
    at += take
  }
}
