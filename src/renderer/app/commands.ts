import { cancelSending } from '../actions/files'
import { continueRun, generate, regenerateRun, stepHistory, stopGenerating } from '../actions/generation'
import { openLogits } from '../actions/logits'
import { CHECK_COMMANDS } from '../features/checks/commands'
import { plantFault } from '../features/fault/plant'
import { STORY_BEGINNINGS, writeStory } from '../features/play/story'
import { LANGUAGES } from '../i18n'
import { useStore, type ViewId } from '../store'
import { THEMES } from '../store/settings'
import { goToFirstAlert } from './alerts'
import { type Command, describeKeys } from './shortcuts'
import { VIEWS } from './views'

const state = useStore.getState
const next = <T>(list: readonly T[], current: T): T => list[(list.indexOf(current) + 1) % list.length] as T
const shown = () => state().cursor.run !== undefined && state().live === undefined

/** What can be done anywhere. Views add theirs with registerCommands while they are shown. */
export const GLOBAL_COMMANDS: readonly Command[] = [
  { id: 'generate', title: 'play.generate', group: 'app.groupGenerate', keys: 'Mod+Enter', run: () => void generate() },
  {
    id: 'stop',
    title: 'play.stop',
    group: 'app.groupGenerate',
    keys: 'Escape',
    inTextFields: true,
    enabled: () => state().live !== undefined,
    run: () => void stopGenerating()
  },
  {
    id: 'cancel-sending',
    title: 'app.cancelSending',
    group: 'app.groupModels',
    keys: 'Escape',
    enabled: () => state().sending !== undefined,
    run: cancelSending
  },
  { id: 'continue', title: 'play.continue', group: 'app.groupGenerate', keys: 'Alt+Enter', enabled: shown, run: () => void continueRun() },
  {
    id: 'regenerate',
    title: 'play.regenerate',
    group: 'app.groupGenerate',
    keys: 'Mod+Shift+Enter',
    enabled: shown,
    run: () => void regenerateRun()
  },
  {
    id: 'undo',
    title: 'play.undo',
    group: 'app.groupGenerate',
    keys: 'Alt+ArrowLeft',
    enabled: () => state().live === undefined,
    run: () => stepHistory(-1)
  },
  {
    id: 'redo',
    title: 'play.redo',
    group: 'app.groupGenerate',
    keys: 'Alt+ArrowRight',
    enabled: () => state().live === undefined,
    run: () => stepHistory(1)
  },
  { id: 'story', title: 'app.writeStory', group: 'app.groupGenerate', run: () => void writeStory(STORY_BEGINNINGS[0]) },
  {
    id: 'logits',
    title: 'app.openLogits',
    group: 'app.groupInspect',
    keys: 'Mod+L',
    enabled: () => state().cursor.run !== undefined && state().cursor.token !== undefined,
    run: openLogits
  },
  { id: 'first-alert', title: 'app.firstAlert', group: 'app.groupInspect', keys: 'Mod+Shift+A', run: goToFirstAlert },
  ...CHECK_COMMANDS,
  {
    id: 'plant-nan',
    title: 'fault.plantNan',
    group: 'app.groupInspect',
    enabled: () => state().model !== undefined,
    run: () => {
      plantFault('nan-at-point')
      state().showView('play')
    }
  },
  ...VIEWS.map(
    (view, index): Command => ({
      id: `view-${view.id}`,
      title: view.title,
      group: 'app.groupViews',
      keys: `Mod+${index + 1}`,
      run: () => state().showView(view.id satisfies ViewId)
    })
  ),
  { id: 'palette', title: 'app.commandPalette', group: 'app.groupGeneral', keys: 'Mod+K', run: () => state().setOverlay('palette') },
  {
    id: 'palette-too',
    title: 'app.commandPalette',
    group: 'app.groupGeneral',
    keys: 'Mod+Shift+P',
    run: () => state().setOverlay('palette')
  },
  { id: 'help', title: 'app.help', group: 'app.groupGeneral', keys: '?', run: () => state().setOverlay('help') },
  { id: 'settings', title: 'app.settings', group: 'app.groupGeneral', keys: 'Mod+,', run: () => state().setOverlay('settings') },
  {
    id: 'inspector',
    title: 'app.toggleInspector',
    group: 'app.groupGeneral',
    keys: 'Mod+B',
    run: () => state().setInspectorOpen(!state().inspectorOpen)
  },
  { id: 'dock', title: 'app.toggleDock', group: 'app.groupGeneral', keys: 'Mod+J', run: () => state().setDockOpen(!state().dockOpen) },
  {
    id: 'theme',
    title: 'app.nextTheme',
    group: 'app.groupGeneral',
    keys: 'Mod+Shift+L',
    run: () => state().changeSettings({ theme: next(THEMES, state().settings.theme) })
  },
  {
    id: 'language',
    title: 'app.nextLanguage',
    group: 'app.groupGeneral',
    run: () => state().changeSettings({ language: next(LANGUAGES, state().settings.language) })
  }
]

describeKeys([
  { keys: 'ArrowLeft ArrowRight', title: 'app.keyTokens', group: 'app.groupOutput' },
  { keys: 'ArrowUp ArrowDown', title: 'app.keyLines', group: 'app.groupOutput' },
  { keys: 'N Shift+N', title: 'app.keyUncertain', group: 'app.groupOutput' },
  { keys: 'Home End', title: 'app.keyEnds', group: 'app.groupOutput' },
  { keys: 'ArrowUp ArrowDown', title: 'app.keyRows', group: 'app.groupTables' },
  { keys: 'PageUp PageDown', title: 'app.keyPages', group: 'app.groupTables' },
  { keys: 'Home End', title: 'app.keyEnds', group: 'app.groupTables' }
])
