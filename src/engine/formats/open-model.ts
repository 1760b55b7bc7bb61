import type { OpenedModel } from '../../shared/model/description'
import { openGguf } from './gguf/open-gguf'

/**
 * Opens a model file or folder, whatever its format: parsed and validated, no weight read. Throws GretaError:
 * 'not-found', 'io', 'format' (damaged or contradictory bytes), 'unsupported' (valid, but nothing this engine can read).
 */
export async function openModel(path: string): Promise<OpenedModel> {
  return openGguf(path)
}
