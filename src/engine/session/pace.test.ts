import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Pace } from './pace'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function paced() {
  const state = { waiting: 0, paused: false, looks: 0, taken: 0 }
  const pace = new Pace(
    16,
    (paused) => {
      state.paused = paused
    },
    () => {
      state.looks += 1
      const found = state.waiting
      state.taken += state.waiting
      state.waiting = 0
      return found
    }
  )
  return { state, pace }
}

test('the first news is taken at once, what follows by the clock, and silence ends the pause', () => {
  const { state, pace } = paced()
  state.waiting = 1
  pace.woken()
  expect(state).toMatchObject({ taken: 1, paused: true, looks: 1 })
  for (let token = 0; token < 10; token += 1) {
    state.waiting += 1
    vi.advanceTimersByTime(8)
  }
  expect(state).toMatchObject({ taken: 11, paused: true, looks: 6 })
  vi.advanceTimersByTime(1000)
  expect(state).toMatchObject({ taken: 11, paused: false, waiting: 0 })
  expect(vi.getTimerCount()).toBe(0)
})

test('a wake-up while it looks by the clock changes nothing; its end looks no more', () => {
  const { state, pace } = paced()
  pace.woken()
  state.waiting = 3
  pace.woken()
  expect(state.taken).toBe(0)
  vi.advanceTimersByTime(16)
  expect(state.taken).toBe(3)
  pace.end()
  expect(state.paused).toBe(false)
  expect(vi.getTimerCount()).toBe(0)
})

test('many at once are looked for half as often', () => {
  const { state, pace } = paced()
  state.waiting = 40
  pace.woken()
  expect(state).toMatchObject({ taken: 40, looks: 1 })
  state.waiting = 5
  vi.advanceTimersByTime(31)
  expect(state.looks).toBe(1)
  vi.advanceTimersByTime(1)
  expect(state).toMatchObject({ taken: 45, looks: 2 })
  vi.advanceTimersByTime(16)
  expect(state.looks).toBeGreaterThan(2)
  pace.end()
})

test('what comes just as the pause ends is not forgotten', () => {
  let waiting = 0
  let taken = 0
  const pace = new Pace(
    16,
    (paused) => {
      if (!paused) waiting = 1 // published before anybody could be woken again
    },
    () => {
      const found = waiting
      taken += waiting
      waiting = 0
      return found
    }
  )
  pace.woken()
  vi.advanceTimersByTime(16)
  expect(taken).toBe(1)
  pace.end()
})
