import { contextBridge, ipcRenderer, webUtils } from 'electron'
import type { DesktopDoor } from '../shared/page-door'

// A port cannot cross contextBridge: it is handed to the page's own origin by window.postMessage.
ipcRenderer.on('greta:port', (event, message: unknown) => {
  window.postMessage(message, window.location.origin, [...event.ports])
})

const door: DesktopDoor = {
  kind: 'desktop',
  ready: () => ipcRenderer.send('greta:ready'),
  pathForFile: (file) => (file instanceof File ? webUtils.getPathForFile(file) : '')
}
contextBridge.exposeInMainWorld('greta', door)
