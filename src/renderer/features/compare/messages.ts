import { defineMessages } from '../../i18n/define'

export const compareMessages = defineMessages({
  title: { en: 'Compare', es: 'Comparar' },
  emptyTitle: { en: 'Two runs are needed', es: 'Hacen falta dos ejecuciones' },
  emptyText: {
    en: 'Generate the same prompt twice — with another backend, precision, model file or seed — and compare them here token by token and layer by layer.',
    es: 'Genera el mismo prompt dos veces —con otro motor, precisión, archivo de modelo o semilla— y compáralas aquí token a token y capa a capa.'
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
    es: 'A y B son la misma ejecución: elige otra para ver diferencias.'
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
  largestDifference: { en: 'Largest before the fork', es: 'Mayor antes de la separación' },
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
  legendA: { en: 'A', es: 'A' },
  differs: { en: 'differs', es: 'difiere' },
  inspectorTitle: { en: 'A | B', es: 'A | B' },
  relative: { en: 'Relative', es: 'Relativa' },
  legendDifference: {
    en: 'relative difference |A−B| / max(|A|,|B|), log, 1e-8 to 1; equal bits are the darkest colour',
    es: 'diferencia relativa |A−B| / max(|A|,|B|), log, de 1e-8 a 1; los bits iguales tienen el color más oscuro'
  },
  legendShared: { en: '{statistic}, log, one scale for A and B', es: '{statistic}, log, una escala para A y B' },
  noiseFloor: {
    en: 'Noise floor: not measured. Repeat a run on the same backend and compare the two to see it.',
    es: 'Ruido de fondo: sin medir. Repite una ejecución en el mismo motor y compara ambas para verlo.'
  },
  heatmap: { en: 'Heatmap: {what}, {mode}', es: 'Mapa de calor: {what}, {mode}' },
  notShared: { en: 'not in both runs', es: 'no está en ambas' },

  tabs: { en: 'Ways to compare', es: 'Formas de comparar' },
  tabRuns: { en: 'Two runs', es: 'Dos ejecuciones' },
  tabParity: { en: 'Parity', es: 'Paridad' },
  tabEquivalence: { en: 'Prefill ≡ decode', es: 'Prefill ≡ decode' },
  tabHealth: { en: 'Health', es: 'Salud' },
  tabFaultLab: { en: 'Fault lab', es: 'Laboratorio de fallos' },
  reference: { en: 'Reference', es: 'Referencia' },
  tested: { en: 'Tested', es: 'A prueba' },
  model: { en: 'Model file', es: 'Archivo de modelo' },
  loadedModel: { en: 'the loaded model', es: 'el modelo cargado' },
  backend: { en: 'Backend', es: 'Motor' },
  kvType: { en: 'KV cache', es: 'Caché KV' },
  precision: { en: 'Precision', es: 'Precisión' },
  sequence: { en: 'Evaluated on', es: 'Evaluado sobre' },
  sequenceRun: { en: 'the shown run', es: 'la ejecución mostrada' },
  sequenceText: { en: 'this text', es: 'este texto' },
  sequenceField: { en: 'Text to evaluate', es: 'Texto que evaluar' },
  needsModel: { en: 'Load a model first', es: 'Carga antes un modelo' },
  needsModelText: {
    en: 'These tools open sessions of their own on the loaded model’s file.',
    es: 'Estas herramientas abren sus propias sesiones sobre el archivo del modelo cargado.'
  },
  goToModel: { en: 'Go to Model', es: 'Ir a Modelo' },
  run: { en: 'Run', es: 'Ejecutar' },
  cancel: { en: 'Cancel', es: 'Cancelar' },
  running: { en: 'Working…', es: 'Trabajando…' },

  parityAbout: {
    en: 'Both sides evaluate the same tokens. Cumulative error is what has piled up; local error is one operation alone, on the tested side’s own inputs: it says who did it.',
    es: 'Ambos lados evalúan los mismos tokens. El error acumulado es lo que se ha sumado; el local es el de una operación sola, con las entradas del lado a prueba: dice quién lo hizo.'
  },
  parityOk: { en: 'Within limits: {band}', es: 'Dentro de los límites: {band}' },
  parityFailed: { en: 'Outside limits', es: 'Fuera de los límites' },
  parityCounts: { en: '{equal} of {count} positions bit-equal', es: '{equal} de {count} posiciones iguales bit a bit' },
  klMean: { en: 'KL mean', es: 'KL media' },
  klWorst: { en: 'KL largest', es: 'KL máxima' },
  nmse: { en: 'Logits NMSE', es: 'NMSE de logits' },
  maxDifference: { en: 'Max |Δlogit|', es: 'Máx |Δlogit|' },
  top1: { en: 'Same top 1', es: 'Mismo top 1' },
  top5: { en: 'Top 5 shared', es: 'Top 5 en común' },
  perplexity: { en: 'Perplexity ratio', es: 'Cociente de perplejidad' },
  pointsTable: { en: 'Error of every trace point', es: 'Error de cada punto de traza' },
  positionsTable: { en: 'Positions, worst first', es: 'Posiciones, las peores primero' },
  tensor: { en: 'Tensor', es: 'Tensor' },
  cumulative: { en: 'Cumulative NMSE', es: 'NMSE acumulado' },
  local: { en: 'Local NMSE', es: 'NMSE local' },
  worstAt: { en: 'Worst at', es: 'Peor en' },
  deltaProbability: { en: 'Δ p of next', es: 'Δ p del siguiente' },
  findFirst: { en: 'Find the first divergence', es: 'Buscar la primera divergencia' },
  agree: {
    en: 'No operation leaves its limit ({limit}) over {count} positions.',
    es: 'Ninguna operación supera su límite ({limit}) en {count} posiciones.'
  },
  card: {
    en: 'layer {layer} · {point} ({operation}): local NMSE {found}, limit {limit}, first at token {position}; its inputs agree to {inputs}',
    es: 'capa {layer} · {point} ({operation}): NMSE local {found}, límite {limit}, primero en el token {position}; sus entradas coinciden hasta {inputs}'
  },

  equivalenceAbout: {
    en: 'The same tokens in one prefill, token by token, in chunks, after a rewind and in a second session: every tensor of every layer compared by its bits.',
    es: 'Los mismos tokens en un solo prefill, token a token, en trozos, tras retroceder y en una segunda sesión: cada tensor de cada capa comparado bit a bit.'
  },
  equal: { en: 'All ways give the same bits', es: 'Todas las formas dan los mismos bits' },
  equalCounts: { en: '{points} trace points × {positions} positions', es: '{points} puntos de traza × {positions} posiciones' },
  different: { en: 'Some ways differ', es: 'Algunas formas difieren' },
  way: { en: 'Way', es: 'Forma' },
  verdict: { en: 'Verdict', es: 'Veredicto' },
  where: { en: 'First difference', es: 'Primera diferencia' },
  bitEqual: { en: 'bit-equal', es: 'igual bit a bit' },
  whereText: {
    en: '{tensor}, token {position} ({count} positions): {boundary}',
    es: '{tensor}, token {position} ({count} posiciones): {boundary}'
  },

  healthAbout: {
    en: 'Evaluates the tokens and looks at every value of every layer: NaN, infinities, saturation, all-zero, constant and frozen tensors.',
    es: 'Evalúa los tokens y mira cada valor de cada capa: NaN, infinitos, saturación y tensores nulos, constantes o congelados.'
  },
  clean: { en: 'Clean: no NaN and no infinity in any layer', es: 'Limpio: sin NaN ni infinitos en ninguna capa' },
  warnings: { en: 'Warnings', es: 'Advertencias' },
  broken: { en: 'Broken', es: 'Roto' },
  valuesSeen: { en: '{values} values over {positions} positions', es: '{values} valores en {positions} posiciones' },
  ancestor: { en: 'Last finite before the first bad tensor: {tensor}', es: 'Último finito antes del primer tensor malo: {tensor}' },
  kind: { en: 'Kind', es: 'Tipo' },
  amount: { en: 'Amount', es: 'Cantidad' },

  faultLabAbout: {
    en: 'Injects five known faults into the tested side and asks the tool to name the layer and operation: how the first divergence is found, and the proof that it can be.',
    es: 'Introduce cinco fallos conocidos en el lado a prueba y pide nombrar la capa y la operación: así se encuentra la primera divergencia, y así se demuestra.'
  },
  named: { en: '{named} of {count} faults named', es: '{named} de {count} fallos identificados' },
  exercise: { en: 'Fault', es: 'Fallo' },
  injected: { en: 'Injected at', es: 'Introducido en' },
  found: { en: 'Found', es: 'Encontrado' },
  foundNothing: { en: 'nothing', es: 'nada' },
  yes: { en: 'named', es: 'identificado' },
  no: { en: 'missed', es: 'no identificado' }
})
