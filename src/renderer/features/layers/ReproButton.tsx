import { FileCode2 } from 'lucide-react'
import { useState } from 'react'
import { LAYER_POINTS, tracePointAt } from '../../../shared/model/trace-points'
import { reportError } from '../../actions/report'
import { call } from '../../bridge'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import type { RunColumns } from '../../store/run-columns'
import { Button } from '../../ui/Button'
import { faultOfTensors } from '../fault/run-faults'
import type { ShownCell } from './use-layers'

/** The end of the health chain: the operation that made this tensor, as files that stand alone. Only inside layers. */
export const ReproButton = ({ columns, cell }: { readonly columns: RunColumns; readonly cell: ShownCell }) => {
  const t = useTranslate()
  const [writing, setWriting] = useState(false)
  const [folder, setFolder] = useState<string | undefined>(undefined)
  const { layer, point: anyPoint } = tracePointAt(cell.traceIndex, columns.layerCount)
  const point = LAYER_POINTS.find((name) => name === anyPoint)
  if (point === undefined) return null
  const write = async (): Promise<void> => {
    setWriting(true)
    const { model, row } = columns.detail
    const fault = faultOfTensors(columns.detail)
    const answer = await call('numerics.repro', {
      reference: { path: model.path, backend: 'reference' },
      test: { path: model.path, backend: model.backend, kvType: model.options.kvType, precision: model.options.precision },
      sequence: { kind: 'run', runId: row.id },
      layer,
      point,
      position: cell.position,
      ...(fault === undefined ? {} : { fault })
    })
    setWriting(false)
    if (!answer.ok) return reportError(answer.error)
    setFolder(answer.value.folder)
    useStore.getState().toast({ tone: 'ok', title: t('layers.reproDone'), detail: answer.value.folder })
  }
  return (
    <section className="flex flex-col items-start gap-1 px-3 py-2">
      <Button size="small" icon={FileCode2} disabled={writing} onClick={() => void write()}>
        {t(writing ? 'layers.reproRunning' : 'layers.repro')}
      </Button>
      <p className="m-0 text-xs text-muted">
        {folder === undefined ? t('layers.reproHelp') : <span className="num break-all">{folder}</span>}
      </p>
    </section>
  )
}
