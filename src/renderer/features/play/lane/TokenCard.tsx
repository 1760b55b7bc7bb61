import { useLayoutEffect, useRef, useState } from 'react'
import { createPortal } from 'react-dom'
import { bitsFigure, shareFigure } from '../../../../shared/figures'
import { useTranslate } from '../../../i18n'
import type { RunColumns } from '../../../store/run-columns'
import { useRunVocabulary } from '../../../store/use-run'
import { bytesHex } from '../../../store/vocabulary'
import { Alternatives } from '../Alternatives'
import { tokenFacts } from '../token-facts'
import { visibleToken } from './visible'

interface TokenCardProps {
  readonly columns: RunColumns
  readonly position: number
  readonly box: DOMRect
  readonly onEnter: () => void
  readonly onLeave: () => void
  readonly onClose: () => void
}

const WIDTH = 320
const GAP = 6

/** What a token under the pointer could have been. The inspector shows the same for the chosen token, by keyboard too. */
export const TokenCard = ({ columns, position, box, onEnter, onLeave, onClose }: TokenCardProps) => {
  const t = useTranslate()
  const vocabulary = useRunVocabulary(columns)
  const card = useRef<HTMLDivElement>(null)
  const [place, setPlace] = useState<{ readonly left: number; readonly top: number } | undefined>(undefined)
  const facts = tokenFacts(columns, position)
  const text = vocabulary?.text(facts.id) ?? columns.texts[position] ?? ''

  useLayoutEffect(() => {
    const height = card.current?.offsetHeight ?? 0
    const below = box.bottom + GAP
    const top = below + height <= window.innerHeight - 8 ? below : Math.max(8, box.top - GAP - height)
    setPlace({ left: Math.max(8, Math.min(box.left - 8, window.innerWidth - WIDTH - 8)), top })
  }, [box])

  return createPortal(
    // The pointer may move into the card to click; for the keyboard the inspector holds the same.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      ref={card}
      role="dialog"
      aria-label={t('play.alternatives')}
      onPointerEnter={onEnter}
      onPointerLeave={onLeave}
      className="fixed z-40 flex flex-col gap-2 rounded-lg border border-line bg-raised p-2 shadow-[var(--shadow)]"
      style={{ width: WIDTH, ...(place ?? { left: -9999, top: 0 }) }}
      data-testid="token-card"
    >
      <header className="flex items-baseline gap-2 px-1.5 pt-0.5">
        <bdi className="truncate font-mono text-lg font-semibold">{visibleToken(text)}</bdi>
        <span className="ml-auto shrink-0 font-mono text-xs text-muted">
          #{facts.id} · {bytesHex(vocabulary?.bytes(facts.id) ?? new TextEncoder().encode(text)).slice(0, 24)}
        </span>
      </header>
      {facts.judged ? (
        <>
          <p className="num flex gap-3 px-1.5 text-sm text-muted">
            <span>{shareFigure(facts.probability)}</span>
            <span>{t('play.bits', { value: bitsFigure(facts.surprisalBits) })}</span>
            <span className="ml-auto">
              {t('play.rank')} {facts.rank + 1}
            </span>
          </p>
          <Alternatives columns={columns} facts={facts} onBranch={onClose} />
        </>
      ) : (
        <p className="px-1.5 pb-1 text-sm text-muted">{position < columns.promptCount ? t('play.notJudged') : t('play.notCaptured')}</p>
      )}
    </div>,
    document.body
  )
}
