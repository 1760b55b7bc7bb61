import { SlidersHorizontal } from 'lucide-react'
import { useState } from 'react'
import { parseTokenIds } from '../../actions/generation'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import type { PromptMode } from '../../store/knobs'
import { IconButton } from '../../ui/Button'
import { Popover } from '../../ui/Popover'
import { Switch } from '../../ui/Switch'
import { Segmented } from '../../ui/Tabs'
import { ChatEditor } from './ChatEditor'
import { Pieces } from './Pieces'
import { type PromptTokens, usePromptTokens } from './use-prompt-tokens'

const EDITOR = 'min-h-0 flex-1 resize-none bg-transparent px-5 py-3 -outline-offset-2'

const RawEditor = ({ tokens, pieces }: { readonly tokens: PromptTokens | undefined; readonly pieces: boolean }) => {
  const t = useTranslate()
  const text = useStore((state) => state.prompt.text)
  const changePrompt = useStore((state) => state.changePrompt)
  return (
    <div className="flex min-h-0 flex-1">
      <textarea
        aria-label={t('play.prompt')}
        placeholder={t('play.promptPlaceholder')}
        value={text}
        onChange={(event) => changePrompt({ text: event.target.value })}
        className={`${EDITOR} text-[0.9375rem] leading-6`}
        data-testid="prompt-editor"
      />
      {pieces && (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div
          tabIndex={0}
          role="region"
          aria-label={t('play.tokens')}
          className="min-h-0 flex-1 overflow-auto border-l border-line bg-sunken px-4 py-3 -outline-offset-2"
        >
          <Pieces pieces={tokens?.pieces ?? []} total={tokens?.count ?? 0} />
        </div>
      )}
    </div>
  )
}

const TokensEditor = ({ tokens }: { readonly tokens: PromptTokens | undefined }) => {
  const t = useTranslate()
  const text = useStore((state) => state.prompt.tokens)
  const changePrompt = useStore((state) => state.changePrompt)
  const invalid = parseTokenIds(text) === undefined
  return (
    <div className="flex min-h-0 flex-1">
      <textarea
        aria-label={t('play.tokens')}
        aria-invalid={invalid || undefined}
        placeholder={t('play.tokensPlaceholder')}
        spellCheck={false}
        value={text}
        onChange={(event) => changePrompt({ tokens: event.target.value })}
        className={`${EDITOR} num text-base leading-6`}
      />
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div
        tabIndex={0}
        role="region"
        aria-label={t('play.rendered')}
        className="min-h-0 flex-1 overflow-auto border-l border-line bg-sunken px-4 py-3 -outline-offset-2"
      >
        {invalid ? (
          <p className="text-danger">{t('play.tokensInvalid')}</p>
        ) : (
          <Pieces pieces={tokens?.pieces ?? []} total={tokens?.count ?? 0} />
        )}
      </div>
    </div>
  )
}

/** The prompt in three modes over one buffer, with the number of tokens it comes to. */
export const PromptPanel = () => {
  const t = useTranslate()
  const prompt = useStore((state) => state.prompt)
  const changePrompt = useStore((state) => state.changePrompt)
  const context = useStore((state) => state.model?.options.context)
  const [pieces, setPieces] = useState(false)
  const tokens = usePromptTokens(pieces || prompt.mode !== 'raw')

  /** The tokens of the prompt as it stands, for exact repetition. */
  const changeMode = (mode: PromptMode) => {
    const ids = tokens?.pieces.map((piece) => piece.id) ?? []
    const whole = tokens !== undefined && ids.length === tokens.count
    changePrompt({ mode, ...(mode === 'tokens' && prompt.tokens === '' && whole ? { tokens: ids.join(' ') } : {}) })
  }

  return (
    <section aria-label={t('play.prompt')} className="flex h-full min-h-0 flex-col">
      <header className="flex h-10 shrink-0 items-center gap-3 overflow-x-auto overflow-y-hidden border-b border-line px-3">
        <Segmented
          label={t('play.mode')}
          value={prompt.mode}
          onChange={changeMode}
          options={[
            { value: 'raw', label: t('play.raw') },
            { value: 'chat', label: t('play.chat') },
            { value: 'tokens', label: t('play.tokens') }
          ]}
        />
        {prompt.mode === 'raw' && (
          <>
            <Switch label={t('play.boundaries')} checked={pieces} onChange={setPieces} />
            <Popover label={t('play.promptOptions')} trigger={<IconButton icon={SlidersHorizontal} label={t('play.promptOptions')} />}>
              <div className="flex flex-col gap-1">
                <Switch label={t('play.addSpecial')} checked={prompt.addSpecial} onChange={(addSpecial) => changePrompt({ addSpecial })} />
                <Switch
                  label={t('play.parseSpecial')}
                  checked={prompt.parseSpecial}
                  onChange={(parseSpecial) => changePrompt({ parseSpecial })}
                />
              </div>
            </Popover>
          </>
        )}
        <span className="num ml-auto truncate text-sm text-muted" data-testid="prompt-tokens">
          {tokens !== undefined && tokens.error === undefined && t('play.tokenCount', { count: tokens.count })}
          {tokens !== undefined && tokens.error === undefined && context !== undefined && tokens.count > context && (
            <strong className="ml-2 font-semibold text-danger">{t('play.tokenCountOf', { count: tokens.count, total: context })}</strong>
          )}
        </span>
      </header>
      {prompt.mode === 'raw' && <RawEditor tokens={tokens} pieces={pieces} />}
      {prompt.mode === 'chat' && <ChatEditor tokens={tokens} />}
      {prompt.mode === 'tokens' && <TokensEditor tokens={tokens} />}
    </section>
  )
}
