import { Construction } from 'lucide-react'
import { useTranslate } from '../../i18n'
import { EmptyState } from '../../ui/EmptyState'

export const Panel = () => {
  const t = useTranslate()
  return <EmptyState icon={Construction} title={t('profile.title')} />
}
