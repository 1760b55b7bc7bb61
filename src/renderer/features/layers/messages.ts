import { defineMessages } from '../../i18n/define'

export const layersMessages = defineMessages({
  title: { en: 'Layers', es: 'Capas' }
})
