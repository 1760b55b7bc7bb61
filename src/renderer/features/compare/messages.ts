import { defineMessages } from '../../i18n/define'

export const compareMessages = defineMessages({
  title: { en: 'Compare', es: 'Comparar' },
  emptyTitle: { en: 'Two runs are needed', es: 'Hacen falta dos ejecuciones' },
  emptyText: {
    en: 'Generate the same prompt twice — with another backend, precision, model file or seed — and compare them here token by token and layer by layer.',
    es: 'Genere el mismo prompt dos veces —con otro motor, precisión, archivo de modelo o semilla— y compárelas aquí token a token y capa a capa.'
  },
  goToPlay: { en: 'Go to Play', es: 'Ir a Probar' },
  pair: { en: 'Pair', es: 'Par' },
  runA: { en: 'Run A', es: 'Ejecución A' },
  runB: { en: 'Run B', es: 'Ejecución B' },
  swap: { en: 'Swap A and B', es: 'Intercambiar A y B' },
  show: { en: 'Show', es: 'Mostrar' },
  difference: { en: 'Difference', es: 'Diferencia' },
  keysHelp: {
    en: '1, 2 and 3 show A, B and the difference; X swaps them.',
    es: '1, 2 y 3 muestran A, B y la diferencia; X las intercambia.'
  },
  loading: { en: 'Reading the runs…', es: 'Leyendo las ejecuciones…' },
  sameRun: {
    en: 'A and B are the same run: choose another one to see differences.',
    es: 'A y B son la misma ejecución: elija otra para ver diferencias.'
  },
  otherShape: {
    en: 'These models have {a} and {b} layers: text and times compare, layers do not.',
    es: 'Estos modelos tienen {a} y {b} capas: se comparan texto y tiempos, pero no las capas.'
  },
  noStatistics: {
    en: 'At least one of these runs was made without statistics: text and times compare, layers do not.',
    es: 'Al menos una de estas ejecuciones se hizo sin estadísticas: se comparan texto y tiempos, pero no las capas.'
  },
  sameTokens: { en: 'Same tokens', es: 'Mismos tokens' },
  sameTokensText: { en: 'all {count} compared', es: 'los {count} comparados' },
  fork: { en: 'Texts part at token {position}', es: 'Los textos se separan en el token {position}' },
  identical: { en: 'Layers identical', es: 'Capas idénticas' },
  identicalText: {
    en: '{statistic} agrees to the bit in all {count} tensor rows captured in both before the fork',
    es: '{statistic} coincide bit a bit en las {count} filas de tensores capturadas en ambas antes de la separación'
  },
  nothingShared: { en: 'Layers not comparable', es: 'Capas no comparables' },
  nothingSharedText: {
    en: 'no tensor row before the fork was captured in both runs (tokens taken from the KV cache are not evaluated again)',
    es: 'ninguna fila de tensor anterior a la separación se capturó en ambas (los tokens tomados de la caché KV no se evalúan de nuevo)'
  },
  firstDifference: { en: 'First difference', es: 'Primera diferencia' },
  cell: { en: '{tensor}, token {position}: {value} relative', es: '{tensor}, token {position}: {value} relativa' },
  stepMedian: { en: 'Step p50', es: 'Paso p50' },
  ratio: { en: 'B takes {value} × the time of A', es: 'B tarda {value} × el tiempo de A' },
  afterFork: {
    en: 'After the fork the inputs differ: differences there say nothing about the arithmetic.',
    es: 'Tras la separación las entradas difieren: allí las diferencias no dicen nada de la aritmética.'
  },
  textLane: { en: 'Text, token by token', es: 'Texto, token a token' },
  position: { en: 'Token', es: 'Token' },
  logProbability: { en: 'Δ log p', es: 'Δ log p' },
  stepA: { en: 'A ms', es: 'A ms' },
  stepB: { en: 'B ms', es: 'B ms' },
  differs: { en: 'differs', es: 'difiere' },
  inspectorTitle: { en: 'A | B', es: 'A | B' },
  relative: { en: 'Relative', es: 'Relativa' },
  legendDifference: {
    en: 'relative difference |A−B| / max(|A|,|B|), log; equal bits are the darkest colour',
    es: 'diferencia relativa |A−B| / max(|A|,|B|), log; los bits iguales tienen el color más oscuro'
  },
  legendShared: { en: '{statistic}, log, one scale for A and B', es: '{statistic}, log, una escala para A y B' },
  noiseUnknown: { en: 'Noise floor: not measured.', es: 'Ruido de fondo: sin medir.' },
  noiseMeasure: { en: 'Measure by repeats', es: 'Medir con repeticiones' },
  noiseMeasuring: { en: 'Measuring…', es: 'Midiendo…' },
  noiseNone: {
    en: 'Noise floor of B: 0. {count} repeats on {backend}, in other chunks and with one thread too, agree to the bit: every difference is real.',
    es: 'Ruido de fondo de B: 0. {count} repeticiones en {backend}, también con otros bloques y un solo hilo, coinciden bit a bit: toda diferencia es real.'
  },
  noiseCounts: {
    en: 'Noise floor: only measured for values, not for counts.',
    es: 'Ruido de fondo: solo se mide para valores, no para recuentos.'
  },
  noiseFloor: {
    en: 'Noise floor of B, {statistic}: {value} relative (99 % of positions, {count} repeats on {backend}), largest at {place}. The colour scale of the difference begins there.',
    es: 'Ruido de fondo de B, {statistic}: {value} relativo (99 % de las posiciones, {count} repeticiones en {backend}), mayor en {place}. La escala de color de la diferencia empieza ahí.'
  },
  withinFloor: { en: '(within the noise floor)', es: '(dentro del ruido de fondo)' },
  aboveFloor: { en: '(above the noise floor)', es: '(por encima del ruido de fondo)' },
  heatmap: { en: 'Heatmap: {what}, {mode}', es: 'Mapa de calor: {what}, {mode}' },
  notShared: { en: 'not in both runs', es: 'no está en ambas' },

  tabs: { en: 'Ways to compare', es: 'Formas de comparar' },
  tabRuns: { en: 'Two runs', es: 'Dos ejecuciones' }
})
