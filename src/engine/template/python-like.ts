import type * as JinjaModule from '@huggingface/jinja'

/**
 * The library's interpreter with what it does unlike Python's Jinja2 put right, where chat templates meet it: text written before {% break %},
 * None, True and False as text, strip("…") of given characters, and filters and string methods that it lacks.
 * Like sandboxProgram, its source text runs in the worker, and it changes that thread's globals: it uses its parameter and JavaScript's globals only.
 */
export function pythonLikeInterpreter(jinja: typeof JinjaModule): typeof JinjaModule.Interpreter {
  type Value = ReturnType<InstanceType<typeof jinja.Interpreter>['evaluate']>
  type Statement = Parameters<InstanceType<typeof jinja.Interpreter>['evaluate']>[0]
  type Environment = InstanceType<typeof jinja.Environment>

  interface TextValue {
    readonly value: string
    readonly builtins: Map<string, unknown>
  }

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

  interface FilterExpression {
    readonly operand: Statement
    /** A name, or a call with arguments. */
    readonly filter: { readonly value?: string; readonly callee?: { readonly value: string }; readonly args?: readonly Statement[] }
  }
  type Filter = (list: readonly Value[], args: readonly Value[], environment: Environment) => Value | undefined

  const firstEnvironment = new jinja.Environment()
  const List = firstEnvironment.set('list', []).constructor as new (values: readonly Value[]) => Value
  const Integer = firstEnvironment.set('integer', 0).constructor as new (value: number) => Value
  const TextValue = firstEnvironment.set('text', '').constructor as unknown as {
    new (text: string): TextValue & Value
    prototype: TextValue
  }

  /** Entries that pass a test, by default the test of being true. */
  const chosen =
    (wanted: boolean): Filter =>
    (list, [test, ...args], environment) => {
      const name = test?.value as string | undefined
      // oxlint-disable-next-line no-underscore-dangle -- the library's name
      const passes = name === undefined ? (value: Value) => value.__bool__().value : environment.tests.get(name)
      if (passes === undefined) throw new Error(`Unknown test: ${name}`)
      return new List(list.filter((value) => passes(value, ...args) === wanted))
    }
  const best =
    (isBetter: (value: number | string, than: number | string) => boolean): Filter =>
    (list) => {
      let found = list[0]
      for (const value of list) if (isBetter(value.value as number | string, found?.value as number | string)) found = value
      return found
    }

  /** Filters of lists that the library lacks. */
  const LIST_FILTERS: ReadonlyMap<string, Filter> = new Map([
    ['select', chosen(true)],
    ['reject', chosen(false)],
    ['max', best((value, than) => value > than)],
    ['min', best((value, than) => value < than)],
    ['sum', (list) => new Integer(list.reduce((sum, value) => sum + Number(value.value), 0))],
    ['count', (list) => new Integer(list.length)]
  ])

  class PythonLikeInterpreter extends jinja.Interpreter {
    readonly #loops: Loop[] = []

    override evaluate(statement: Statement, environment: Environment): Value {
      if (statement?.type === 'Break' || statement?.type === 'Continue') throw new LoopJump(statement.type === 'Break')
      if (statement?.type === 'FilterExpression') return this.#filter(statement, environment)
      // An empty list's first or last entry comes as nothing at all.
      if (statement?.type !== 'For') return super.evaluate(statement, environment) ?? super.evaluate(undefined, environment)
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
      if (isBody && loop.ended) return new TextValue('')
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
      return new TextValue(written)
    }

    #filter(statement: Statement, environment: Environment): Value {
      const { operand, filter } = statement as unknown as FilterExpression
      const name = filter.value ?? filter.callee?.value ?? ''
      const mapped = name === 'map' && filter.args?.[0]?.type === 'StringLiteral'
      const own = LIST_FILTERS.get(name)
      const undefinedValue = (): Value => super.evaluate(undefined, environment)
      if (own === undefined && !mapped) return super.evaluate(statement, environment) ?? undefinedValue()
      const list = this.evaluate(operand, environment)
      if (!(list instanceof List)) throw new Error(`Cannot apply the filter ${name} to ${list.type}`)
      const entries = list.value as readonly Value[]
      const args = (filter.args ?? []).map((argument) => this.evaluate(argument, environment))
      if (own !== undefined) return own(entries, args, environment) ?? undefinedValue()
      return new List(entries.map((entry) => this.#filterValue(entry, args[0]?.value as string, environment)))
    }

    /** One value through the filter of a name: what `map("upper")` does with each entry. */
    #filterValue(value: Value, name: string, environment: Environment): Value {
      const scope = new jinja.Environment(environment)
      scope.setVariable('entry', value)
      const operand = { type: 'Identifier', value: 'entry' }
      return this.evaluate(
        { type: 'FilterExpression', operand, filter: { type: 'Identifier', value: name } } as unknown as Statement,
        scope
      )
    }
  }
  // The library marks evaluateBlock private, so that it cannot be overridden by a method declaration.
  // oxlint-disable-next-line typescript/unbound-method -- it stays a method of the same class
  Object.assign(PythonLikeInterpreter.prototype, { evaluateBlock: PythonLikeInterpreter.prototype.writeBlock })

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

  function removed(part: unknown, text: string, atStart: boolean): TextValue {
    if (typeof part !== 'string' || part === '') return new TextValue(text)
    if (atStart) return new TextValue(text.startsWith(part) ? text.slice(part.length) : text)
    return new TextValue(text.endsWith(part) ? text.slice(0, -part.length) : text)
  }

  function addStringMethods(): void {
    const Builtin = firstEnvironment.set('builtin', () => null).constructor as unknown as Builtin
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
        return builtins
          .set('join', new Builtin((args) => new TextValue(texts(args[0]?.value).join(this.value))))
          .set('find', new Builtin((args) => new Integer(this.value.indexOf(String(args[0]?.value)))))
          .set('removeprefix', new Builtin(([part]) => removed(part?.value, this.value, true)))
          .set('removesuffix', new Builtin(([part]) => removed(part?.value, this.value, false)))
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
