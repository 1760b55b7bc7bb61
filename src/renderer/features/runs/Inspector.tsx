import { Download, FolderOpen, MousePointerClick, RefreshCcw, Trash2, X } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import { rateFigure } from '../../../shared/figures'
import { faultText, type RunCheck, type RunDetail } from '../../../shared/protocol'
import { formatBytes, formatMilliseconds } from '../../../shared/units'
import { reportError } from '../../actions/report'
import { openRun } from '../../actions/runs'
import { call } from '../../bridge'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { Badge } from '../../ui/Badge'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { EmptyState } from '../../ui/EmptyState'
import { Progress } from '../../ui/Progress'
import { Switch } from '../../ui/Switch'
import { TextField } from '../../ui/TextField'
import { FaultBadge } from '../fault/FaultBadge'
import { faultsOfRun } from '../fault/run-faults'
import { deleteRun, exportRun, updateRun, useLibrary } from './library'
import { formatWhen, STATE_WORDS, verdictWords } from './run-words'
import { TokenVerdicts } from './TokenVerdicts'

const Fact = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <div className="grid grid-cols-[7rem_minmax(0,1fr)] gap-2 border-b border-line/60 py-1 text-sm last:border-0">
    <dt className="text-muted">{name}</dt>
    <dd className="num break-words">{children}</dd>
  </div>
)

const Verdict = ({ check }: { readonly check: RunCheck }) => {
  const t = useTranslate()
  const { text, tone } = verdictWords(t, check)
  return (
    <div role="status" className="flex flex-col gap-1 rounded-md border border-line bg-sunken p-2" data-testid="verdict">
      <Badge tone={tone} className="self-start">
        {text}
      </Badge>
      <p className="text-sm">{check.sentence}</p>
      {check.tokens.length > 0 && <TokenVerdicts tokens={check.tokens} />}
      {check.circumstances.length > 0 && <p className="text-sm text-muted">{check.circumstances.join(' · ')}</p>}
    </div>
  )
}

/** Computes the run again on this machine; the verdict stays until another run is chosen. */
const CheckAgain = ({ id }: { readonly id: string }) => {
  const t = useTranslate()
  const progress = useStore((state) => (state.checkProgress?.runId === id ? state.checkProgress : undefined))
  const busy = useStore((state) => state.live !== undefined || state.starting)
  const [check, setCheck] = useState<RunCheck | undefined>(undefined)
  const [running, setRunning] = useState(false)
  const run = async () => {
    setRunning(true)
    setCheck(undefined)
    const answer = await call('runs.check', { id })
    setRunning(false)
    if (answer.ok) setCheck(answer.value)
    else reportError(answer.error)
  }
  return (
    <>
      <Button icon={RefreshCcw} disabled={running || busy} onClick={() => void run()} data-testid="check-run">
        {t('runs.check')}
      </Button>
      {running && progress !== undefined && (
        <div className="w-full text-sm text-muted">
          {t('runs.checking', { done: progress.done, total: progress.total })}
          <Progress label={t('runs.check')} value={progress.total === 0 ? undefined : progress.done / progress.total} />
        </div>
      )}
      {check !== undefined && (
        <div className="w-full">
          <Verdict check={check} />
        </div>
      )}
    </>
  )
}

