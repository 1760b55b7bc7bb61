import { GitBranch } from 'lucide-react'
import { shareFigure } from '../../../shared/figures'
import { branchAt } from '../../actions/generation'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import type { RunColumns } from '../../store/run-columns'
import { useRunVocabulary } from '../../store/use-run'
import { cx } from '../../ui/classes'
import { visibleToken } from './lane/visible'
import { type TokenFacts } from './token-facts'

interface AlternativesProps {
  readonly columns: RunColumns
  readonly facts: TokenFacts
  readonly onBranch?: () => void
}

/** The likeliest tokens at a position, the chosen one marked by its id, and what is left unseen. Each other one is a branch. */
export const Alternatives = ({ columns, facts, onBranch }: AlternativesProps) => {
  const t = useTranslate()
  const vocabulary = useRunVocabulary(columns)
  const ready = useStore((state) => state.model !== undefined && !state.starting && state.engine?.state === 'ready')
  const shown = facts.candidates.some((candidate) => candidate.id === facts.id)
    ? facts.candidates
    : [...facts.candidates, { id: facts.id, logit: facts.logit, probability: facts.probability }]
  const most = Math.max(...shown.map((candidate) => candidate.probability), facts.unseen)
  return (
    <ul className="flex flex-col" aria-label={t('play.alternatives')}>
      {shown.map((candidate) => {
        const chosen = candidate.id === facts.id
        const name = visibleToken(vocabulary?.text(candidate.id) ?? `#${candidate.id}`)
        return (
          <li key={candidate.id}>
            <button
              type="button"
              disabled={chosen || !ready}
              title={chosen ? t('play.chosen') : t('play.branchHere', { token: name })}
              onClick={() => {
                onBranch?.()
                void branchAt(columns.detail.row.id, facts.position, candidate.id)
              }}
              className={cx(
                'group grid h-6 w-full grid-cols-[minmax(0,1fr)_4.5rem_3.75rem_1rem] items-center gap-2 rounded px-1.5 text-left -outline-offset-2',
                chosen ? 'bg-selected' : 'enabled:hover:bg-hover'
              )}
            >
              <bdi className={cx('truncate font-mono text-sm', chosen && 'font-semibold')}>{name}</bdi>
              <span aria-hidden className="h-1.5 overflow-hidden rounded-sm bg-sunken">
                <span
                  className={cx('block h-full rounded-sm', chosen ? 'bg-accent' : 'bg-line-strong')}
                  style={{ width: `${Math.max(1, (100 * candidate.probability) / most)}%` }}
                />
              </span>
              <span className="num text-right text-sm">{shareFigure(candidate.probability)}</span>
              <span className="sr-only">{chosen ? t('play.chosen') : t('play.branchHere', { token: name })}</span>
              {chosen ? (
                <span aria-hidden className="text-accent">
                  ●
                </span>
              ) : (
                <GitBranch aria-hidden size={12} className="text-faint opacity-0 group-hover:opacity-100 group-focus-visible:opacity-100" />
              )}
            </button>
          </li>
        )
      })}
      <li className="grid h-6 grid-cols-[minmax(0,1fr)_4.5rem_3.75rem_1rem] items-center gap-2 px-1.5 text-sm text-faint">
        <span className="truncate italic">{t('play.unseen')}</span>
        <span aria-hidden className="h-1.5 overflow-hidden rounded-sm bg-sunken">
          <span className="block h-full rounded-sm bg-line" style={{ width: `${(100 * facts.unseen) / most}%` }} />
        </span>
        <span className="num text-right">{shareFigure(facts.unseen)}</span>
      </li>
    </ul>
  )
}
