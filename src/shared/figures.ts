/**
 * How numbers are written, for the page and the command line alike: the same value has the same digits in both. Bytes,
 * times and statistics are in units.ts. Always with a decimal point, whatever the language.
 */

/** "1.23e-10", "0", "NaN": the form every error figure of the reports has, in the app and on the command line. */
export const errorFigure = (value: number): string => (value === 0 ? '0' : Number.isFinite(value) ? value.toExponential(2) : String(value))

/** "99.61 %": a share of the reports. */
export const percentFigure = (share: number): string => (Number.isFinite(share) ? `${(100 * share).toFixed(2)} %` : String(share))

/** "265.31": tokens a second. */
export const rateFigure = (tokensPerSecond: number): string => tokensPerSecond.toFixed(2)

/** "41.2 %", "0.03 %", "<0.01 %", "–": a probability, with enough digits to tell alternatives apart. */
export function shareFigure(probability: number): string {
  if (Number.isNaN(probability)) return '–'
  const percent = probability * 100
  if (percent >= 10) return `${percent.toFixed(1)} %`
  if (percent >= 0.01) return `${percent.toFixed(2)} %`
  return percent === 0 ? '0 %' : '<0.01 %'
}

/** "0.045", "+∞", "–": a number of fixed places; logits have four, bits three. */
export const decimalFigure = (value: number, places: number): string =>
  Number.isNaN(value) ? '–' : Number.isFinite(value) ? value.toFixed(places) : value > 0 ? '+∞' : '−∞'
export const logitFigure = (logit: number): string => decimalFigure(logit, 4)
export const bitsFigure = (bits: number): string => decimalFigure(bits, 3)
