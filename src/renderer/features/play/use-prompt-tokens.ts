import { useEffect, useRef, useState } from 'react'
import type { Piece } from '../../../shared/protocol'
import { promptOf } from '../../actions/generation'
import { call } from '../../bridge'
import { useStore } from '../../store'

export interface PromptTokens {
  readonly count: number
  readonly pieces: readonly Piece[]
  /** The text that the template made of the chat; undefined in the other modes. */
  readonly rendered: string | undefined
  readonly error: string | undefined
}

const WAIT_MILLISECONDS = 150
const MOST_PIECES = 1500

/** The draft as the model would get it, a moment after the last key. Asked of the engine: the same tokenizer that generates. */
export function usePromptTokens(withPieces: boolean): PromptTokens | undefined {
  const draft = useStore((state) => state.prompt)
  const modelPath = useStore((state) => state.model?.path)
  const ready = useStore((state) => state.engine?.state === 'ready')
  const [tokens, setTokens] = useState<PromptTokens | undefined>(undefined)
  const latest = useRef(0)

  useEffect(() => {
    if (modelPath === undefined || !ready) {
      setTokens(undefined)
      return undefined
    }
    latest.current += 1
    const request = latest.current
    const timer = setTimeout(() => {
      const prompt = promptOf(draft)
      const give = (next: PromptTokens) => request === latest.current && setTokens(next)
      const maxPieces = withPieces ? MOST_PIECES : 0
      const fail = (error: string) => give({ count: 0, pieces: [], rendered: undefined, error })
      if (prompt === undefined) return fail('')
      if (prompt.kind === 'raw')
        void call('tokens.encode', { text: prompt.text, addSpecial: prompt.addSpecial, parseSpecial: prompt.parseSpecial, maxPieces }).then(
          (answer) => (answer.ok ? give({ ...answer.value, rendered: undefined, error: undefined }) : fail(answer.error.message))
        )
      else if (prompt.kind === 'chat')
        void call('chat.render', {
          messages: prompt.messages,
          ...(prompt.template === undefined ? {} : { template: prompt.template }),
          maxPieces: MOST_PIECES
        }).then((answer) =>
          answer.ok ? give({ ...answer.value, rendered: answer.value.text, error: undefined }) : fail(answer.error.message)
        )
      else
        void call('tokens.decode', { ids: prompt.ids }).then((answer) =>
          answer.ok
            ? give({ count: prompt.ids.length, pieces: answer.value.pieces, rendered: answer.value.text, error: undefined })
            : fail(answer.error.message)
        )
    }, WAIT_MILLISECONDS)
    return () => clearTimeout(timer)
  }, [draft, modelPath, ready, withPieces])

  return tokens
}
