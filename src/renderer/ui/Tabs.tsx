import { Tabs as Radix, ToggleGroup } from 'radix-ui'
import type { ReactNode } from 'react'
import { cx } from './classes'

export interface TabItem<Value extends string> {
  readonly value: Value
  readonly label: ReactNode
  readonly content: ReactNode
}

interface TabsProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly onChange: (value: Value) => void
  readonly items: readonly TabItem<Value>[]
  /** Shown at the end of the tab row. */
  readonly trailing?: ReactNode
  readonly className?: string
}

export const Tabs = <Value extends string>({ label, value, onChange, items, trailing, className }: TabsProps<Value>) => (
  <Radix.Root value={value} onValueChange={(next) => onChange(next as Value)} className={cx('flex min-h-0 flex-1 flex-col', className)}>
    <div className="flex h-9 shrink-0 items-stretch border-b border-line px-2">
      <Radix.List aria-label={label} className="flex min-w-0 items-stretch gap-1 overflow-x-auto">
        {items.map((item) => (
          <Radix.Trigger
            key={item.value}
            value={item.value}
            className="relative px-2 whitespace-nowrap text-muted -outline-offset-2 hover:text-text data-[state=active]:font-medium data-[state=active]:text-text data-[state=active]:after:absolute data-[state=active]:after:inset-x-2 data-[state=active]:after:bottom-0 data-[state=active]:after:h-0.5 data-[state=active]:after:bg-accent"
          >
            {item.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {trailing !== undefined && <div className="ml-auto flex items-center gap-1">{trailing}</div>}
    </div>
    {items.map((item) => (
      <Radix.Content
        key={item.value}
        value={item.value}
        className="min-h-0 flex-1 overflow-auto -outline-offset-2 data-[state=inactive]:hidden"
      >
        {item.content}
      </Radix.Content>
    ))}
  </Radix.Root>
)

interface SegmentedProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly onChange: (value: Value) => void
  readonly options: readonly { readonly value: Value; readonly label: ReactNode; readonly disabled?: boolean }[]
}

/** One of a few values, all of them visible. */
export const Segmented = <Value extends string>({ label, value, onChange, options }: SegmentedProps<Value>) => (
  <ToggleGroup.Root
    type="single"
    aria-label={label}
    value={value}
    onValueChange={(next) => next !== '' && onChange(next as Value)}
    className="inline-flex shrink-0 rounded-md border border-line-strong/60 bg-sunken p-px"
  >
    {options.map((option) => (
      <ToggleGroup.Item
        key={option.value}
        value={option.value}
        disabled={option.disabled === true}
        className="h-5.5 rounded-[5px] px-2 text-sm text-muted hover:text-text disabled:opacity-45 data-[state=on]:bg-surface data-[state=on]:font-medium data-[state=on]:text-text data-[state=on]:shadow-[0_0_0_1px_var(--line-strong)]"
      >
        {option.label}
      </ToggleGroup.Item>
    ))}
  </ToggleGroup.Root>
)
