import type { ReactNode } from 'react'
import type { ModelInspection, QuantMixRow } from '../../../shared/protocol'
import { formatBytes } from '../../../shared/units'
import { useTranslate, useWholeNumber } from '../../i18n'
import { formatCount } from './tensor-list'

/** What kind of model it is, at a glance. */
export const Overview = ({ inspection }: { readonly inspection: ModelInspection }) => {
  const t = useTranslate()
  const whole = useWholeNumber()
  const { config } = inspection
  return (
    <div className="flex flex-col gap-6 p-4">
      <QuantMix rows={inspection.quantMix} />
      {config !== undefined && (
        <dl className="m-0 grid grid-cols-[repeat(auto-fill,minmax(min(17rem,100%),1fr))] gap-x-8 gap-y-2">
          <Fact name={t('model.architecture')}>{config.architecture}</Fact>
          <Fact name={t('model.parameters')}>{formatCount(config.parameterCount)}</Fact>
          <Fact name={t('model.size')}>{formatBytes(inspection.totalBytes)}</Fact>
          <Fact name={t('model.format')}>{inspection.format === 'gguf' ? 'GGUF' : 'SafeTensors'}</Fact>
          <Fact name={t('model.layers')}>{config.layerCount}</Fact>
          <Fact name={t('model.embedding')}>{whole(config.embeddingLength)}</Fact>
          <Fact name={t('model.heads')}>
            {t('model.headsValue', { heads: config.headCount, kv: config.kvHeadCount, dim: config.headDim })}
          </Fact>
          <Fact name={t('model.feedForward')}>{whole(config.feedForwardLength)}</Fact>
          <Fact name={t('model.vocabulary')}>{whole(config.vocabularySize)}</Fact>
          <Fact name={t('model.trainedContext')}>{whole(config.contextLength)}</Fact>
          <Fact name={t('model.rope')}>
            {t('model.ropeValue', { base: String(config.ropeBase), pairing: config.ropePairing, scaling: config.ropeScaling.kind })}
          </Fact>
          <Fact name={t('model.epsilon')}>{config.rmsNormEpsilon.toExponential(1)}</Fact>
          <Fact name={t('model.tied')}>{t(config.tiedEmbedding ? 'model.yes' : 'model.no')}</Fact>
        </dl>
      )}
      <section>
        <h3 className="overline mb-1">{t('model.files')}</h3>
        <ul className="flex flex-col gap-0.5">
          {inspection.files.map((file) => (
            <li key={file.path} className="flex gap-4 text-sm">
              <span className="num min-w-0 flex-1 break-all">{file.path}</span>
              <span className="num text-muted">{formatBytes(file.sizeBytes)}</span>
            </li>
          ))}
        </ul>
      </section>
    </div>
  )
}

export const Fact = ({ name, children }: { readonly name: string; readonly children: ReactNode }) => (
  <div className="flex items-baseline gap-3 border-b border-line/70 pb-1">
    <dt className="shrink-0 text-sm text-muted">{name}</dt>
    <dd className="num m-0 ml-auto text-right text-sm">{children}</dd>
  </div>
)

const COLORS = [1, 2, 3, 4, 5, 7, 8, 6].map((series) => `var(--series-${series})`)

const QuantMix = ({ rows }: { readonly rows: readonly QuantMixRow[] }) => {
  const t = useTranslate()
  const sorted = [...rows].sort((a, b) => b.sizeBytes - a.sizeBytes)
  const total = sorted.reduce((sum, row) => sum + row.sizeBytes, 0)
  return (
    <section>
      <h3 className="overline mb-1.5">{t('model.quantMix')}</h3>
      <div aria-hidden className="flex h-4 overflow-hidden rounded">
        {sorted.map((row, index) => (
          <div
            key={row.type}
            className="border-r-2 border-surface last:border-r-0"
            style={{ width: `${(row.sizeBytes / total) * 100}%`, background: COLORS[index % COLORS.length] }}
          />
        ))}
      </div>
      <ul className="mt-2 flex flex-wrap gap-x-6 gap-y-1">
        {sorted.map((row, index) => (
          <li key={row.type} className="flex items-center gap-2 text-sm">
            <span aria-hidden className="size-2.5 rounded-[2px]" style={{ background: COLORS[index % COLORS.length] }} />
            <span className="num font-medium">{row.type}</span>
            <span className="text-muted">
              {t('model.quantRow', { count: row.tensorCount })} · <span className="num">{formatBytes(row.sizeBytes)}</span> ·{' '}
              <span className="num">{((row.sizeBytes / total) * 100).toFixed(1)} %</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}
