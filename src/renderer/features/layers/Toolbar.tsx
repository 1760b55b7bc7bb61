import { memo } from 'react'
import { Grid3x3, LocateFixed, Table2 } from 'lucide-react'
import { LAYER_POINTS, type TracePoint } from '../../../shared/model/trace-points'
import { SCALE_KINDS } from '../../canvas/scale'
import { useTranslate } from '../../i18n'
import type { TraceStatistics } from '../../statistics'
import { TRACE_FIELDS } from '../../statistics'
import { useStore } from '../../store'
import { IconButton } from '../../ui/Button'
import { Select } from '../../ui/Select'
import { Segmented } from '../../ui/Tabs'
import { FIELD_TITLES, focusOf } from './use-layers'
import { LAYERS_MODES, useLayersState } from './view-state'

export const MODE_TITLES = {
  'layer-operation': 'layers.modeLayerOperation',
  'layer-token': 'layers.modeLayerToken',
  'operation-token': 'layers.modeOperationToken',
  everything: 'layers.modeEverything'
} as const
const SCALE_TITLES = { linear: 'layers.scaleLinear', log: 'layers.scaleLog', symmetric: 'layers.scaleSymmetric' } as const

const POINTS: readonly TracePoint[] = ['embedding', ...LAYER_POINTS, 'final_norm', 'logits']

export const Toolbar = memo(({ trace }: { readonly trace: TraceStatistics }) => {
  const t = useTranslate()
  const state = useLayersState()
  const layer = useStore((store) => store.cursor.layer)
  const point = useStore((store) => store.cursor.point)
  const following = useStore((store) => store.cursor.token === undefined)
  const moveCursor = useStore((store) => store.moveCursor)
  const focus = focusOf(trace.layerCount, layer, point)
  const signed = state.scaleKind === 'symmetric'
  return (
    <div
      role="toolbar"
      aria-label={t('layers.toolbar')}
      className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-line px-3 py-1.5"
    >
      <Select
        size="small"
        label={t('layers.mode')}
        value={state.mode}
        onChange={(mode) => state.change({ mode, lockedDomain: undefined })}
        options={LAYERS_MODES.map((mode) => ({ value: mode, label: t(MODE_TITLES[mode]) }))}
      />
      {state.mode === 'layer-token' && (
        <Select
          size="small"
          label={t('layers.point')}
          value={focus.point}
          onChange={(next) => moveCursor({ point: next, layer: focus.layer, element: undefined })}
          options={POINTS.map((name) => ({ value: name, label: name }))}
        />
      )}
      {state.mode === 'operation-token' && (
        <Select
          size="small"
          label={t('layers.layer')}
          value={String(focus.layer)}
          onChange={(next) =>
            moveCursor({ layer: Number(next), point: LAYER_POINTS.find((name) => name === focus.point) ?? 'layer_out', element: undefined })
          }
          options={Array.from({ length: trace.layerCount }, (_, index) => ({
            value: String(index),
            label: t('layers.layerNumber', { layer: index })
          }))}
        />
      )}
      <Select
        size="small"
        label={t('layers.statistic')}
        value={state.field}
        onChange={state.chooseField}
        options={TRACE_FIELDS.map((field) => ({ value: field, label: t(FIELD_TITLES[field]) }))}
      />
      <Segmented
        label={t('layers.scale')}
        value={state.scaleKind}
        onChange={(scaleKind) => state.change({ scaleKind, lockedDomain: undefined })}
        options={SCALE_KINDS.map((kind) => ({ value: kind, label: t(SCALE_TITLES[kind]) }))}
      />
      {!signed && (
        <Select
          size="small"
          label={t('layers.palette')}
          value={state.magnitudePalette}
          onChange={(magnitudePalette) => state.change({ magnitudePalette })}
          options={[
            { value: 'cividis', label: 'Cividis' },
            { value: 'viridis', label: 'Viridis' }
          ]}
        />
      )}
      <div className="flex items-center">
        <IconButton
          icon={LocateFixed}
          label={t('layers.followHelp')}
          aria-pressed={following}
          variant={following ? 'secondary' : 'quiet'}
          onClick={() => moveCursor({ token: undefined })}
        />
        <IconButton
          icon={state.asTable ? Grid3x3 : Table2}
          label={t(state.asTable ? 'layers.asPicture' : 'layers.asTable')}
          aria-pressed={state.asTable}
          onClick={() => state.change({ asTable: !state.asTable })}
        />
      </div>
    </div>
  )
})
Toolbar.displayName = 'Toolbar'
