import { Progress as Radix } from 'radix-ui'

/** `value` from 0 to 1; undefined when the end is not known. */
export const Progress = ({ label, value }: { readonly label: string; readonly value: number | undefined }) => (
  <Radix.Root
    aria-label={label}
    value={value === undefined ? null : Math.round(value * 100)}
    className="h-1 w-full overflow-hidden rounded-full bg-line"
  >
    <Radix.Indicator
      className="h-full rounded-full bg-accent transition-[width] duration-150"
      style={{ width: value === undefined ? '35%' : `${Math.round(value * 100)}%` }}
    />
  </Radix.Root>
)
