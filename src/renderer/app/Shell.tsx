import { Suspense } from 'react'
import { Group, Panel, Separator } from 'react-resizable-panels'
import { useTranslate } from '../i18n'
import { useStore } from '../store'
import { Banner } from './Banner'
import { ErrorBoundary } from './ErrorBoundary'
import { Notices } from './Notices'
import { Rail } from './Rail'
import { StatusBar } from './StatusBar'
import { viewById } from './views'

const SEPARATOR = 'bg-line transition-colors duration-100 hover:bg-accent data-[separator=active]:bg-accent focus-visible:bg-accent'

/** Rail, main area, right inspector, bottom dock, status bar. What fills the slots is the view's. */
export const Shell = () => {
  const t = useTranslate()
  const view = viewById(useStore((state) => state.view))
  const inspectorOpen = useStore((state) => state.inspectorOpen && !state.inspectorIdle)
  const dockOpen = useStore((state) => state.dockOpen)
  const { Panel: Main, Inspector, Dock } = view
  const waiting = <p className="p-4 text-faint">{t('app.loading')}</p>
  return (
    <div className="flex h-full flex-col">
      <a href="#view" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-raised focus:p-2">
        {t('app.skip')}
      </a>
      <Banner />
      <div className="flex min-h-0 flex-1">
        <Rail />
        <Group orientation="horizontal" className="min-w-0 flex-1">
          <Panel id="centre" minSize="30%">
            <Group orientation="vertical" className="h-full">
              <Panel id="main" minSize="20%">
                <main id="view" key={view.id} tabIndex={-1} aria-label={t(view.title)} className="flex h-full min-h-0 flex-col bg-surface">
                  <h1 className="sr-only">{t(view.title)}</h1>
                  <ErrorBoundary>
                    <Suspense fallback={waiting}>
                      <Main />
                    </Suspense>
                  </ErrorBoundary>
                </main>
              </Panel>
              {Dock !== undefined && dockOpen && (
                <>
                  <Separator aria-label={t('app.resize')} className={`h-px ${SEPARATOR}`} />
                  <Panel id="dock" defaultSize="26%" minSize="90px" maxSize="60%">
                    <section aria-label={t('app.dock')} className="flex h-full min-h-0 flex-col bg-surface">
                      <ErrorBoundary>
                        <Suspense fallback={waiting}>
                          <Dock />
                        </Suspense>
                      </ErrorBoundary>
                    </section>
                  </Panel>
                </>
              )}
            </Group>
          </Panel>
          {Inspector !== undefined && inspectorOpen && (
            <>
              <Separator aria-label={t('app.resize')} className={`w-px ${SEPARATOR}`} />
              <Panel id="inspector" defaultSize="340px" minSize="240px" maxSize="50%">
                <aside aria-label={t('app.inspector')} className="flex h-full min-h-0 flex-col bg-surface">
                  <ErrorBoundary>
                    <Suspense fallback={waiting}>
                      <Inspector />
                    </Suspense>
                  </ErrorBoundary>
                </aside>
              </Panel>
            </>
          )}
        </Group>
      </div>
      <Notices />
      <StatusBar />
    </div>
  )
}
