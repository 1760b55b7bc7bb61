import { useEffect, useRef, useState } from 'react'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { Tabs } from '../../ui/Tabs'
import { SamplingPanel } from './sampling/SamplingPanel'
import { TokenInspector } from './TokenInspector'

/** The chosen token, and how the next ones are drawn. */
export const Inspector = () => {
  const t = useTranslate()
  const token = useStore((state) => state.cursor.token)
  const [tab, setTab] = useState<'token' | 'sampling'>(token === undefined ? 'sampling' : 'token')
  const before = useRef(token)
  // Choosing a token shows it; the person can go back to the knobs.
  useEffect(() => {
    if (token !== undefined && token !== before.current) setTab('token')
    before.current = token
  }, [token])
  return (
    <Tabs
      label={t('app.inspector')}
      value={tab}
      onChange={setTab}
      items={[
        { value: 'token', label: t('play.token'), content: <TokenInspector /> },
        { value: 'sampling', label: t('play.sampling'), content: <SamplingPanel /> }
      ]}
    />
  )
}
