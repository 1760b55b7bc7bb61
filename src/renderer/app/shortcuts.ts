import type { PlainMessageKey } from '../i18n'
import { closedOnlyTooltip } from '../ui/tooltip-escape'

/** A thing that can be done from the keyboard and from the command palette. The one list behind palette, keys and `?` sheet. */
export interface Command {
  readonly id: string
  readonly title: PlainMessageKey
  /** Heading in the palette and in the help sheet. */
  readonly group: PlainMessageKey
  /** "Mod+K": Mod is Ctrl, or the Command key on Apple machines. Empty: palette only. */
  readonly keys?: string
  /** Acts even while a text field has the focus. Always so for keys with Mod or Alt and for function keys. */
  readonly inTextFields?: boolean
  readonly enabled?: () => boolean
  readonly run: () => void
}

/** A key that a focused part of the page understands by itself; for the help sheet only. */
export interface KeyDescription {
  readonly keys: string
  readonly title: PlainMessageKey
  readonly group: PlainMessageKey
}

const described: KeyDescription[] = []

/** Documents keys that a grid, lane or canvas handles while it has the focus. Called once, when the module is loaded. */
export function describeKeys(list: readonly KeyDescription[]): void {
  described.push(...list)
}
export const describedKeys = (): readonly KeyDescription[] => described

const commands = new Map<string, Command>()
const listeners = new Set<() => void>()
let snapshot: readonly Command[] = []

/** Adds commands until the returned function is called (use it in an effect). A later one of the same id replaces the earlier. */
export function registerCommands(list: readonly Command[]): () => void {
  for (const command of list) commands.set(command.id, command)
  publish()
  return () => {
    for (const command of list) if (commands.get(command.id) === command) commands.delete(command.id)
    publish()
  }
}

function publish(): void {
  snapshot = [...commands.values()]
  for (const listener of listeners) listener()
}

export const listCommands = (): readonly Command[] => snapshot
export function subscribeCommands(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

const APPLE = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform)

type KeyFacts = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>

/** The keys of an event in the notation of Command.keys. Shift is dropped where it only makes the character ("?"). */
export function keysOf(event: KeyFacts, apple = APPLE): string {
  const parts: string[] = []
  if (apple ? event.metaKey : event.ctrlKey) parts.push('Mod')
  if (event.altKey) parts.push('Alt')
  const isLetter = /^[a-z]$/i.test(event.key)
  if (event.shiftKey && (isLetter || event.key.length > 1)) parts.push('Shift')
  parts.push(isLetter ? event.key.toUpperCase() : event.key)
  return parts.join('+')
}

const isTextField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type !== 'checkbox'))

export function dispatchKey(event: KeyboardEvent): void {
  if ((event.defaultPrevented && !closedOnlyTooltip(event)) || event.isComposing) return
  const keys = keysOf(event)
  const chord = keys.startsWith('Mod+') || keys.startsWith('Alt+') || /^(Shift\+)?F\d+$/.test(keys)
  for (const command of commands.values()) {
    if (command.keys !== keys) continue
    if (!chord && command.inTextFields !== true && isTextField(event.target)) continue
    if (command.enabled?.() === false) continue
    event.preventDefault()
    command.run()
    return
  }
}
