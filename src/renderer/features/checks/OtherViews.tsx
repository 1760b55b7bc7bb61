import { CircleCheck, CircleX, Layers3 } from 'lucide-react'
import { useState } from 'react'
import { useTranslate, useWholeNumber } from '../../i18n'
import { Badge } from '../../ui/Badge'
import { Button } from '../../ui/Button'
import { Table, Td, Th } from '../../ui/Table'
import { VirtualTable } from '../../ui/VirtualTable'
import type { Finished } from './checks-state'
import { CardActions, CardText } from './DivergenceView'
import { Provenance, Section, VerdictCard } from './parts'
import { openTensor } from './run-check'

const place = (layer: number, point: string): string =>
  point === 'embedding' || point === 'final_norm' || point === 'logits' ? point : `${layer} · ${point}`

/** Prefill, decode, chunks, rewind, second session: equal to the bit, or where they first are not. */
export const EquivalenceView = ({ finished }: { readonly finished: Finished<'equivalence'> }) => {
  const t = useTranslate()
  const { report } = finished
  const equal = report.ways.filter((way) => way.bitEqual).length
  return (
    <>
      <VerdictCard
        tone={report.verdict === 'equal' ? 'ok' : 'danger'}
        title={t(report.verdict === 'equal' ? 'checks.equal' : 'checks.different')}
      >
        <p className="m-0 text-sm">
          {t('checks.equalText', {
            equal,
            ways: report.ways.length,
            positions: report.positions,
            points: report.tracePoints,
            reference: report.reference
          })}
        </p>
      </VerdictCard>
      <Provenance milliseconds={finished.milliseconds} />
      <Section title={t('checks.ways')} help={t('checks.waysHelp', { reference: report.reference })}>
        <Table label={t('checks.ways')}>
          <thead>
            <tr>
              <Th>{t('checks.way')}</Th>
              <Th>{t('checks.bits')}</Th>
              <Th>{t('checks.firstDifference')}</Th>
              <Th numeric>{t('checks.differingPositions')}</Th>
              <Th>{t('checks.boundary')}</Th>
            </tr>
          </thead>
          <tbody>
            {report.ways.map((way) => {
              const first = way.firstDifference
              return (
                <tr key={way.name}>
                  <Td>{way.name}</Td>
                  <Td>
                    <Badge tone={way.bitEqual ? 'ok' : 'danger'}>{t(way.bitEqual ? 'checks.bitsEqual' : 'checks.bitsDiffer')}</Badge>
                  </Td>
                  <Td className="num">
                    {first === undefined
                      ? '–'
                      : t('checks.at', { position: String(first.position), tensor: place(first.layer, first.point) })}
                  </Td>
                  <Td numeric>{first?.differingPositions ?? 0}</Td>
                  <Td>{first?.boundary ?? '–'}</Td>
                </tr>
              )
            })}
          </tbody>
        </Table>
      </Section>
    </>
  )
}

