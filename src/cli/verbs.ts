import type { Verb } from './program'

/** The verbs of `greta`, in the order of its help. Each is loaded only when it runs: a cold start pays for one. */
export const VERBS: Readonly<Record<string, { readonly summary: string; load(): Promise<Verb> }>> = {
  infer: { summary: 'generate text from a prompt (the same as greta_infer)', load: async () => (await import('./infer/infer')).infer },
  inspect: {
    summary: 'metadata, tensors, quantisation mix and memory plan of a model; devices',
    load: async () => (await import('./inspect')).inspect
  },
  tokenize: { summary: 'the token ids and pieces of a text', load: async () => (await import('./tokenize')).tokenize },
  serve: { summary: 'the workbench in a browser, also of a headless server', load: async () => (await import('./serve')).serve },
  bench: { summary: 'measure prefill, decode and load of a model on this machine', load: async () => (await import('./bench')).bench },
  'check-loader': {
    summary: 'phase 3 check: the weight loader and the Llama-2 presets',
    load: async () => (await import('./check-loader')).checkLoader
  },
  'check-scheduler': {
    summary: 'phase 3 check: the block scheduler runs a forward pass',
    load: async () => (await import('./check-scheduler')).checkScheduler
  }
}
