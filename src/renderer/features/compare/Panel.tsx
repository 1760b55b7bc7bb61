export { ComparePanel as Panel, CompareInspector as Inspector } from './ComparePanel'
