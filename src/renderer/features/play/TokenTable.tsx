import { bitsFigure, decimalFigure, logitFigure, shareFigure } from '../../../shared/figures'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import type { RunColumns } from '../../store/run-columns'
import { useRunColumns, useRunVocabulary } from '../../store/use-run'
import { VirtualTable } from '../../ui/VirtualTable'
import { visibleToken } from './lane/visible'
import { tokenDisplay, tokenFacts } from './token-facts'

/** The output as a table: the twin of coloured text and of the strips below it, with every number readable. */
export const TokenTable = ({ columns, showPrompt }: { readonly columns: RunColumns; readonly showPrompt: boolean }) => {
  const t = useTranslate()
  useRunColumns('chart')
  const vocabulary = useRunVocabulary(columns)
  const token = useStore((state) => state.cursor.token)
  const moveCursor = useStore((state) => state.moveCursor)
  const from = showPrompt ? 0 : columns.promptCount
  const bits = ` (${t('play.bits', { value: '' }).trim()})`
  const cell = (row: number, column: string) => {
    const position = from + row
    if (column === 'position') return position
    if (column === 'token') {
      const display = tokenDisplay(columns, vocabulary, position)
      return <bdi className="font-mono">{display.sign ? display.text : visibleToken(display.text)}</bdi>
    }
    const facts = tokenFacts(columns, position)
    if (column === 'id') return facts.id
    if (!facts.judged) return ''
    if (column === 'probability') return shareFigure(facts.probability)
    if (column === 'surprisal') return bitsFigure(facts.surprisalBits)
    if (column === 'entropy') return bitsFigure(facts.entropyBits)
    if (column === 'rank') return facts.rank + 1
    if (column === 'margin') return logitFigure(facts.margin)
    return decimalFigure(facts.stepMilliseconds, 2)
  }
  return (
    <VirtualTable
      label={t('play.outputLabel')}
      rowCount={columns.tokenCount - from}
      selected={token === undefined ? -1 : token - from}
      onSelect={(row) => moveCursor({ token: from + row })}
      columns={[
        { id: 'position', title: t('play.position'), width: '5rem', numeric: true },
        { id: 'token', title: t('play.token'), width: 'minmax(8rem,1fr)' },
        { id: 'id', title: t('play.id'), width: '5rem', numeric: true },
        { id: 'probability', title: t('play.probability'), width: '6.5rem', numeric: true },
        { id: 'surprisal', title: t('play.surprisal') + bits, width: '7.5rem', numeric: true },
        { id: 'entropy', title: t('play.entropy') + bits, width: '7.5rem', numeric: true },
        { id: 'rank', title: t('play.rank'), width: '5rem', numeric: true },
        { id: 'margin', title: t('play.colourMargin'), width: '6rem', numeric: true },
        { id: 'time', title: `${t('play.stepTime')} (ms)`, width: '8rem', numeric: true }
      ]}
      cell={cell}
    />
  )
}
