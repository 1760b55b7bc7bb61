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
  parity: {
    summary: 'do two ways of computing the same tokens agree? logits and every operation of every layer',
    load: async () => (await import('./numerics/parity')).parity
  },
  equivalence: {
    summary: 'is prefill == decode == any chunking, bit for bit? or: are two logits dumps equal?',
    load: async () => (await import('./numerics/equivalence')).equivalence
  },
  health: {
    summary: 'prove that no layer makes a NaN or infinity; dead, frozen and saturated tensors',
    load: async () => (await import('./numerics/health')).health
  },
  divergence: {
    summary: 'name the first operation that computes something else than the reference',
    load: async () => (await import('./numerics/divergence')).divergence
  },
  'fault-lab': {
    summary: 'plant five classical faults and see whether the divergence search names each',
    load: async () => (await import('./numerics/divergence')).faultLab
  },
  noise: {
    summary: 'the noise floor: what repeats, other chunks and other threads differ by',
    load: async () => (await import('./numerics/noise')).noise
  },
  drift: {
    summary: 'generate while a reference or a recorded run follows; what following costs',
    load: async () => (await import('./numerics/drift')).drift
  },
  lens: { summary: 'logit lens: what the model would say after every layer', load: async () => (await import('./numerics/lens')).lens },
  kpi: {
    summary: 'every figure of the phase 3 report, and ours, on this machine in one run',
    load: async () => (await import('./numerics/kpi')).kpi
  },
  'check-loader': {
    summary: 'phase 3 check: the weight loader and the Llama-2 presets',
    load: async () => (await import('./check-loader')).checkLoader
  },
  'check-scheduler': {
    summary: 'phase 3 check: the block scheduler runs a forward pass',
    load: async () => (await import('./check-scheduler')).checkScheduler
  }
}
