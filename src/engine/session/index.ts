export { devices, loadOpenedModel, loadSession, planOpenedModel, planSession } from './load-session'
export { availableMemoryBytes, physicalProcessors } from './machine'
export type * from './types'
