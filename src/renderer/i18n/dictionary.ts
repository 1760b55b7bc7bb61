import { appMessages } from '../app/messages'
import { checksMessages } from '../features/checks/messages'
import { compareMessages } from '../features/compare/messages'
import { driftMessages } from '../features/drift/messages'
import { faultMessages } from '../features/fault/messages'
import { layersMessages } from '../features/layers/messages'
import { logitsMessages } from '../features/logits/messages'
import { modelMessages } from '../features/model/messages'
import { playMessages } from '../features/play/messages'
import { profileMessages } from '../features/profile/messages'
import { runsMessages } from '../features/runs/messages'
import { serverMessages } from '../features/server/messages'
import { settingsMessages } from '../features/settings/messages'

/** Every text of the page, by feature. A feature owns its file; its prefix is the folder's name. */
export const dictionary = {
  app: appMessages,
  play: playMessages,
  logits: logitsMessages,
  layers: layersMessages,
  checks: checksMessages,
  compare: compareMessages,
  drift: driftMessages,
  fault: faultMessages,
  profile: profileMessages,
  model: modelMessages,
  runs: runsMessages,
  server: serverMessages,
  settings: settingsMessages
} as const

export type Dictionary = typeof dictionary
