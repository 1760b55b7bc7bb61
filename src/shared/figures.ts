/** "1.23e-10", "0", "NaN": the form every error figure of the reports has, in the app and on the command line. */
export const errorFigure = (value: number): string => (value === 0 ? '0' : Number.isFinite(value) ? value.toExponential(2) : String(value))

/** "99.61 %": a share of the reports. */
export const percentFigure = (share: number): string => (Number.isFinite(share) ? `${(100 * share).toFixed(2)} %` : String(share))
