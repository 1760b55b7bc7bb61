import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { cx } from './classes'

interface NumberFieldProps {
  readonly label: string
  readonly value: number
  readonly onChange: (value: number) => void
  readonly min?: number
  readonly max?: number
  readonly step?: number
  /** Digits after the point when shown; entry is never rounded. */
  readonly digits?: number
  readonly className?: string
  readonly disabled?: boolean
  readonly id?: string
}

export const clampNumber = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value))

/** A decimal comma is a decimal point; undefined when the text is not a finite number. */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim().replace(',', '.')
  if (trimmed === '') return undefined
  const value = Number(trimmed)
  return Number.isFinite(value) ? value : undefined
}

/** Exact entry of a number: commits on Enter and on leaving, Up and Down step (with Shift tenfold), Escape restores. */
export const NumberField = ({
  label,
  value,
  onChange,
  min = -Infinity,
  max = Infinity,
  step = 1,
  digits,
  className,
  disabled,
  id
}: NumberFieldProps) => {
  const shown = digits === undefined ? String(value) : String(Number(value.toFixed(digits)))
  const [draft, setDraft] = useState(shown)
  const editing = useRef(false)
  useEffect(() => {
    if (!editing.current) setDraft(shown)
  }, [shown])

  const commit = () => {
    editing.current = false
    const parsed = parseNumber(draft)
    if (parsed === undefined) setDraft(shown)
    else {
      const next = clampNumber(parsed, min, max)
      if (next !== value) onChange(next)
      setDraft(digits === undefined ? String(next) : String(Number(next.toFixed(digits))))
    }
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') commit()
    else if (event.key === 'Escape') {
      editing.current = false
      setDraft(shown)
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault()
      const delta = step * (event.shiftKey ? 10 : 1) * (event.key === 'ArrowUp' ? 1 : -1)
      onChange(clampNumber(Number((value + delta).toFixed(10)), min, max))
    }
  }

  return (
    <input
      id={id}
      inputMode="decimal"
      aria-label={label}
      disabled={disabled}
      value={draft}
      onFocus={(event) => event.target.select()}
      onChange={(event) => {
        editing.current = true
        setDraft(event.target.value)
      }}
      onBlur={commit}
      onKeyDown={onKeyDown}
      className={cx(
        'num h-6 w-16 rounded border border-line-strong/60 bg-surface px-1.5 text-right text-sm hover:border-line-strong disabled:opacity-45',
        className
      )}
    />
  )
}
