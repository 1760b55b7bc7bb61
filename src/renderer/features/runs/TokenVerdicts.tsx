import { TOKEN_VERDICTS, type TokenVerdict } from '../../../shared/protocol'
import { useTranslate } from '../../i18n'
import { cx } from '../../ui/classes'

/** Cells of the strip; longer runs show the worst of several tokens in one. */
const CELLS = 96

const COLORS: Readonly<Record<TokenVerdict, string>> = { identical: 'bg-ok', 'within band': 'bg-warn', different: 'bg-danger' }
const NAMES = {
  identical: 'runs.tokenIdentical',
  'within band': 'runs.tokenWithinBand',
  different: 'runs.tokenDifferent'
} as const satisfies Readonly<Record<TokenVerdict, string>>

const worstOf = (tokens: readonly TokenVerdict[]): TokenVerdict =>
  TOKEN_VERDICTS.findLast((verdict) => tokens.includes(verdict)) ?? 'identical'

/** Every generated token's recorded logits against those of this machine: counts, and a strip from first to last. */
export const TokenVerdicts = ({ tokens }: { readonly tokens: readonly TokenVerdict[] }) => {
  const t = useTranslate()
  const perCell = Math.ceil(tokens.length / CELLS)
  const cells = Array.from({ length: Math.ceil(tokens.length / perCell) }, (_, cell) =>
    worstOf(tokens.slice(cell * perCell, (cell + 1) * perCell))
  )
  const counts = TOKEN_VERDICTS.map((verdict) => t(NAMES[verdict], { count: tokens.filter((token) => token === verdict).length })).join(
    ' · '
  )
  return (
    <div className="flex flex-col gap-1" data-testid="token-verdicts">
      <div role="img" aria-label={t('runs.tokenStrip', { counts })} className="flex h-3 gap-px overflow-hidden rounded-sm">
        {cells.map((verdict, cell) => (
          // oxlint-disable-next-line react/no-array-index-key -- a cell is its place
          <span key={cell} className={cx('min-w-px flex-1', COLORS[verdict], verdict === 'different' && 'ring-1 ring-danger')} />
        ))}
      </div>
      <p className="num m-0 text-xs text-muted">{counts}</p>
    </div>
  )
}
