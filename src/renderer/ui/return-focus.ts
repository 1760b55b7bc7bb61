import { useRef } from 'react'

/**
 * For overlays that are opened by a key or a command and so have no trigger: gives the focus back to where it was.
 * Radix calls the returned handler when the overlay goes.
 */
export function useReturnFocus(): (event: Event) => void {
  const opener = useRef<Element | null>(typeof document === 'undefined' ? null : document.activeElement)
  return (event) => {
    event.preventDefault()
    if (opener.current instanceof HTMLElement && opener.current.isConnected) opener.current.focus()
  }
}
