import type * as JinjaModule from '@huggingface/jinja'

/**
 * The library's interpreter with what it does unlike Python's Jinja2 put right, where chat templates meet it: text written before {% break %},
 * None, True and False as text, strip("…") of given characters, "…".join(list).
 * Like sandboxProgram, its source text runs in the worker, and it changes that thread's globals: it uses its parameter and JavaScript's globals only.
 */
export function pythonLikeInterpreter(jinja: typeof JinjaModule): typeof JinjaModule.Interpreter {
  type Value = ReturnType<InstanceType<typeof jinja.Interpreter>['evaluate']>
  type Statement = Parameters<InstanceType<typeof jinja.Interpreter>['evaluate']>[0]
  type Environment = InstanceType<typeof jinja.Environment>

  /** {% break %} and {% continue %} on their way to their loop, with what the loop's body has written before them. */
  class LoopJump extends Error {
    written = ''
    constructor(readonly ends: boolean) {
      super()
    }
  }

  interface Loop {
    readonly body: readonly Statement[]
    ended: boolean
  }

  /** Statements write what they give, or nothing; of expressions `none` is written as "None". */
  const SILENT_WHEN_NULL = ['Set', 'Macro', 'Comment', 'If', 'For', 'CallStatement', 'FilterStatement']

  class PythonLikeInterpreter extends jinja.Interpreter {
    readonly #loops: Loop[] = []

    override evaluate(statement: Statement, environment: Environment): Value {
      if (statement?.type === 'Break' || statement?.type === 'Continue') throw new LoopJump(statement.type === 'Break')
      if (statement?.type !== 'For') return super.evaluate(statement, environment)
      this.#loops.push({ body: (statement as Statement & { body: readonly Statement[] }).body, ended: false })
      try {
        return super.evaluate(statement, environment)
      } finally {
        this.#loops.pop()
      }
    }

    /**
     * In place of the library's own: that one loses what a loop's turn wrote before {% break %} or {% continue %}, and writes nothing for None.
     * Once a loop is ended, its remaining turns write nothing.
     */
    writeBlock(statements: readonly Statement[], environment: Environment): Value {
      const loop = this.#loops.at(-1)
      const isBody = loop?.body === statements
      let written = ''
      if (isBody && loop.ended) return this.#text('', environment)
      try {
        for (const statement of statements) {
          const value = this.evaluate(statement, environment)
          if (value.type === 'NullValue' && !SILENT_WHEN_NULL.includes(statement?.type ?? '')) written += 'None'
          else if (value.type !== 'NullValue' && value.type !== 'UndefinedValue') written += value.toString()
        }
      } catch (thrown) {
        if (!(thrown instanceof LoopJump)) throw thrown
        thrown.written = written + thrown.written
        if (!isBody) throw thrown
        loop.ended = thrown.ends
        written = thrown.written
      }
      return this.#text(written, environment)
    }

    #text(value: string, environment: Environment): Value {
      return super.evaluate({ type: 'StringLiteral', value } as unknown as Statement, environment)
    }
  }
  // The library marks evaluateBlock private, so that it cannot be overridden by a method declaration.
  // oxlint-disable-next-line typescript/unbound-method -- it stays a method of the same class
  Object.assign(PythonLikeInterpreter.prototype, { evaluateBlock: PythonLikeInterpreter.prototype.writeBlock })

  interface TextValue {
    readonly value: string
    readonly builtins: Map<string, unknown>
  }
  type Builtin = new (call: (args: readonly { readonly value: unknown }[]) => unknown) => unknown

  /** Without the given characters (white space when none are given) at its start, its end or both. */
  function stripped(text: string, characters: unknown, atStart: boolean, atEnd: boolean): string {
    const isStripped = (character: string): boolean =>
      typeof characters === 'string' ? characters.includes(character) : /\s/u.test(character)
    let start = 0
    let end = text.length
    if (atStart) while (start < end && isStripped(text.charAt(start))) start += 1
    if (atEnd) while (end > start && isStripped(text.charAt(end - 1))) end -= 1
    return text.slice(start, end)
  }

  function addStringMethods(): void {
    const environment = new jinja.Environment()
    const TextValue = environment.set('text', '').constructor as unknown as { new (text: string): TextValue; prototype: TextValue }
    const Builtin = environment.set('builtin', () => null).constructor as unknown as Builtin
    // oxlint-disable-next-line typescript/unbound-method -- called with each string as `this` below
    const original = Object.getOwnPropertyDescriptor(TextValue.prototype, 'builtins')?.get
    if (original === undefined) throw new Error('the template library has no string methods')
    Object.defineProperty(TextValue.prototype, 'builtins', {
      get(this: TextValue) {
        const builtins = original.call(this) as Map<string, unknown>
        if (builtins.has('join')) return builtins
        const strip = (atStart: boolean, atEnd: boolean): unknown =>
          new Builtin((args) => new TextValue(stripped(this.value, args[0]?.value, atStart, atEnd)))
        builtins.set('strip', strip(true, true)).set('lstrip', strip(true, false)).set('rstrip', strip(false, true))
        const texts = (list: unknown): string[] => (list as readonly TextValue[]).map((entry) => entry.value)
        return builtins.set('join', new Builtin((args) => new TextValue(texts(args[0]?.value).join(this.value))))
      }
    })
  }

  function writeBooleansAsPython(): void {
    // oxlint-disable no-extend-native -- in the worker's own globals
    const python = function (this: boolean): string {
      return this.valueOf() ? 'True' : 'False'
    }
    Boolean.prototype.toString = python
    // oxlint-enable no-extend-native
    Object.getPrototypeOf(new jinja.Environment().set('flag', true)).toString = function (this: { value: boolean }): string {
      return python.call(this.value)
    }
  }

  addStringMethods()
  writeBooleansAsPython()
  return PythonLikeInterpreter
}
