import { BookmarkPlus, ClipboardCopy, ClipboardPaste, MoreHorizontal, RotateCcw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { Preset } from '../../../../shared/protocol'
import { valueOrReport } from '../../../actions/report'
import { call } from '../../../bridge'
import { useTranslate } from '../../../i18n'
import { useStore } from '../../../store'
import { Button, IconButton } from '../../../ui/Button'
import { copyText, readText } from '../../../ui/clipboard'
import { Dialog } from '../../../ui/Dialog'
import { Menu } from '../../../ui/Menu'
import { Select } from '../../../ui/Select'
import { TextField } from '../../../ui/TextField'
import { sameSampling } from './knob-table'
import { BUILT_IN_PRESETS, presetsToJson, samplingFromJson, withPreset } from './presets'

const CUSTOM = 'custom'
const NO_PRESETS: readonly Preset[] = []

/** Choose, keep, hand on and take over whole sets of knobs. Own presets live in the settings of the workbench. */
export const PresetBar = ({ onPreset }: { readonly onPreset: (id: string) => void }) => {
  const t = useTranslate()
  const sampling = useStore((state) => state.sampling)
  const changeSampling = useStore((state) => state.changeSampling)
  const own = useStore((state) => state.hostSettings?.presets ?? NO_PRESETS)
  const toast = useStore((state) => state.toast)
  const [naming, setNaming] = useState(false)
  const [name, setName] = useState('')

  const all = [
    ...BUILT_IN_PRESETS.map((preset) => ({ id: preset.id, label: t(preset.name), sampling: preset.sampling })),
    ...own.map((preset) => ({ id: `own:${preset.name}`, label: preset.name, sampling: preset.sampling }))
  ]
  const current = all.find((preset) => sameSampling(preset.sampling, sampling))

  const apply = (id: string) => {
    const preset = all.find((candidate) => candidate.id === id)
    if (preset === undefined) return
    changeSampling({ ...preset.sampling, seed: sampling.seed })
    onPreset(id)
  }
  const storePresets = async (presets: readonly Preset[]) => valueOrReport(await call('settings.set', { presets: [...presets] }))
  const save = () => {
    setNaming(false)
    if (name.trim() !== '') void storePresets(withPreset(own, { name: name.trim(), sampling }))
  }
  const paste = async () => {
    const taken = samplingFromJson((await readText()) ?? '')
    if (taken === undefined) toast({ tone: 'danger', title: t('play.importFailed') })
    else changeSampling(taken)
  }

  return (
    <div className="flex items-center gap-1.5">
      <Select
        label={t('play.presets')}
        className="flex-1"
        value={current?.id ?? CUSTOM}
        options={[
          ...(current === undefined ? [{ value: CUSTOM, label: t('play.presetCustom') }] : []),
          ...all.map(({ id, label }) => ({ value: id, label }))
        ]}
        onChange={apply}
      />
      <Menu
        trigger={<IconButton icon={MoreHorizontal} label={t('play.presets')} />}
        entries={[
          {
            kind: 'action',
            label: t('play.savePreset'),
            icon: BookmarkPlus,
            onSelect: () => {
              setName('')
              setNaming(true)
            }
          },
          { kind: 'action', label: t('play.resetAll'), icon: RotateCcw, onSelect: () => apply('story') },
          { kind: 'separator', id: 'exchange' },
          {
            kind: 'action',
            label: t('play.exportPresets'),
            icon: ClipboardCopy,
            onSelect: () => void copyText(presetsToJson(sampling))
          },
          { kind: 'action', label: t('play.importPresets'), icon: ClipboardPaste, onSelect: () => void paste() },
          { kind: 'separator', id: 'danger' },
          {
            kind: 'action',
            label: t('play.deletePreset'),
            icon: Trash2,
            danger: true,
            disabled: current?.id.startsWith('own:') !== true,
            onSelect: () => void storePresets(own.filter((preset) => `own:${preset.name}` !== current?.id))
          }
        ]}
      />
      <Dialog
        open={naming}
        onOpenChange={setNaming}
        title={t('play.savePreset')}
        closeLabel={t('app.close')}
        footer={
          <>
            <Button onClick={() => setNaming(false)}>{t('app.cancel')}</Button>
            <Button variant="primary" disabled={name.trim() === ''} onClick={save}>
              {t('play.save')}
            </Button>
          </>
        }
      >
        <TextField
          label={t('play.presetName')}
          placeholder={t('play.presetName')}
          value={name}
          maxLength={100}
          onChange={(event) => setName(event.target.value)}
          onKeyDown={(event) => event.key === 'Enter' && save()}
          className="w-full"
        />
      </Dialog>
    </div>
  )
}
