import { useTranslate } from '../../../i18n'
import { useStore } from '../../../store'
import { Table, Td, Th } from '../../../ui/Table'
import { ToolFrame, ToolVerdict } from './ToolFrame'
import { sequenceOf, useToolState } from './tool-state'
import { useTool } from './use-tool'

/** Is the result the same however the tokens are fed: one prefill, token by token, chunks, after a rewind, elsewhere? */
export const EquivalenceTool = () => {
  const t = useTranslate()
  const { tested, source, text } = useToolState()
  const runId = useStore((state) => state.cursor.run)
  const { running, report, error, start } = useTool('numerics.equivalence')
  return (
    <ToolFrame
      about={t('compare.equivalenceAbout')}
      running={running}
      error={error}
      withReference={false}
      onStart={() => start({ test: tested, sequence: sequenceOf(source, text, runId) })}
    >
      {report !== undefined && (
        <>
          <ToolVerdict
            tone={report.verdict === 'equal' ? 'ok' : 'danger'}
            title={t(report.verdict === 'equal' ? 'compare.equal' : 'compare.different')}
          >
            {t('compare.equalCounts', { points: report.tracePoints, positions: report.positions })} · {report.reference}
          </ToolVerdict>
          <div className="px-4">
            <Table label={t('compare.tabEquivalence')}>
              <thead>
                <tr>
                  <Th>{t('compare.way')}</Th>
                  <Th>{t('compare.verdict')}</Th>
                  <Th>{t('compare.where')}</Th>
                </tr>
              </thead>
              <tbody>
                {report.ways.map((way) => (
                  <tr key={way.name}>
                    <Td>{way.name}</Td>
                    <Td className={way.bitEqual ? 'text-ok' : 'font-medium text-danger'}>
                      {t(way.bitEqual ? 'compare.bitEqual' : 'compare.differs')}
                    </Td>
                    <Td>
                      {way.firstDifference !== undefined &&
                        t('compare.whereText', {
                          tensor: `${way.firstDifference.layer} · ${way.firstDifference.point}`,
                          position: String(way.firstDifference.position),
                          count: way.firstDifference.differingPositions,
                          boundary: way.firstDifference.boundary
                        })}
                    </Td>
                  </tr>
                ))}
              </tbody>
            </Table>
          </div>
        </>
      )}
    </ToolFrame>
  )
}
