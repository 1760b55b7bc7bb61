/** The menu of the desktop app; everything else that people read is in the page's dictionary. */
export const MENU_WORDS = {
  en: {
    file: 'File',
    open: 'Open Model…',
    runs: 'Runs',
    settings: 'Settings',
    edit: 'Edit',
    view: 'View',
    palette: 'Command Palette',
    restart: 'Restart Engine',
    help: 'Help',
    notices: 'Third-Party Notices'
  },
  es: {
    file: 'Archivo',
    open: 'Abrir modelo…',
    runs: 'Ejecuciones',
    settings: 'Ajustes',
    edit: 'Edición',
    view: 'Ver',
    palette: 'Paleta de órdenes',
    restart: 'Reiniciar el motor',
    help: 'Ayuda',
    notices: 'Avisos de terceros'
  }
} as const
