import { defineMessages } from '../../i18n/define'

export const layersMessages = defineMessages({
  title: { en: 'Layers', es: 'Capas' },
  toolbar: { en: 'What the picture shows', es: 'Qué muestra la imagen' },
  mode: { en: 'Axes', es: 'Ejes' },
  modeLayerOperation: { en: 'Layer × operation', es: 'Capa × operación' },
  modeLayerToken: { en: 'Layer × token', es: 'Capa × token' },
  modeOperationToken: { en: 'Operation × token', es: 'Operación × token' },
  modeEverything: { en: 'Everything × token', es: 'Todo × token' },
  point: { en: 'Operation', es: 'Operación' },
  layer: { en: 'Layer', es: 'Capa' },
  layerNumber: { en: 'Layer {layer}', es: 'Capa {layer}' },
  token: { en: 'Token', es: 'Token' },
  statistic: { en: 'Statistic', es: 'Estadística' },
  scale: { en: 'Scale', es: 'Escala' },
  scaleLinear: { en: 'Linear', es: 'Lineal' },
  scaleLog: { en: 'Log', es: 'Log' },
  scaleSymmetric: { en: '± Log', es: '± Log' },
  palette: { en: 'Colours', es: 'Colores' },
  lockDomain: { en: 'Keep these colours while the data changes', es: 'Conservar estos colores aunque cambien los datos' },
  unlockDomain: { en: 'Let the colours follow the data again', es: 'Dejar que los colores sigan a los datos' },
  asTable: { en: 'Show as a table', es: 'Mostrar como tabla' },
  asPicture: { en: 'Show as a picture', es: 'Mostrar como imagen' },
  followHelp: { en: 'Follow the newest token', es: 'Seguir al último token' },
  fieldMin: { en: 'Minimum', es: 'Mínimo' },
  fieldMax: { en: 'Maximum', es: 'Máximo' },
  fieldMean: { en: 'Mean', es: 'Media' },
  fieldRms: { en: 'RMS', es: 'RMS' },
  fieldAbsmax: { en: 'Largest |x|', es: 'Mayor |x|' },
  fieldNan: { en: 'NaN', es: 'NaN' },
  fieldPositiveInfinity: { en: '+Inf', es: '+Inf' },
  fieldNegativeInfinity: { en: '−Inf', es: '−Inf' },
  fieldZero: { en: 'Zeros', es: 'Ceros' },
  fieldSaturated: { en: 'Saturated', es: 'Saturados' },
  unitValue: { en: 'activation value', es: 'valor de activación' },
  unitCount: { en: 'elements of the tensor row', es: 'elementos de la fila del tensor' },
  heatmap: { en: 'Heatmap: {statistic}, {mode}', es: 'Mapa de calor: {statistic}, {mode}' },
  heatmapHelp: {
    en: 'Arrow keys move the cell. W and S zoom, A and D pan, Q and E zoom rows, F centres, then fits. Enter goes to the input that made the value, Backspace back, N to the next alert. The table button shows the same numbers as a grid.',
    es: 'Las flechas mueven la celda. W y S amplían y reducen, A y D desplazan, Q y E cambian la altura de las filas, F centra y luego ajusta. Intro va a la entrada que produjo el valor, Retroceso vuelve, N va a la siguiente alerta. El botón de tabla muestra los mismos números en una cuadrícula.'
  },
  legend: { en: 'Colour scale', es: 'Escala de colores' },
  legendText: { en: '{statistic} · {unit} · {scale}', es: '{statistic} · {unit} · {scale}' },
  legendDomain: { en: 'colours span 1–99 % of the captured values', es: 'los colores abarcan del 1 al 99 % de los valores capturados' },
  legendDomainLocked: { en: 'colours are locked', es: 'colores bloqueados' },
  legendDomainCount: { en: 'colours span 0 to the largest count', es: 'los colores van de 0 al mayor recuento' },
  legendPooled: { en: 'zoomed out, a pixel shows its most extreme cell', es: 'al alejar, cada píxel muestra su celda más extrema' },
  keyNan: { en: 'NaN', es: 'NaN' },
  keyInfinity: { en: '±Inf', es: '±Inf' },
  keySaturated: { en: 'saturated', es: 'saturado' },
  keyNotCaptured: { en: 'not captured', es: 'sin captura' },
  keyNotApplicable: { en: 'no such tensor', es: 'no existe' },
  summary: { en: '{tensor}, token {position}: {statistic} {value}', es: '{tensor}, token {position}: {statistic} {value}' },
  summaryNan: {
    en: '{tensor}, token {position}: {nan} NaN, {infinite} infinite',
    es: '{tensor}, token {position}: {nan} NaN, {infinite} infinitos'
  },
  summaryNothing: { en: '{tensor}, token {position}: not captured', es: '{tensor}, token {position}: sin captura' },
  pointAtCell: {
    en: 'Point at a cell to read it; click or use the arrow keys to inspect it.',
    es: 'Señale una celda para leerla; haga clic o use las flechas para inspeccionarla.'
  },

  emptyNoRun: { en: 'No run to look into yet', es: 'Aún no hay ninguna ejecución' },
  emptyNoRunText: {
    en: 'Generate something in Play, or open a recorded run. The numbers of every layer appear here while the text is being written.',
    es: 'Genere algo en Probar o abra una ejecución guardada. Los números de cada capa aparecen aquí mientras se escribe el texto.'
  },
  emptyNoTrace: { en: 'Nothing was captured in this run', es: 'No se capturó nada en esta ejecución' },
  emptyNoTraceText: {
    en: 'Capture is at “{level}” for this run. With “Statistics” every tensor of every layer is summed up for every token.',
    es: 'La captura de esta ejecución es «{level}». Con «Estadísticas» se resume cada tensor de cada capa para cada token.'
  },
  emptyWaiting: { en: 'Waiting for the first token', es: 'Esperando el primer token' },
  goToPlay: { en: 'Go to Play', es: 'Ir a Probar' },
  goToRuns: { en: 'Open a recording', es: 'Abrir una grabación' },
  turnOnStatistics: { en: 'Capture statistics from now on', es: 'Capturar estadísticas desde ahora' },
  levelOff: { en: 'Off', es: 'Nada' },
  levelLogits: { en: 'Logits', es: 'Logits' },
  levelStats: { en: 'Statistics', es: 'Estadísticas' },

  capture: { en: 'Capture', es: 'Captura' },
  captureApplies: { en: 'Applies to the next generation.', es: 'Se aplica a la próxima generación.' },
  captureCostUnknown: {
    en: 'Cost: not measured yet. It shows here after a run with capture off and one with statistics, on this model and backend.',
    es: 'Coste: aún sin medir. Aparece aquí tras una ejecución sin captura y otra con estadísticas, con este modelo y motor.'
  },
  captureCostUnknownShort: { en: 'cost not measured yet', es: 'coste sin medir' },
  captureCost: {
    en: 'Statistics: {with} tok/s, off: {without} tok/s ({change}), medians of {countWith} and {countWithout} runs of this session on {backend}.',
    es: 'Con estadísticas: {with} tok/s, sin captura: {without} tok/s ({change}), medianas de {countWith} y {countWithout} ejecuciones de esta sesión en {backend}.'
  },

  alerts: { en: 'Alerts', es: 'Alertas' },
  alertsNone: { en: 'No NaN, no infinity, nothing saturated', es: 'Sin NaN, sin infinitos, nada saturado' },
  alertsNotYet: { en: 'Nothing has been captured yet', es: 'Todavía no se capturó nada' },
  alertsNoneText: { en: 'in {count} captured tensor rows', es: 'en {count} filas de tensores capturadas' },
  alertNan: { en: 'NaN', es: 'NaN' },
  alertPositiveInfinity: { en: '+Inf', es: '+Inf' },
  alertNegativeInfinity: { en: '−Inf', es: '−Inf' },
  alertSaturated: { en: 'Saturated', es: 'Saturado' },
  alertFirst: { en: 'First {kind}', es: 'Primer {kind}' },
  alertMore: {
    en: { one: '{count} tensor affected', other: '{count} tensors affected' },
    es: { one: '{count} tensor afectado', other: '{count} tensores afectados' }
  },
  alertKind: { en: 'Kind', es: 'Tipo' },
  alertTensor: { en: 'Tensor', es: 'Tensor' },
  alertFirstToken: { en: 'First token', es: 'Primer token' },
  alertTokens: { en: 'Tokens', es: 'Tokens' },
  alertElements: { en: 'Elements', es: 'Elementos' },

  nothingToInspect: { en: 'Nothing to inspect yet', es: 'Todavía no hay nada que inspeccionar' },
  nothingToInspectText: {
    en: 'What you choose on the left is explained here.',
    es: 'Lo que elija a la izquierda se explica aquí.'
  },
  inspectorEmpty: { en: 'No cell chosen', es: 'Ninguna celda elegida' },
  inspectorEmptyText: {
    en: 'Click a cell of the picture, or move there with the arrow keys.',
    es: 'Haga clic en una celda de la imagen o muévase con las flechas.'
  },
  statistics: { en: 'Statistics', es: 'Estadísticas' },
  healthy: { en: 'finite', es: 'finito' },
  notCaptured: { en: 'not captured', es: 'sin captura' },
  overTokens: { en: '{statistic} over tokens', es: '{statistic} por token' },
  overLayers: { en: '{statistic} over layers', es: '{statistic} por capa' },
  inputs: { en: 'Computed from', es: 'Calculado a partir de' },
  readers: { en: 'Read by', es: 'Leído por' },
  noInputs: { en: 'the token id', es: 'el id del token' },
  noReaders: { en: 'the sampler', es: 'el muestreador' },
  earlierTokens: { en: '+ k and v of earlier tokens (KV cache)', es: '+ k y v de tokens anteriores (caché KV)' },
  origin: {
    en: 'The trouble begins at {tensor} of this token; its inputs are finite.',
    es: 'El problema empieza en {tensor} de este token; sus entradas son finitas.'
  },
  goToOrigin: { en: 'Go there', es: 'Ir allí' },
  computedBy: { en: 'Computed by', es: 'Calculado por' },
  backend: { en: 'Backend', es: 'Motor' },
  precision: { en: 'Precision', es: 'Precisión' },
  source: { en: 'Source', es: 'Origen' },
  sourceLive: { en: 'captured in the pass that made the text', es: 'capturado en el mismo paso que generó el texto' },
  sourceRecorded: { en: 'read from a recorded run', es: 'leído de una ejecución grabada' },
  blockTime: { en: 'Time of block “{block}”', es: 'Tiempo del bloque «{block}»' },
  blockTimeNone: { en: 'not timed in this run', es: 'no se midió en esta ejecución' },
  back: { en: 'Back', es: 'Atrás' },
  values: { en: 'Values', es: 'Valores' },
  readValues: { en: 'Read the values of this row', es: 'Leer los valores de esta fila' },
  readValuesHelp: {
    en: 'The whole tensor row is evaluated again with the same arithmetic.',
    es: 'La fila completa se evalúa de nuevo con la misma aritmética.'
  },
  reading: { en: 'Reading…', es: 'Leyendo…' },
  valuesCount: { en: '{count} values, {source}', es: '{count} valores, {source}' },
  sourceCaptured: { en: 'captured', es: 'capturados' },
  sourceReEvaluated: { en: 'evaluated again', es: 'evaluados de nuevo' },
  firstBad: { en: 'First bad element: index {index} ({value})', es: 'Primer elemento malo: índice {index} ({value})' },
  noBad: { en: 'Every element is finite.', es: 'Todos los elementos son finitos.' },
  largest: { en: 'Largest |x| at index {index}', es: 'Mayor |x| en el índice {index}' },
  jumpToBad: { en: 'Go to it', es: 'Ir a él' },
  exportNpy: { en: 'Save as NPY', es: 'Guardar como NPY' },
  exportCsv: { en: 'Save as CSV', es: 'Guardar como CSV' },
  index: { en: 'Index', es: 'Índice' },
  value: { en: 'Value', es: 'Valor' },
  histogram: { en: 'Distribution of the values', es: 'Distribución de los valores' },
  tablePage: { en: '{first} to {last}', es: '{first} a {last}' },
  previousColumns: { en: 'Previous columns', es: 'Columnas anteriores' },
  nextColumns: { en: 'Next columns', es: 'Columnas siguientes' },

  dockTabs: { en: 'Below the picture', es: 'Debajo de la imagen' },
  lens: { en: 'Logit lens', es: 'Lente de logits' },
  lensHelp: {
    en: 'What the model would say if it stopped after each layer: its own final norm and head on the residual stream. Early layers may be noise.',
    es: 'Qué diría el modelo si se detuviera tras cada capa: su propia norma final y su salida sobre el flujo residual. Las primeras capas pueden ser ruido.'
  },
  lensReading: { en: 'Reading the layers…', es: 'Leyendo las capas…' },
  lensProof: { en: 'last layer = logits, bit for bit', es: 'última capa = logits, bit a bit' },
  lensBroken: { en: 'last layer differs from the logits', es: 'la última capa difiere de los logits' },
  lensAfter: { en: 'after token {position}', es: 'tras el token {position}' },
  lensRank: { en: 'Rank of the next', es: 'Rango del siguiente' },
  lensCandidate: { en: 'Choice {number}', es: 'Opción {number}' },
  lensNext: { en: 'what follows: {text}', es: 'lo que sigue: {text}' },
  lensWait: {
    en: 'The engine is generating; the lens reads once it has finished.',
    es: 'El motor está generando; la lente lee cuando termine.'
  },
  repro: { en: 'Export a repro', es: 'Exportar reproducción' },
  reproHelp: {
    en: 'Writes this one operation as a standalone test: its inputs, weights, what the reference computes, what was found, and a check that runs on its own.',
    es: 'Escribe esta única operación como prueba independiente: entradas, pesos, lo que calcula la referencia, lo hallado y una comprobación que se ejecuta sola.'
  },
  reproRunning: { en: 'Writing the repro…', es: 'Escribiendo la reproducción…' },
  reproDone: { en: 'Repro written', es: 'Reproducción escrita' }
})
