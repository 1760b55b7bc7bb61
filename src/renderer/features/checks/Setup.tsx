import { useEffect, useId, useState } from 'react'
import type { Device, RecentModel } from '../../../shared/protocol'
import { call } from '../../bridge'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { Select } from '../../ui/Select'
import { Segmented } from '../../ui/Tabs'
import { type SideChoice, SOURCES, type Source, sourceNow, useChecks } from './checks-state'

/** Radix takes '' for "nothing chosen": the value of "as loaded" in drop-downs. */
const LOADED = 'loaded'
const shown = (value: string): string => (value === '' ? LOADED : value)
const stored = (value: string): string => (value === LOADED ? '' : value)

interface Choices {
  readonly devices: readonly Device[]
  readonly recents: readonly RecentModel[]
}

function useChoices(): Choices {
  const ready = useStore((state) => state.engine?.state === 'ready')
  const model = useStore((state) => state.model?.path)
  const [choices, setChoices] = useState<Choices>({ devices: [], recents: [] })
  useEffect(() => {
    if (!ready) return undefined
    let current = true
    void Promise.all([call('devices.list', {}), call('model.recents', {})]).then(([devices, recents]) => {
      if (current) setChoices({ devices: devices.ok ? devices.value.devices : [], recents: recents.ok ? recents.value.recents : [] })
    })
    return () => {
      current = false
    }
  }, [ready, model])
  return choices
}

/** What is compared with what, and on which tokens. */
export const Setup = () => {
  const t = useTranslate()
  const choices = useChoices()
  const tool = useChecks((state) => state.tool)
  const twoSided = tool !== 'equivalence' && tool !== 'health'
  return (
    <section aria-label={t('checks.setup')} className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto p-3">
      {twoSided && <SideFields which="reference" choices={choices} />}
      <SideFields which="test" choices={choices} />
      {!twoSided && <p className="m-0 text-xs text-muted">{t('checks.oneSided')}</p>}
      <SequenceFields />
    </section>
  )
}

const SideFields = ({ which, choices }: { readonly which: 'reference' | 'test'; readonly choices: Choices }) => {
  const t = useTranslate()
  const side = useChecks((state) => state[which])
  const change = useChecks((state) => state.change)
  const running = useChecks((state) => state.running !== undefined)
  const model = useStore((state) => state.model)
  const title = t(which === 'reference' ? 'checks.reference' : 'checks.test')
  const set = (part: Partial<SideChoice>): void => change({ [which]: { ...side, ...part } })
  const asLoaded = (value: string | undefined): string => t('checks.asLoaded', { value: value ?? '–' })
  const chosenUnlisted = side.path !== '' && !choices.recents.some((recent) => recent.path === side.path)
  return (
    <fieldset disabled={running} className="m-0 flex min-w-0 flex-col gap-1.5 border-0 p-0">
      <legend className="mb-1.5 p-0 font-semibold">{title}</legend>
      <Row name={t('checks.backend')}>
        <Select
          size="small"
          className="w-44"
          label={`${title}: ${t('checks.backend')}`}
          value={shown(side.backend)}
          onChange={(value) => set({ backend: stored(value) })}
          options={[
            { value: LOADED, label: asLoaded(model?.backend) },
            ...choices.devices.map((device) => ({
              value: device.name,
              label: device.name,
              description: device.available ? device.description : device.reason,
              disabled: !device.available
            }))
          ]}
        />
      </Row>
      <Row name={t('checks.kvType')}>
        <Select
          size="small"
          className="w-44"
          label={`${title}: ${t('checks.kvType')}`}
          value={shown(side.kvType)}
          onChange={(value) => set({ kvType: stored(value) as SideChoice['kvType'] })}
          options={[
            { value: LOADED, label: asLoaded(model?.options.kvType) },
            { value: 'f32', label: 'f32' },
            { value: 'f16', label: 'f16' }
          ]}
        />
      </Row>
      <Row name={t('checks.precision')}>
        <Select
          size="small"
          className="w-44"
          label={`${title}: ${t('checks.precision')}`}
          value={shown(side.precision)}
          onChange={(value) => set({ precision: stored(value) as SideChoice['precision'] })}
          options={[
            { value: LOADED, label: t('checks.engineDefault') },
            { value: 'f32', label: 'f32' },
            { value: 'bf16', label: 'bf16' }
          ]}
        />
      </Row>
      <Row name={t('checks.model')}>
        <Select
          size="small"
          className="w-44"
          label={`${title}: ${t('checks.model')}`}
          value={shown(side.path)}
          onChange={(value) => set({ path: stored(value) })}
          options={[
            { value: LOADED, label: t('checks.loadedFile') },
            ...(chosenUnlisted ? [{ value: side.path, label: side.path }] : []),
            ...choices.recents.map((recent) => ({
              value: recent.path,
              label: recent.fileName,
              description: recent.path,
              disabled: !recent.exists
            }))
          ]}
        />
      </Row>
    </fieldset>
  )
}

const Row = ({ name, children }: { readonly name: string; readonly children: React.ReactNode }) => (
  <div className="flex items-center justify-between gap-2">
    <span className="text-sm text-muted">{name}</span>
    {children}
  </div>
)

const SOURCE_TITLES = { run: 'checks.sourceRun', prompt: 'checks.sourcePrompt', text: 'checks.sourceText' } as const

const SequenceFields = () => {
  const t = useTranslate()
  const id = useId()
  const { source: wanted, text, change, running } = useChecks()
  const runId = useStore((state) => state.cursor.run)
  const source = sourceNow(wanted, runId)
  const run = useStore((state) => (runId === undefined ? undefined : state.runs[runId]?.detail.row))
  const tool = useChecks((state) => state.tool)
  return (
    <fieldset disabled={running !== undefined} className="m-0 flex min-w-0 flex-col gap-2 border-0 p-0">
      <legend className="mb-1.5 p-0 font-semibold">{t('checks.tokens')}</legend>
      <Segmented<Source>
        label={t('checks.tokens')}
        value={source}
        onChange={(value) => change({ source: value })}
        options={SOURCES.map((value) => ({ value, label: t(SOURCE_TITLES[value]), disabled: value === 'run' && run === undefined }))}
      />
      {source === 'text' && (
        <>
          <label htmlFor={id} className="sr-only">
            {t('checks.sourceText')}
          </label>
          <textarea
            id={id}
            rows={5}
            value={text}
            spellCheck={false}
            onChange={(event) => change({ text: event.target.value })}
            className="w-full resize-y rounded-md border border-line-strong/60 bg-surface p-2 text-sm hover:border-line-strong"
          />
        </>
      )}
      {source === 'run' && (
        <p className="m-0 text-sm text-muted">
          {run === undefined
            ? t('checks.noRun')
            : t('checks.runTokens', { name: run.name === '' ? run.promptPreview.slice(0, 60) : run.name })}
        </p>
      )}
      {source === 'prompt' && <p className="m-0 text-sm text-muted">{t('checks.promptHelp')}</p>}
      {tool === 'health' && <p className="m-0 text-xs text-muted">{t('checks.healthPrompts')}</p>}
    </fieldset>
  )
}
