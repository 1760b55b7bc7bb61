import { Check, ChevronDown } from 'lucide-react'
import { Select as Radix } from 'radix-ui'
import { cx } from './classes'

export interface SelectOption<Value extends string> {
  readonly value: Value
  readonly label: string
  readonly description?: string
  readonly disabled?: boolean
}

interface SelectProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: readonly SelectOption<Value>[]
  readonly onChange: (value: Value) => void
  readonly className?: string
  readonly size?: 'small' | 'medium'
  readonly disabled?: boolean
  readonly id?: string
}

/** A drop-down of named values. `label` is its accessible name; show a visible label beside it where the meaning is not plain. */
export const Select = <Value extends string>({
  label,
  value,
  options,
  onChange,
  className,
  size = 'medium',
  disabled,
  id
}: SelectProps<Value>) => (
  <Radix.Root value={value} onValueChange={(next) => onChange(next as Value)} {...(disabled === undefined ? {} : { disabled })}>
    <Radix.Trigger
      id={id}
      aria-label={label}
      className={cx(
        'inline-flex min-w-0 items-center justify-between gap-1.5 rounded-md border border-line-strong/60 bg-surface px-2 text-left hover:border-line-strong hover:bg-hover disabled:opacity-45',
        size === 'small' ? 'h-6 text-sm' : 'h-7',
        className
      )}
    >
      <span className="truncate">
        <Radix.Value />
      </span>
      <ChevronDown aria-hidden size={13} className="shrink-0 text-faint" />
    </Radix.Trigger>
    <Radix.Portal>
      <Radix.Content
        position="popper"
        sideOffset={4}
        collisionPadding={8}
        className="z-50 max-h-[min(24rem,var(--radix-select-content-available-height))] min-w-[var(--radix-select-trigger-width)] overflow-hidden rounded-lg border border-line bg-raised shadow-[var(--shadow)]"
      >
        <Radix.Viewport className="p-1">
          {options.map((option) => (
            <Radix.Item
              key={option.value}
              value={option.value}
              disabled={option.disabled === true}
              className="flex min-h-7 items-center gap-2 rounded px-2 py-0.5 outline-none data-[disabled]:opacity-45 data-[highlighted]:bg-selected"
            >
              <span className="flex min-w-0 flex-1 flex-col">
                <Radix.ItemText>{option.label}</Radix.ItemText>
                {option.description !== undefined && <span className="text-xs text-faint">{option.description}</span>}
              </span>
              <Radix.ItemIndicator>
                <Check aria-hidden size={13} className="text-accent" />
              </Radix.ItemIndicator>
            </Radix.Item>
          ))}
        </Radix.Viewport>
      </Radix.Content>
    </Radix.Portal>
  </Radix.Root>
)
