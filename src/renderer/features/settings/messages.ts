import { defineMessages } from '../../i18n/define'

export const settingsMessages = defineMessages({
  title: { en: 'Settings', es: 'Ajustes' }
})
