import type * as JinjaModule from '@huggingface/jinja'
import type { MessagePort } from 'node:worker_threads'
import type { TemplateLimits } from './limits'

/** What the worker is asked to render. */
export interface RenderRequest {
  readonly number: number
  readonly template: string
  readonly variables: Readonly<Record<string, unknown>>
  /** For strftime_now. */
  readonly nowMilliseconds: number
  readonly limits: TemplateLimits
}

/** 'syntax': cannot be parsed; 'raised': the template called raise_exception; 'limit': it used up a limit; 'failed': any other error in it. */
export type RenderReply =
  | { readonly number: number; readonly text: string }
  | {
      readonly number: number
      readonly problem: 'syntax' | 'raised' | 'limit' | 'failed'
      readonly message: string
      /** Where a syntax error is, when it could be told; 1 for the first line. */
      readonly line?: number
    }

/**
 * The program of the template worker. Its source text is run in a worker thread, away from this module: it may use its parameters and
 * JavaScript's globals, nothing imported.
 *
 * Every evaluated node is counted, and every value it gives is measured, so that most runaway templates end by count, the same on every
 * machine. Built-ins that can make much out of little in one call are bounded in this thread's own globals. What is left (a slow built-in on a
 * large value) ends by the time limit of the parent, which stops the thread.
 */
