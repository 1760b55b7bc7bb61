export { CellInspector as Inspector } from './CellInspector'
export { LayersDock as Dock } from './LayersDock'
export { LayersPanel as Panel } from './LayersPanel'
