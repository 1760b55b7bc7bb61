import { existsSync } from 'node:fs'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:/Program Files/Google/Chrome/Application/chrome.exe'
]

/** The Chromium that the tests drive, or undefined. GRETA_CHROMIUM names another one. */
export function findChromium() {
  const named = process.env.GRETA_CHROMIUM
  return [...(named ? [named] : []), ...PLACES].find((place) => existsSync(place))
}