/** No NaN and no infinity in any layer for any prompt, and what else a healthy run never shows. */
export const HealthView = ({ finished }: { readonly finished: Finished<'health'> }) => {
  const t = useTranslate()
  const whole = useWholeNumber()
  const { report, sequence } = finished
  const tone = { clean: 'ok', warnings: 'warn', broken: 'danger' } as const
  const title = { clean: 'checks.clean', warnings: 'checks.warnings', broken: 'checks.broken' } as const
  const ancestor = report.lastFiniteAncestor
  const [selected, setSelected] = useState(-1)
  // Only the first prompt is the chosen sequence; the others are the tool's own.
  const openable = (index: number): boolean => report.alerts[index]?.prompt === 0
  const open = (index: number): void => {
    const alert = report.alerts[index]
    if (alert !== undefined && openable(index)) void openTensor(alert, sequence)
  }
  return (
    <>
      <VerdictCard tone={tone[report.verdict]} title={t(title[report.verdict])}>
        <p className="m-0 text-sm">
          {t('checks.healthText', { layers: report.layers, points: report.tracePoints, prompts: report.prompts.length })}
        </p>
        {ancestor !== undefined && (
          <p className="m-0 text-sm">{t('checks.lastFinite', { tensor: place(ancestor.layer, ancestor.point) })}</p>
        )}
      </VerdictCard>
      <Provenance milliseconds={finished.milliseconds} />
      <Section title={t('checks.prompts')}>
        <Table label={t('checks.prompts')}>
          <thead>
            <tr>
              <Th>{t('checks.prompt')}</Th>
              <Th numeric>{t('checks.positions')}</Th>
              <Th numeric>{t('checks.valuesSeen')}</Th>
              <Th numeric>NaN</Th>
              <Th numeric>±∞</Th>
              <Th numeric>{t('checks.saturated')}</Th>
            </tr>
          </thead>
          <tbody>
            {report.prompts.map((prompt) => (
              <tr key={prompt.prompt}>
                <Td>
                  <span className="num">{prompt.prompt}</span>
                  {prompt.prompt === 0 && <span className="ml-2 text-muted">{t('checks.promptChosen')}</span>}
                </Td>
                <Td numeric>{whole(prompt.positions)}</Td>
                <Td numeric>{whole(prompt.valuesSeen)}</Td>
                <Td numeric>{whole(prompt.nanCount)}</Td>
                <Td numeric>{whole(prompt.infinityCount)}</Td>
                <Td numeric>{whole(prompt.saturatedCount)}</Td>
              </tr>
            ))}
          </tbody>
        </Table>
      </Section>
      <Section title={t('checks.alerts', { count: report.alertCount })} help={t('checks.alertsHelp')}>
        <div className={`flex flex-col rounded-md border border-line ${report.alerts.length === 0 ? '' : 'h-64'}`}>
          <VirtualTable
            label={t('checks.alerts', { count: report.alertCount })}
            columns={[
              { id: 'kind', title: t('checks.kind'), width: '8rem' },
              { id: 'tensor', title: t('checks.tensor'), width: 'minmax(9rem,1fr)' },
              { id: 'prompt', title: t('checks.prompt'), width: '6rem', numeric: true },
              { id: 'position', title: t('checks.position'), width: '6rem', numeric: true },
              { id: 'amount', title: t('checks.amount'), width: '8rem', numeric: true }
            ]}
            rowCount={report.alerts.length}
            empty={t('checks.noAlerts')}
            cell={(index, column) => {
              const alert = report.alerts[index] as (typeof report.alerts)[number]
              if (column === 'tensor') return <span className="num">{place(alert.layer, alert.point)}</span>
              return column === 'amount' ? String(Number(alert.amount.toPrecision(4))) : alert[column as 'kind' | 'prompt' | 'position']
            }}
            selected={selected}
            onSelect={setSelected}
            onActivate={open}
          />
        </div>
        {report.alerts.length > 0 && (
          <Button size="small" icon={Layers3} className="self-start" disabled={!openable(selected)} onClick={() => open(selected)}>
            {t('checks.openTensor')}
          </Button>
        )}
      </Section>
    </>
  )
}

/** Five planted faults, and whether the search named each. */
export const FaultLabView = ({ finished }: { readonly finished: Finished<'faultLab'> }) => {
  const t = useTranslate()
  const { exercises } = finished.report
  const named = exercises.filter((exercise) => exercise.named).length
  return (
    <>
      <VerdictCard
        tone={named === exercises.length ? 'ok' : 'danger'}
        title={t('checks.namedCount', { named: String(named), count: String(exercises.length) })}
      >
        <p className="m-0 text-sm">{t('checks.labText')}</p>
      </VerdictCard>
      <Provenance milliseconds={finished.milliseconds} />
      <ol
        className="m-0 grid list-none grid-cols-[repeat(auto-fill,minmax(min(40rem,100%),1fr))] items-start gap-3 p-0"
        aria-label={t('checks.faultLab')}
      >
        {exercises.map((exercise) => {
          const Icon = exercise.named ? CircleCheck : CircleX
          return (
            <li key={exercise.name} className="rounded-lg border border-line p-3">
              <h3 className="flex items-center gap-2 font-semibold">
                <Icon aria-hidden size={15} className={exercise.named ? 'text-ok' : 'text-danger'} />
                {exercise.name}
                <Badge tone={exercise.named ? 'ok' : 'danger'}>{t(exercise.named ? 'checks.named' : 'checks.notNamed')}</Badge>
              </h3>
              <p className="m-0 text-sm text-muted">{exercise.teaches}</p>
              <div className="mt-2 grid grid-cols-[auto_1fr] gap-x-3 gap-y-1">
                <span className="label pt-0.5">{t('checks.planted')}</span>
                <span className="num text-sm">
                  {place(exercise.fault.layer, exercise.fault.point)} ({exercise.fault.kind})
                </span>
                <span className="label pt-0.5">{t('checks.found')}</span>
                {exercise.found === undefined ? (
                  <span className="text-sm">{t('checks.nothingFound')}</span>
                ) : (
                  <div>
                    <p className="num m-0 text-sm">{place(exercise.found.layer, exercise.found.point)}</p>
                    <CardText card={exercise.found} />
                    <div className="mt-2 flex flex-wrap gap-2">
                      <CardActions card={exercise.found} {...finished} fault={exercise.fault} />
                    </div>
                  </div>
                )}
              </div>
            </li>
          )
        })}
      </ol>
    </>
  )
}
