import { defineMessages } from '../../i18n/define'

export const profileMessages = defineMessages({
  title: { en: 'Profile', es: 'Perfil' },
  emptyNoRun: { en: 'No run to measure yet', es: 'Aún no hay ninguna ejecución que medir' },
  emptyNoRunText: {
    en: 'Generate something in Play: the time of every block of every layer is measured while it runs.',
    es: 'Genere algo en Probar: el tiempo de cada bloque de cada capa se mide mientras se ejecuta.'
  },
  emptyPhase: { en: 'Nothing of this phase was measured in this run', es: 'En esta ejecución no se midió nada de esta fase' },
  goToPlay: { en: 'Go to Play', es: 'Ir a Probar' },
  goToRuns: { en: 'Open a recording', es: 'Abrir una grabación' },
  noBlockTimes: {
    en: 'This run has step times only: block timing was off.',
    es: 'Esta ejecución solo tiene tiempos por paso: la medición por bloque estaba desactivada.'
  },
  turnOnBlockTimes: { en: 'Time blocks from now on', es: 'Medir bloques desde ahora' },
  view: { en: 'Chart', es: 'Gráfico' },
  overTokens: { en: 'Over tokens', es: 'Por token' },
  overLayers: { en: 'Over layers', es: 'Por capa' },
  phase: { en: 'Phase', es: 'Fase' },
  phaseGenerated: { en: 'Decode', es: 'Generación' },
  phasePrompt: { en: 'Prefill', es: 'Prompt' },
  chartTokens: { en: 'Milliseconds a token, by block', es: 'Milisegundos por token y bloque' },
  chartLayers: { en: 'Mean milliseconds a layer, by block', es: 'Milisegundos medios por capa y bloque' },
  token: { en: 'Token {position}', es: 'Token {position}' },
  layer: { en: 'Layer {layer}', es: 'Capa {layer}' },
  outside: { en: 'Outside the layers', es: 'Fuera de las capas' },
  exportTrace: { en: 'Perfetto trace', es: 'Traza de Perfetto' },
  exportTraceHelp: {
    en: 'Save a trace that ui.perfetto.dev and chrome://tracing open',
    es: 'Guardar una traza que abren ui.perfetto.dev y chrome://tracing'
  },
  exportCsv: { en: 'CSV', es: 'CSV' },
  measureBandwidth: { en: 'Measure memory bandwidth', es: 'Medir el ancho de banda de memoria' },
  measuring: { en: 'Measuring…', es: 'Midiendo…' },
  bandwidth: {
    en: 'Memory bandwidth of this machine: {value} GB/s ({how})',
    es: 'Ancho de banda de memoria de esta máquina: {value} GB/s ({how})'
  },
  bandwidthUnknown: { en: 'Share of bandwidth: not measured yet.', es: 'Porcentaje del ancho de banda: aún sin medir.' },
  stepMedian: { en: 'Step p50', es: 'Paso p50' },
  stepP95: { en: 'Step p95', es: 'Paso p95' },
  stepP99: { en: 'Step p99', es: 'Paso p99' },
  tokensPerSecond: { en: 'Tokens/s (p50)', es: 'Tokens/s (p50)' },
  steps: { en: 'Steps', es: 'Pasos' },
  timeToFirst: { en: 'Time to first token', es: 'Tiempo hasta el primer token' },
  accounted: { en: 'Blocks / step', es: 'Bloques / paso' },
  table: { en: 'Times by block', es: 'Tiempos por bloque' },
  block: { en: 'Block', es: 'Bloque' },
  mean: { en: 'Mean', es: 'Media' },
  share: { en: 'Share', es: 'Parte' },
  bytes: { en: 'Bytes/token', es: 'Bytes/token' },
  speed: { en: 'GB/s', es: 'GB/s' },
  ofBandwidth: { en: 'Of bandwidth', es: 'Del ancho de banda' },
  unaccounted: { en: 'unaccounted', es: 'sin asignar' },
  stepRow: { en: 'step (wall time)', es: 'paso (tiempo real)' },
  bytesNote: {
    en: 'Bytes/token: weights each block reads for one token, and in attention the KV cache up to it. Only decode steps read all weights for one token, so GB/s is shown for decode. Clock: {clock}.',
    es: 'Bytes/token: pesos que cada bloque lee por token y, en la atención, la caché KV hasta él. Solo los pasos de generación leen todos los pesos para un token; por eso GB/s se muestra solo ahí. Reloj: {clock}.'
  },
  clockDevice: { en: 'device', es: 'dispositivo' },
  clockHost: { en: 'host, on the thread that computes', es: 'CPU, en el hilo que calcula' },
  layersTable: { en: 'Times by layer', es: 'Tiempos por capa' },
  layerColumn: { en: 'Layer', es: 'Capa' },
  sum: { en: 'Sum', es: 'Suma' }
})
