import type { Piece } from '../../../shared/protocol'
import { useTranslate } from '../../i18n'
import { cx } from '../../ui/classes'
import { visibleToken } from './lane/visible'

const SHOWN = 1200

/** Tokens side by side, their boundaries visible, special tokens as chips. Text only. */
export const Pieces = ({ pieces, total }: { readonly pieces: readonly Piece[]; readonly total: number }) => {
  const t = useTranslate()
  const shown = pieces.slice(0, SHOWN)
  return (
    <p className="font-mono text-sm leading-6 break-words">
      {shown.map((piece, index) => (
        <span key={`${index}-${piece.id}`}>
          <bdi
            title={`#${piece.id} · ${piece.bytesHex}`}
            className={cx(
              'rounded-[3px] border-b-2 px-px',
              piece.control
                ? 'border-accent bg-accent-soft text-accent-strong'
                : index % 2 === 0
                  ? 'border-line-strong bg-sunken'
                  : 'border-faint bg-hover'
            )}
          >
            {piece.control ? `⟨${piece.text}⟩` : visibleToken(piece.text)}
          </bdi>
          {piece.text.endsWith('\n') ? <br /> : <wbr />}
        </span>
      ))}
      {total > shown.length && <span className="ml-2 font-sans text-faint">{t('play.moreTokens', { count: total - shown.length })}</span>}
    </p>
  )
}
