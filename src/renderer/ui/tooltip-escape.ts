const escapes = new WeakSet<Event>()

/** Escape has closed a tooltip, and nothing else. */
export const noteTooltipEscape = (event: Event): void => {
  escapes.add(event)
}

/**
 * Whether all that this Escape has done is to close a tooltip: then it still means what it says elsewhere (the tooltip of Stop says "Esc").
 * In a dialog it does not: there the next Escape closes the dialog.
 */
export const closedOnlyTooltip = (event: Event): boolean =>
  escapes.has(event) && !(event.target instanceof Element && event.target.closest('[role=dialog]') !== null)
