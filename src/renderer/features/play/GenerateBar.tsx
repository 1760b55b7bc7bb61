import { CornerDownRight, Play, Redo2, RefreshCw, Square, Undo2 } from 'lucide-react'
import { type MouseEvent, useRef } from 'react'
import { continueRun, generate, regenerateRun, stepHistory, stopGenerating } from '../../actions/generation'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { useShownRun } from '../../store/use-run'
import { Button, IconButton } from '../../ui/Button'
import { NumberField } from '../../ui/NumberField'
import { Tooltip } from '../../ui/Tooltip'

const useCanGenerate = () => {
  const ready = useStore((state) => state.model !== undefined && state.engine?.state === 'ready')
  const live = useStore((state) => state.live !== undefined)
  const starting = useStore((state) => state.starting)
  return { ready, live, starting, idle: ready && !live && !starting }
}

/** Generate, and Stop while tokens come: one button, so that it keeps the focus. */
const GenerateButton = () => {
  const t = useTranslate()
  const { ready, live, starting, idle } = useCanGenerate()
  const hasPrompt = useStore(({ prompt }) =>
    prompt.mode === 'raw'
      ? prompt.text !== '' || prompt.addSpecial
      : prompt.mode === 'chat'
        ? prompt.messages.some((m) => m.content !== '')
        : prompt.tokens.trim() !== ''
  )
  const generating = live || starting
  // A press that began on Stop and ended after the last token must not begin another generation.
  const pressedWhileGenerating = useRef(false)
  const act = (event: MouseEvent) => {
    const byKeyboard = event.detail === 0
    if (!byKeyboard && pressedWhileGenerating.current !== generating) return
    void (generating ? stopGenerating() : generate())
  }
  return (
    <Tooltip text={generating ? t('play.stop') : ready ? t('play.generate') : t('play.noModel')} keys={generating ? 'Escape' : 'Mod+Enter'}>
      <Button
        variant="primary"
        icon={generating ? Square : Play}
        className="w-28"
        disabled={generating ? !live : !idle || !hasPrompt}
        onPointerDown={() => {
          pressedWhileGenerating.current = generating
        }}
        onClick={act}
      >
        {generating ? t('play.stop') : t('play.generate')}
      </Button>
    </Tooltip>
  )
}

/** Generate and what can be done with what was generated. */
export const GenerateBar = () => {
  const t = useTranslate()
  const { live, idle } = useCanGenerate()
  const maxTokens = useStore((state) => state.stopping.maxTokens)
  const changeStopping = useStore((state) => state.changeStopping)
  const canUndo = useStore((state) => state.historyAt > 0)
  const canRedo = useStore((state) => state.historyAt < state.history.length - 1)
  const shown = useShownRun()
  return (
    <div className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-2 gap-y-1 border-y border-line bg-bg px-3 py-1">
      <GenerateButton />
      <Tooltip text={t('play.continue')} keys="Alt+Enter">
        <Button icon={CornerDownRight} disabled={!idle || shown === undefined} onClick={() => void continueRun()}>
          {t('play.continue')}
        </Button>
      </Tooltip>
      <Tooltip text={t('play.regenerate')} keys="Mod+Shift+Enter">
        <Button icon={RefreshCw} disabled={!idle || shown === undefined} onClick={() => void regenerateRun()}>
          {t('play.regenerate')}
        </Button>
      </Tooltip>
      <span aria-hidden className="mx-1 h-5 w-px bg-line" />
      <IconButton icon={Undo2} label={t('play.undo')} keys="Alt+ArrowLeft" disabled={!canUndo || live} onClick={() => stepHistory(-1)} />
      <IconButton icon={Redo2} label={t('play.redo')} keys="Alt+ArrowRight" disabled={!canRedo || live} onClick={() => stepHistory(1)} />
      <label className="ml-auto flex shrink-0 items-center gap-2 text-sm whitespace-nowrap text-muted">
        {t('play.maxTokens')}
        <NumberField
          label={t('play.maxTokens')}
          value={maxTokens}
          min={1}
          max={1_000_000}
          digits={0}
          onChange={(value) => changeStopping({ maxTokens: Math.round(value) })}
        />
      </label>
    </div>
  )
}
