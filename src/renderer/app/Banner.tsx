import { CircleAlert, PlugZap, RotateCw, X } from 'lucide-react'
import { call } from '../bridge'
import { useTranslate } from '../i18n'
import { useStore } from '../store'
import { Button, IconButton } from '../ui/Button'

/** Says what happened to the connection or the engine, for as long as it matters, without covering anything. */
export const Banner = () => {
  const t = useTranslate()
  const connection = useStore((state) => state.connection)
  const everOpen = useStore((state) => state.welcome !== undefined)
  const message = useStore((state) => state.connectionMessage)
  const engine = useStore((state) => state.engine)
  const crash = useStore((state) => state.crash)
  const setConnection = useStore((state) => state.setConnection)

  if (connection !== 'open' && (everOpen || message !== undefined))
    return (
      <div role="alert" className="flex items-center gap-3 border-b border-line bg-warn-soft px-4 py-2 text-warn" data-testid="banner-lost">
        <PlugZap aria-hidden size={16} className="shrink-0" />
        <p className="min-w-0 flex-1">
          <strong className="font-semibold">{t('app.lostTitle')}.</strong> {message} {connection === 'connecting' && t('app.lostRetry')}
        </p>
      </div>
    )
  if (crash === undefined) return null
  const back = engine?.state === 'ready'
  const stopped = engine?.state === 'stopped' || engine?.state === 'crashed'
  return (
    <div
      role="alert"
      className="flex items-center gap-3 border-b border-line bg-danger-soft px-4 py-2 text-danger"
      data-testid="banner-crash"
    >
      <CircleAlert aria-hidden size={16} className="shrink-0" />
      <p className="min-w-0 flex-1">
        <strong className="font-semibold">
          {t('app.crashTitle')}
          {crash.lastActivity !== undefined &&
            crash.lastActivity.kind !== 'idle' &&
            ` (${t('app.crashWhile', { activity: crash.lastActivity.description })})`}
          .
        </strong>{' '}
        {crash.message}{' '}
        {back
          ? t('app.crashBack')
          : stopped && engine?.restartInMilliseconds === undefined
            ? t('app.crashStopped')
            : t('app.crashRestarting')}
      </p>
      {!back && (
        <Button size="small" icon={RotateCw} onClick={() => void call('app.restartEngine', {})}>
          {t('app.restartNow')}
        </Button>
      )}
      <IconButton size="small" icon={X} label={t('app.dismiss')} onClick={() => setConnection({ crash: undefined })} />
    </div>
  )
}
