import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { GretaError } from '../../shared/errors'
import { errorLocator } from './locate-error'
import { pythonLikeInterpreter } from './python-like'
import { type RenderReply, type RenderRequest, sandboxProgram } from './sandbox-program'

/** Of the worker thread. A list or string at its limit takes tens of megabytes. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 } as const

interface Job {
  readonly request: RenderRequest
  readonly resolve: (reply: RenderReply) => void
  readonly reject: (error: GretaError) => void
}

/**
 * Renders templates one after another in a worker thread that stays warm between them and does not keep the process alive.
 * A template that takes too long or too much memory costs the thread; the next one gets a fresh thread.
 */
export class TemplateSandbox {
  readonly #waiting: Job[] = []
  #worker: Worker | undefined
  #running: Job | undefined
  #ready = false
  #timer: NodeJS.Timeout | undefined
  #lastNumber = 0

  render(request: Omit<RenderRequest, 'number'>): Promise<RenderReply> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request: { ...request, number: ++this.#lastNumber }, resolve, reject })
      this.#next()
    })
  }

  /** Ends the thread; what waits is refused. Only tests need it. */
  async close(): Promise<void> {
    const waiting = this.#waiting.splice(0)
    for (const job of waiting) job.reject(new GretaError('cancelled', 'The chat template was not rendered: the sandbox is closed.'))
    await this.#worker?.terminate()
  }

  #next(): void {
    if (this.#running !== undefined) return
    const job = this.#waiting.shift()
    if (job === undefined) {
      this.#worker?.unref()
      return
    }
    this.#running = job
    const worker = this.#worker ?? this.#start()
    worker.ref()
    if (this.#ready) this.#armTimer(worker)
    try {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
      worker.postMessage(job.request)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#release()
      job.reject(new GretaError('usage', `The values for the chat template cannot be handed to it: ${why}`))
      this.#next()
    }
  }

  /** Whatever ran is over. */
  #release(): void {
    clearTimeout(this.#timer)
    this.#running = undefined
  }

  #start(): Worker {
    const nativeRequire = createRequire(import.meta.url)
    const library = readFileSync(nativeRequire.resolve('@huggingface/jinja'), 'utf8')
    const source = `
      const { parentPort, workerData } = require('node:worker_threads')
      const library = { exports: {} }
      new Function('module', 'exports', workerData)(library, library.exports)
      parentPort.postMessage({ ready: true });
      const jinja = library.exports;
      (${sandboxProgram.toString()})(parentPort, jinja, (${pythonLikeInterpreter.toString()})(jinja), (${errorLocator.toString()})(jinja))`
    const worker = new Worker(source, { eval: true, workerData: library, resourceLimits: RESOURCE_LIMITS, env: {}, name: 'chat-template' })
    worker.on('message', (message: RenderReply | { ready: true }) => {
      if ('ready' in message) {
        this.#ready = true
        this.#armTimer(worker)
      } else {
        this.#finish(message)
      }
    })
    worker.on('error', (error: Error & { code?: string }) => this.#fail(worker, describeCrash(error)))
    worker.on('exit', () => this.#fail(worker, new GretaError('internal', 'The chat template thread ended unexpectedly.')))
    this.#worker = worker
    this.#ready = false
    return worker
  }

  #armTimer(worker: Worker): void {
    clearTimeout(this.#timer)
    const milliseconds = this.#running?.request.limits.milliseconds
    if (milliseconds === undefined) return
    this.#timer = setTimeout(() => {
      this.#fail(
        worker,
        new GretaError(
          'out-of-range',
          `The chat template was stopped: it takes longer than ${milliseconds / 1000} s.`,
          'Use another template, or the built-in one of the model family.'
        )
      )
      void worker.terminate()
    }, milliseconds)
  }

  #finish(reply: RenderReply): void {
    const job = this.#running
    if (job === undefined || job.request.number !== reply.number) return
    this.#release()
    job.resolve(reply)
    this.#next()
  }

  #fail(worker: Worker, error: GretaError): void {
    if (this.#worker !== worker) return
    const job = this.#running
    this.#worker = undefined
    this.#release()
    job?.reject(error)
    this.#next()
  }
}

function describeCrash(error: Error & { code?: string }): GretaError {
  if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return new GretaError(
      'out-of-range',
      `The chat template was stopped: it takes more than ${RESOURCE_LIMITS.maxOldGenerationSizeMb} MB of memory.`
    )
  }
  return new GretaError('internal', `The chat template thread failed: ${error.message}`)
}
