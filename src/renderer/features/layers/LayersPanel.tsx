import { Layers3 } from 'lucide-react'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { Button } from '../../ui/Button'
import { EmptyState } from '../../ui/EmptyState'
import { AlertStrip } from './AlertStrip'
import { LayersPicture } from './LayersPicture'
import { Toolbar } from './Toolbar'
import { useShownTrace } from './use-layers'

/** The numbers below the logits: one statistic of every tensor, over layers, operations and tokens. */
export const LayersPanel = () => {
  const { columns, trace } = useShownTrace()
  if (columns === undefined) return <NoRun />
  if (trace === undefined || trace.end === 0)
    return <NoTrace level={columns.detail.settings.capture.level} running={columns.detail.row.state === 'running'} />
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <Toolbar trace={trace} />
      <AlertStrip trace={trace} columns={columns} />
      <LayersPicture columns={columns} trace={trace} />
    </div>
  )
}

const NoRun = () => {
  const t = useTranslate()
  const showView = useStore((state) => state.showView)
  return (
    <EmptyState
      icon={Layers3}
      title={t('layers.emptyNoRun')}
      actions={
        <>
          <Button variant="primary" onClick={() => showView('play')}>
            {t('layers.goToPlay')}
          </Button>
          <Button onClick={() => showView('runs')}>{t('layers.goToRuns')}</Button>
        </>
      }
    >
      {t('layers.emptyNoRunText')}
    </EmptyState>
  )
}

const LEVEL_TITLES = { off: 'layers.levelOff', logits: 'layers.levelLogits', stats: 'layers.levelStats' } as const

const NoTrace = ({ level, running }: { readonly level: 'off' | 'logits' | 'stats'; readonly running: boolean }) => {
  const t = useTranslate()
  const showView = useStore((state) => state.showView)
  const changeCapture = useStore((state) => state.changeCapture)
  if (level === 'stats' && running) return <EmptyState icon={Layers3} title={t('layers.emptyWaiting')} />
  return (
    <EmptyState
      icon={Layers3}
      title={t('layers.emptyNoTrace')}
      actions={
        <>
          <Button
            variant="primary"
            onClick={() => {
              changeCapture({ level: 'stats' })
              showView('play')
            }}
          >
            {t('layers.turnOnStatistics')}
          </Button>
          <Button onClick={() => showView('runs')}>{t('layers.goToRuns')}</Button>
        </>
      }
    >
      {t('layers.emptyNoTraceText', { level: t(LEVEL_TITLES[level]) })}
    </EmptyState>
  )
}
