import { Slider as Radix } from 'radix-ui'
import { cx } from './classes'

interface SliderProps {
  readonly label: string
  readonly value: number
  readonly min: number
  readonly max: number
  readonly step: number
  readonly onChange: (value: number) => void
  readonly className?: string
  readonly disabled?: boolean
}

export const Slider = ({ label, value, min, max, step, onChange, className, disabled = false }: SliderProps) => (
  <Radix.Root
    className={cx('relative flex h-5 w-full touch-none items-center select-none', disabled && 'opacity-45', className)}
    min={min}
    max={max}
    step={step}
    value={[Math.min(max, Math.max(min, value))]}
    disabled={disabled}
    onValueChange={([next]) => next !== undefined && onChange(next)}
  >
    <Radix.Track className="relative h-[3px] grow rounded-full bg-line">
      <Radix.Range className="absolute h-full rounded-full bg-accent" />
    </Radix.Track>
    <Radix.Thumb
      aria-label={label}
      className="block size-3 rounded-full border-2 border-accent bg-surface transition-transform duration-75 hover:scale-115"
    />
  </Radix.Root>
)
