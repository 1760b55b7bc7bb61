import { Check, Copy } from 'lucide-react'
import { useMemo, useState } from 'react'
import { shareFigure } from '../../../shared/figures'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import type { LiveGeneration, RunState } from '../../store/session'
import { useRunColumns, useShownRun } from '../../store/use-run'
import { runRegistry } from '../../store/run-registry'
import { Badge, type Tone } from '../../ui/Badge'
import { IconButton } from '../../ui/Button'
import { copyText } from '../../ui/clipboard'
import { Select } from '../../ui/Select'
import { Switch } from '../../ui/Switch'
import { Segmented } from '../../ui/Tabs'
import { FaultBadge } from '../fault/FaultBadge'
import { BranchBar } from './BranchBar'
import { branchPositions } from './branches'
import { FirstRun } from './FirstRun'
import { Lane } from './lane/Lane'
import { TokenTable } from './TokenTable'
import { COLOUR_MODES, type ColourMode } from './token-facts'

const FINISHED = {
  'end-of-generation': ['play.finishedEnd', 'neutral'],
  length: ['play.finishedLength', 'neutral'],
  'stop-string': ['play.finishedStopString', 'neutral'],
  'context-full': ['play.finishedContext', 'warn'],
  cancelled: ['play.finishedCancelled', 'neutral'],
  failed: ['play.finishedFailed', 'danger'],
  interrupted: ['play.finishedInterrupted', 'danger']
} as const

const RunStateBadge = ({ run, live }: { readonly run: RunState; readonly live: LiveGeneration | undefined }) => {
  const t = useTranslate()
  if (live !== undefined)
    return live.phase === 'prompt' && live.promptTotal > 0 ? (
      <Badge tone="accent">{t('play.readingPrompt', { done: live.promptDone, total: live.promptTotal })}</Badge>
    ) : null
  if (run.finished === undefined) return null
  const [key, tone] = FINISHED[run.finished] as readonly [(typeof FINISHED)[keyof typeof FINISHED][0], Tone]
  return <Badge tone={tone}>{t(key)}</Badge>
}

const Legend = ({ mode }: { readonly mode: ColourMode }) => {
  const t = useTranslate()
  const silenceAbove = useStore((state) => state.settings.silenceAbove)
  if (mode === 'off') return null
  const text =
    mode === 'surprisal'
      ? t('play.legendSurprisal', { share: shareFigure(silenceAbove) })
      : mode === 'entropy'
        ? t('play.legendEntropy')
        : mode === 'margin'
          ? t('play.legendMargin')
          : t('play.legendLatency')
  return (
    <span className="hidden items-center gap-2 text-xs text-faint xl:flex" title={text} role="img" aria-label={text}>
      <span aria-hidden className="lane flex">
        {[1, 2, 3, 4, 5, 6].map((level) => (
          <span key={level} className={`h-4 w-3.5 lane-level-${level}`} />
        ))}
      </span>
      <span className="hidden max-w-96 truncate 2xl:inline">{text}</span>
    </span>
  )
}

const GeneratedCount = () => {
  const t = useTranslate()
  const columns = useRunColumns('frame')
  return (
    <span className="num min-w-16 text-sm whitespace-nowrap text-muted" data-testid="generated-count">
      {t('play.tokenCount', { count: columns?.generatedCount ?? 0 })}
    </span>
  )
}

/** What was generated: coloured text or a table, with its branches. */
export const OutputPanel = () => {
  const t = useTranslate()
  const run = useShownRun()
  const columns = runRegistry.get(run?.detail.row.id)
  const runs = useStore((state) => state.runs)
  const live = useStore((state) => (state.live !== undefined && state.live.runId === state.cursor.run ? state.live : undefined))
  const [mode, setMode] = useState<ColourMode>('surprisal')
  const [view, setView] = useState<'text' | 'table'>('text')
  const [showPrompt, setShowPrompt] = useState(true)
  const [copied, setCopied] = useState(false)
  const runId = run?.detail.row.id
  const branched = useMemo(() => (runId === undefined ? new Set<number>() : branchPositions(runs, runId)), [runs, runId])
  const colourNames: Readonly<Record<ColourMode, string>> = {
    surprisal: t('play.colourSurprisal'),
    entropy: t('play.colourEntropy'),
    margin: t('play.colourMargin'),
    latency: t('play.colourLatency'),
    off: t('play.colourOff')
  }
  if (columns === undefined || run === undefined) return <FirstRun />

  const copy = () => {
    void copyText(columns.texts.slice(columns.promptCount).join('')).then((worked) => {
      if (!worked) return
      setCopied(true)
      setTimeout(() => setCopied(false), 1500)
    })
  }

  return (
    <section aria-label={t('play.output')} className="flex min-h-0 flex-1 flex-col">
      <header className="flex min-h-9 shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-0.5">
        <GeneratedCount />
        <RunStateBadge run={run} live={live} />
        <FaultBadge row={run.detail.row} detail={run.detail} />
        <BranchBar />
        <div className="ml-auto flex flex-wrap items-center gap-x-3 gap-y-1">
          {view === 'text' && <Legend mode={mode} />}
          {view === 'text' && (
            <label className="flex items-center gap-1.5 text-sm text-muted">
              <span className="hidden lg:inline">{t('play.colourBy')}</span>
              <Select
                size="small"
                label={t('play.colourBy')}
                value={mode}
                options={COLOUR_MODES.map((value) => ({ value, label: colourNames[value] }))}
                onChange={setMode}
              />
            </label>
          )}
          <Switch label={t('play.showPrompt')} checked={showPrompt} onChange={setShowPrompt} />
          <Segmented
            label={t('play.viewAs')}
            value={view}
            onChange={setView}
            options={[
              { value: 'text', label: t('play.viewText') },
              { value: 'table', label: t('play.viewTable') }
            ]}
          />
          <IconButton icon={copied ? Check : Copy} label={copied ? t('play.copied') : t('play.copyText')} onClick={copy} />
        </div>
      </header>
      {view === 'table' ? (
        <TokenTable columns={columns} showPrompt={showPrompt} />
      ) : (
        <Lane columns={columns} mode={mode} showPrompt={showPrompt} live={live !== undefined} branched={branched} />
      )}
    </section>
  )
}
