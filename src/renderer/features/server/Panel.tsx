import { Check, Copy, PlugZap, RotateCw, Unplug } from 'lucide-react'
import { type ReactNode, useEffect, useState } from 'react'
import type { Device, EngineStatus } from '../../../shared/protocol'
import { reportError } from '../../actions/report'
import { locationName } from '../../app/location'
import { call } from '../../bridge'
import { type PlainMessageKey, useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { Badge, type Tone } from '../../ui/Badge'
import { Button, IconButton } from '../../ui/Button'
import { copyText } from '../../ui/clipboard'
import { Table, Td, Th } from '../../ui/Table'
import { TextField } from '../../ui/TextField'
import { addressWithToken, parseServerAddress } from './address'

const STATES: Readonly<Record<EngineStatus['state'], readonly [PlainMessageKey, Tone]>> = {
  starting: ['server.stateStarting', 'warn'],
  ready: ['server.stateReady', 'ok'],
  crashed: ['server.stateCrashed', 'danger'],
  restarting: ['server.stateRestarting', 'warn'],
  stopped: ['server.stateStopped', 'danger']
}

const Section = ({ title, hint, children }: { readonly title: string; readonly hint?: string; readonly children: ReactNode }) => (
  <section className="border-b border-line px-6 py-5 last:border-0">
    <h2 className="text-lg font-semibold">{title}</h2>
    {hint !== undefined && <p className="text-muted">{hint}</p>}
    <div className="mt-3">{children}</div>
  </section>
)

const CommandLine = ({ command }: { readonly command: string }) => {
  const t = useTranslate()
  const [copied, setCopied] = useState(false)
  const copy = () =>
    void copyText(command).then((worked) => {
      if (!worked) return
      setCopied(true)
      setTimeout(() => setCopied(false), 1500)
    })
  return (
    <div className="flex items-center gap-2 rounded-md border border-line bg-sunken py-0.5 pr-0.5 pl-3">
      <code className="min-w-0 flex-1 overflow-x-auto font-mono text-sm whitespace-pre">{command}</code>
      <IconButton icon={copied ? Check : Copy} label={copied ? t('play.copied') : t('server.copy')} onClick={copy} />
    </div>
  )
}

const Here = () => {
  const t = useTranslate()
  const engine = useStore((state) => state.engine)
  const info = useStore((state) => state.engineInfo)
  const canRestart = useStore((state) => state.welcome?.capabilities.includes('restart') === true)
  if (engine === undefined) return <p className="text-muted">{t('app.disconnected')}</p>
  const [key, tone] = STATES[engine.state]
  return (
    <div className="flex flex-col gap-3">
      <dl className="grid max-w-2xl grid-cols-[9rem_minmax(0,1fr)] gap-y-1">
        <dt className="text-muted">{t('server.state')}</dt>
        <dd>
          <Badge tone={tone}>{t(key)}</Badge> <span className="text-muted">{engine.message}</span>
        </dd>
        <dt className="text-muted">{t('server.location')}</dt>
        <dd>{locationName(t, engine.location)}</dd>
        {info !== undefined && (
          <>
            <dt className="text-muted">{t('server.process')}</dt>
            <dd className="num">{info.processId}</dd>
            <dt className="text-muted">{t('server.version')}</dt>
            <dd className="num">{info.appVersion}</dd>
            <dt className="text-muted">{t('server.build')}</dt>
            <dd className="num break-words">{info.engineBuild}</dd>
          </>
        )}
      </dl>
      {canRestart && (
        <div className="flex items-center gap-3">
          <Button
            icon={RotateCw}
            onClick={() => void call('app.restartEngine', {}).then((answer) => !answer.ok && reportError(answer.error))}
          >
            {t('server.restart')}
          </Button>
          <span className="text-sm text-faint">{t('server.restartHint')}</span>
        </div>
      )}
    </div>
  )
}

const Devices = () => {
  const t = useTranslate()
  const epoch = useStore((state) => (state.engine?.state === 'ready' ? state.engine.epoch : -1))
  const [devices, setDevices] = useState<readonly Device[]>([])
  useEffect(() => {
    if (epoch >= 0) void call('devices.list', {}).then((answer) => answer.ok && setDevices(answer.value.devices))
  }, [epoch])
  return (
    <Table label={t('server.devices')} className="max-w-4xl">
      <thead>
        <tr>
          <Th>{t('server.device')}</Th>
          <Th>{t('server.state')}</Th>
          <Th>{t('server.description')}</Th>
        </tr>
      </thead>
      <tbody>
        {devices.map((device) => (
          <tr key={`${device.name} ${device.library} ${device.description}`}>
            <Td className="font-medium">{device.name}</Td>
            <Td>
              <Badge tone={device.available ? 'ok' : 'neutral'}>{device.available ? t('server.available') : t('server.unavailable')}</Badge>
            </Td>
            <Td className="text-muted">
              {device.available ? device.description : device.reason}
              {device.library !== '' && <span className="block font-mono text-xs text-faint">{device.library}</span>}
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}

const Remote = () => {
  const t = useTranslate()
  const native = useStore((state) => state.welcome?.capabilities.includes('remote') === true)
  const location = useStore((state) => state.engine?.location ?? '')
  const toast = useStore((state) => state.toast)
  const [text, setText] = useState('')
  const [token, setToken] = useState('')
  const [connecting, setConnecting] = useState(false)
  const address = parseServerAddress(text)
  const connect = async () => {
    if (address === undefined) return
    const target = { url: address.url, token: address.token === '' ? token : address.token }
    if (!native) {
      window.location.assign(addressWithToken(target))
      return
    }
    setConnecting(true)
    const answer = await call('app.connect', target)
    setConnecting(false)
    if (answer.ok) toast({ tone: 'ok', title: t('server.connected', { location: answer.value.location }) })
    else reportError(answer.error)
  }
  return (
    <form
      className="flex max-w-2xl flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        void connect()
      }}
    >
      <label className="grid grid-cols-[9rem_minmax(0,1fr)] items-center">
        <span className="text-muted">{t('server.address')}</span>
        <TextField
          label={t('server.address')}
          placeholder="http://gpu-server:7421/#token=…"
          value={text}
          invalid={text !== '' && address === undefined}
          onChange={(event) => {
            const parsed = parseServerAddress(event.target.value)
            setText(event.target.value)
            if (parsed !== undefined && parsed.token !== '') setToken(parsed.token)
          }}
        />
      </label>
      {text !== '' && address === undefined && <p className="pl-36 text-sm text-danger">{t('server.badAddress')}</p>}
      <label className="grid grid-cols-[9rem_minmax(0,1fr)] items-center">
        <span className="text-muted">{t('server.token')}</span>
        <TextField
          label={t('server.token')}
          type="password"
          autoComplete="off"
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
      </label>
      <div className="flex items-center gap-3 pl-36">
        <Button variant="primary" type="submit" icon={PlugZap} disabled={address === undefined || connecting}>
          {connecting ? t('server.connecting') : t('server.connect')}
        </Button>
        {native && location.startsWith('http') && (
          <Button icon={Unplug} onClick={() => void call('app.disconnect', {})}>
            {t('server.disconnect')}
          </Button>
        )}
        {!native && <span className="text-sm text-faint">{t('server.opensHere')}</span>}
      </div>
    </form>
  )
}

/** Where the engine is, what it found, and how to use that of another machine. */
export const Panel = () => {
  const t = useTranslate()
  return (
    <div className="min-h-0 flex-1 overflow-auto">
      <Section title={t('server.here')}>
        <Here />
      </Section>
      <Section title={t('server.devices')}>
        <Devices />
      </Section>
      <Section title={t('server.remote')} hint={t('server.remoteHint')}>
        <Remote />
      </Section>
      <Section title={t('server.start')} hint={t('server.startHint')}>
        <div className="flex max-w-2xl flex-col gap-2">
          <CommandLine command="greta serve" />
          <p className="pt-2 text-muted">{t('server.startTunnel')}</p>
          <CommandLine command="ssh -L 7421:127.0.0.1:7421 user@gpu-server greta serve --port 7421" />
          <p className="pt-2 text-muted">{t('server.startOpen')}</p>
          <CommandLine command="greta serve --host 0.0.0.0 --port 7421" />
          <p className="pt-2 text-muted">{t('server.startThen')}</p>
        </div>
      </Section>
    </div>
  )
}
