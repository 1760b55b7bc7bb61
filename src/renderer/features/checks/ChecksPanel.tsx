import { Play, ShieldCheck, Square } from 'lucide-react'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { Progress } from '../../ui/Progress'
import { type Tool, useChecks } from './checks-state'
import { DivergenceView } from './DivergenceView'
import { EquivalenceView, FaultLabView, HealthView } from './OtherViews'
import { ParityView } from './ParityView'
import { cancelCheck, runCheck } from './run-check'
import { TOOL_HELP, TOOL_TITLES } from './tool-titles'

/** The numeric tools: choose two sides and tokens, run one, read its report. */
export const ChecksPanel = () => {
  const t = useTranslate()
  const model = useStore((state) => state.model)
  const showView = useStore((state) => state.showView)
  if (model === undefined)
    return (
      <EmptyState
        icon={ShieldCheck}
        title={t('checks.noModel')}
        actions={
          <Button variant="primary" onClick={() => showView('model')}>
            {t('checks.goToModel')}
          </Button>
        }
      >
        {t('checks.noModelText')}
      </EmptyState>
    )
  return (
    <div className="flex h-full min-h-0 flex-col">
      <Header />
      <Results />
    </div>
  )
}

const Header = () => {
  const t = useTranslate()
  const { tool, running } = useChecks()
  return (
    <header className="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-2">
      <p className="m-0 min-w-64 flex-1 text-sm text-muted">{t(TOOL_HELP[tool])}</p>
      {running === undefined ? (
        <Button variant="primary" icon={Play} onClick={() => void runCheck(tool)} data-testid="run-check">
          {t('checks.run')}
        </Button>
      ) : (
        <Running />
      )}
    </header>
  )
}

const Running = () => {
  const t = useTranslate()
  const cancelling = useChecks((state) => state.cancelling)
  const progress = useStore((state) => state.numericsProgress)
  return (
    <>
      <Button icon={Square} disabled={cancelling} onClick={() => void cancelCheck()}>
        {t('app.cancel')}
      </Button>
      <div className="flex w-64 min-w-0 flex-col gap-1">
        <span className="truncate text-sm text-muted" aria-live="polite">
          {progress?.what ?? t('checks.starting')}
        </span>
        {/* Some tools only say what they are at: no share means no known end. */}
        <Progress label={t('checks.progress')} value={progress === undefined || progress.fraction === 0 ? undefined : progress.fraction} />
      </div>
    </>
  )
}

const Results = () => {
  const t = useTranslate()
  const { tool, reports, errors, running } = useChecks()
  const error = errors[tool]
  return (
    <div className="min-h-0 flex-1 overflow-y-auto" data-testid="check-report" data-running={running !== undefined}>
      {error !== undefined && (
        <p role="alert" className="m-4 mb-0 rounded-md bg-danger-soft p-3 text-danger">
          {error.message} {error.hint}
        </p>
      )}
      {reports[tool] === undefined ? (
        error === undefined && (
          <EmptyState
            icon={ShieldCheck}
            title={t(running === tool ? 'checks.working' : 'checks.emptyTitle', { tool: t(TOOL_TITLES[tool]) })}
            actions={
              running === undefined && (
                <Button variant="primary" icon={Play} onClick={() => void runCheck(tool)}>
                  {t('checks.runTool', { tool: t(TOOL_TITLES[tool]) })}
                </Button>
              )
            }
          >
            {t(TOOL_HELP[tool])}
          </EmptyState>
        )
      ) : (
        <div className="flex flex-col gap-5 p-4">
          <Report tool={tool} />
        </div>
      )}
    </div>
  )
}

const Report = ({ tool }: { readonly tool: Tool }) => {
  const reports = useChecks((state) => state.reports)
  if (tool === 'parity')
    return reports.parity === undefined ? null : <ParityView key={reports.parity.milliseconds} finished={reports.parity} />
  if (tool === 'divergence')
    return reports.divergence === undefined ? null : <DivergenceView key={reports.divergence.milliseconds} finished={reports.divergence} />
  if (tool === 'equivalence') return reports.equivalence === undefined ? null : <EquivalenceView finished={reports.equivalence} />
  if (tool === 'health')
    return reports.health === undefined ? null : <HealthView key={reports.health.milliseconds} finished={reports.health} />
  return reports.faultLab === undefined ? null : <FaultLabView key={reports.faultLab.milliseconds} finished={reports.faultLab} />
}
