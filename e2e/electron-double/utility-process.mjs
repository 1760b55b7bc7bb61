// utilityProcess: a Node child process in which process.parentPort exists (utility-child.mjs) and ports are numbered ways.
import { fork } from 'node:child_process'
import { EventEmitter } from 'node:events'

const children = new Set()
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

class UtilityProcess extends EventEmitter {
  ports = new Map()
  nextPort = 1

  constructor(module, words, options) {
    super()
    if (options.serviceName === undefined) throw new Error('electron double: utilityProcess without a serviceName')
    this.child = fork(module, words, {
      serialization: 'advanced',
      execArgv: ['--import', new URL('./utility-child.mjs', import.meta.url).href],
      env: options.env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc']
    })
    children.add(this.child)
    this.pid = this.child.pid
    this.child.on('error', () => undefined)
    this.child.on('message', ({ port, data, close }) => {
      if (port === undefined) this.emit('message', data)
      else if (close) this.ports.get(port)?.close()
      else this.ports.get(port)?.postMessage(data)
    })
    this.child.on('exit', (code) => {
      children.delete(this.child)
      for (const port of this.ports.values()) port.close()
      this.emit('exit', code ?? 137)
    })
  }
  postMessage(data, transfer = []) {
    const numbers = transfer.map((port) => {
      const number = this.nextPort++
      port.transferred = true
      this.ports.set(number, port)
      return number
    })
    this.send({ data, ports: numbers })
    transfer.forEach((port, index) => {
      port.forwardTo((message) => this.send({ port: numbers[index], data: message }))
      port.onClosed = () => this.send({ port: numbers[index], close: true })
    })
  }
  send(message) {
    if (this.child.connected) this.child.send(message)
  }
  kill() {
    return this.child.kill()
  }
}

export const utilityProcess = { fork: (module, words = [], options = {}) => new UtilityProcess(module, words, options) }
