import { app, Menu, type MenuItemConstructorOptions } from 'electron'
import { MENU_WORDS } from '../supervisor/menu-words'

export interface MenuActions {
  /** Carried out by the page: ids of its command palette. */
  readonly command: (id: 'view-runs' | 'settings' | 'palette') => void
  readonly openModel: () => void
  readonly restartEngine: () => void
  /** Shows whose code is in the package; a source tree has no such file. */
  readonly openNotices?: () => void
}

export function installMenu(actions: MenuActions): void {
  const words = app.getLocale().startsWith('es') ? MENU_WORDS.es : MENU_WORDS.en
  const separator: MenuItemConstructorOptions = { type: 'separator' }
  const { openNotices } = actions
  const help: MenuItemConstructorOptions[] =
    openNotices === undefined ? [] : [{ label: words.help, role: 'help', submenu: [{ label: words.notices, click: openNotices }] }]
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
    { role: 'windowMenu' },
    ...help
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}
