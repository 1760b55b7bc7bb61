import { Plus, RotateCcw, X } from 'lucide-react'
import { useState } from 'react'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { Badge } from '../../ui/Badge'
import { Button, IconButton } from '../../ui/Button'
import { Select } from '../../ui/Select'
import { Segmented } from '../../ui/Tabs'
import { Pieces } from './Pieces'
import type { PromptTokens } from './use-prompt-tokens'

/** Messages through the file's template, with what they become in sight. */
export const ChatEditor = ({ tokens }: { readonly tokens: PromptTokens | undefined }) => {
  const t = useTranslate()
  const messages = useStore((state) => state.prompt.messages)
  const template = useStore((state) => state.prompt.template)
  const fileTemplate = useStore((state) => state.model?.chatTemplate)
  const changePrompt = useStore((state) => state.changePrompt)
  const [side, setSide] = useState<'rendered' | 'template'>('rendered')
  const roles = [
    { value: 'system', label: t('play.roleSystem') },
    { value: 'user', label: t('play.roleUser') },
    { value: 'assistant', label: t('play.roleAssistant') }
  ]
  const change = (index: number, part: { readonly role?: string; readonly content?: string }) =>
    changePrompt({ messages: messages.map((message, at) => (at === index ? { ...message, ...part } : message)) })

  return (
    <div className="grid min-h-0 flex-1 grid-cols-2">
      <div className="flex min-h-0 flex-col gap-2 overflow-auto border-r border-line p-3">
        {messages.map((message, index) => (
          // Messages have no identity but their place.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={index} className="flex flex-col gap-1">
            <div className="flex items-center gap-1">
              <Select
                size="small"
                label={`${t('play.message', { number: index + 1 })}: ${t('play.role')}`}
                value={message.role}
                options={roles}
                onChange={(role) => change(index, { role })}
              />
              <span className="flex-1" />
              {messages.length > 1 && (
                <IconButton
                  size="small"
                  icon={X}
                  label={t('play.removeMessage')}
                  onClick={() => changePrompt({ messages: messages.filter((_, at) => at !== index) })}
                />
              )}
            </div>
            <textarea
              aria-label={t('play.message', { number: index + 1 })}
              value={message.content}
              onChange={(event) => change(index, { content: event.target.value })}
              rows={Math.min(10, Math.max(2, message.content.split('\n').length))}
              className="resize-none rounded-md border border-line-strong/60 bg-surface px-2.5 py-1.5 text-[0.9375rem] leading-6 hover:border-line-strong"
            />
          </div>
        ))}
        <Button
          size="small"
          icon={Plus}
          className="self-start"
          onClick={() =>
            changePrompt({ messages: [...messages, { role: messages.at(-1)?.role === 'user' ? 'assistant' : 'user', content: '' }] })
          }
        >
          {t('play.addMessage')}
        </Button>
      </div>
      <div className="flex min-h-0 flex-col bg-sunken">
        <div className="flex items-center gap-2 px-3 pt-2">
          <Segmented
            label={t('play.rendered')}
            value={side}
            onChange={setSide}
            options={[
              { value: 'rendered', label: t('play.rendered') },
              { value: 'template', label: t('play.template') }
            ]}
          />
          {template !== undefined && <Badge tone="accent">{t('play.templateOwn')}</Badge>}
          {side === 'template' && template !== undefined && fileTemplate !== undefined && (
            <IconButton
              size="small"
              icon={RotateCcw}
              label={t('play.templateReset')}
              onClick={() => changePrompt({ template: undefined })}
            />
          )}
        </div>
        {side === 'rendered' ? (
          // Scrolls: must be reachable by keyboard.
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          <div tabIndex={0} role="region" aria-label={t('play.rendered')} className="min-h-0 flex-1 overflow-auto p-3 -outline-offset-2">
            {fileTemplate === undefined && template === undefined ? (
              <p className="text-muted">{t('play.noTemplate')}</p>
            ) : tokens?.error !== undefined && tokens.error !== '' ? (
              <p className="text-danger">{tokens.error}</p>
            ) : (
              <Pieces pieces={tokens?.pieces ?? []} total={tokens?.count ?? 0} />
            )}
          </div>
        ) : (
          <textarea
            aria-label={t('play.template')}
            spellCheck={false}
            value={template ?? fileTemplate ?? ''}
            onChange={(event) => changePrompt({ template: event.target.value === '' ? undefined : event.target.value })}
            className="min-h-0 flex-1 resize-none bg-transparent p-3 font-mono text-sm -outline-offset-2"
          />
        )}
      </div>
    </div>
  )
}
