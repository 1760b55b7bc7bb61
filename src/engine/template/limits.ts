/** What a chat template may use up. A real template over a full context stays below a hundredth of each. */
export interface TemplateLimits {
  /** Evaluated syntax nodes. */
  readonly steps: number
  /** Nested evaluations: macros that call themselves end here, before the stack does. */
  readonly depth: number
  /** UTF-16 units of one string, the rendered text included; entries of one list. */
  readonly valueLength: number
  /** Units and entries of all values together that steps produced. */
  readonly totalLength: number
  /** From the moment the worker starts on it. */
  readonly milliseconds: number
}

export const DEFAULT_TEMPLATE_LIMITS: TemplateLimits = {
  steps: 2_000_000,
  depth: 1_000,
  valueLength: 4_000_000,
  totalLength: 400_000_000,
  milliseconds: 3_000
}

/** Longer templates are refused unread; the longest real ones have 20,000 characters. */
export const LONGEST_TEMPLATE = 1 << 20
