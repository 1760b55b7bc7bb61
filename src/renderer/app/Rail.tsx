import { Command, Settings } from 'lucide-react'
import { useTranslate } from '../i18n'
import { useStore } from '../store'
import { cx } from '../ui/classes'
import { Tooltip } from '../ui/Tooltip'
import { VIEWS } from './views'

const ITEM =
  'relative flex w-full flex-col items-center gap-0.5 rounded-md py-1.5 text-[0.625rem] leading-3 font-medium transition-colors duration-100'

/** The views, always in sight: an icon with its name. */
export const Rail = () => {
  const t = useTranslate()
  const current = useStore((state) => state.view)
  const showView = useStore((state) => state.showView)
  const setOverlay = useStore((state) => state.setOverlay)
  return (
    <nav
      aria-label={t('app.views')}
      className="flex w-[4.5rem] shrink-0 flex-col gap-0.5 overflow-y-auto border-r border-line bg-bg px-1.5 py-2"
    >
      {VIEWS.map((view, index) => (
        <Tooltip key={view.id} text={t(view.title)} keys={`Mod+${index + 1}`} side="right">
          <button
            type="button"
            aria-current={view.id === current ? 'page' : undefined}
            onClick={() => showView(view.id)}
            className={cx(ITEM, view.id === current ? 'bg-selected text-text' : 'text-muted hover:bg-hover hover:text-text')}
          >
            <view.icon aria-hidden size={18} strokeWidth={1.75} className={view.id === current ? 'text-accent' : undefined} />
            {t(view.title)}
          </button>
        </Tooltip>
      ))}
      <div className="mt-auto flex flex-col gap-0.5">
        <Tooltip text={t('app.commandPalette')} keys="Mod+K" side="right">
          <button
            type="button"
            aria-label={t('app.commandPalette')}
            onClick={() => setOverlay('palette')}
            className={cx(ITEM, 'text-muted hover:bg-hover hover:text-text')}
          >
            <Command aria-hidden size={17} strokeWidth={1.75} />
          </button>
        </Tooltip>
        <Tooltip text={t('app.settings')} keys="Mod+," side="right">
          <button
            type="button"
            aria-label={t('app.settings')}
            onClick={() => setOverlay('settings')}
            className={cx(ITEM, 'text-muted hover:bg-hover hover:text-text')}
          >
            <Settings aria-hidden size={17} strokeWidth={1.75} />
          </button>
        </Tooltip>
      </div>
    </nav>
  )
}
