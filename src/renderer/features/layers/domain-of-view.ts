import type { TraceField } from '../../../shared/model/trace-points'
import type { ScaleKind } from '../../canvas/scale'
import type { CellMatrix, Domain } from '../../statistics'
import { isCountField, positiveDomain, robustDomain, sampleValues } from '../../statistics'

/** The interval that the colours of a picture should span: 1st to 99th percentile, counts always from their smallest possible value. */
export function domainOf(matrix: CellMatrix, field: TraceField, scaleKind: ScaleKind): Domain | undefined {
  const sample = sampleValues(matrix, field)
  if (isCountField(field)) {
    let high = 0
    for (const value of sample) high = Math.max(high, value)
    return sample.length === 0 ? undefined : { low: scaleKind === 'log' ? 0.5 : 0, high: Math.max(1, high) }
  }
  return (scaleKind === 'log' ? positiveDomain(sample) : undefined) ?? robustDomain(sample)
}

/** Colours that jump with every token cannot be read: a new domain is taken only when it differs by a tenth of its span. */
export function settledDomain(before: Domain | undefined, now: Domain | undefined, scaleKind: ScaleKind): Domain | undefined {
  if (before === undefined || now === undefined) return now
  if (scaleKind === 'log' && before.low > 0 && now.low > 0) {
    const far = (a: number, b: number) => Math.abs(Math.log(a / b)) > 0.1 * Math.max(0.5, Math.log(before.high / before.low))
    return far(now.low, before.low) || far(now.high, before.high) ? now : before
  }
  const span = Math.max(1e-30, before.high - before.low)
  return Math.abs(now.low - before.low) > 0.1 * span || Math.abs(now.high - before.high) > 0.1 * span ? now : before
}
