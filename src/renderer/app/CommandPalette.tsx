import { Command as Cmdk } from 'cmdk'
import { Dialog } from 'radix-ui'
import { useEffect, useState, useSyncExternalStore } from 'react'
import type { RecentModel, RunRow } from '../../shared/protocol'
import { loadModel } from '../actions/models'
import { openRun } from '../actions/runs'
import { call } from '../bridge'
import { type PlainMessageKey, useTranslate } from '../i18n'
import { useStore } from '../store'
import { useReturnFocus } from '../ui/return-focus'
import { Shortcut } from '../ui/Shortcut'
import { type Command, listCommands, subscribeCommands } from './shortcuts'

const ITEM = 'flex h-8 items-center gap-3 rounded-md px-2.5 aria-disabled:opacity-45 data-[selected=true]:bg-selected'
const RECENT_RUNS = 30

/** Everything that can be done or opened, by name. */
export const CommandPalette = () => {
  const t = useTranslate()
  const open = useStore((state) => state.overlay === 'palette')
  const setOverlay = useStore((state) => state.setOverlay)
  const showView = useStore((state) => state.showView)
  const returnFocus = useReturnFocus()
  const commands = useSyncExternalStore(subscribeCommands, listCommands)
  const [models, setModels] = useState<readonly RecentModel[]>([])
  const [runs, setRuns] = useState<readonly RunRow[]>([])

  useEffect(() => {
    if (!open) return
    void call('model.recents', {}).then((answer) => answer.ok && setModels(answer.value.recents.filter((recent) => recent.exists)))
    void call('runs.list', { limit: RECENT_RUNS }).then((answer) => answer.ok && setRuns(answer.value.rows))
  }, [open])

  // The palette closes first: a command may open another overlay.
  const run = (action: () => void) => {
    setOverlay('none')
    setTimeout(action)
  }
  const listed = commands.filter((command) => command.id !== 'palette' && command.id !== 'palette-too')
  const groups = new Map<PlainMessageKey, Command[]>()
  for (const command of listed) groups.set(command.group, [...(groups.get(command.group) ?? []), command])

  return (
    <Dialog.Root open={open} onOpenChange={(value) => setOverlay(value ? 'palette' : 'none')}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-black/30" />
        <Dialog.Content
          aria-describedby={undefined}
          onCloseAutoFocus={returnFocus}
          className="fixed top-[10vh] left-1/2 z-50 flex max-h-[70vh] w-[min(38rem,calc(100vw-2rem))] -translate-x-1/2 animate-appear flex-col overflow-hidden rounded-xl border border-line bg-raised shadow-[var(--shadow)]"
        >
          <Dialog.Title className="sr-only">{t('app.commandPalette')}</Dialog.Title>
          <Cmdk label={t('app.commandPalette')} loop className="flex min-h-0 flex-col">
            <Cmdk.Input
              placeholder={t('app.search')}
              aria-label={t('app.search')}
              className="h-12 shrink-0 border-b border-line bg-transparent px-4 text-lg outline-none"
            />
            <Cmdk.List className="min-h-0 overflow-auto p-1.5">
              <Cmdk.Empty className="p-4 text-center text-muted">{t('app.nothingFound')}</Cmdk.Empty>
              {[...groups].map(([group, members]) => (
                <Cmdk.Group key={group} heading={<span className="overline block px-2.5 pt-2 pb-1">{t(group)}</span>}>
                  {members.map((command) => (
                    <Cmdk.Item
                      key={command.id}
                      value={`${command.id} ${t(command.title)}`}
                      disabled={command.enabled?.() === false}
                      onSelect={() => run(command.run)}
                      className={ITEM}
                    >
                      <span className="flex-1 truncate">{t(command.title)}</span>
                      {command.keys !== undefined && <Shortcut keys={command.keys} />}
                    </Cmdk.Item>
                  ))}
                </Cmdk.Group>
              ))}
              {models.length > 0 && (
                <Cmdk.Group heading={<span className="overline block px-2.5 pt-2 pb-1">{t('app.groupModels')}</span>}>
                  {models.map((model) => (
                    <Cmdk.Item
                      key={model.path}
                      value={`model ${model.path}`}
                      onSelect={() => run(() => void loadModel(model.path))}
                      className={ITEM}
                    >
                      <span className="truncate">{model.fileName}</span>
                      <span className="min-w-0 flex-1 truncate text-right text-sm text-faint">{model.path}</span>
                    </Cmdk.Item>
                  ))}
                </Cmdk.Group>
              )}
              {runs.length > 0 && (
                <Cmdk.Group heading={<span className="overline block px-2.5 pt-2 pb-1">{t('app.groupRuns')}</span>}>
                  {runs.map((row) => (
                    <Cmdk.Item
                      key={row.id}
                      value={`run ${row.id} ${row.name} ${row.promptPreview}`}
                      onSelect={() =>
                        run(() => {
                          showView('play')
                          void openRun(row.id)
                        })
                      }
                      className={ITEM}
                    >
                      <span className="shrink-0 truncate">{row.name === '' ? row.id : row.name}</span>
                      <bdi className="min-w-0 flex-1 truncate text-right text-sm text-faint">{row.promptPreview}</bdi>
                    </Cmdk.Item>
                  ))}
                </Cmdk.Group>
              )}
            </Cmdk.List>
          </Cmdk>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
