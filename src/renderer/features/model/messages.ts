import { defineMessages } from '../../i18n/define'

export const modelMessages = defineMessages({
  title: { en: 'Model', es: 'Modelo' }
})
