const APPLE = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform)
const NAMES: Readonly<Record<string, string>> = APPLE
  ? { Mod: '⌘', Alt: '⌥', Shift: '⇧', Enter: '↵', Escape: 'esc', ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓' }
  : { Mod: 'Ctrl', Enter: '↵', Escape: 'Esc', ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓' }

/** "Mod+Shift+L" as the keys of this platform. */
export const shortcutParts = (keys: string): readonly string[] =>
  keys.split('+').map((part) => NAMES[part] ?? (part.length === 1 ? part.toUpperCase() : part))

export const Shortcut = ({ keys }: { readonly keys: string }) => (
  <span className="inline-flex shrink-0 gap-0.5 whitespace-nowrap">
    {shortcutParts(keys).map((part) => (
      <kbd key={part} className="rounded border border-line bg-sunken px-1 font-mono text-xs text-muted">
        {part}
      </kbd>
    ))}
  </span>
)
