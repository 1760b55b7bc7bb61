import { useEffect, useState } from 'react'
import type { Device, RecentModel, Side } from '../../../../shared/protocol'
import { call } from '../../../bridge'
import { useTranslate } from '../../../i18n'
import { useStore } from '../../../store'
import { Select } from '../../../ui/Select'
import { Segmented } from '../../../ui/Tabs'

/** No path: Radix forbids an empty value. */
const LOADED = 'loaded'

/** One side of a comparison: which file, which backend, how exact. */
export const SideEditor = ({
  title,
  side,
  onChange
}: {
  readonly title: string
  readonly side: Side
  readonly onChange: (side: Side) => void
}) => {
  const t = useTranslate()
  const { devices, recents } = useChoices()
  const set = (part: Partial<Side>): void => onChange({ ...side, ...part })
  const setPath = (path: string): void => {
    const { path: _, ...rest } = side
    onChange(path === LOADED ? rest : { ...rest, path })
  }
  return (
    <fieldset className="m-0 flex flex-wrap items-center gap-x-2 gap-y-1.5 border-0 p-0">
      <legend className="label float-left w-20 pt-1">{title}</legend>
      <Select
        size="small"
        className="w-52"
        label={`${title}: ${t('compare.model')}`}
        value={side.path ?? LOADED}
        onChange={setPath}
        options={[
          { value: LOADED, label: t('compare.loadedModel') },
          ...recents.map((recent) => ({ value: recent.path, label: recent.fileName }))
        ]}
      />
      <Select
        size="small"
        className="w-28"
        label={`${title}: ${t('compare.backend')}`}
        value={side.backend ?? 'cpu'}
        onChange={(backend) => set({ backend })}
        options={devices.map((device) => ({ value: device.name, label: device.name, disabled: !device.available }))}
      />
      <Segmented
        label={`${title}: ${t('compare.kvType')}`}
        value={side.kvType ?? 'f16'}
        onChange={(kvType) => set({ kvType })}
        options={[
          { value: 'f16', label: 'KV f16' },
          { value: 'f32', label: 'KV f32' }
        ]}
      />
      <Segmented
        label={`${title}: ${t('compare.precision')}`}
        value={side.precision ?? 'f32'}
        onChange={(precision) => set({ precision })}
        options={[
          { value: 'f32', label: 'f32' },
          { value: 'bf16', label: 'bf16' }
        ]}
      />
    </fieldset>
  )
}

function useChoices(): { readonly devices: readonly Device[]; readonly recents: readonly RecentModel[] } {
  const ready = useStore((state) => state.engine?.state === 'ready')
  const [devices, setDevices] = useState<readonly Device[]>([])
  const [recents, setRecents] = useState<readonly RecentModel[]>([])
  useEffect(() => {
    if (!ready) return undefined
    let current = true
    void call('devices.list', {}).then((answer) => current && answer.ok && setDevices(answer.value.devices))
    void call('model.recents', {}).then((answer) => current && answer.ok && setRecents(answer.value.recents.filter(({ exists }) => exists)))
    return () => {
      current = false
    }
  }, [ready])
  return { devices, recents }
}
