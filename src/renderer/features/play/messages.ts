import { defineMessages } from '../../i18n/define'

export const playMessages = defineMessages({
  title: { en: 'Play', es: 'Probar' }
})