const Tags = ({ id, tags }: { readonly id: string; readonly tags: readonly string[] }) => {
  const t = useTranslate()
  const [draft, setDraft] = useState('')
  const add = () => {
    const tag = draft.trim()
    if (tag !== '' && !tags.includes(tag)) void updateRun(id, { tags: [...tags, tag] })
    setDraft('')
  }
  return (
    <div className="flex flex-wrap items-center gap-1">
      {tags.map((tag) => (
        <span key={tag} className="flex items-center gap-0.5 rounded bg-hover pl-1.5 text-sm">
          {tag}
          <button
            type="button"
            aria-label={t('runs.removeTag', { tag })}
            onClick={() => void updateRun(id, { tags: tags.filter((other) => other !== tag) })}
            className="grid size-5 place-items-center rounded text-faint hover:text-danger"
          >
            <X aria-hidden size={11} />
          </button>
        </span>
      ))}
      <TextField
        label={t('runs.addTag')}
        placeholder={t('runs.addTag')}
        value={draft}
        maxLength={64}
        onChange={(event) => setDraft(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && add()}
        onBlur={add}
        className="h-6! w-28 text-sm"
      />
    </div>
  )
}

const DetailForm = ({ detail }: { readonly detail: RunDetail }) => {
  const t = useTranslate()
  const language = useStore((state) => state.settings.language)
  const showView = useStore((state) => state.showView)
  const row = useLibrary((state) => state.rows.find((other) => other.id === detail.row.id)) ?? detail.row
  const [name, setName] = useState(row.name)
  const [notes, setNotes] = useState(detail.notes)
  const [confirming, setConfirming] = useState(false)
  const [stateKey, stateTone] = STATE_WORDS[row.state]
  const open = async () => {
    if (await openRun(row.id)) showView('play')
  }
  return (
    <div className="flex flex-col gap-4 p-3" data-testid="run-detail">
      <TextField
        label={t('runs.name')}
        placeholder={t('runs.unnamed')}
        value={name}
        maxLength={200}
        onChange={(event) => setName(event.target.value)}
        onBlur={() => name !== row.name && void updateRun(row.id, { name })}
        onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
        className="h-8! text-lg! font-semibold"
      />
      <div className="flex flex-wrap gap-2">
        <Button variant="primary" icon={FolderOpen} onClick={() => void open()}>
          {t('runs.open')}
        </Button>
        <CheckAgain key={row.id} id={row.id} />
        <Button icon={Download} onClick={() => void exportRun(row.id)}>
          {t('runs.export')}
        </Button>
        <Button icon={Trash2} variant="danger" onClick={() => setConfirming(true)}>
          {t('runs.delete')}
        </Button>
      </div>
      <Tags id={row.id} tags={row.tags} />
      <Switch label={t('runs.pin')} checked={row.pinned} onChange={(pinned) => void updateRun(row.id, { pinned })} />
      <section>
        <h2 className="overline">{t('runs.prompt')}</h2>
        <p className="max-h-24 overflow-auto text-sm whitespace-pre-wrap text-muted">
          <bdi>{detail.promptText}</bdi>
        </p>
      </section>
      <section>
        <h2 className="overline">{t('runs.text')}</h2>
        <p className="max-h-40 overflow-auto text-sm whitespace-pre-wrap">
          <bdi>{row.textPreview}</bdi>
        </p>
      </section>
      <label className="flex flex-col gap-1">
        <span className="overline">{t('runs.notes')}</span>
        <textarea
          value={notes}
          rows={3}
          onChange={(event) => setNotes(event.target.value)}
          onBlur={() => notes !== detail.notes && void updateRun(row.id, { notes })}
          className="resize-y rounded-md border border-line-strong/60 bg-surface px-2 py-1 hover:border-line-strong"
        />
      </label>
      <dl>
        <Fact name={t('runs.state')}>
          <Badge tone={stateTone}>{t(stateKey)}</Badge> {detail.failure}
        </Fact>
        {row.plantedFault === true && (
          <Fact name={t('fault.title')}>
            <FaultBadge row={row} detail={detail} />{' '}
            <span className="num break-words">{faultsOfRun(detail).map(faultText).join(', ')}</span>
          </Fact>
        )}
        {row.parent !== undefined && (
          <Fact name={t('play.branches')}>{t('runs.branchOf', { run: row.parent.runId, position: String(row.parent.position) })}</Fact>
        )}
        <Fact name={t('runs.when')}>{formatWhen(row.createdAt, language)}</Fact>
        <Fact name={t('runs.model')}>
          {row.modelFileName} · {row.quantLabel}
        </Fact>
        <Fact name={t('runs.backend')}>
          {row.backend} · {row.device}
        </Fact>
        <Fact name={t('runs.tokens')}>
          {row.summary.promptTokens} + {row.summary.generatedTokens}
        </Fact>
        <Fact name={t('runs.speed')}>{rateFigure(row.summary.decodeTokensPerSecond)}</Fact>
        <Fact name={t('runs.firstToken')}>
          {row.summary.timeToFirstTokenMilliseconds === undefined ? '–' : formatMilliseconds(row.summary.timeToFirstTokenMilliseconds)}
        </Fact>
        <Fact name={t('runs.seed')}>{row.seed}</Fact>
        <Fact name={t('runs.size')}>{formatBytes(row.sizeBytes)}</Fact>
        <Fact name={t('runs.build')}>{row.engineBuild}</Fact>
        {row.modelSha256 !== undefined && <Fact name={t('runs.hash')}>{row.modelSha256}</Fact>}
      </dl>
      <Dialog
        open={confirming}
        onOpenChange={setConfirming}
        title={t('runs.deleteTitle')}
        description={t('runs.deleteBody')}
        closeLabel={t('app.close')}
        footer={
          <>
            <Button onClick={() => setConfirming(false)}>{t('app.cancel')}</Button>
            <Button
              variant="danger"
              icon={Trash2}
              onClick={() => {
                setConfirming(false)
                void deleteRun(row.id)
              }}
            >
              {t('runs.delete')}
            </Button>
          </>
        }
      >
        <p className="truncate">{row.name === '' ? row.promptPreview : row.name}</p>
      </Dialog>
    </div>
  )
}

/** The chosen run: figures, notes, and what can be done with it. */
export const Inspector = () => {
  const t = useTranslate()
  const selected = useLibrary((state) => state.selected)
  const any = useLibrary((state) => state.rows.length > 0)
  const [detail, setDetail] = useState<RunDetail | undefined>(undefined)
  useEffect(() => {
    if (selected === undefined) {
      setDetail(undefined)
      return undefined
    }
    let current = true
    void call('runs.open', { id: selected }).then((answer) => current && setDetail(answer.ok ? answer.value : undefined))
    return () => {
      current = false
    }
  }, [selected])
  if (detail === undefined || selected === undefined)
    return (
      <EmptyState icon={MousePointerClick} title={t(any ? 'runs.noneChosen' : 'layers.nothingToInspect')}>
        {t(any ? 'runs.noneChosenHint' : 'layers.nothingToInspectText')}
      </EmptyState>
    )
  return (
    <div className="min-h-0 flex-1 overflow-auto">
      <DetailForm key={detail.row.id} detail={detail} />
    </div>
  )
}
