import { File, FileSearch, FolderOpen, HardDrive, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { RecentModel } from '../../../shared/protocol'
import { formatBytes } from '../../../shared/units'
import { call } from '../../bridge'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { Badge } from '../../ui/Badge'
import { Button, IconButton } from '../../ui/Button'
import { cx } from '../../ui/classes'
import { TextField } from '../../ui/TextField'
import { FileBrowser } from './FileBrowser'
import { inspectModel, useModelState } from './model-state'
import { openWithDialog } from './open-files'

/** Ways to a model: dialog or browser, path, drop, and what was opened before. */
export const Library = () => {
  const t = useTranslate()
  const dialogs = useStore((state) => state.welcome?.capabilities.includes('dialogs') === true)
  const [path, setPath] = useState('')
  const [browsing, setBrowsing] = useState(false)
  return (
    <section
      aria-label={t('model.library')}
      className="flex w-64 shrink-0 flex-col border-r border-line bg-sunken max-[64rem]:max-h-[35%] max-[64rem]:w-auto max-[64rem]:border-r-0 max-[64rem]:border-b"
    >
      <div className="flex flex-col gap-2 border-b border-line p-3">
        <div className="flex gap-1.5">
          {dialogs ? (
            <>
              <Button className="flex-1" icon={File} onClick={() => void openWithDialog('model')}>
                {t('model.openFile')}
              </Button>
              <Button icon={FolderOpen} aria-label={t('model.openFolder')} onClick={() => void openWithDialog('model-folder')} />
            </>
          ) : (
            <Button className="flex-1" icon={FileSearch} onClick={() => setBrowsing(true)}>
              {t('model.browse')}
            </Button>
          )}
        </div>
        <form
          className="flex gap-1.5"
          onSubmit={(event) => {
            event.preventDefault()
            if (path.trim() !== '') void inspectModel(path.trim())
          }}
        >
          <TextField
            label={t('model.path')}
            placeholder={t('model.pathHere')}
            value={path}
            onChange={(event) => setPath(event.target.value)}
            className="num min-w-0 flex-1 text-sm"
          />
          <Button type="submit" disabled={path.trim() === ''}>
            {t('model.open')}
          </Button>
        </form>
        <p className="m-0 text-center text-xs text-faint">{t('model.dropHere')}</p>
      </div>
      <Recents />
      {browsing && <FileBrowser onClose={() => setBrowsing(false)} />}
    </section>
  )
}

function useRecents(): { readonly recents: readonly RecentModel[]; readonly reload: () => void } {
  const [recents, setRecents] = useState<readonly RecentModel[]>([])
  const [asked, setAsked] = useState(0)
  const loaded = useStore((state) => state.model?.path)
  const ready = useStore((state) => state.engine?.state === 'ready')
  useEffect(() => {
    if (!ready) return undefined
    let current = true
    void call('model.recents', {}).then((answer) => {
      if (current && answer.ok) setRecents(answer.value.recents)
    })
    return () => {
      current = false
    }
  }, [asked, loaded, ready])
  return { recents, reload: () => setAsked((count) => count + 1) }
}

const Recents = () => {
  const t = useTranslate()
  const { recents, reload } = useRecents()
  const shown = useModelState((state) => state.path)
  const loaded = useStore((state) => state.model?.path)
  const forget = (path: string): void => void call('model.forgetRecent', { path }).then(reload)
  return (
    <div className="min-h-0 flex-1 overflow-y-auto p-2">
      <h2 className="overline px-1 py-1">{t('model.recent')}</h2>
      {recents.length === 0 && <p className="px-1 text-sm text-muted">{t('model.recentNone')}</p>}
      <ul className="flex flex-col gap-0.5">
        {recents.map((recent) => (
          <li
            key={recent.path}
            className={cx('group flex items-center rounded-md', recent.path === shown ? 'bg-selected' : 'hover:bg-hover')}
          >
            <button
              type="button"
              disabled={!recent.exists}
              title={recent.path}
              onClick={() => void inspectModel(recent.path)}
              className="flex min-w-0 flex-1 items-start gap-2 rounded-md px-1.5 py-1 text-left disabled:opacity-60"
            >
              <HardDrive aria-hidden size={14} className="mt-0.5 shrink-0 text-faint" />
              <span className="min-w-0 flex-1">
                <span className="block truncate text-sm">{recent.fileName}</span>
                <span className="flex items-center gap-1.5 text-xs text-muted">
                  <span className="num">{formatBytes(recent.sizeBytes)}</span>
                  {recent.bundled && <Badge>{t('model.bundled')}</Badge>}
                  {recent.path === loaded && <Badge tone="ok">{t('model.loadedBadge')}</Badge>}
                  {!recent.exists && <Badge tone="warn">{t('model.missing')}</Badge>}
                </span>
              </span>
            </button>
            {!recent.bundled && (
              <IconButton
                size="small"
                icon={X}
                label={t('model.forget', { name: recent.fileName })}
                onClick={() => forget(recent.path)}
                className="opacity-0 group-hover:opacity-100 focus-visible:opacity-100"
              />
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}
