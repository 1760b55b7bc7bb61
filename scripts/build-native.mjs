// Builds the native addon: node scripts/build-native.mjs [FOLDER] [-DNAME=VALUE ...]
import { buildNative } from './lib/build.mjs'

const words = process.argv.slice(2)
const options = words.filter((word) => word.startsWith('-D')).map((word) => word.slice(2))
const [folder = 'build'] = words.filter((word) => !word.startsWith('-'))
await buildNative({ folder, options, quiet: false })
