import { BookOpen, FolderOpen, History, Sparkles } from 'lucide-react'
import { useTranslate } from '../../i18n'
import { useStore } from '../../store'
import { Button } from '../../ui/Button'
import { STORY_BEGINNINGS, writeStory } from './story'

/** What stands where the output will be: the way to a first story, or, with a model loaded, things to try. */
export const FirstRun = () => {
  const t = useTranslate()
  const ready = useStore((state) => state.engine?.state === 'ready' && state.loading === undefined && !state.starting)
  const hasModel = useStore((state) => state.model !== undefined)
  const hasBundled = useStore((state) => state.engineInfo?.bundledModel !== undefined)
  const showView = useStore((state) => state.showView)
  return (
    <div className="grid min-h-0 flex-1 place-items-center overflow-auto p-6">
      <div className="flex max-w-xl flex-col gap-4">
        <div className="flex items-start gap-4">
          <span className="grid size-11 shrink-0 place-items-center rounded-xl bg-accent-soft text-accent-strong">
            <Sparkles aria-hidden size={20} strokeWidth={1.75} />
          </span>
          <div>
            <h2 className="text-xl font-semibold">{t('play.firstTitle')}</h2>
            <p className="mt-1 text-muted">{t('play.firstBody')}</p>
          </div>
        </div>
        <div className="ml-15 flex flex-wrap gap-2">
          {(hasBundled || hasModel) && (
            <Button
              variant="primary"
              icon={BookOpen}
              disabled={!ready}
              onClick={() => void writeStory(STORY_BEGINNINGS[0])}
              data-testid="write-story"
            >
              {t('play.firstButton')}
            </Button>
          )}
          <Button icon={FolderOpen} onClick={() => showView('model')}>
            {t('play.firstOpen')}
          </Button>
          <Button icon={History} onClick={() => showView('runs')}>
            {t('play.firstRuns')}
          </Button>
        </div>
        {(hasBundled || hasModel) && (
          <div className="ml-15">
            <h3 className="overline mb-1">{t('play.examples')}</h3>
            <ul className="flex flex-col items-start gap-0.5">
              {STORY_BEGINNINGS.map((beginning) => (
                <li key={beginning}>
                  <button
                    type="button"
                    disabled={!ready}
                    onClick={() => void writeStory(beginning)}
                    className="rounded px-1.5 py-0.5 text-left text-muted italic hover:bg-hover hover:text-text disabled:opacity-45"
                  >
                    “{beginning}…”
                  </button>
                </li>
              ))}
            </ul>
          </div>
        )}
      </div>
    </div>
  )
}
