import { useEffect, useMemo, useState } from 'react'
import type { RunRow } from '../../../shared/protocol'
import { fetchRun } from '../../actions/runs'
import { call } from '../../bridge'
import { DifferenceStatistics } from '../../statistics'
import { useStore } from '../../store'
import type { RunColumns } from '../../store/run-columns'
import { runRegistry } from '../../store/run-registry'
import { usePairState } from './pair-state'

/** The library's newest runs, with those of this page first. */
export function useRunChoices(): readonly RunRow[] | undefined {
  const revision = useStore((state) => state.libraryRevision)
  const ready = useStore((state) => state.engine?.state === 'ready')
  const runs = useStore((state) => state.runs)
  const [rows, setRows] = useState<readonly RunRow[] | undefined>(undefined)
  useEffect(() => {
    if (!ready) return undefined
    let current = true
    void call('runs.list', { sort: 'newest', limit: 100 }).then((answer) => {
      if (current) setRows(answer.ok ? answer.value.rows : [])
    })
    return () => {
      current = false
    }
  }, [revision, ready])
  return useMemo(() => {
    if (rows === undefined) return undefined
    const here = Object.values(runs)
      .map((run) => run.detail.row)
      .filter((row) => !rows.some((listed) => listed.id === row.id))
    return [...here, ...rows]
  }, [rows, runs])
}

export interface Pair {
  readonly a: RunColumns
  readonly b: RunColumns
  /** Absent where the runs have no layers in common or no statistics. */
  readonly difference: DifferenceStatistics | undefined
}

/** Arrays of both runs, fetched when they are not here; redraws ten times a second while either grows. */
export function usePair(): Pair | undefined {
  const a = usePairState((state) => state.a)
  const b = usePairState((state) => state.b)
  const field = usePairState((state) => state.field)
  useStore((state) => state.slowTick)
  const [fetched, setFetched] = useState(0)
  useEffect(() => {
    for (const id of [a, b]) if (id !== undefined) void fetchRun(id).then(() => setFetched((count) => count + 1))
  }, [a, b])
  const columnsA = runRegistry.get(a)
  const columnsB = runRegistry.get(b)
  const traceA = columnsA?.statistics
  const traceB = columnsB?.statistics
  const difference = useMemo(
    () =>
      traceA === undefined || traceB === undefined || traceA.layerCount !== traceB.layerCount
        ? undefined
        : new DifferenceStatistics(traceA, traceB, field),
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- `fetched` brings statistics that were not there
    [traceA, traceB, field, fetched]
  )
  difference?.update()
  return columnsA === undefined || columnsB === undefined ? undefined : { a: columnsA, b: columnsB, difference }
}
