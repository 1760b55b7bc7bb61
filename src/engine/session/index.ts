export { devices, loadOpenedModel, loadSession, planOpenedModel, planSession, sessionTokenizer } from './load-session'
export { availableMemoryBytes, physicalProcessors } from './machine'
export type * from './types'
