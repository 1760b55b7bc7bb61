import { SEVERITY } from './severity'

export const ALERT_KINDS = ['nan', 'positiveInfinity', 'negativeInfinity', 'saturated'] as const
export type AlertKind = (typeof ALERT_KINDS)[number]

export const severityOfAlert = (kind: AlertKind): number => SEVERITY[kind]

/** All bad elements of one kind at one trace point. */
export interface AlertGroup {
  readonly kind: AlertKind
  readonly traceIndex: number
  /** The first position (token index in the context) where it happened. */
  readonly firstPosition: number
  /** Positions with at least one such element, and all such elements. */
  readonly cells: number
  readonly elements: number
}

/** Collects alerts in the order they come. One entry a kind and trace point, however many tokens are bad. */
export class AlertBook {
  private readonly groups = new Map<number, AlertGroup>()
  private sorted: readonly AlertGroup[] | undefined

  record(kind: AlertKind, position: number, traceIndex: number, elements: number): void {
    const key = traceIndex * ALERT_KINDS.length + ALERT_KINDS.indexOf(kind)
    const known = this.groups.get(key)
    this.groups.set(
      key,
      known === undefined
        ? { kind, traceIndex, firstPosition: position, cells: 1, elements }
        : {
            ...known,
            firstPosition: Math.min(known.firstPosition, position),
            cells: known.cells + 1,
            elements: known.elements + elements
          }
    )
    this.sorted = undefined
  }

  clear(): void {
    this.groups.clear()
    this.sorted = undefined
  }

  /** By first position, then execution order, then severity: the head of the list is where to look first. */
  list(): readonly AlertGroup[] {
    this.sorted ??= [...this.groups.values()].sort(
      (a, b) =>
        a.firstPosition - b.firstPosition || a.traceIndex - b.traceIndex || ALERT_KINDS.indexOf(a.kind) - ALERT_KINDS.indexOf(b.kind)
    )
    return this.sorted
  }

  first(kind: AlertKind): AlertGroup | undefined {
    return this.list().find((group) => group.kind === kind)
  }
}
