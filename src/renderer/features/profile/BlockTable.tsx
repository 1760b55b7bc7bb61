import type { TimedBlock } from '../../../shared/model/trace-points'
import { formatBytes } from '../../../shared/units'
import { useTranslate } from '../../i18n'
import { Table, Td, Th } from '../../ui/Table'
import type { BlockBytes } from './block-bytes'
import type { ProfileSummary } from './profile-data'
import { BLOCK_COLORS } from './series'

interface BlockTableProps {
  readonly summary: ProfileSummary
  /** Bytes a token reads, the KV cache included; undefined where GB/s means nothing (prefill) or the model is unknown. */
  readonly bytes: BlockBytes | undefined
  readonly bandwidth: number | undefined
}

/** No "-0.000": what rounds to nothing is nothing. */
const fixed = (value: number, digits: number): string => value.toFixed(digits).replace(/^-(0\.0+)$/, '$1')
const ms = (value: number): string => (Number.isFinite(value) ? fixed(value, 3) : '–')
const percent = (value: number): string => (Number.isFinite(value) ? `${fixed(value * 100, 1)} %` : '–')

/** Where the time of a step goes, and how fast each block reads memory. */
export const BlockTable = ({ summary, bytes, bandwidth }: BlockTableProps) => {
  const t = useTranslate()
  const { step } = summary
  return (
    <Table label={t('profile.table')}>
      <thead>
        <tr>
          <Th>{t('profile.block')}</Th>
          <Th numeric>{t('profile.mean')} ms</Th>
          <Th numeric>{t('profile.share')}</Th>
          <Th numeric>p50</Th>
          <Th numeric>p95</Th>
          <Th numeric>p99</Th>
          <Th numeric>{t('profile.bytes')}</Th>
          <Th numeric>{t('profile.speed')}</Th>
          <Th numeric>{t('profile.ofBandwidth')}</Th>
        </tr>
      </thead>
      <tbody>
        {summary.blocks.map(({ block, time, share }) => {
          const moved = bytes?.[block as TimedBlock] ?? 0
          const perSecond = moved > 0 && time.mean > 0 ? moved / (time.mean / 1000) : Number.NaN
          return (
            <tr key={block} className="hover:bg-hover">
              <Td>
                <span className="inline-flex items-center gap-2">
                  <span aria-hidden className="size-2.5 rounded-[2px]" style={{ background: BLOCK_COLORS[block as TimedBlock] }} />
                  <span className="num">{block}</span>
                </span>
              </Td>
              <Td numeric>{ms(time.mean)}</Td>
              <Td numeric>{percent(share)}</Td>
              <Td numeric>{ms(time.p50)}</Td>
              <Td numeric>{ms(time.p95)}</Td>
              <Td numeric>{ms(time.p99)}</Td>
              <Td numeric>{moved > 0 ? formatBytes(Math.round(moved)) : '–'}</Td>
              <Td numeric>{Number.isFinite(perSecond) ? (perSecond / 1e9).toFixed(2) : '–'}</Td>
              <Td numeric>{bandwidth !== undefined && Number.isFinite(perSecond) ? percent(perSecond / bandwidth) : '–'}</Td>
            </tr>
          )
        })}
        {summary.blocks.length > 0 && (
          <tr className="text-muted">
            <Td>{t('profile.unaccounted')}</Td>
            <Td numeric>{ms(summary.unaccounted)}</Td>
            <Td numeric>{percent(summary.unaccounted / step.mean)}</Td>
            <Td colSpan={6} />
          </tr>
        )}
        <tr className="font-medium">
          <Td>{t('profile.stepRow')}</Td>
          <Td numeric>{ms(step.mean)}</Td>
          <Td numeric>100.0 %</Td>
          <Td numeric>{ms(step.p50)}</Td>
          <Td numeric>{ms(step.p95)}</Td>
          <Td numeric>{ms(step.p99)}</Td>
          <Td colSpan={3} />
        </tr>
      </tbody>
    </Table>
  )
}
