import { type ComponentType, lazy, type ReactNode, useState } from 'react'

/** A part of the page whose code is loaded when it is first shown, or before: put it inside a Suspense. */
export interface Slot<Props extends object = object> {
  (props: Props): ReactNode
  /** Loads the code in a quiet moment. */
  readonly preload: () => Promise<void>
}

/**
 * React.lazy alone suspends once even when its code is there, and what React has put in its place it leaves on the screen for
 * 300 ms. What is loaded already is therefore shown as the plain component it is.
 */
export function slot<Props extends object = object>(load: () => Promise<ComponentType<Props>>): Slot<Props> {
  let loaded: ComponentType<Props> | undefined
  let loading: Promise<ComponentType<Props>> | undefined
  const once = (): Promise<ComponentType<Props>> => {
    loading ??= load().then(
      (component) => (loaded = component),
      (thrown: unknown) => {
        // A connection that was lost for a moment: who shows it next tries again.
        loading = undefined
        Waiting = waiting()
        throw thrown
      }
    )
    return loading
  }
  const waiting = () => lazy(async () => ({ default: (await once()) as ComponentType }))
  let Waiting = waiting()
  const Shown = (props: Props) => {
    // Chosen once a mount: another component type would be another mount.
    const [Component] = useState(() => loaded ?? (Waiting as unknown as ComponentType<Props>))
    return <Component {...props} />
  }
  return Object.assign(Shown, {
    preload: () =>
      once().then(
        () => undefined,
        () => undefined
      )
  })
}
