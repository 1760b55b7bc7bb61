import type { Translate } from '../i18n'

/** What the supervisor calls an engine beside it. */
const LOCAL = 'this machine'

/** Where the engine is, in the language of the page; the address of a remote one stays as it is. */
export const locationName = (t: Translate, location: string): string => (location === LOCAL ? t('app.thisMachine') : location)
