import { defineMessages } from '../../i18n/define'

export const runsMessages = defineMessages({
  title: { en: 'Runs', es: 'Ejecuciones' }
})
