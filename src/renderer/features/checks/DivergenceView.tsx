import { FileCode2, FlaskConical, Layers3 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { errorFigure } from '../../../shared/figures'
import type { FaultSettings, Sequence, Side } from '../../../shared/protocol'
import { useTranslate } from '../../i18n'
import { Button } from '../../ui/Button'
import { Table, Td, Th } from '../../ui/Table'
import { plantInPlay } from '../fault/plant'
import type { Finished, Report } from './checks-state'
import { Provenance, Section, VerdictCard } from './parts'
import { exportRepro, openTensor } from './run-check'

/** The first operation that computes something else than the reference. */
export const DivergenceView = ({ finished }: { readonly finished: Finished<'divergence'> }) => {
  const t = useTranslate()
  const { report } = finished
  const { first } = report
  const above = report.blocks.filter((block) => !(block.localNmse < report.limit)).map((block) => block.layer)
  return (
    <>
      {first === undefined ? (
        <VerdictCard tone="ok" title={t('checks.agree')}>
          <p className="m-0 text-sm">{t('checks.agreeText', { count: report.positions, limit: errorFigure(report.limit) })}</p>
          {above.length > 0 && <p className="m-0 text-sm">{t('checks.blocksAbove', { blocks: above.join(', ') })}</p>}
        </VerdictCard>
      ) : (
        <VerdictCard
          tone="danger"
          title={t('checks.diverges', { layer: String(first.layer), point: first.point })}
          actions={<CardActions card={first} {...finished} />}
        >
          <CardText card={first} />
        </VerdictCard>
      )}
      <Provenance reference={report.reference} test={report.test} milliseconds={finished.milliseconds} />
      <Blocks report={report} />
    </>
  )
}

type Card = NonNullable<Report<'divergence'>['first']>

/** The first-divergence card in words, with the figures of the command line. */
export const CardText = ({ card }: { readonly card: Card }) => {
  const t = useTranslate()
  return (
    <>
      <p className="m-0 text-sm">{card.operation}</p>
      <p className="num m-0 text-sm">
        {t('checks.cardLine', {
          local: errorFigure(card.localNmse),
          limit: errorFigure(card.limit),
          position: String(card.firstPosition),
          element: String(card.worstElement),
          expected: String(card.expected),
          found: String(card.found)
        })}
      </p>
      <p className="num m-0 text-sm text-muted">{t('checks.inputsAgree', { nmse: errorFigure(card.inputsNmse) })}</p>
      {card.diagnosis !== undefined && <p className="m-0 mt-1 text-sm font-medium">{t('checks.diagnosis', { text: card.diagnosis })}</p>}
    </>
  )
}

interface CardActionsProps {
  readonly card: Card
  readonly reference: Side
  readonly test: Side
  readonly sequence: Sequence
  /** Planted by the fault lab: the repro plants it again. */
  readonly fault?: FaultSettings
}

export const CardActions = ({ card, reference, test, sequence, fault }: CardActionsProps) => {
  const t = useTranslate()
  const [folder, setFolder] = useState<string | undefined>(undefined)
  const [writing, setWriting] = useState(false)
  const write = async (): Promise<void> => {
    setWriting(true)
    const place = { layer: card.layer, point: card.point, position: card.firstPosition }
    setFolder(await exportRepro({ reference, test, sequence }, place, fault))
    setWriting(false)
  }
  return (
    <>
      <Button
        size="small"
        icon={Layers3}
        onClick={() =>
          void openTensor({ position: card.firstPosition, layer: card.layer, point: card.point, element: card.worstElement }, sequence)
        }
      >
        {t('checks.openTensor')}
      </Button>
      <Button size="small" icon={FileCode2} disabled={writing} onClick={() => void write()}>
        {t(writing ? 'checks.writingRepro' : 'checks.exportRepro')}
      </Button>
      {fault !== undefined && (
        <Button size="small" icon={FlaskConical} onClick={() => plantInPlay(fault)}>
          {t('fault.plant')}
        </Button>
      )}
      {folder !== undefined && (
        <p role="status" className="m-0 w-full text-sm">
          {t('checks.reproFolder')} <code className="num break-all select-all">{folder}</code>
        </p>
      )}
    </>
  )
}

const Bar = ({ value, low, children }: { readonly value: number; readonly low: number; readonly children: ReactNode }) => {
  const share = value === 0 ? 0 : Number.isFinite(value) ? Math.max(0.02, Math.min(1, 1 - Math.log10(value) / Math.log10(low))) : 1
  return (
    <div className="flex items-center gap-2">
      <div aria-hidden className="h-2 w-40 min-w-8 shrink rounded-sm bg-sunken">
        <div className="h-full rounded-sm bg-accent" style={{ width: `${share * 100}%` }} />
      </div>
      <span className="num whitespace-nowrap">{children}</span>
    </div>
  )
}

const Blocks = ({ report }: { readonly report: Report<'divergence'> }) => {
  const t = useTranslate()
  const least = Math.min(1e-1, ...report.blocks.flatMap((block) => [block.localNmse, block.cumulativeNmse]).filter((value) => value > 0))
  const low = Math.max(1e-30, least / 10)
  return (
    <Section title={t('checks.blocks')} help={t('checks.blocksHelp')}>
      <Table label={t('checks.blocks')}>
        <thead>
          <tr>
            <Th>{t('checks.block')}</Th>
            <Th>{t('checks.localNmse')}</Th>
            <Th>{t('checks.cumulativeNmse')}</Th>
          </tr>
        </thead>
        <tbody>
          {report.blocks.map((block) => {
            const over = !(block.localNmse < report.limit)
            return (
              <tr key={block.layer} className={over ? (report.first === undefined ? 'bg-warn-soft' : 'bg-danger-soft') : undefined}>
                <Td className="num">{block.layer}</Td>
                <Td>
                  <Bar value={block.localNmse} low={low}>
                    {errorFigure(block.localNmse)}
                  </Bar>
                </Td>
                <Td>
                  <Bar value={block.cumulativeNmse} low={low}>
                    {errorFigure(block.cumulativeNmse)}
                  </Bar>
                </Td>
              </tr>
            )
          })}
        </tbody>
      </Table>
    </Section>
  )
}
