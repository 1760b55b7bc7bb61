import { useTranslate } from '../../../i18n'
import { useStore } from '../../../store'
import { Badge } from '../../../ui/Badge'
import { Table, Td, Th } from '../../../ui/Table'
import { ToolFrame, ToolVerdict } from './ToolFrame'
import { sequenceOf, useToolState } from './tool-state'
import { useTool } from './use-tool'

/** Known faults, and whether the tool names them: the tutorial and the test of first divergence. */
export const FaultLabTool = () => {
  const t = useTranslate()
  const { reference, tested, source, text } = useToolState()
  const runId = useStore((state) => state.cursor.run)
  const { running, report, error, start } = useTool('numerics.faultLab')
  const named = report?.exercises.filter((exercise) => exercise.named).length ?? 0
  return (
    <ToolFrame
      about={t('compare.faultLabAbout')}
      running={running}
      error={error}
      withReference
      onStart={() => start({ reference, test: tested, sequence: sequenceOf(source, text, runId) })}
    >
      {report !== undefined && (
        <>
          <ToolVerdict
            tone={named === report.exercises.length ? 'ok' : 'danger'}
            title={t('compare.named', { named, count: report.exercises.length })}
          />
          <div className="px-4 pb-4">
            <Table label={t('compare.tabFaultLab')}>
              <thead>
                <tr>
                  <Th>{t('compare.exercise')}</Th>
                  <Th>{t('compare.injected')}</Th>
                  <Th>{t('compare.found')}</Th>
                  <Th>{t('compare.verdict')}</Th>
                </tr>
              </thead>
              <tbody>
                {report.exercises.map(({ name, teaches, fault, found, named: isNamed }) => (
                  <tr key={name} className="align-top">
                    <Td>
                      <div className="font-medium">{name}</div>
                      <div className="max-w-md text-xs text-muted">{teaches}</div>
                    </Td>
                    <Td className="num whitespace-nowrap">{`${fault.layer} · ${fault.point}`}</Td>
                    <Td>
                      {found === undefined ? (
                        t('compare.foundNothing')
                      ) : (
                        <>
                          <span className="num whitespace-nowrap">{`${found.layer} · ${found.point}`}</span>
                          {found.diagnosis !== undefined && <div className="max-w-sm text-xs text-muted">{found.diagnosis}</div>}
                        </>
                      )}
                    </Td>
                    <Td>
                      <Badge tone={isNamed ? 'ok' : 'danger'}>{t(isNamed ? 'compare.yes' : 'compare.no')}</Badge>
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
