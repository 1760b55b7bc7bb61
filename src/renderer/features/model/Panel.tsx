export { ModelPanel as Panel } from './ModelPanel'
export { TensorInspector as Inspector } from './TensorInspector'
