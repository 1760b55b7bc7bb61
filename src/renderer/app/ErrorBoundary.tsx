import { CircleAlert } from 'lucide-react'
import { Component, type ReactNode } from 'react'
import { translateNow } from '../i18n'
import { Button } from '../ui/Button'
import { EmptyState } from '../ui/EmptyState'

/** A bug in one panel costs that panel, not the window; what was shown elsewhere stays. */
export class ErrorBoundary extends Component<{ readonly children: ReactNode }, { readonly error: Error | undefined }> {
  override state: { readonly error: Error | undefined } = { error: undefined }

  static getDerivedStateFromError(error: Error) {
    return { error }
  }

  override render() {
    const { error } = this.state
    if (error === undefined) return this.props.children
    return (
      <EmptyState
        icon={CircleAlert}
        title={translateNow('app.panelFailed')}
        actions={<Button onClick={() => this.setState({ error: undefined })}>{translateNow('app.tryAgain')}</Button>}
      >
        <p role="alert" className="font-mono text-sm break-words">
          {error.message}
        </p>
      </EmptyState>
    )
  }
}
