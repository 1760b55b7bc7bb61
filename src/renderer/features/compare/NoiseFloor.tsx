import { Info } from 'lucide-react'
import { TRACE_FLOAT_FIELDS } from '../../../shared/model/trace-points'
import type { NoiseReport } from '../../../shared/protocol'
import { reportError } from '../../actions/report'
import { call } from '../../bridge'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { Button } from '../../ui/Button'
import { FIELD_TITLES } from '../layers/use-layers'
import { usePairState } from './pair-state'
import type { Pair } from './use-pair'

/** What repeats of run B differ by in the shown statistic, by trace index; undefined until it was measured. */
export function useFloor(pair: Pair): readonly number[] | undefined {
  const field = usePairState((state) => state.field)
  const report = usePairState((state) => state.noise[pair.b.detail.row.id])
  return report?.floors.find((floor) => floor.field === field)?.percentile99
}

async function measure({ b }: Pair): Promise<void> {
  const { id, backend } = b.detail.row
  const { change } = usePairState.getState()
  change({ measuring: true })
  const { path, options } = b.detail.model
  const answer = await call('numerics.noise', {
    test: { path, backend, kvType: options.kvType, precision: options.precision },
    sequence: { kind: 'run', runId: id }
  })
  change({ measuring: false })
  if (answer.ok) change({ noise: { ...usePairState.getState().noise, [id]: answer.value } })
  else reportError(answer.error)
}

/** One line: the floor below which a difference says nothing, measured by repeating run B here; or the button that does it. */
export const NoiseFloor = ({ pair }: { readonly pair: Pair }) => {
  const t = useTranslate()
  const report = usePairState((state) => state.noise[pair.b.detail.row.id])
  const measuring = usePairState((state) => state.measuring)
  const progress = useStore((state) => state.numericsProgress)
  return (
    <p className="m-0 flex w-full flex-wrap items-center gap-x-1.5 gap-y-1 text-xs text-muted" data-testid="noise-floor">
      <Info aria-hidden size={12} />
      {report === undefined ? t('compare.noiseUnknown') : <Measured report={report} />}
      {report === undefined && (
        <Button size="small" disabled={measuring} onClick={() => void measure(pair)}>
          {measuring ? (progress?.what ?? t('compare.noiseMeasuring')) : t('compare.noiseMeasure')}
        </Button>
      )}
      <span>{t('compare.keysHelp')}</span>
    </p>
  )
}

const Measured = ({ report }: { readonly report: NoiseReport }) => {
  const t = useTranslate()
  const field = usePairState((state) => state.field)
  const floor = report.floors.find((entry) => entry.field === field)
  const count = report.repeats.length
  if (report.verdict === 'bit-identical') return <span>{t('compare.noiseNone', { count, backend: report.test })}</span>
  if (floor === undefined || !(TRACE_FLOAT_FIELDS as readonly string[]).includes(field)) return <span>{t('compare.noiseCounts')}</span>
  return (
    <span>
      {t('compare.noiseFloor', {
        count,
        backend: report.test,
        statistic: t(FIELD_TITLES[field]),
        value: floor.largest.toExponential(1),
        place: `${floor.layer < 0 ? '' : `${floor.layer} · `}${floor.point}`
      })}
    </span>
  )
}
