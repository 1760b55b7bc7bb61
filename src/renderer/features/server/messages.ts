import { defineMessages } from '../../i18n/define'

export const serverMessages = defineMessages({
  title: { en: 'Server', es: 'Servidor' }
})
