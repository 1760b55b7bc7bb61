import { defineMessages } from '../../i18n/define'

export const profileMessages = defineMessages({
  title: { en: 'Profile', es: 'Perfil' }
})
