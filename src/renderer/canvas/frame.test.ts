import { expect, it } from 'vitest'
import { FrameScheduler } from './frame'

function fakeHost() {
  const callbacks: ((time: number) => void)[] = []
  const listeners: (() => void)[] = []
  const state = { hidden: false, clock: 0 }
  return {
    state,
    run(time: number) {
      const due = callbacks.splice(0)
      for (const callback of due) callback(time)
      return due.length
    },
    show() {
      state.hidden = false
      for (const listener of listeners) listener()
    },
    host: {
      requestFrame: (callback: (time: number) => void) => callbacks.push(callback),
      isHidden: () => state.hidden,
      onVisible: (callback: () => void) => void listeners.push(callback),
      now: () => state.clock
    }
  }
}

it('paints each key once a frame, whatever was asked', () => {
  const fake = fakeHost()
  const scheduler = new FrameScheduler(fake.host)
  const key = {}
  let painted = 0
  for (let i = 0; i < 100; i++) scheduler.request(key, () => (painted += 1))
  expect(fake.run(16)).toBe(1)
  expect(painted).toBe(1)
  expect(fake.run(32)).toBe(0)
})

it('paints nothing while hidden and catches up when shown', () => {
  const fake = fakeHost()
  const scheduler = new FrameScheduler(fake.host)
  let painted = 0
  fake.state.hidden = true
  scheduler.request({}, () => (painted += 1))
  expect(fake.run(16)).toBe(0)
  fake.show()
  expect(fake.run(32)).toBe(1)
  expect(painted).toBe(1)
  expect(scheduler.report()).toMatchObject({ painted: 1, skippedHidden: 1 })
})

it('a painter may ask for the next frame; times are measured', () => {
  const fake = fakeHost()
  const scheduler = new FrameScheduler(fake.host)
  const key = {}
  const paint = () => {
    fake.state.clock += 3
    scheduler.request(key, paint)
  }
  scheduler.request(key, paint)
  for (let time = 0; time < 160; time += 16) fake.run(time)
  const report = scheduler.report()
  expect(report.painted).toBe(10)
  expect(report.paintMedian).toBe(3)
  expect(report.intervalMedian).toBe(16)
})
