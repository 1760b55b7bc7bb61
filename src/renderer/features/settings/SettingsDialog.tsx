import type { ReactNode } from 'react'
import { valueOrReport } from '../../actions/report'
import { call } from '../../bridge'
import { type Language, useTranslate } from '../../i18n'
import { useStore } from '../../store'
import type { Theme } from '../../store/settings'
import { Dialog } from '../../ui/Dialog'
import { NumberField } from '../../ui/NumberField'
import { Select } from '../../ui/Select'
import { Slider } from '../../ui/Slider'
import { Switch } from '../../ui/Switch'

const GIBIBYTE = 1024 ** 3

const Row = ({ name, hint, children }: { readonly name: string; readonly hint?: string; readonly children: ReactNode }) => (
  <div className="flex min-h-9 items-center justify-between gap-6 py-1">
    <span className="min-w-0">
      {name}
      {hint !== undefined && <span className="block text-xs text-faint">{hint}</span>}
    </span>
    <span className="shrink-0">{children}</span>
  </div>
)

const Section = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <section className="border-b border-line pb-3 not-first:pt-3 last:border-0">
    <h3 className="overline mb-1">{title}</h3>
    {children}
  </section>
)

/** How the workbench looks and what it keeps. Everything takes effect at once. */
export const SettingsDialog = () => {
  const t = useTranslate()
  const setOverlay = useStore((state) => state.setOverlay)
  const settings = useStore((state) => state.settings)
  const change = useStore((state) => state.changeSettings)
  const host = useStore((state) => state.hostSettings)
  const setConnection = useStore((state) => state.setConnection)
  const info = useStore((state) => state.engineInfo)
  const changeHost = async (patch: Parameters<typeof call<'settings.set'>>[1]) => {
    const hostSettings = valueOrReport(await call('settings.set', patch))
    if (hostSettings !== undefined) setConnection({ hostSettings })
  }
  return (
    <Dialog open onOpenChange={() => setOverlay('none')} title={t('settings.title')} closeLabel={t('app.close')}>
      <Section title={t('settings.appearance')}>
        <Row name={t('settings.theme')}>
          <Select<Theme>
            label={t('settings.theme')}
            className="w-44"
            value={settings.theme}
            onChange={(theme) => change({ theme })}
            options={[
              { value: 'system', label: t('settings.themeSystem') },
              { value: 'light', label: t('settings.themeLight') },
              { value: 'dark', label: t('settings.themeDark') },
              { value: 'contrast', label: t('settings.themeContrast') }
            ]}
          />
        </Row>
        <Row name={t('settings.language')}>
          <Select<Language>
            label={t('settings.language')}
            className="w-44"
            value={settings.language}
            onChange={(language) => change({ language })}
            options={[
              { value: 'en', label: 'English' },
              { value: 'es', label: 'Español' }
            ]}
          />
        </Row>
      </Section>
      <Section title={t('settings.tokens')}>
        <Row name={t('settings.silence')}>
          <span className="flex w-44 items-center gap-2">
            <Slider
              label={t('settings.silence')}
              value={settings.silenceAbove}
              min={0}
              max={1}
              step={0.01}
              onChange={(silenceAbove) => change({ silenceAbove })}
            />
            <NumberField
              label={t('settings.silence')}
              value={settings.silenceAbove}
              min={0}
              max={1}
              step={0.01}
              digits={2}
              onChange={(silenceAbove) => change({ silenceAbove })}
            />
          </span>
        </Row>
        <Switch
          label={t('settings.letters')}
          checked={settings.letterShortcuts}
          onChange={(letterShortcuts) => change({ letterShortcuts })}
        />
      </Section>
      {host !== undefined && (
        <Section title={t('settings.runs')}>
          <Row name={t('settings.runsBound')} hint={t('settings.runsBoundHint')}>
            <NumberField
              label={t('settings.runsBound')}
              value={host.runsBoundBytes / GIBIBYTE}
              min={0.01}
              max={100_000}
              step={0.5}
              digits={2}
              onChange={(value) => void changeHost({ runsBoundBytes: Math.round(value * GIBIBYTE) })}
            />
          </Row>
          <Switch
            label={t('settings.reopen')}
            checked={host.reopenLastModel}
            onChange={(reopenLastModel) => void changeHost({ reopenLastModel })}
          />
        </Section>
      )}
      <Section title={t('settings.about')}>
        {info !== undefined && (
          <dl className="grid grid-cols-[9rem_minmax(0,1fr)] gap-y-1 text-sm">
            <dt className="text-muted">{t('settings.version')}</dt>
            <dd className="num">{info.appVersion}</dd>
            <dt className="text-muted">{t('settings.engineBuild')}</dt>
            <dd className="num break-words">{info.engineBuild}</dd>
            <dt className="text-muted">{t('settings.platform')}</dt>
            <dd className="num">
              {info.platform} · Node {info.nodeVersion}
            </dd>
            <dt className="text-muted">{t('settings.folder')}</dt>
            <dd className="num break-words">{info.runsFolder}</dd>
          </dl>
        )}
        <p className="mt-2 text-sm text-faint">{t('settings.offline')}</p>
      </Section>
    </Dialog>
  )
}
