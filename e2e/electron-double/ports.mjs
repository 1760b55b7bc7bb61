// MessagePorts of the double. A port either lies in this process, or `forward` carries what is posted to it elsewhere:
// to the page, or to the utility process.
import { EventEmitter } from 'node:events'

export class Port extends EventEmitter {
  peer
  queue = []
  held = []
  started = false
  closed = false
  forward

  postMessage(data) {
    this.peer.take(data)
  }
  /** A message that arrives at this end. */
  take(data) {
    if (this.closed) return
    if (this.forward !== undefined) this.forward(data)
    else if (this.transferred) this.held.push(data)
    else if (this.started) this.emit('message', { data, ports: [] })
    else this.queue.push(data)
  }
  start() {
    this.started = true
    for (const data of this.queue.splice(0)) this.emit('message', { data, ports: [] })
  }
  /** Now `forward` knows the way: what waited goes first. */
  forwardTo(forward) {
    this.forward = forward
    for (const data of [...this.queue.splice(0), ...this.held.splice(0)]) forward(data)
  }
  close() {
    if (this.closed) return
    this.closed = true
    this.emit('close')
    this.onClosed?.()
    this.peer.close()
  }
}

export class MessageChannelMain {
  port1 = new Port()
  port2 = new Port()
  constructor() {
    this.port1.peer = this.port2
    this.port2.peer = this.port1
  }
}

export const pack = (data) =>
  ArrayBuffer.isView(data) ? { bytes: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') } : { value: data }
