import { useEffect, useState } from 'react'
import type { ModelInspection } from '../../../shared/protocol'
import { call } from '../../bridge'
import { useTranslate, useWholeNumber } from '../../i18n'
import { useStore } from '../../store'
import { Fact } from './Overview'

/** As the session stops: the ids that the file names, and its end of text. */
const endIds = ({ endOfGenerationIds, eosId }: NonNullable<ModelInspection['tokenizer']>): readonly number[] => [
  ...new Set([...endOfGenerationIds, ...(eosId === undefined ? [] : [eosId])])
]

export const TokenizerTab = ({ inspection }: { readonly inspection: ModelInspection }) => {
  const t = useTranslate()
  const whole = useWholeNumber()
  const { tokenizer } = inspection
  const vocabulary = useStore((state) => (state.model?.path === inspection.path ? state.vocabulary : undefined))
  if (tokenizer === undefined) return <p className="p-4 text-muted">{t('model.noTokenizer')}</p>
  const special = (id: number | undefined, added: boolean): string => {
    if (id === undefined) return t('model.none')
    const text = vocabulary?.text(id)
    return `${id}${text === undefined ? '' : ` ${text}`} · ${t(added ? 'model.added' : 'model.notAdded')}`
  }
  return (
    <dl className="m-0 grid max-w-2xl gap-y-2 p-4">
      <Fact name={t('model.kind')}>{tokenizer.kind === 'spm' ? 'SentencePiece BPE' : 'byte-level BPE'}</Fact>
      {tokenizer.preTokenizer !== undefined && <Fact name={t('model.preTokenizer')}>{tokenizer.preTokenizer}</Fact>}
      <Fact name={t('model.vocabulary')}>{whole(tokenizer.vocabularySize)}</Fact>
      <Fact name={t('model.merges')}>{whole(tokenizer.mergeCount)}</Fact>
      <Fact name={t('model.bos')}>{special(tokenizer.bosId, tokenizer.addBos)}</Fact>
      <Fact name={t('model.eos')}>{special(tokenizer.eosId, tokenizer.addEos)}</Fact>
      <Fact name={t('model.endIds')}>{endIds(tokenizer).join(', ') || t('model.none')}</Fact>
      <Fact name={t('model.spacePrefix')}>{t(tokenizer.addSpacePrefix ? 'model.yes' : 'model.no')}</Fact>
    </dl>
  )
}

export const TemplateTab = ({ inspection }: { readonly inspection: ModelInspection }) => {
  const t = useTranslate()
  const loaded = useStore((state) => state.model?.path === inspection.path)
  const { chatTemplate: template } = inspection
  if (template === undefined) return <p className="p-4 text-muted">{t('model.noTemplate')}</p>
  return (
    <div className="flex flex-col gap-4 p-4">
      <section>
        <h3 className="overline mb-1">{t('model.renderPreview')}</h3>
        {loaded ? <Rendered template={template} /> : <p className="text-muted">{t('model.renderNeedsLoad')}</p>}
      </section>
      <section>
        <h3 className="overline mb-1">{t('model.templateSource')}</h3>
        <pre className="num m-0 rounded-md border border-line bg-sunken p-3 text-sm break-words whitespace-pre-wrap">{template}</pre>
      </section>
    </div>
  )
}

const Rendered = ({ template }: { readonly template: string }) => {
  const t = useTranslate()
  const [text, setText] = useState('')
  const [failure, setFailure] = useState('')
  useEffect(() => {
    let current = true
    const messages = [
      { role: 'user', content: t('model.exampleUser') },
      { role: 'assistant', content: t('model.exampleAssistant') },
      { role: 'user', content: t('model.exampleUserAgain') }
    ]
    void call('chat.render', { messages, template, maxPieces: 0 }).then((answer) => {
      if (!current) return
      setText(answer.ok ? answer.value.text : '')
      setFailure(answer.ok ? '' : answer.error.message)
    })
    return () => {
      current = false
    }
  }, [template, t])
  if (failure !== '')
    return (
      <p role="alert" className="text-danger">
        {failure}
      </p>
    )
  return <pre className="num m-0 rounded-md border border-line bg-sunken p-3 text-sm break-words whitespace-pre-wrap">{text}</pre>
}
