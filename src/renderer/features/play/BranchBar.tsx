import { ChevronRight, GitBranch } from 'lucide-react'
import { openRun } from '../../actions/runs'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { Menu } from '../../ui/Menu'
import { branchTrail } from './branches'
import { visibleToken } from './lane/visible'

/** The way from the first run to the shown branch; every step can be changed for its siblings. */
export const BranchBar = () => {
  const t = useTranslate()
  const runs = useStore((state) => state.runs)
  const runId = useStore((state) => state.cursor.run)
  const vocabulary = useStore((state) => state.vocabulary)
  if (runId === undefined) return null
  const trail = branchTrail(runs, runId)
  const tokenName = (id: number | undefined) => (id === undefined ? '' : visibleToken(vocabulary?.text(id) ?? `#${id}`))
  const show = (id: string) => void openRun(id)
  if (trail.length < 2 && !Object.values(runs).some((state) => state.detail.row.parent?.runId === runId)) return null
  const children = Object.values(runs).filter((state) => state.detail.row.parent?.runId === runId)
  const branchEntries = (ids: readonly string[]) =>
    ids.map((id) => {
      const { parent, textPreview } = runs[id]?.detail.row ?? {}
      return {
        kind: 'action' as const,
        label: `${parent === undefined ? t('play.branchRoot') : `${parent.position} ${tokenName(parent.tokenId)}`}  ${(textPreview ?? '').slice(0, 40)}`,
        onSelect: () => show(id)
      }
    })
  return (
    <nav aria-label={t('play.branches')} className="flex min-w-0 items-center gap-0.5 overflow-x-auto text-sm" data-testid="branches">
      <GitBranch aria-hidden size={13} className="mr-1 shrink-0 text-accent" />
      {trail.map((step, index) => {
        const label = step.position === undefined ? t('play.branchRoot') : `${step.position} ${tokenName(step.tokenId)}`
        return (
          <span key={step.runId} className="flex shrink-0 items-center gap-0.5">
            {index > 0 && <ChevronRight aria-hidden size={12} className="text-faint" />}
            {step.alternatives.length > 1 ? (
              <Menu
                align="start"
                trigger={
                  <button
                    type="button"
                    aria-label={`${t('play.switchBranch')}: ${label}`}
                    className="rounded px-1 py-0.5 font-mono hover:bg-hover"
                  >
                    <bdi>{label}</bdi> <span className="text-faint">({step.alternatives.length})</span>
                  </button>
                }
                entries={branchEntries(step.alternatives)}
              />
            ) : (
              <button
                type="button"
                aria-current={step.runId === runId ? 'true' : undefined}
                onClick={() => show(step.runId)}
                className="rounded px-1 py-0.5 font-mono hover:bg-hover"
              >
                <bdi>{label}</bdi>
              </button>
            )}
          </span>
        )
      })}
      {children.length > 0 && (
        <Menu
          align="start"
          trigger={
            <button type="button" className="ml-1 shrink-0 rounded px-1 py-0.5 text-accent hover:bg-hover">
              {t('play.branchCount', { count: children.length })}
            </button>
          }
          entries={branchEntries(children.map((state) => state.detail.row.id))}
        />
      )}
    </nav>
  )
}
