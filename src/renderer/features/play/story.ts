import { STORY_SAMPLING } from '../../../shared/model/sampling'
import { toSamplingMessage } from '../../../shared/protocol'
import { generate } from '../../actions/generation'
import { loadBundledModel } from '../../actions/models'
import { useStore } from '../../store'

export const STORY_BEGINNINGS = [
  'Once upon a time',
  'One day, a little fox named Tom',
  'Lily and her robot went to the moon. There,'
] as const

/** From nothing to a generated story: the bundled model is loaded when no model is, and the story begins at once. */
export async function writeStory(beginning: string): Promise<void> {
  const { changePrompt, changeSampling, showView } = useStore.getState()
  showView('play')
  changePrompt({ mode: 'raw', text: beginning })
  if (useStore.getState().model === undefined && !(await loadBundledModel())) return
  const { seed } = useStore.getState().sampling
  changeSampling({ ...toSamplingMessage(STORY_SAMPLING), seed })
  await generate()
}
