import { app, Menu, type MenuItemConstructorOptions } from 'electron'

const WORDS = {
  en: {
    file: 'File',
    open: 'Open Model…',
    runs: 'Runs',
    settings: 'Settings',
    edit: 'Edit',
    view: 'View',
    palette: 'Command Palette',
    restart: 'Restart Engine'
  },
  es: {
    file: 'Archivo',
    open: 'Abrir modelo…',
    runs: 'Ejecuciones',
    settings: 'Ajustes',
    edit: 'Edición',
    view: 'Ver',
    palette: 'Paleta de órdenes',
    restart: 'Reiniciar el motor'
  }
} as const

export interface MenuActions {
  /** Carried out by the page: ids of its command palette. */
  readonly command: (id: 'view-runs' | 'settings' | 'palette') => void
  readonly openModel: () => void
  readonly restartEngine: () => void
}

export function installMenu(actions: MenuActions): void {
  const words = app.getLocale().startsWith('es') ? WORDS.es : WORDS.en
  const separator: MenuItemConstructorOptions = { type: 'separator' }
  const template: MenuItemConstructorOptions[] = [
    ...(process.platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
    {
      label: words.file,
      submenu: [
        { label: words.open, accelerator: 'CmdOrCtrl+O', click: actions.openModel },
        { label: words.runs, click: () => actions.command('view-runs') },
        separator,
        { label: words.settings, click: () => actions.command('settings') },
        { label: words.restart, click: actions.restartEngine },
        separator,
        { role: process.platform === 'darwin' ? 'close' : 'quit' }
      ]
    },
    { label: words.edit, role: 'editMenu' },
    {
      label: words.view,
      submenu: [
        { label: words.palette, click: () => actions.command('palette') },
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        ...(app.isPackaged ? [] : [separator, { role: 'toggleDevTools' } as const])
      ]
    },
    { role: 'windowMenu' }
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}
