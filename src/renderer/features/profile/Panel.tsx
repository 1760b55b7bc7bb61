export { ProfilePanel as Panel } from './ProfilePanel'
