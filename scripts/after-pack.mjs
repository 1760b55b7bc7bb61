// electron-builder calls this when the archive is made and before the program is signed.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './lib/run.mjs'
import { NOTICES_FILE, noticesOf, noticesText, packedFolders } from './lib/third-party-notices.mjs'

export function afterPack({ appOutDir, packager }) {
  const resources = packager.getResourcesDir(appOutDir)
  const entries = noticesOf(packedFolders(root, join(resources, 'app.asar')))
  writeFileSync(join(resources, NOTICES_FILE), noticesText(entries, packager.appInfo.productName))
}
