import { useSyncExternalStore } from 'react'
import { type PlainMessageKey, useTranslate } from '../i18n'
import { useStore } from '../store'
import { Dialog } from '../ui/Dialog'
import { Shortcut } from '../ui/Shortcut'
import { describedKeys, listCommands, subscribeCommands } from './shortcuts'

interface HelpRow {
  readonly id: string
  readonly title: PlainMessageKey
  readonly keys: readonly string[]
}

/** Every shortcut, from the same registry that carries them out. */
export const HelpSheet = () => {
  const t = useTranslate()
  const open = useStore((state) => state.overlay === 'help')
  const setOverlay = useStore((state) => state.setOverlay)
  const commands = useSyncExternalStore(subscribeCommands, listCommands)
  const groups = new Map<PlainMessageKey, HelpRow[]>()
  // A command with two shortcuts is one row.
  const add = (group: PlainMessageKey, row: HelpRow) => {
    const rows = groups.get(group) ?? []
    const same = rows.find((other) => other.title === row.title)
    groups.set(
      group,
      same === undefined ? [...rows, row] : rows.map((other) => (other === same ? { ...other, keys: [...other.keys, ...row.keys] } : other))
    )
  }
  for (const command of commands)
    if (command.keys !== undefined) add(command.group, { id: command.id, title: command.title, keys: [command.keys] })
  for (const described of describedKeys())
    add(described.group, { id: `${described.keys}${described.title}`, title: described.title, keys: described.keys.split(' ') })
  return (
    <Dialog
      open={open}
      onOpenChange={(value) => setOverlay(value ? 'help' : 'none')}
      title={t('app.help')}
      description={t('app.helpHint')}
      closeLabel={t('app.close')}
      className="w-[min(52rem,calc(100vw-2rem))]!"
    >
      {/* Scrolls, and holds nothing that takes the focus: the keyboard needs a place to scroll from. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div tabIndex={0} role="region" aria-label={t('app.help')} className="columns-1 gap-8 outline-offset-8 sm:columns-2">
        {[...groups].map(([group, rows]) => (
          <section key={group} className="mb-5 break-inside-avoid">
            <h3 className="overline mb-1">{t(group)}</h3>
            <dl>
              {rows.map((row) => (
                <div key={row.id} className="flex items-center justify-between gap-4 border-b border-line/60 py-1">
                  <dt>{t(row.title)}</dt>
                  <dd className="flex gap-2">
                    {row.keys.map((keys) => (
                      <Shortcut key={keys} keys={keys} />
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  )
}
