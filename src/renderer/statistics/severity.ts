/**
 * What is wrong with a cell, worst last: pooling cells keeps the largest, so one NaN in millions of cells survives every
 * zoom level. 0 is "no data", so a group with any captured cell is at least `finite`.
 */
export const SEVERITY = { notCaptured: 0, finite: 1, saturated: 2, negativeInfinity: 3, positiveInfinity: 4, nan: 5 } as const
export type Severity = (typeof SEVERITY)[keyof typeof SEVERITY]

/** The least severity that is an alert. */
export const ALERT_SEVERITY = SEVERITY.saturated

export function severityOf(nan: number, positiveInfinity: number, negativeInfinity: number, saturated: number): Severity {
  if (nan > 0) return SEVERITY.nan
  if (positiveInfinity > 0) return SEVERITY.positiveInfinity
  if (negativeInfinity > 0) return SEVERITY.negativeInfinity
  if (saturated > 0) return SEVERITY.saturated
  return SEVERITY.finite
}