export function sandboxProgram(
  port: MessagePort,
  jinja: typeof JinjaModule,
  Interpreter: typeof JinjaModule.Interpreter,
  locateError: (template: string) => number | undefined
): void {
  type Program = ReturnType<typeof jinja.parse>
  type Value = ReturnType<InstanceType<typeof jinja.Interpreter>['evaluate']>
  type Statement = Parameters<InstanceType<typeof jinja.Interpreter>['evaluate']>[0]
  type Environment = InstanceType<typeof jinja.Environment>

  class LimitReached extends Error {}
  class RaisedByTemplate extends Error {}

  let limits: TemplateLimits | undefined
  let steps = 0
  let depth = 0
  let totalLength = 0

  function charge(length: number, what: string): void {
    if (limits === undefined) return
    if (length > limits.valueLength) throw new LimitReached(`it makes a ${what} longer than ${limits.valueLength}`)
    totalLength += length
    if (totalLength > limits.totalLength) throw new LimitReached(`it handles more than ${limits.totalLength} characters`)
  }

  function countSteps(count: number): void {
    steps += count
    if (limits !== undefined && steps > limits.steps) throw new LimitReached(`it takes more than ${limits.steps} steps`)
  }

  class BoundedInterpreter extends Interpreter {
    override evaluate(statement: Statement, environment: Environment): Value {
      countSteps(1)
      if (limits !== undefined && depth >= limits.depth) throw new LimitReached(`it nests more than ${limits.depth} evaluations`)
      depth += 1
      let value: Value
      try {
        value = super.evaluate(statement, environment)
      } finally {
        depth -= 1
      }
      if (typeof value.value === 'string') charge(value.value.length, 'string')
      else if (Array.isArray(value.value)) charge(value.value.length, 'list')
      return value
    }
  }

  function boundGlobals(): void {
    /* oxlint-disable typescript/unbound-method, no-extend-native -- in the worker's own globals; originals keep their `this` */
    const { join } = Array.prototype
    const { repeat, replaceAll } = String.prototype
    Array.prototype.join = function (this: unknown[], separator?: string) {
      let length = Math.max(0, this.length - 1) * (separator === undefined ? 1 : separator.length)
      for (const entry of this) length += typeof entry === 'string' ? entry.length : 0
      charge(length, 'string')
      return join.call(this, separator)
    }
    String.prototype.repeat = function (count: number) {
      charge(this.length * Math.max(0, Math.floor(count) || 0), 'string')
      return repeat.call(this, count)
    }
    String.prototype.replaceAll = function (this: string, searched: string | RegExp, by: string | ((...found: string[]) => string)) {
      let length = this.length
      const bounded = (...found: string[]): string => {
        const replacement = typeof by === 'string' ? by : by(...found)
        length += replacement.length
        if (limits !== undefined && length > limits.valueLength) charge(length, 'string')
        return replacement
      }
      return Reflect.apply(replaceAll, this, [searched, bounded]) as string
    }
    /* oxlint-enable typescript/unbound-method, no-extend-native */
  }

  /** Python's range. */
  function range(first: number, second?: number, step = 1): number[] {
    const start = second === undefined ? 0 : first
    const stop = second ?? first
    if (![start, stop, step].every((value) => Number.isSafeInteger(value))) throw new Error('range() takes whole numbers')
    if (step === 0) throw new Error('range() step must not be zero')
    const length = Math.max(0, Math.ceil((stop - start) / step))
    // A loop with an empty body evaluates nothing, so that its turns are counted here.
    countSteps(length)
    return Array.from({ length }, (_, i) => start + i * step)
  }

  /** Python's strftime in the C locale, local time; codes that chat templates use. */
  function strftime(format: string, now: Date): string {
    const pad = (value: number, width = 2): string => String(value).padStart(width, '0')
    const name = (options: Intl.DateTimeFormatOptions): string => new Intl.DateTimeFormat('en-US', options).format(now)
    const codes: Readonly<Record<string, () => string>> = {
      Y: () => String(now.getFullYear()),
      y: () => pad(now.getFullYear() % 100),
      m: () => pad(now.getMonth() + 1),
      d: () => pad(now.getDate()),
      e: () => String(now.getDate()).padStart(2, ' '),
      H: () => pad(now.getHours()),
      I: () => pad(now.getHours() % 12 || 12),
      M: () => pad(now.getMinutes()),
      S: () => pad(now.getSeconds()),
      p: () => (now.getHours() < 12 ? 'AM' : 'PM'),
      b: () => name({ month: 'short' }),
      B: () => name({ month: 'long' }),
      a: () => name({ weekday: 'short' }),
      A: () => name({ weekday: 'long' }),
      j: () =>
        pad(
          Math.round(
            (new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime() - new Date(now.getFullYear(), 0, 1).getTime()) / 864e5
          ) + 1,
          3
        ),
      '%': () => '%'
    }
    return format.replace(/%-?([a-zA-Z%])/g, (code: string, letter: string) => {
      const text = codes[letter]?.() ?? code
      return code.startsWith('%-') ? text.replace(/^0+(?=\d)/, '') : text
    })
  }

  const parsed = new Map<string, Program>()

  function parse(template: string): Program {
    const known = parsed.get(template)
    if (known !== undefined) return known
    // trim_blocks and lstrip_blocks as Hugging Face's apply_chat_template sets them.
    const program = jinja.parse(jinja.tokenize(template, { lstrip_blocks: true, trim_blocks: true }))
    if (parsed.size >= 8) parsed.clear()
    parsed.set(template, program)
    return program
  }

  function run(program: Program, request: RenderRequest): string {
    const environment = new jinja.Environment()
    const globals: Readonly<Record<string, unknown>> = {
      true: true,
      True: true,
      false: false,
      False: false,
      none: null,
      None: null,
      range,
      raise_exception: (message: unknown) => {
        throw new RaisedByTemplate(String(message))
      },
      strftime_now: (format: unknown) => strftime(String(format), new Date(request.nowMilliseconds))
    }
    for (const [name, value] of Object.entries({ ...globals, ...request.variables })) {
      if (!environment.variables.has(name)) environment.set(name, value)
    }
    const text: unknown = new BoundedInterpreter(environment).run(program).value
    return typeof text === 'string' ? text : ''
  }

  function render(request: RenderRequest): RenderReply {
    const { number } = request
    limits = request.limits
    steps = 0
    depth = 0
    totalLength = 0
    let stage: 'syntax' | 'failed' = 'syntax'
    try {
      const program = parse(request.template)
      stage = 'failed'
      return { number, text: run(program, request) }
    } catch (thrown) {
      const message = thrown instanceof Error ? thrown.message : String(thrown)
      limits = undefined
      if (thrown instanceof LimitReached) return { number, problem: 'limit', message }
      if (thrown instanceof RaisedByTemplate) return { number, problem: 'raised', message }
      if (thrown instanceof RangeError)
        return { number, problem: 'limit', message: `it is nested too deeply or makes too long a string (${message})` }
      const line = stage === 'syntax' ? locateError(request.template) : undefined
      return { number, problem: stage, message, ...(line === undefined ? {} : { line }) }
    }
  }

  boundGlobals()
  port.on('message', (request: RenderRequest) => port.postMessage(render(request)))
}
