const NUMBER_RUN = /\p{N}+/gu
const DECIMAL_RUN = /\p{Nd}+/gu

/** Every run of numbers (Unicode N) is one part, cut into groups of three counted from its end: "1234567" gives 1, 234, 567. */
export function numbersInThreesFromTheEnd(text: string): readonly string[] {
  return cutRuns(text, NUMBER_RUN)
}

/** The same for decimal digits (Unicode Nd) only. */
export function digitsInThreesFromTheEnd(text: string): readonly string[] {
  return cutRuns(text, DECIMAL_RUN)
}

/** Written as a program because the files' regular expressions for it (a lookahead over the whole run) take quadratic time. */
function cutRuns(text: string, runs: RegExp): readonly string[] {
  const parts: string[] = []
  let end = 0
  for (const match of text.matchAll(runs)) {
    if (match.index > end) parts.push(text.slice(end, match.index))
    pushGroups(match[0], parts)
    end = match.index + match[0].length
  }
  if (end < text.length) parts.push(text.slice(end))
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
