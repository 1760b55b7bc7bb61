import './app/styles.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/App'
import { takeDroppedFiles } from './app/dropped-files'
import { followWindowSize } from './app/small-window'
import { followTheme } from './app/theme'
import { followOpenRequests } from './features/model/follow-open-requests'
import { startWire } from './store/wire'

followTheme()
followWindowSize()
followOpenRequests()
takeDroppedFiles()
startWire()

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element with id "root"')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>
)
