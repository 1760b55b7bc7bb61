import type { ToastItem, ToastTone } from '../ui/Toast'
import type { Slice } from './slice'

export const VIEW_IDS = ['play', 'layers', 'compare', 'profile', 'model', 'runs', 'server'] as const
export type ViewId = (typeof VIEW_IDS)[number]

export interface ToastRequest {
  readonly tone: ToastTone
  readonly title: string
  readonly detail?: string | undefined
  readonly action?: { readonly label: string; readonly run: () => void }
}

export interface ShellSlice {
  readonly view: ViewId
  readonly inspectorOpen: boolean
  /** The shown view has nothing to inspect in the part of it that is in front: the inspector gives its room away. */
  readonly inspectorIdle: boolean
  readonly dockOpen: boolean
  readonly overlay: 'none' | 'palette' | 'help' | 'settings' | 'logits'
  readonly toasts: readonly ToastItem[]
  /** What assistive technology is told next; `count` makes equal texts distinct. */
  readonly announcement: { readonly text: string; readonly count: number }
  readonly showView: (view: ViewId) => void
  readonly setInspectorOpen: (open: boolean) => void
  readonly setInspectorIdle: (idle: boolean) => void
  readonly setDockOpen: (open: boolean) => void
  readonly setOverlay: (overlay: ShellSlice['overlay']) => void
  readonly toast: (request: ToastRequest) => void
  readonly dismissToast: (id: number) => void
  readonly announce: (text: string) => void
}

const TOAST_MILLISECONDS = 6000
let nextToast = 1

export const shellSlice: Slice<ShellSlice> = (set, get) => ({
  view: 'play',
  inspectorOpen: true,
  inspectorIdle: false,
  dockOpen: true,
  overlay: 'none',
  toasts: [],
  announcement: { text: '', count: 0 },
  showView: (view) => set({ view }),
  setInspectorOpen: (inspectorOpen) => set({ inspectorOpen }),
  setInspectorIdle: (inspectorIdle) => set({ inspectorIdle }),
  setDockOpen: (dockOpen) => set({ dockOpen }),
  setOverlay: (overlay) => set({ overlay }),
  toast: (request) => {
    const item: ToastItem = { id: nextToast, ...request }
    nextToast += 1
    // An error stays until it is dismissed; at most four are shown.
    set((state) => ({ toasts: [...state.toasts, item].slice(-4) }))
    if (request.tone !== 'danger') setTimeout(() => get().dismissToast(item.id), TOAST_MILLISECONDS)
  },
  dismissToast: (id) => set((state) => ({ toasts: state.toasts.filter((item) => item.id !== id) })),
  announce: (text) => set((state) => ({ announcement: { text, count: state.announcement.count + 1 } }))
})
