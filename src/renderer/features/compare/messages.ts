import { defineMessages } from '../../i18n/define'

export const compareMessages = defineMessages({
  title: { en: 'Compare', es: 'Comparar' }
})
