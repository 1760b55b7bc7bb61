import { defineMessages } from '../../i18n/define'

export const logitsMessages = defineMessages({
  title: { en: 'Logits', es: 'Logits' }
})
