import { Play } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import type { DevicePlan, LoadOptions, MemoryPlanSummary, ModelInspection } from '../../../shared/protocol'
import { formatBytes } from '../../../shared/units'
import { loadModel } from '../../actions/models'
import { call } from '../../bridge'
import { type PlainMessageKey, useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { Badge } from '../../ui/Badge'
import { Button } from '../../ui/Button'
import { cx } from '../../ui/classes'
import { NumberField } from '../../ui/NumberField'
import { Segmented } from '../../ui/Tabs'
import { Switch } from '../../ui/Switch'
import { useModelState } from './model-state'

/** Options of a load and what each device would need for it, before anything is loaded. */
export const LoadTab = ({ inspection }: { readonly inspection: ModelInspection }) => {
  const t = useTranslate()
  const options = useModelState((state) => state.options)
  const { plans, failure } = usePlans(inspection.path, options)
  return (
    <div className="flex flex-col gap-4 p-4">
      <Options inspection={inspection} options={options} />
      <section className="flex flex-col gap-2">
        <h3 className="overline">{t('model.planTitle')}</h3>
        {failure !== undefined && (
          <p role="alert" className="text-danger">
            {failure}
          </p>
        )}
        {byPreference(plans).map((plan, index) => (
          <PlanCard key={plan.device.name} plan={plan} path={inspection.path} options={options} preferred={index === 0} />
        ))}
      </section>
    </div>
  )
}

/** GPUs first, then the CPU, then the slow specification; what cannot be used comes last. */
const ORDER = ['hip', 'cuda', 'cpu', 'reference']
function byPreference(plans: readonly DevicePlan[]): readonly DevicePlan[] {
  const rank = (plan: DevicePlan) =>
    (plan.plan === undefined ? 100 : 0) + ((ORDER.indexOf(plan.device.name) + ORDER.length + 1) % (ORDER.length + 1))
  return [...plans].sort((a, b) => rank(a) - rank(b))
}

const PLAN_AFTER_MILLISECONDS = 200

function usePlans(path: string, options: LoadOptions) {
  const [plans, setPlans] = useState<readonly DevicePlan[]>([])
  const [failure, setFailure] = useState<string | undefined>(undefined)
  useEffect(() => {
    let current = true
    const timer = setTimeout(() => {
      void call('model.plan', { path, options }).then((answer) => {
        if (!current) return
        setFailure(answer.ok ? undefined : answer.error.message)
        setPlans(answer.ok ? answer.value.plans : [])
      })
    }, PLAN_AFTER_MILLISECONDS)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [path, options])
  return { plans, failure }
}

const Options = ({ inspection, options }: { readonly inspection: ModelInspection; readonly options: LoadOptions }) => {
  const t = useTranslate()
  const change = useModelState((state) => state.change)
  const set = (part: Partial<LoadOptions>): void => change({ options: { ...options, ...part } })
  const trained = inspection.config?.contextLength ?? 4096
  return (
    <div className="flex flex-wrap items-end gap-x-6 gap-y-3">
      <Option name={t('model.optionContext')}>
        <NumberField
          label={t('model.optionContext')}
          value={options.context ?? Math.min(4096, trained)}
          min={1}
          max={1_048_576}
          step={256}
          className="w-24"
          onChange={(context) => set({ context: Math.round(context) })}
        />
      </Option>
      <Option name={t('model.optionKv')}>
        <Segmented
          label={t('model.optionKv')}
          value={options.kvType ?? 'f16'}
          onChange={(kvType) => set({ kvType })}
          options={[
            { value: 'f32', label: 'f32' },
            { value: 'f16', label: 'f16' }
          ]}
        />
      </Option>
      <Option name={t('model.optionPrecision')}>
        <Segmented
          label={t('model.optionPrecision')}
          value={options.precision ?? 'f32'}
          onChange={(precision) => set({ precision })}
          options={[
            { value: 'f32', label: 'f32' },
            { value: 'bf16', label: 'bf16' }
          ]}
        />
      </Option>
      <Option name={`${t('model.optionThreads')} (${t('model.optionThreadsAuto')})`}>
        <NumberField
          label={t('model.optionThreads')}
          value={options.threads ?? 0}
          min={0}
          max={1024}
          onChange={(threads) => {
            const { threads: _, ...rest } = options
            change({ options: threads < 1 ? rest : { ...rest, threads: Math.round(threads) } })
          }}
        />
      </Option>
      <Option name={t('model.optionBatch')}>
        <NumberField
          label={t('model.optionBatch')}
          value={options.batch ?? 512}
          min={1}
          max={65_536}
          step={64}
          onChange={(batch) => set({ batch: Math.round(batch) })}
        />
      </Option>
      <Switch
        label={t('model.optionIgnore')}
        checked={options.ignoreMemoryLimit === true}
        onChange={(ignoreMemoryLimit) => set({ ignoreMemoryLimit })}
      />
    </div>
  )
}

const Option = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <div className="flex flex-col gap-1">
    <span className="label">{name}</span>
    <div className="flex h-6.5 items-center">{children}</div>
  </div>
)

type PlanPart = { readonly [K in keyof MemoryPlanSummary]: MemoryPlanSummary[K] extends number ? K : never }[keyof MemoryPlanSummary]
const PARTS: readonly { readonly key: PlanPart; readonly title: PlainMessageKey; readonly color: string }[] = [
  { key: 'weightsMappedBytes', title: 'model.planWeightsMapped', color: 'var(--series-1)' },
  { key: 'weightsResidentBytes', title: 'model.planWeightsResident', color: 'var(--series-7)' },
  { key: 'kvCacheBytes', title: 'model.planKv', color: 'var(--series-2)' },
  { key: 'activationsBytes', title: 'model.planActivations', color: 'var(--series-4)' },
  { key: 'traceBytes', title: 'model.planTrace', color: 'var(--series-5)' },
  { key: 'logitsHistoryBytes', title: 'model.planLogits', color: 'var(--series-3)' },
  { key: 'otherBytes', title: 'model.planOther', color: 'var(--series-6)' }
]

interface PlanCardProps {
  readonly plan: DevicePlan
  readonly path: string
  readonly options: LoadOptions
  /** The device to take unless there is a reason for another. */
  readonly preferred: boolean
}

const PlanCard = ({ plan, path, options, preferred }: PlanCardProps) => {
  const t = useTranslate()
  const busy = useStore((state) => state.loading !== undefined || state.live !== undefined)
  const { device, plan: memory } = plan
  const usable = memory !== undefined && (memory.fits || options.ignoreMemoryLimit === true)
  // Against what is available a small model's parts could not be told apart; then the bar shows their mix.
  const whole =
    memory === undefined
      ? 1
      : Math.max(1, memory.totalBytes > memory.availableBytes / 8 ? Math.max(memory.totalBytes, memory.availableBytes) : memory.totalBytes)
  return (
    <article aria-label={device.name} className={cx('rounded-lg border border-line px-3 py-2.5', memory === undefined && 'bg-sunken')}>
      <div className="flex flex-wrap items-center gap-2">
        <h4 className="num text-base font-semibold">{device.name}</h4>
        {memory === undefined ? (
          <Badge>{t('model.planUnavailable')}</Badge>
        ) : (
          <Badge tone={memory.fits ? 'ok' : 'danger'}>{t(memory.fits ? 'model.planFits' : 'model.planTooLarge')}</Badge>
        )}
        <span className="min-w-0 flex-1 text-sm text-muted">{device.description}</span>
        {memory !== undefined && (
          <Button
            variant={usable && preferred ? 'primary' : 'secondary'}
            icon={Play}
            disabled={!usable || busy}
            onClick={() => void loadModel(path, { ...options, backend: device.name })}
          >
            {t('model.loadOn', { backend: device.name })}
          </Button>
        )}
      </div>
      {memory === undefined ? (
        <p className="mt-1 mb-0 text-sm text-muted">{plan.reason ?? device.reason}</p>
      ) : (
        <>
          <div className="mt-2 flex items-center gap-3">
            <div aria-hidden className="flex h-3 flex-1 overflow-hidden rounded bg-line/60">
              {PARTS.map(({ key, color }) => (
                <div key={key} style={{ width: `${(memory[key] / whole) * 100}%`, background: color }} />
              ))}
            </div>
            <span className="num text-sm whitespace-nowrap">
              {t('model.planTotal', { total: formatBytes(memory.totalBytes), available: formatBytes(memory.availableBytes) })}
            </span>
          </div>
          <ul className="mt-1.5 flex flex-wrap gap-x-4 gap-y-0.5 text-sm text-muted">
            {PARTS.filter(({ key }) => memory[key] > 0).map(({ key, title, color }) => (
              <li key={key} className="flex items-center gap-1.5">
                <span aria-hidden className="size-2 rounded-[2px]" style={{ background: color }} />
                {t(title)} <span className="num text-text">{formatBytes(memory[key])}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </article>
  )
}
