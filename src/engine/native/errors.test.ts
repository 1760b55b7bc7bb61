import { expect, it } from 'vitest'
import { errorOfStatus, onDeviceLost } from './errors'

it('a lost device is told to whoever has to end the process; other failures are not', () => {
  const told: string[] = []
  onDeviceLost((message) => told.push(message))
  expect(errorOfStatus(3, 'no memory').code).toBe('out-of-memory')
  expect(told).toEqual([])
  expect(errorOfStatus(6, 'The device failed in forward (last block: attention of layer 3, position 7).').code).toBe('device')
  expect(told).toEqual(['The device failed in forward (last block: attention of layer 3, position 7).'])
})
