/** What all charts share: how axes and the box at the pointer look. */
export const AXIS_TEXT = { fontSize: 10, fill: 'var(--muted)', fontFamily: 'IBM Plex Mono, monospace' }
export const CHART_TOOLTIP = {
  background: 'var(--raised)',
  border: '1px solid var(--line)',
  borderRadius: 6,
  fontSize: 11,
  padding: '4px 8px'
}
