export const LANGUAGES = ['en', 'es'] as const
export type Language = (typeof LANGUAGES)[number]

/** A text, or its forms by plural category of the parameter `count`. Parameters stand in braces: "{count} tokens". */
type Text = string | { readonly one: string; readonly other: string }
export type Message = Readonly<Record<Language, Text>>
export type Messages = Readonly<Record<string, Message>>

/** Keeps the literal types, so that a key and the parameters in a text are checked where they are used. */
export const defineMessages = <const M extends Messages>(messages: M): M => messages

type ParametersIn<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | ParametersIn<Rest> : never
type TextParameters<T> = T extends string
  ? ParametersIn<T>
  : T extends { readonly other: infer Other }
    ? 'count' | ParametersIn<Other>
    : never
/** The parameters of a message are those of its English text. */
export type MessageParameters<M> = M extends { readonly en: infer En } ? TextParameters<En> : never
