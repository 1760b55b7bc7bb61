import { reportError } from '../../actions/report'
import { call } from '../../bridge'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { useDrift } from '../../store/drift'
import { Select } from '../../ui/Select'
import { Switch } from '../../ui/Switch'
import { useRunChoices } from '../compare/use-pair'

const ENGINE = 'engine'

async function follow(on: boolean): Promise<void> {
  const { change, runId } = useDrift.getState()
  change({ starting: true, error: undefined })
  if (!on) {
    await call('drift.stop', {})
    return change({ starting: false, following: undefined })
  }
  const answer = await call('drift.follow', runId === undefined ? { reference: {} } : { runId })
  change({
    starting: false,
    ...(answer.ok ? { following: answer.value.reference, layers: answer.value.layers } : { following: undefined })
  })
  if (!answer.ok) reportError(answer.error)
}

const useReady = (): boolean => {
  const starting = useDrift((state) => state.starting)
  return useStore((state) => state.model !== undefined && state.live === undefined) && !starting
}

/** Turns whatever follows every generation on and off. */
export const DriftSwitch = ({ short = false }: { readonly short?: boolean }) => {
  const t = useTranslate()
  const following = useDrift((state) => state.following)
  const ready = useReady()
  return (
    <Switch
      label={<span className="text-sm whitespace-nowrap">{t(short ? 'drift.followShort' : 'drift.follow')}</span>}
      checked={following !== undefined}
      disabled={!ready}
      onChange={(on) => void follow(on)}
    />
  )
}

/** What follows: the reference engine in lockstep, or a recorded run; and whether new runs can be such a reference. */
export const DriftReference = () => {
  const t = useTranslate()
  const ready = useReady()
  const runId = useDrift((state) => state.runId)
  const change = useDrift((state) => state.change)
  const following = useDrift((state) => state.following)
  const keeps = useStore((state) => state.capture.sketches === true)
  const changeCapture = useStore((state) => state.changeCapture)
  const choices = useRunChoices() ?? []
  const options = [
    { value: ENGINE, label: t('drift.engine'), description: t('drift.engineText') },
    ...choices.map((row) => ({
      value: row.id,
      label: row.name === '' ? row.promptPreview.slice(0, 32) : row.name,
      description: `${row.quantLabel} · ${row.backend} · ${new Date(row.createdAt).toLocaleTimeString()}`
    }))
  ]
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
      <Select
        size="small"
        className="w-48"
        label={t('drift.reference')}
        disabled={!ready}
        value={options.some(({ value }) => value === runId) ? (runId ?? ENGINE) : ENGINE}
        options={options}
        onChange={(value) => {
          change({ runId: value === ENGINE ? undefined : value })
          if (following !== undefined) void follow(true)
        }}
      />
      <Switch
        label={<span className="text-sm whitespace-nowrap">{t('drift.keep')}</span>}
        checked={keeps}
        onChange={(on) => changeCapture({ sketches: on })}
      />
    </div>
  )
}
