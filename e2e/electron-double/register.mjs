// node --import ./e2e/electron-double/register.mjs out/main/index.js   runs the real main process on this double.
import { register } from 'node:module'

register('./hooks.mjs', import.meta.url)
