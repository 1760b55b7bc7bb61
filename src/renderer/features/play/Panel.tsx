import { Group, Panel as ResizablePanel, Separator } from 'react-resizable-panels'
import { useTranslate } from '../../i18n'
import { NextFault } from '../fault/NextFault'
import { GenerateBar } from './GenerateBar'
import { OutputPanel } from './OutputPanel'
import { PromptPanel } from './PromptPanel'

/** Prompt above, what came of it below. */
export const Panel = () => {
  const t = useTranslate()
  return (
    <Group orientation="vertical" className="h-full">
      <ResizablePanel id="prompt" defaultSize="34%" minSize="110px">
        <PromptPanel />
      </ResizablePanel>
      <Separator
        aria-label={t('app.resize')}
        className="h-px bg-line hover:bg-accent focus-visible:bg-accent data-[separator=active]:bg-accent"
      />
      <ResizablePanel id="output" minSize="120px">
        <div className="flex h-full min-h-0 flex-col">
          <GenerateBar />
          <NextFault />
          <OutputPanel />
        </div>
      </ResizablePanel>
    </Group>
  )
}

export { Dock } from './Dock'
export { Inspector } from './Inspector'
