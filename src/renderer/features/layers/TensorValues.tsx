import { Download, ScanSearch } from 'lucide-react'
import { useMemo, useState } from 'react'
import { encodeNpy } from '../../../shared/npy'
import { formatStatistic } from '../../../shared/units'
import type { GretaErrorData } from '../../../shared/errors'
import { call } from '../../bridge'
import { useTranslate } from '../../i18n'
import { Button } from '../../ui/Button'
import { Histogram } from '../../ui/Histogram'
import { saveFile } from '../../ui/save-file'
import { VirtualTable } from '../../ui/VirtualTable'
import { factsOf, histogramOf } from './tensor-values'
import type { ShownCell } from './use-layers'

interface Loaded {
  readonly key: string
  readonly values: Float32Array
  readonly source: 'captured' | 're-evaluated'
}

type State =
  | { readonly kind: 'none' }
  | { readonly kind: 'reading'; readonly key: string }
  | { readonly kind: 'failed'; readonly key: string; readonly error: GretaErrorData }
  | ({ readonly kind: 'loaded' } & Loaded)

/** The elements of one tensor row: which one is bad, which is largest, how they are distributed, and the numbers themselves. */
export const TensorValues = ({ runId, cell, name }: { readonly runId: string; readonly cell: ShownCell; readonly name: string }) => {
  const t = useTranslate()
  const [state, setState] = useState<State>({ kind: 'none' })
  const key = `${runId}/${cell.position}/${cell.traceIndex}`
  const current: State = state.kind !== 'none' && state.key === key ? state : { kind: 'none' }

  const read = async (): Promise<void> => {
    setState({ kind: 'reading', key })
    const answer = await call('trace.row', { runId, position: cell.position, traceIndex: cell.traceIndex })
    setState(
      answer.ok
        ? { kind: 'loaded', key, values: answer.value.arrays.values, source: answer.value.source }
        : { kind: 'failed', key, error: answer.error }
    )
  }

  return (
    <section className="border-b border-line px-3 py-2">
      <h3 className="overline mb-1">{t('layers.values')}</h3>
      {current.kind !== 'loaded' && (
        <div className="flex flex-col items-start gap-1">
          <Button size="small" icon={ScanSearch} disabled={current.kind === 'reading'} onClick={() => void read()}>
            {t(current.kind === 'reading' ? 'layers.reading' : 'layers.readValues')}
          </Button>
          <p className="text-xs text-muted">{t('layers.readValuesHelp')}</p>
          {current.kind === 'failed' && (
            <p role="alert" className="text-sm text-danger">
              {current.error.message} {current.error.hint}
            </p>
          )}
        </div>
      )}
      {current.kind === 'loaded' && <LoadedValues values={current.values} source={current.source} name={name} position={cell.position} />}
    </section>
  )
}

const LoadedValues = ({
  values,
  source,
  name,
  position
}: Pick<Loaded, 'values' | 'source'> & { readonly name: string; readonly position: number }) => {
  const t = useTranslate()
  const facts = factsOf(values)
  const bins = useMemo(() => histogramOf(values, HISTOGRAM_BINS), [values])
  const [selected, setSelected] = useState(Math.max(0, facts.firstBad >= 0 ? facts.firstBad : facts.largest))
  const fileName = `${name.replace(/[^a-z0-9_]+/gi, '-')}-token${position}`
  const exportCsv = (): void => {
    const lines = Array.from(values, (value, index) => `${index},${value}`)
    saveFile(`${fileName}.csv`, `index,value\n${lines.join('\n')}\n`, 'text/csv')
  }
  return (
    <div className="space-y-2">
      <p className="text-sm text-muted">
        {t('layers.valuesCount', {
          count: values.length,
          source: t(source === 'captured' ? 'layers.sourceCaptured' : 'layers.sourceReEvaluated')
        })}
      </p>
      <div className="flex items-center gap-2 text-sm">
        {facts.firstBad >= 0 ? (
          <>
            <span className="flex-1 font-medium text-danger">
              {t('layers.firstBad', { index: String(facts.firstBad), value: formatStatistic(values[facts.firstBad] as number) })}
            </span>
            <Button size="small" onClick={() => setSelected(facts.firstBad)}>
              {t('layers.jumpToBad')}
            </Button>
          </>
        ) : (
          <>
            <span className="flex-1">{t('layers.noBad')}</span>
            {facts.largest >= 0 && (
              <button
                type="button"
                className="text-muted underline decoration-dotted underline-offset-2 hover:text-text"
                onClick={() => setSelected(facts.largest)}
              >
                {t('layers.largest', { index: String(facts.largest) })}
              </button>
            )}
          </>
        )}
      </div>
      <Histogram label={t('layers.histogram')} bins={bins} countName={t('layers.values')} height={80} />
      <VirtualTable
        className="h-52 rounded border border-line"
        label={t('layers.values')}
        columns={[
          { id: 'index', title: t('layers.index'), width: '5rem', numeric: true },
          { id: 'value', title: t('layers.value'), width: 'minmax(8rem,1fr)', numeric: true }
        ]}
        rowCount={values.length}
        selected={selected}
        onSelect={setSelected}
        scrollToRow={selected}
        rowClass={(row) => (Number.isFinite(values[row]) ? undefined : 'text-danger font-medium')}
        cell={(row, column) => (column === 'index' ? row : formatStatistic(values[row] as number))}
      />
      <div className="flex gap-2">
        <Button size="small" icon={Download} onClick={() => saveFile(`${fileName}.npy`, encodeNpy(values), 'application/octet-stream')}>
          {t('layers.exportNpy')}
        </Button>
        <Button size="small" icon={Download} onClick={exportCsv}>
          {t('layers.exportCsv')}
        </Button>
      </div>
    </div>
  )
}

const HISTOGRAM_BINS = 48
