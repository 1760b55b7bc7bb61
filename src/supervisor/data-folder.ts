import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where settings and runs are kept, the same for the desktop app and `greta serve`. GRETA_DATA_DIR names another place. */
export function dataFolder(environment: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  const named = environment['GRETA_DATA_DIR']
  if (named !== undefined && named !== '') return named
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'GRETA Workbench')
  if (platform === 'win32') return join(environment['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'GRETA Workbench')
  return join(environment['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'greta-workbench')
}
