import { Crosshair } from 'lucide-react'
import type { DivergenceReport, ParityReport } from '../../../../shared/protocol'
import { useTranslate } from '../../../i18n'
import { useStore } from '../../../store'
import { Button } from '../../../ui/Button'
import { VirtualTable } from '../../../ui/VirtualTable'
import { ToolFrame, ToolVerdict } from './ToolFrame'
import { sequenceOf, useToolState } from './tool-state'
import { useTool } from './use-tool'

const number = (value: number | undefined): string => {
  if (value === undefined) return ''
  if (value === 0) return '0'
  return Number.isFinite(value) ? value.toExponential(2) : Number.isNaN(value) ? '–' : String(value)
}
const percent = (value: number): string => `${(value * 100).toFixed(2)} %`

/** Two ways of computing the same thing on the same tokens: how far apart, and which operation first. */
export const ParityTool = () => {
  const t = useTranslate()
  const { reference, tested, source, text } = useToolState()
  const runId = useStore((state) => state.cursor.run)
  const parity = useTool('numerics.parity')
  const divergence = useTool('numerics.divergence')
  const sequence = sequenceOf(source, text, runId)
  return (
    <ToolFrame
      about={t('compare.parityAbout')}
      running={parity.running || divergence.running}
      error={parity.error ?? divergence.error}
      withReference
      onStart={() => parity.start({ reference, test: tested, sequence })}
      extraAction={
        <Button
          icon={Crosshair}
          disabled={parity.running || divergence.running}
          onClick={() => divergence.start({ reference, test: tested, sequence })}
        >
          {t('compare.findFirst')}
        </Button>
      }
    >
      {divergence.report !== undefined && <Divergence report={divergence.report} />}
      {parity.report !== undefined && <Report report={parity.report} />}
    </ToolFrame>
  )
}

const Divergence = ({ report }: { readonly report: DivergenceReport }) => {
  const t = useTranslate()
  const moveCursor = useStore((state) => state.moveCursor)
  const showView = useStore((state) => state.showView)
  const { first } = report
  if (first === undefined) {
    return (
      <ToolVerdict tone="ok" title={report.verdict}>
        {t('compare.agree', { limit: number(report.limit), count: report.positions })}
      </ToolVerdict>
    )
  }
  const open = (): void => {
    moveCursor({ token: first.firstPosition, layer: first.layer, point: first.point, element: undefined })
    showView('layers')
  }
  return (
    <ToolVerdict tone="danger" title={report.verdict}>
      <button
        type="button"
        onClick={open}
        className="rounded text-left text-text underline decoration-dotted underline-offset-2 hover:text-accent"
      >
        {t('compare.card', {
          layer: String(first.layer),
          point: first.point,
          operation: first.operation,
          found: number(first.localNmse),
          limit: number(first.limit),
          position: String(first.firstPosition),
          inputs: number(first.inputsNmse)
        })}
      </button>
      {first.diagnosis !== undefined && <span className="ml-2 font-medium text-text">{first.diagnosis}</span>}
    </ToolVerdict>
  )
}

const Report = ({ report }: { readonly report: ParityReport }) => {
  const t = useTranslate()
  const { summary } = report
  const ok = report.verdict === 'ok'
  const figures: readonly (readonly [string, string])[] = [
    [t('compare.nmse'), number(summary.meanNmse)],
    [t('compare.maxDifference'), number(summary.maxAbsoluteDifference)],
    [t('compare.klMean'), number(summary.klDivergence.mean)],
    [t('compare.klWorst'), number(summary.klDivergence.maximum)],
    [t('compare.top1'), percent(summary.sameTop1Share)],
    [t('compare.top5'), percent(summary.top5Agreement)],
    [t('compare.perplexity'), Number.isFinite(summary.perplexityRatio) ? summary.perplexityRatio.toFixed(6) : '–']
  ]
  return (
    <>
      <ToolVerdict tone={ok ? 'ok' : 'danger'} title={ok ? t('compare.parityOk', { band: report.band }) : t('compare.parityFailed')}>
        {t('compare.parityCounts', { equal: summary.bitEqualPositions, count: summary.positions })} · {report.reference} | {report.test}
      </ToolVerdict>
      {report.failures.length > 0 && (
        <ul className="mx-4 mb-2 list-disc pl-4 text-sm text-danger">
          {report.failures.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      <dl className="m-0 flex flex-wrap gap-x-8 gap-y-1 px-4 pb-3">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt className="label">{name}</dt>
            <dd className="num m-0 text-base">{value}</dd>
          </div>
        ))}
      </dl>
      <div className="flex min-h-72 flex-1 border-t border-line">
        <Points report={report} />
        <Positions report={report} />
      </div>
    </>
  )
}

const Points = ({ report }: { readonly report: ParityReport }) => {
  const t = useTranslate()
  return (
    <VirtualTable
      label={t('compare.pointsTable')}
      className="border-r border-line"
      columns={[
        { id: 'tensor', title: t('compare.tensor'), width: 'minmax(9rem,1fr)' },
        { id: 'cumulative', title: t('compare.cumulative'), width: '8rem', numeric: true },
        { id: 'local', title: t('compare.local'), width: '6rem', numeric: true },
        { id: 'worst', title: t('compare.worstAt'), width: '5rem', numeric: true }
      ]}
      rowCount={report.points.length}
      cell={(row, column) => {
        const point = report.points[row]
        if (point === undefined) return null
        if (column === 'tensor')
          return (
            <span className="num">
              {/^(embedding|final_norm|logits)$/.test(point.point) ? point.point : `${point.layer} · ${point.point}`}
            </span>
          )
        if (column === 'cumulative') return number(point.cumulativeNmse)
        return column === 'local' ? number(point.localNmse) : point.worstPosition < 0 ? '' : point.worstPosition
      }}
    />
  )
}

const Positions = ({ report }: { readonly report: ParityReport }) => {
  const t = useTranslate()
  const moveCursor = useStore((state) => state.moveCursor)
  const worst = report.positions.toSorted((a, b) => b.klDivergence - a.klDivergence || a.position - b.position)
  return (
    <VirtualTable
      label={t('compare.positionsTable')}
      columns={[
        { id: 'position', title: t('compare.position'), width: '5rem', numeric: true },
        { id: 'kl', title: 'KL', width: 'minmax(6rem,1fr)', numeric: true },
        { id: 'nmse', title: 'NMSE', width: 'minmax(6rem,1fr)', numeric: true },
        { id: 'delta', title: t('compare.deltaProbability'), width: 'minmax(6rem,1fr)', numeric: true },
        { id: 'top', title: t('compare.top1'), width: '5.5rem' }
      ]}
      rowCount={worst.length}
      onSelect={(row) => moveCursor({ token: worst[row]?.position })}
      cell={(index, column) => {
        const row = worst[index]
        if (row === undefined) return null
        if (column === 'position') return row.position
        if (column === 'kl') return number(row.klDivergence)
        if (column === 'nmse') return row.bitEqual ? '=' : number(row.nmse)
        if (column === 'delta') return number(row.probabilityDifference)
        return row.sameTop1 ? '✓' : <span className="font-semibold text-warn">⇄</span>
      }}
    />
  )
}
