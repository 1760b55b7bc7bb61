import { defineMessages } from '../i18n/define'

export const appMessages = defineMessages({
  name: { en: 'GRETA Workbench', es: 'GRETA Workbench' },
  views: { en: 'Views', es: 'Vistas' },
  inspector: { en: 'Inspector', es: 'Inspector' },
  dock: { en: 'Bottom panel', es: 'Panel inferior' },
  status: { en: 'Status', es: 'Estado' },
  notifications: { en: 'Notifications', es: 'Avisos' },
  dismiss: { en: 'Dismiss', es: 'Descartar' },
  close: { en: 'Close', es: 'Cerrar' },
  cancel: { en: 'Cancel', es: 'Cancelar' },
  loading: { en: 'Loading…', es: 'Cargando…' },
  skip: { en: 'Skip to the view', es: 'Saltar a la vista' },
  toggleInspector: { en: 'Show or hide the inspector', es: 'Mostrar u ocultar el inspector' },
  toggleDock: { en: 'Show or hide the bottom panel', es: 'Mostrar u ocultar el panel inferior' },
  nextTheme: { en: 'Next theme', es: 'Tema siguiente' },
  commandPalette: { en: 'Command palette', es: 'Paleta de comandos' },
  help: { en: 'Keyboard shortcuts', es: 'Atajos de teclado' },
  settings: { en: 'Settings', es: 'Ajustes' },
  panelFailed: { en: 'This panel stopped because of an error in the workbench', es: 'Este panel se detuvo por un error del programa' },
  tryAgain: { en: 'Show it again', es: 'Mostrarlo de nuevo' },
  protocolProblem: { en: 'A message from the workbench was refused', es: 'Se rechazó un mensaje del programa' },
  engineStopped: { en: 'The engine stopped', es: 'El motor se detuvo' },
  generationFailed: { en: 'The generation failed', es: 'La generación falló' },
  generationStarted: { en: 'Generating', es: 'Generando' },
  finishedAnnouncement: {
    en: { one: 'Generation ended: {count} token', other: 'Generation ended: {count} tokens' },
    es: { one: 'Generación terminada: {count} token', other: 'Generación terminada: {count} tokens' }
  },
  requestFailed: { en: 'That did not work', es: 'No se pudo hacer' },
  resize: { en: 'Resize', es: 'Cambiar tamaño' }
})
