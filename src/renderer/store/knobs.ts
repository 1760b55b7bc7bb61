import { STORY_SAMPLING } from '../../shared/model/sampling'
import {
  type CaptureSettings,
  type ChatMessage,
  DEFAULT_CAPTURE,
  DEFAULT_SAMPLING_MESSAGE,
  DEFAULT_STOPPING,
  type FaultSettings,
  type SamplingMessage,
  type StoppingSettings,
  toSamplingMessage
} from '../../shared/protocol'
import type { Slice } from './slice'

export const PROMPT_MODES = ['raw', 'chat', 'tokens'] as const
export type PromptMode = (typeof PROMPT_MODES)[number]

/** The prompt as it is being written. All three modes keep their text when another is shown. */
export interface PromptDraft {
  readonly mode: PromptMode
  readonly text: string
  readonly addSpecial: boolean
  readonly parseSpecial: boolean
  readonly messages: readonly ChatMessage[]
  /** Replaces the file's template when not undefined. */
  readonly template: string | undefined
  readonly tokens: string
}

export interface KnobsSlice {
  readonly prompt: PromptDraft
  readonly sampling: SamplingMessage
  /** A new seed is drawn for every generation unless the person fixed one. */
  readonly seedMode: 'random' | 'fixed'
  readonly stopping: StoppingSettings
  readonly capture: CaptureSettings
  /** Planted in the next generation, and only in that. */
  readonly fault: FaultSettings | undefined
  readonly changePrompt: (part: Partial<PromptDraft>) => void
  readonly changeSampling: (part: Partial<SamplingMessage>) => void
  readonly changeStopping: (part: Partial<StoppingSettings>) => void
  readonly changeCapture: (part: Partial<CaptureSettings>) => void
  readonly setFault: (fault: FaultSettings | undefined) => void
  readonly setSeedMode: (mode: KnobsSlice['seedMode']) => void
}

const PROMPT_KEY = 'greta.prompt'
const emptyDraft: PromptDraft = {
  mode: 'raw',
  text: '',
  addSpecial: true,
  parseSpecial: false,
  messages: [{ role: 'user', content: '' }],
  template: undefined,
  tokens: ''
}

/** The draft as this window left it: a reload or a crash loses no word. */
function storedDraft(): PromptDraft {
  try {
    const raw: unknown = JSON.parse((typeof sessionStorage === 'undefined' ? null : sessionStorage.getItem(PROMPT_KEY)) ?? '{}')
    return typeof raw === 'object' && raw !== null ? { ...emptyDraft, ...(raw as Partial<PromptDraft>) } : emptyDraft
  } catch {
    return emptyDraft
  }
}

let storing: ReturnType<typeof setTimeout> | undefined
function storeDraft(draft: PromptDraft): void {
  if (typeof sessionStorage === 'undefined') return
  clearTimeout(storing)
  storing = setTimeout(() => sessionStorage.setItem(PROMPT_KEY, JSON.stringify(draft)), 300)
}

export const knobsSlice: Slice<KnobsSlice> = (set) => ({
  prompt: storedDraft(),
  sampling: toSamplingMessage(STORY_SAMPLING),
  seedMode: 'random',
  stopping: { ...DEFAULT_STOPPING, maxTokens: 200 },
  capture: DEFAULT_CAPTURE,
  fault: undefined,
  changePrompt: (part) =>
    set((state) => {
      const prompt = { ...state.prompt, ...part }
      storeDraft(prompt)
      return { prompt }
    }),
  changeSampling: (part) => set((state) => ({ sampling: { ...state.sampling, ...part } })),
  changeStopping: (part) => set((state) => ({ stopping: { ...state.stopping, ...part } })),
  changeCapture: (part) => set((state) => ({ capture: { ...state.capture, ...part } })),
  setFault: (fault) => set({ fault }),
  setSeedMode: (seedMode) => set({ seedMode })
})

export { DEFAULT_SAMPLING_MESSAGE }
