import { Boxes } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { GretaErrorData } from '../../../shared/errors'
import type { TensorRow, TensorStatistics } from '../../../shared/protocol'
import { fromAnyNumber } from '../../../shared/protocol'
import { formatBytes, formatMilliseconds, formatStatistic } from '../../../shared/units'
import { call } from '../../bridge'
import { useTranslate, useWholeNumber } from '../../i18n'
import { Badge } from '../../ui/Badge'
import { EmptyState } from '../../ui/EmptyState'
import { Histogram } from '../../ui/Histogram'
import { Switch } from '../../ui/Switch'
import { useModelState } from './model-state'

const BINS = 64

/** Everything about one weight: where it lies, its statistics after dequantisation, its histogram. */
export const TensorInspector = () => {
  const t = useTranslate()
  const inspection = useModelState((state) => state.inspection)
  const name = useModelState((state) => state.tensor)
  const tensor = inspection?.tensors.find((row) => row.name === name)
  if (inspection === undefined || tensor === undefined) {
    return (
      <EmptyState icon={Boxes} title={t('model.tensorNone')}>
        {t('model.tensorNoneText')}
      </EmptyState>
    )
  }
  return <Inspected key={`${inspection.path}/${tensor.name}`} path={inspection.path} tensor={tensor} />
}

const Inspected = ({ path, tensor }: { readonly path: string; readonly tensor: TensorRow }) => {
  const t = useTranslate()
  const [statistics, setStatistics] = useState<TensorStatistics | undefined>(undefined)
  const [error, setError] = useState<GretaErrorData | undefined>(undefined)
  useEffect(() => {
    let current = true
    void call('model.tensorStatistics', { path, tensor: tensor.name, bins: BINS }).then((answer) => {
      if (!current) return
      if (answer.ok) setStatistics(answer.value)
      else setError(answer.error)
    })
    return () => {
      current = false
    }
  }, [path, tensor.name])
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <header className="border-b border-line px-3 py-2">
        <h2 className="num text-base font-semibold break-all">{tensor.name}</h2>
        <p className="m-0 flex flex-wrap gap-x-3 text-sm text-muted">
          <span className="num">{tensor.type}</span>
          <span className="num">{tensor.shape.join(' × ')}</span>
          <span className="num">{formatBytes(tensor.sizeBytes)}</span>
          <span>
            {t('model.bitsPerWeight')} <span className="num">{((tensor.sizeBytes * 8) / tensor.elementCount).toFixed(3)}</span>
          </span>
        </p>
      </header>
      {error !== undefined && (
        <p role="alert" className="px-3 text-danger">
          {error.message} {error.hint}
        </p>
      )}
      {error === undefined && statistics === undefined && (
        <p aria-busy className="px-3 text-muted">
          {t('model.computing', { bytes: formatBytes(tensor.sizeBytes) })}
        </p>
      )}
      {statistics !== undefined && <Statistics statistics={statistics} />}
    </div>
  )
}

const Statistics = ({ statistics }: { readonly statistics: TensorStatistics }) => {
  const t = useTranslate()
  const number = (value: Parameters<typeof fromAnyNumber>[0]) => formatStatistic(fromAnyNumber(value))
  const whole = useWholeNumber()
  const infinite = statistics.positiveInfinityCount + statistics.negativeInfinityCount
  const rows: readonly (readonly [string, string, boolean])[] = [
    [t('model.minimum'), number(statistics.minimum), false],
    [t('model.maximum'), number(statistics.maximum), false],
    [t('model.mean'), number(statistics.mean), false],
    [t('model.deviation'), number(statistics.standardDeviation), false],
    [t('model.rms'), number(statistics.rms), false],
    [t('model.absmax'), number(statistics.absoluteMaximum), false],
    [t('model.zeros'), `${whole(statistics.zeroCount)} (${((statistics.zeroCount / statistics.elementCount) * 100).toFixed(2)} %)`, false],
    [t('model.nan'), whole(statistics.nanCount), statistics.nanCount > 0],
    [t('model.infinities'), `${statistics.positiveInfinityCount} / ${statistics.negativeInfinityCount}`, infinite > 0]
  ]
  return (
    <>
      <section className="border-b border-line px-3 py-2">
        <dl className="m-0 space-y-0.5 text-sm">
          {rows.map(([name, text, bad]) => (
            <div key={name} className="flex">
              <dt className="text-muted">{name}</dt>
              <dd className="num m-0 ml-auto">{bad ? <Badge tone="danger">{text}</Badge> : text}</dd>
            </div>
          ))}
        </dl>
      </section>
      <WeightHistogram statistics={statistics} />
      <p className="px-3 text-xs text-muted">
        {t('model.computed', { count: statistics.elementCount, time: formatMilliseconds(statistics.milliseconds) })}
      </p>
    </>
  )
}

const WeightHistogram = ({ statistics }: { readonly statistics: TensorStatistics }) => {
  const t = useTranslate()
  const [log, setLog] = useState(false)
  const { counts } = statistics.histogram
  const low = fromAnyNumber(statistics.histogram.minimum)
  const high = fromAnyNumber(statistics.histogram.maximum)
  const width = (high - low) / Math.max(1, counts.length)
  const bins = counts.map((count, bin) => ({ from: low + bin * width, to: low + (bin + 1) * width, count }))
  return (
    <section className="border-b border-line px-3 py-2">
      <div className="mb-1 flex items-center justify-between">
        <h3 className="overline">{t('model.histogram')}</h3>
        <Switch label={t('model.logCounts')} checked={log} onChange={setLog} />
      </div>
      <Histogram label={t('model.histogram')} bins={bins} countName={t('model.values')} height={135} logCounts={log} />
    </section>
  )
}
