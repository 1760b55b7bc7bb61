export { AlertsDock as Dock } from './AlertsDock'
export { CellInspector as Inspector } from './CellInspector'
export { LayersPanel as Panel } from './LayersPanel'
