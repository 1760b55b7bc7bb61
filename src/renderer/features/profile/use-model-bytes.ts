import { useEffect, useState } from 'react'
import type { LoadedModel } from '../../../shared/protocol'
import { call } from '../../bridge'
import { type BlockBytes, blockBytes } from './block-bytes'

const known = new Map<string, BlockBytes>()

/** Bytes of weights a token reads, from the tensor list of the run's model file; undefined while unknown or where the file is gone. */
export function useModelBytes(model: Pick<LoadedModel, 'path'> | undefined): BlockBytes | undefined {
  const [, redraw] = useState(0)
  const path = model?.path
  useEffect(() => {
    if (path === undefined || known.has(path)) return
    void call('model.inspect', { path }).then((answer) => {
      if (!answer.ok) return
      known.set(path, blockBytes(answer.value.tensors))
      redraw((count) => count + 1)
    })
  }, [path])
  return path === undefined ? undefined : known.get(path)
}
