import { Activity, Boxes, GitCompareArrows, Layers3, type LucideIcon, PenLine, Server, SquareStack } from 'lucide-react'
import type { PlainMessageKey } from '../i18n'
import type { ViewId } from '../store'
import { type Slot, slot } from '../ui/slot'

/**
 * A view fills up to three slots of the shell: the main area, the right inspector and the bottom dock. Each feature
 * exports them from its Panel.tsx as `Panel`, `Inspector`, `Dock`; the code is loaded when the view is first shown.
 */
export interface ViewDefinition {
  readonly id: ViewId
  readonly icon: LucideIcon
  readonly title: PlainMessageKey
  readonly Panel: Slot
  readonly Inspector?: Slot
  readonly Dock?: Slot
}

export const VIEWS: readonly ViewDefinition[] = [
  {
    id: 'play',
    icon: PenLine,
    title: 'play.title',
    Panel: slot(async () => (await import('../features/play/Panel')).Panel),
    Inspector: slot(async () => (await import('../features/play/Panel')).Inspector),
    Dock: slot(async () => (await import('../features/play/Panel')).Dock)
  },
  {
    id: 'layers',
    icon: Layers3,
    title: 'layers.title',
    Panel: slot(async () => (await import('../features/layers/Panel')).Panel),
    Inspector: slot(async () => (await import('../features/layers/Panel')).Inspector),
    Dock: slot(async () => (await import('../features/layers/Panel')).Dock)
  },
  {
    id: 'compare',
    icon: GitCompareArrows,
    title: 'compare.title',
    Panel: slot(async () => (await import('../features/compare/Panel')).Panel),
    Inspector: slot(async () => (await import('../features/compare/Panel')).Inspector)
  },
  { id: 'profile', icon: Activity, title: 'profile.title', Panel: slot(async () => (await import('../features/profile/Panel')).Panel) },
  {
    id: 'model',
    icon: Boxes,
    title: 'model.title',
    Panel: slot(async () => (await import('../features/model/Panel')).Panel),
    Inspector: slot(async () => (await import('../features/model/Panel')).Inspector)
  },
  {
    id: 'runs',
    icon: SquareStack,
    title: 'runs.title',
    Panel: slot(async () => (await import('../features/runs/Panel')).Panel),
    Inspector: slot(async () => (await import('../features/runs/Panel')).Inspector)
  },
  { id: 'server', icon: Server, title: 'server.title', Panel: slot(async () => (await import('../features/server/Panel')).Panel) }
]

export const viewById = (id: ViewId): ViewDefinition => VIEWS.find((view) => view.id === id) as ViewDefinition
