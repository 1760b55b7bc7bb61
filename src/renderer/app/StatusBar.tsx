import { useTranslate } from '../i18n'

/** Always in sight: what runs, where, how fast, and whether it is live or recorded. */
export const StatusBar = () => {
  const t = useTranslate()
  return (
    <footer
      aria-label={t('app.status')}
      className="flex h-6 shrink-0 items-center gap-3 border-t border-line bg-bg px-3 text-xs text-muted"
    >
      <span>{t('app.name')}</span>
    </footer>
  )
}
