import { CornerLeftUp, File, Folder, HardDrive } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { GretaErrorData } from '../../../shared/errors'
import type { FolderListing } from '../../../shared/protocol'
import { formatBytes } from '../../../shared/units'
import { call } from '../../bridge'
import { useTranslate } from '../../i18n'
import { Button } from '../../ui/Button'
import { Dialog } from '../../ui/Dialog'
import { inspectModel, useModelState } from './model-state'

const ICONS = { folder: Folder, model: HardDrive, 'model-folder': HardDrive, run: File } as const

/** Undefined, the home folder, where a path names no folder. */
const folderOf = (path: string | undefined): string | undefined => /^(.+)[\\/][^\\/]+$/.exec(path ?? '')?.[1]

/** Folders and models of the machine the engine runs on, where the page has no dialog of the system. */
export const FileBrowser = ({ onClose }: { readonly onClose: () => void }) => {
  const t = useTranslate()
  // Models lie together: where the shown one is, others are likely to be.
  const [first] = useState(() => folderOf(useModelState.getState().path))
  const [path, setPath] = useState(first)
  const [listing, setListing] = useState<FolderListing | undefined>(undefined)
  const [error, setError] = useState<GretaErrorData | undefined>(undefined)
  useEffect(() => {
    let current = true
    void call('files.list', path === undefined ? {} : { path }).then((answer) => {
      if (!current) return
      // A folder that is gone has no way up: from the home folder every other is reached.
      if (!answer.ok && path !== undefined && path === first) return setPath(undefined)
      setError(answer.ok ? undefined : answer.error)
      if (answer.ok) setListing(answer.value)
    })
    return () => {
      current = false
    }
  }, [path, first])
  const entries = listing?.entries.filter((entry) => entry.kind !== 'run') ?? []
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('model.browserTitle')}
      description={listing?.path ?? ''}
      closeLabel={t('model.closeBrowser')}
    >
      <div className="flex flex-col gap-0.5">
        {error !== undefined && (
          <p role="alert" className="text-danger">
            {error.message} {error.hint}
          </p>
        )}
        {listing?.parent !== undefined && (
          <Button variant="quiet" icon={CornerLeftUp} className="justify-start" onClick={() => setPath(listing.parent)}>
            {t('model.browserUp')}
          </Button>
        )}
        {listing !== undefined && entries.length === 0 && <p className="px-2 text-muted">{t('model.browserEmpty')}</p>}
        {entries.map((entry) => {
          const Icon = ICONS[entry.kind]
          const isModel = entry.kind !== 'folder'
          return (
            <button
              key={entry.path}
              type="button"
              className="flex h-7 items-center gap-2 rounded px-2 text-left hover:bg-hover"
              onClick={() => {
                if (!isModel) return setPath(entry.path)
                onClose()
                void inspectModel(entry.path)
              }}
            >
              <Icon aria-hidden size={14} className={isModel ? 'text-accent' : 'text-faint'} />
              <span className="min-w-0 flex-1 truncate">{entry.name}</span>
              {isModel && <span className="num text-sm text-muted">{formatBytes(entry.sizeBytes)}</span>}
            </button>
          )
        })}
      </div>
    </Dialog>
  )
}
