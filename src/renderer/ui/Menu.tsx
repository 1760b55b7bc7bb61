import type { LucideIcon } from 'lucide-react'
import { DropdownMenu as Radix } from 'radix-ui'
import type { ReactElement } from 'react'
import { cx } from './classes'
import { Shortcut } from './Shortcut'

export type MenuEntry =
  | {
      readonly kind: 'action'
      readonly label: string
      readonly icon?: LucideIcon
      readonly keys?: string
      readonly danger?: boolean
      readonly disabled?: boolean
      readonly onSelect: () => void
    }
  | { readonly kind: 'separator'; readonly id: string }

export const Menu = ({
  trigger,
  entries,
  align = 'end'
}: {
  readonly trigger: ReactElement
  readonly entries: readonly MenuEntry[]
  readonly align?: 'start' | 'end'
}) => (
  <Radix.Root>
    <Radix.Trigger asChild>{trigger}</Radix.Trigger>
    <Radix.Portal>
      <Radix.Content
        align={align}
        sideOffset={4}
        collisionPadding={8}
        className="z-50 min-w-44 rounded-lg border border-line bg-raised p-1 shadow-[var(--shadow)]"
      >
        {entries.map((entry) =>
          entry.kind === 'separator' ? (
            <Radix.Separator key={entry.id} className="my-1 h-px bg-line" />
          ) : (
            <Radix.Item
              key={entry.label}
              disabled={entry.disabled === true}
              onSelect={entry.onSelect}
              className={cx(
                'flex h-7 items-center gap-2 rounded px-2 outline-none data-[disabled]:opacity-45 data-[highlighted]:bg-selected',
                entry.danger === true && 'text-danger'
              )}
            >
              {entry.icon !== undefined && <entry.icon aria-hidden size={14} />}
              <span className="flex-1">{entry.label}</span>
              {entry.keys !== undefined && <Shortcut keys={entry.keys} />}
            </Radix.Item>
          )
        )}
      </Radix.Content>
    </Radix.Portal>
  </Radix.Root>
)
