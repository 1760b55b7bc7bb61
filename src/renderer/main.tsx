import './app/styles.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/App'
import { followWindowSize } from './app/small-window'
import { followTheme } from './app/theme'
import { startWire } from './store/wire'

followTheme()
followWindowSize()
startWire()

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element with id "root"')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>
)
