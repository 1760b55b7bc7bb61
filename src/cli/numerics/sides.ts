import { type LoadOptions, loadSession, type Session } from '../../engine/session'
import type { Options, Parsed } from '../arguments'
import { type LOAD_OPTIONS, loadOptions } from '../load-settings'
import { bundledModel, type Surroundings } from '../program'
import { withProgress } from '../progress'

/** The tested side is what LOAD_OPTIONS say; the reference differs where these say so. */
export const REFERENCE_OPTIONS = {
  'reference-model': { kind: 'text', value: 'PATH', help: 'the reference’s model (default: the same)' },
  'reference-backend': { kind: 'text', value: 'NAME', help: 'the reference’s backend (default: reference)' },
  'reference-kv-type': { kind: 'choice', choices: ['f16', 'f32'], help: 'the reference’s KV cache (default: as --kv-type)' },
  'reference-precision': { kind: 'choice', choices: ['f32', 'bf16'], help: 'the reference’s precision (default: as --precision)' }
} as const satisfies Options

type SideOptions = Parsed<typeof LOAD_OPTIONS & typeof REFERENCE_OPTIONS>

export interface Sides {
  readonly reference: Session
  readonly test: Session
}

/** Loads one session, runs `use`, closes it whatever happens. */
export async function withSession<T>(
  surroundings: Surroundings,
  options: Parsed<typeof LOAD_OPTIONS>,
  silent: boolean,
  use: (session: Session) => Promise<T>
): Promise<T> {
  const session = await load(surroundings, options.model, loadOptions(options), silent)
  try {
    return await use(session)
  } finally {
    await session.close()
  }
}

/** The same with a second session of one thread beside it: what a result must not depend on. */
export function withTwin<T>(
  surroundings: Surroundings,
  options: Parsed<typeof LOAD_OPTIONS>,
  silent: boolean,
  use: (session: Session, twin: Session) => Promise<T>
): Promise<T> {
  return withSession(surroundings, options, silent, async (session) => {
    const twin = await load(surroundings, options.model, { ...loadOptions(options), threads: 1 }, silent)
    try {
      return await use(session, twin)
    } finally {
      await twin.close()
    }
  })
}

/** Loads both sides, runs `use`, closes them whatever happens. The tested side comes up first: it says what does not fit. */
export async function withSides<T>(
  surroundings: Surroundings,
  options: SideOptions,
  silent: boolean,
  use: (sides: Sides) => Promise<T>,
  referenceTraits: Pick<LoadOptions, 'background'> = {}
): Promise<T> {
  return withSession(surroundings, options, silent, async (test) => {
    const kvType = options['reference-kv-type'] ?? options['kv-type']
    const precision = options['reference-precision'] ?? options.precision
    const reference = await load(
      surroundings,
      options['reference-model'] ?? options.model,
      {
        ...loadOptions(options),
        ...referenceTraits,
        backend: options['reference-backend'] ?? 'reference',
        ...(kvType === undefined ? {} : { kvType }),
        ...(precision === undefined ? {} : { precision })
      },
      silent
    )
    try {
      return await use({ reference, test })
    } finally {
      await reference.close()
    }
  })
}

const load = (surroundings: Surroundings, model: string | undefined, options: LoadOptions, silent: boolean): Promise<Session> =>
  withProgress(surroundings, silent, (control) => loadSession(model ?? bundledModel(surroundings.appRoot), options, control))
