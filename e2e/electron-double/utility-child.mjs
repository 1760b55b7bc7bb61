// Inside the utility process of the double: process.parentPort, and ports that came over it.
import { EventEmitter } from 'node:events'

const post = (message) => {
  if (process.connected) process.send(message)
}
class ChildPort extends EventEmitter {
  queue = []
  started = false
  constructor(number) {
    super()
    this.number = number
  }
  postMessage(data) {
    post({ port: this.number, data })
  }
  start() {
    this.started = true
    for (const data of this.queue.splice(0)) this.emit('message', { data, ports: [] })
  }
  take(data) {
    if (this.started) this.emit('message', { data, ports: [] })
    else this.queue.push(data)
  }
  close() {
    post({ port: this.number, close: true })
  }
}
const ports = new Map()
const parentPort = new EventEmitter()
parentPort.postMessage = (data) => post({ data })
process.parentPort = parentPort
// As in Electron, messages wait for the first listener.
const waiting = []
let listening = false
parentPort.on('newListener', (event) => {
  if (event !== 'message' || listening) return
  listening = true
  setImmediate(() => {
    for (const message of waiting.splice(0)) parentPort.emit('message', message)
  })
})
process.on('message', ({ port, data, close, ports: numbers = [] }) => {
  if (port !== undefined) {
    if (close) ports.get(port)?.emit('close')
    else ports.get(port)?.take(data)
    return
  }
  const made = numbers.map((number) => {
    const made = new ChildPort(number)
    ports.set(number, made)
    return made
  })
  if (listening && waiting.length === 0) parentPort.emit('message', { data, ports: made })
  else waiting.push({ data, ports: made })
})
// Electron ends a utility process with its parent.
process.on('disconnect', () => process.exit(0))
