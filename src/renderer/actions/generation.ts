import type { ChatMessage, GenerationSettings, Prompt, RunDetail } from '../../shared/protocol'
import type { Result } from '../../shared/result'
import { call } from '../bridge'
import { translateNow } from '../i18n'
import { useStore } from '../store'
import type { PromptDraft } from '../store/knobs'
import { runRegistry } from '../store/run-registry'
import { takeEarlyFrames } from '../store/wire'
import { reportError } from './report'
import { openRun } from './runs'

/** Ids from "1 15043, 3186"; undefined where something is no id. */
export function parseTokenIds(text: string): readonly number[] | undefined {
  const words = text.split(/[\s,;[\]]+/).filter((word) => word !== '')
  const ids = words.map((word) => (/^\d+$/.test(word) ? Number(word) : Number.NaN))
  return ids.every((id) => Number.isSafeInteger(id)) ? ids : undefined
}

/** The prompt as it is sent; undefined while the draft cannot be (ids that are no numbers). */
export function promptOf(draft: PromptDraft): Prompt | undefined {
  if (draft.mode === 'raw') return { kind: 'raw', text: draft.text, addSpecial: draft.addSpecial, parseSpecial: draft.parseSpecial }
  if (draft.mode === 'chat') {
    const messages: readonly ChatMessage[] = draft.messages.filter((message) => message.content !== '' || message.role === 'user')
    return { kind: 'chat', messages, ...(draft.template === undefined ? {} : { template: draft.template }) }
  }
  const ids = parseTokenIds(draft.tokens)
  return ids === undefined || ids.length === 0 ? undefined : { kind: 'tokens', ids }
}

/** 53 random bits: enough to never meet again, few enough to be typed. */
const randomSeed = (): string => {
  const words = crypto.getRandomValues(new Uint32Array(2))
  return String(((words[0] as number) & 0x1fffff) * 2 ** 32 + (words[1] as number))
}

function settingsNow(): GenerationSettings {
  const { sampling, seedMode, stopping, capture, changeSampling } = useStore.getState()
  if (seedMode === 'fixed') return { sampling, stopping, capture }
  const seed = randomSeed()
  changeSampling({ seed })
  return { sampling: { ...sampling, seed }, stopping, capture }
}

export const canGenerate = (): boolean => {
  const { model, live, starting, engine } = useStore.getState()
  return model !== undefined && live === undefined && !starting && engine?.state === 'ready'
}

/** A chosen fault is planted once, and not in what a tool computes to look into it. */
async function begin(
  request: (settings: GenerationSettings) => Promise<Result<RunDetail>>,
  { plants }: { readonly plants: boolean } = { plants: true }
): Promise<boolean> {
  if (!canGenerate()) return false
  const { fault, setFault, setSession, setRun, moveCursor, pushHistory, announce } = useStore.getState()
  setSession({ starting: true })
  const settings = settingsNow()
  const result = await request(plants && fault !== undefined ? { ...settings, fault } : settings)
  if (!result.ok) {
    setSession({ starting: false })
    reportError(result.error, translateNow('app.generationFailed'))
    return false
  }
  if (plants) setFault(undefined)
  const detail = result.value
  const id = detail.row.id
  const columns = runRegistry.adopt(detail)
  setRun(id, { detail, finished: undefined, summary: undefined })
  setSession({
    starting: false,
    live: {
      runId: id,
      handle: detail.handle,
      phase: 'prompt',
      promptDone: 0,
      promptTotal: detail.promptIds.length,
      tokensBefore: columns.tokenCount,
      startedAt: performance.now(),
      firstTokenAt: undefined
    }
  })
  moveCursor({ run: id, token: undefined, layer: undefined, point: undefined, element: undefined })
  pushHistory(id)
  announce(translateNow('app.generationStarted'))
  takeEarlyFrames(columns)
  runRegistry.trim([id, ...useStore.getState().history.slice(-3)])
  return true
}

export async function generate(): Promise<boolean> {
  const prompt = promptOf(useStore.getState().prompt)
  if (prompt === undefined) return false
  return begin((settings) => call('generate.start', { prompt, ...settings }))
}

/** A run of these tokens and one more, to look into them. True when it is there, with its statistics. */
export async function evaluatePrompt(prompt: Prompt): Promise<boolean> {
  const begun = await begin(
    (settings) =>
      call('generate.start', {
        prompt,
        ...settings,
        stopping: { ...settings.stopping, maxTokens: 1 },
        capture: { ...settings.capture, level: 'stats' }
      }),
    { plants: false }
  )
  if (begun) await generationEnded()
  return begun
}

export async function stopGenerating(): Promise<void> {
  if (useStore.getState().live !== undefined) await call('generate.stop', {})
}

export async function continueRun(): Promise<boolean> {
  const runId = useStore.getState().cursor.run
  return runId === undefined ? false : begin((settings) => call('generate.continue', { runId, ...settings }))
}

export async function regenerateRun(): Promise<boolean> {
  const runId = useStore.getState().cursor.run
  return runId === undefined ? false : begin((settings) => call('generate.regenerate', { runId, ...settings }))
}

/** Keeps everything before `position` of the shown run, puts `tokenId` there, and goes on as a new run. Stops what is running first. */
export async function branchAt(runId: string, position: number, tokenId: number): Promise<boolean> {
  if (useStore.getState().live !== undefined) {
    await stopGenerating()
    await generationEnded()
  }
  return begin((settings) => call('generate.branch', { runId, position, tokenId, ...settings }))
}

const generationEnded = (): Promise<void> =>
  new Promise((resolve) => {
    if (useStore.getState().live === undefined) return resolve()
    const unsubscribe = useStore.subscribe((state) => {
      if (state.live !== undefined) return
      unsubscribe()
      resolve()
    })
  })

/** Shows the prediction before (-1) or after (+1) this one; nothing is lost either way. */
export function stepHistory(delta: -1 | 1): void {
  const { history, historyAt, setSession, moveCursor } = useStore.getState()
  const next = historyAt + delta
  const runId = history[next]
  if (runId === undefined) return
  setSession({ historyAt: next })
  moveCursor({ run: runId === '' ? undefined : runId, token: undefined })
  if (runId !== '' && runRegistry.get(runId) === undefined) void openRun(runId, { history: false })
}
