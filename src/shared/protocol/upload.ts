import type { GretaErrorData } from '../errors'
import { failure, type Result } from '../result'
import { encodeUploadFrame } from './data-frame'
import { LIMITS } from './limits'
import type { Answer, MethodName, Params } from './methods'
import type { Message } from './transport'

/** What is sent: a File or Blob, read piece by piece. */
export interface UploadSource {
  readonly size: number
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> }
}

export interface UploadOptions {
  /** Ends the sending with `cancelled`; nothing of the file stays on the other side. */
  readonly signal?: AbortSignal
  /** Bytes that the other side has written. */
  readonly onProgress?: (receivedBytes: number) => void
}

interface UploadDoor {
  readonly call: <M extends MethodName>(name: M, params: Params<M>) => Promise<Result<Answer<M>>>
  readonly send: (message: Message) => void
}

/** Chunks on their way before the other side is asked what it has: bounds what waits in the connection, and is the progress. */
const WINDOW_CHUNKS = 8
const CANCELLED: GretaErrorData = { code: 'cancelled', message: 'Sending the file was cancelled.' }

/** Sends a file in chunks; gives its path on the engine's machine. Whatever ends it early has the received part removed. */
export async function sendFile(
  door: UploadDoor,
  name: string,
  file: UploadSource,
  { signal, onProgress }: UploadOptions = {}
): Promise<Result<{ readonly path: string }>> {
  const begun = await door.call('files.uploadBegin', { name, sizeBytes: file.size })
  if (!begun.ok) return begun
  const { upload } = begun.value
  const giveUp = async (error: GretaErrorData): Promise<Result<never>> => {
    await door.call('files.uploadCancel', { upload })
    return failure(error)
  }
  const aborted = new Promise<undefined>((resolve) => signal?.addEventListener('abort', () => resolve(undefined), { once: true }))
  for (let offset = 0, sequence = 0; offset < file.size; offset += LIMITS.uploadChunkBytes, sequence += 1) {
    let chunk: ArrayBuffer | undefined
    try {
      // A read may take as long as a network drive pleases: cancelling does not wait for it.
      const reading = file.slice(offset, offset + LIMITS.uploadChunkBytes).arrayBuffer()
      chunk = signal?.aborted === true ? undefined : await Promise.race([reading, aborted])
    } catch {
      return giveUp({ code: 'io', message: `${name} can no longer be read.`, hint: 'Choose it again.' })
    }
    if (chunk === undefined) return giveUp(CANCELLED)
    door.send(encodeUploadFrame(upload, sequence, new Uint8Array(chunk)))
    if ((sequence + 1) % WINDOW_CHUNKS !== 0) continue
    const received = await door.call('files.uploadReceived', { upload })
    if (!received.ok) return received
    onProgress?.(received.value.receivedBytes)
  }
  return signal?.aborted === true ? giveUp(CANCELLED) : door.call('files.uploadEnd', { upload })
}
