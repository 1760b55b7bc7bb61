import { useEffect, useRef, useState } from 'react'

/** The value, but changing at most once per `milliseconds`: for what costs more to draw than it tells. The last value always arrives. */
export function useThrottled<T>(value: T, milliseconds: number): T {
  const [shown, setShown] = useState(value)
  const lastChange = useRef(0)
  useEffect(() => {
    if (Object.is(shown, value)) return undefined
    const wait = Math.max(0, milliseconds - (performance.now() - lastChange.current))
    const timer = setTimeout(() => {
      lastChange.current = performance.now()
      setShown(value)
    }, wait)
    return () => clearTimeout(timer)
  }, [value, shown, milliseconds])
  return shown
}
