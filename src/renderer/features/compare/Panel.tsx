export { CompareTabs as Panel } from './CompareTabs'
export { PairInspector as Inspector } from './PairInspector'
