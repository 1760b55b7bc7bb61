export { ComparePanel as Panel } from './ComparePanel'
export { PairInspector as Inspector } from './PairInspector'
