export { builtInTemplate, builtInTemplateNames, fallbackTemplateName } from './built-in-templates'
export type { TemplateLimits } from './limits'
export { type ChatMessage, type RenderChatOptions, renderChat } from './render-chat'
