import { FlaskConical, Play, Square } from 'lucide-react'
import type { ReactNode } from 'react'
import type { GretaErrorData } from '../../../../shared/errors'
import { call } from '../../../bridge'
import { useTranslate } from '../../../i18n'
import { useStore } from '../../../store'
import { Badge, type Tone } from '../../../ui/Badge'
import { Button } from '../../../ui/Button'
import { EmptyState } from '../../../ui/EmptyState'
import { Progress } from '../../../ui/Progress'
import { Segmented } from '../../../ui/Tabs'
import { TextField } from '../../../ui/TextField'
import { SideEditor } from './SideEditor'
import { useToolState } from './tool-state'

interface ToolFrameProps {
  readonly about: string
  readonly running: boolean
  readonly error: GretaErrorData | undefined
  readonly withReference: boolean
  readonly onStart: () => void
  readonly extraAction?: ReactNode
  readonly children: ReactNode
}

/** What the numeric tools have in common: sides, sequence, start, progress, cancel, errors. */
export const ToolFrame = ({ about, running, error, withReference, onStart, extraAction, children }: ToolFrameProps) => {
  const t = useTranslate()
  const { reference, tested, change } = useToolState()
  const hasModel = useStore((state) => state.model !== undefined)
  const showView = useStore((state) => state.showView)
  const progress = useStore((state) => state.numericsProgress)
  if (!hasModel) {
    return (
      <EmptyState
        icon={FlaskConical}
        title={t('compare.needsModel')}
        actions={<Button onClick={() => showView('model')}>{t('compare.goToModel')}</Button>}
      >
        {t('compare.needsModelText')}
      </EmptyState>
    )
  }
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="flex shrink-0 flex-col gap-2 border-b border-line px-4 py-3">
        <p className="m-0 max-w-3xl text-sm text-muted">{about}</p>
        {withReference && <SideEditor title={t('compare.reference')} side={reference} onChange={(side) => change({ reference: side })} />}
        <SideEditor title={t('compare.tested')} side={tested} onChange={(side) => change({ tested: side })} />
        <SequenceEditor />
        <div className="flex flex-wrap items-center gap-2 pt-1">
          <Button variant="primary" icon={Play} disabled={running} onClick={onStart}>
            {t('compare.run')}
          </Button>
          {extraAction}
          {running && (
            <div role="status" className="flex min-w-64 flex-1 items-center gap-3 text-sm text-muted">
              <span className="whitespace-nowrap">{progress?.what ?? t('compare.running')}</span>
              <Progress label={t('compare.running')} value={progress?.fraction} />
              <Button size="small" icon={Square} onClick={() => void call('numerics.cancel', {})}>
                {t('compare.cancel')}
              </Button>
            </div>
          )}
        </div>
        {error !== undefined && (
          <p role="alert" className="m-0 text-sm text-danger">
            {error.message} {error.hint}
          </p>
        )}
      </div>
      <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">{children}</div>
    </div>
  )
}

const SequenceEditor = () => {
  const t = useTranslate()
  const { source, text, change } = useToolState()
  const hasRun = useStore((state) => state.cursor.run !== undefined)
  const shown = hasRun ? source : 'text'
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span className="label w-20">{t('compare.sequence')}</span>
      <Segmented
        label={t('compare.sequence')}
        value={shown}
        onChange={(next) => change({ source: next })}
        options={[
          { value: 'run', label: t('compare.sequenceRun'), disabled: !hasRun },
          { value: 'text', label: t('compare.sequenceText') }
        ]}
      />
      {shown === 'text' && (
        <TextField
          label={t('compare.sequenceField')}
          value={text}
          onChange={(event) => change({ text: event.target.value })}
          className="min-w-72 flex-1"
        />
      )}
    </div>
  )
}

/** The answer in a word, with what it rests on. */
export const ToolVerdict = ({ tone, title, children }: { readonly tone: Tone; readonly title: string; readonly children?: ReactNode }) => (
  <div role="status" className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3">
    <Badge tone={tone} className="h-6 px-2 text-sm">
      {title}
    </Badge>
    <span className="text-sm text-muted">{children}</span>
  </div>
)
