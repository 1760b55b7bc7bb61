import { errorFigure, percentFigure } from '../../../shared/figures'
import { useTranslate } from '../../i18n'
import { Table, Td, Th } from '../../ui/Table'
import type { Finished } from './checks-state'
import { Provenance, Section, VerdictCard } from './parts'
import { PointErrors } from './PointErrors'
import { PositionErrors } from './PositionErrors'

/** Do two ways of computing the same tokens agree? */
export const ParityView = ({ finished }: { readonly finished: Finished<'parity'> }) => {
  const t = useTranslate()
  const { report } = finished
  const { limits, summary } = report
  return (
    <>
      <VerdictCard
        tone={report.verdict === 'ok' ? 'ok' : 'danger'}
        title={t(report.verdict === 'ok' ? 'checks.parityOk' : 'checks.parityFailed')}
      >
        <p className="m-0 text-sm">
          {t('checks.band', { band: report.band })} {t('checks.limitsWhy', { why: limits.why })}
        </p>
        <p className="num m-0 text-sm text-muted">
          {t('checks.limits', {
            logits: errorFigure(limits.logitsNmse),
            divergence: errorFigure(limits.meanKlDivergence),
            local: errorFigure(limits.localNmse)
          })}
        </p>
        {report.failures.length > 0 && (
          <ul className="m-0 mt-1 list-disc pl-5 text-sm">
            {report.failures.map((failure) => (
              <li key={failure}>{failure}</li>
            ))}
          </ul>
        )}
      </VerdictCard>
      <Provenance reference={report.reference} test={report.test} milliseconds={finished.milliseconds} />
      <Figures summary={summary} />
      <PositionErrors finished={finished} />
      {report.points.length > 0 && <PointErrors finished={finished} />}
      {report.localSkipped !== undefined && (
        <p className="m-0 text-sm text-muted">{t('checks.localSkipped', { why: report.localSkipped })}</p>
      )}
    </>
  )
}

type Summary = Finished<'parity'>['report']['summary']
const RANKS = [
  ['minimum', 'min'],
  ['percentile1', '1 %'],
  ['percentile5', '5 %'],
  ['percentile10', '10 %'],
  ['median', '50 %'],
  ['percentile90', '90 %'],
  ['percentile95', '95 %'],
  ['percentile99', '99 %'],
  ['percentile999', '99.9 %'],
  ['maximum', 'max']
] as const

const Figures = ({ summary }: { readonly summary: Summary }) => {
  const t = useTranslate()
  const figures = [
    [t('checks.bitEqual'), `${summary.bitEqualPositions} / ${summary.positions}`],
    [t('checks.meanNmse'), errorFigure(summary.meanNmse)],
    [t('checks.worstNmse'), errorFigure(summary.maxNmse)],
    [t('checks.maxLogit'), errorFigure(summary.maxAbsoluteDifference)],
    [t('checks.sameTop'), percentFigure(summary.sameTop1Share)],
    [t('checks.top5'), percentFigure(summary.top5Agreement)],
    [t('checks.perplexityReference'), summary.referencePerplexity.toFixed(4)],
    [t('checks.perplexityTest'), summary.testPerplexity.toFixed(4)],
    [t('checks.perplexityRatio'), summary.perplexityRatio.toFixed(6)]
  ] as const
  return (
    <Section title={t('checks.summary')} help={t('checks.summaryHelp', { count: summary.positions })}>
      <dl className="m-0 flex flex-wrap gap-x-8 gap-y-2 py-1">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt className="label">{name}</dt>
            <dd className="num m-0 text-base">{value}</dd>
          </div>
        ))}
      </dl>
      <div className="overflow-x-auto">
        <Table label={t('checks.percentiles')} className="min-w-[48rem]">
          <thead>
            <tr>
              <Th>{t('checks.percentiles')}</Th>
              <Th numeric>{t('checks.mean')}</Th>
              {RANKS.map(([key, title]) => (
                <Th key={key} numeric>
                  {title}
                </Th>
              ))}
            </tr>
          </thead>
          <tbody>
            {(
              [
                [t('checks.klNats'), summary.klDivergence],
                [t('checks.deltaP'), summary.probabilityDifference]
              ] as const
            ).map(([name, percentiles]) => (
              <tr key={name}>
                <Td className="whitespace-nowrap text-muted">{name}</Td>
                <Td numeric>{errorFigure(percentiles.mean)}</Td>
                {RANKS.map(([key]) => (
                  <Td key={key} numeric>
                    {errorFigure(percentiles[key])}
                  </Td>
                ))}
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
    </Section>
  )
}
