import { defineMessages } from '../../i18n/define'

export const checksMessages = defineMessages({
  title: { en: 'Checks', es: 'Comprobaciones' },
  open: { en: 'Open numeric checks', es: 'Abrir las comprobaciones numéricas' },
  runParity: { en: 'Check parity', es: 'Comprobar paridad' },
  runDivergence: { en: 'Find the first divergence', es: 'Buscar la primera divergencia' },
  runEquivalence: { en: 'Check equivalence: prefill, decode, chunks', es: 'Comprobar equivalencia: prefill, decode, trozos' },
  runHealth: { en: 'Check health: NaN, infinities, saturation', es: 'Comprobar salud: NaN, infinitos, saturación' },
  runFaultLab: { en: 'Run the fault lab', es: 'Ejecutar el laboratorio de fallos' },
  setup: { en: 'What is checked', es: 'Qué se comprueba' },
  parity: { en: 'Parity', es: 'Paridad' },
  divergence: { en: 'First divergence', es: 'Primera divergencia' },
  equivalence: { en: 'Prefill ≡ decode', es: 'Prefill ≡ decode' },
  health: { en: 'Health', es: 'Salud' },
  faultLab: { en: 'Fault lab', es: 'Laboratorio de fallos' },
  parityHelp: {
    en: 'Do the two sides compute the same? Same tokens to both; logits by position, and every tensor of every layer.',
    es: '¿Calculan lo mismo las dos partes? Los mismos tokens a ambas; logits por posición y cada tensor de cada capa.'
  },
  divergenceHelp: {
    en: 'Names the first operation that computes something else: every block on the input it really had, then the operations of the first bad block.',
    es: 'Nombra la primera operación que calcula otra cosa: cada bloque con la entrada que tuvo, y luego las operaciones del primero malo.'
  },
  equivalenceHelp: {
    en: 'Is prefill the same as decode and any chunking, bit for bit? Hashes of every tensor at every position.',
    es: '¿Es el prefill igual que el decode y cualquier troceo, bit a bit? Hashes de cada tensor en cada posición.'
  },
  healthHelp: {
    en: 'Proves that no layer makes a NaN or infinity on a set of prompts, and looks for dead, frozen and saturated tensors.',
    es: 'Demuestra que ninguna capa produce NaN ni infinito con varios prompts, y busca tensores muertos, congelados y saturados.'
  },
  faultLabHelp: {
    en: 'Plants five classical faults and sees whether the divergence search names each: the self-test of the tools.',
    es: 'Introduce cinco fallos clásicos y mira si la búsqueda de divergencia nombra cada uno: la autoprueba de las herramientas.'
  },
  run: { en: 'Run', es: 'Ejecutar' },
  runTool: { en: 'Run: {tool}', es: 'Ejecutar: {tool}' },
  starting: { en: 'Loading both sides…', es: 'Cargando ambas partes…' },
  progress: { en: 'Progress of the check', es: 'Progreso de la comprobación' },
  working: { en: '{tool} is running', es: '{tool} en marcha' },
  done: { en: 'The check is done', es: 'La comprobación terminó' },
  emptyTitle: { en: '{tool}: not run yet', es: '{tool}: aún sin ejecutar' },
  noModel: { en: 'No model is loaded', es: 'No hay ningún modelo cargado' },
  noModelText: {
    en: 'Checks run on sessions of their own, but they take file and options from the loaded model.',
    es: 'Las comprobaciones usan sesiones propias, pero toman archivo y opciones del modelo cargado.'
  },
  goToModel: { en: 'Open a model', es: 'Abrir un modelo' },
  noSequence: { en: 'There are no tokens to check', es: 'No hay tokens que comprobar' },
  noSequenceText: {
    en: 'Write a text, write a prompt in Play, or show a run.',
    es: 'Escriba un texto, un prompt en Probar o muestre una ejecución.'
  },
  reference: { en: 'Reference', es: 'Referencia' },
  test: { en: 'Tested', es: 'Probado' },
  took: { en: 'Took', es: 'Tardó' },
  oneSided: {
    en: 'This check needs no reference: the tested side is compared with itself or with what is always true.',
    es: 'Esta comprobación no necesita referencia: lo probado se compara consigo mismo o con lo que siempre es cierto.'
  },
  backend: { en: 'Backend', es: 'Motor' },
  kvType: { en: 'KV cache', es: 'Caché KV' },
  precision: { en: 'Precision', es: 'Precisión' },
  model: { en: 'Model file', es: 'Archivo' },
  asLoaded: { en: 'as loaded ({value})', es: 'como está cargado ({value})' },
  engineDefault: { en: 'the backend’s own', es: 'la del motor' },
  loadedFile: { en: 'the loaded file', es: 'el archivo cargado' },
  tokens: { en: 'Tokens', es: 'Tokens' },
  sourceRun: { en: 'This run', es: 'Esta ejecución' },
  sourcePrompt: { en: 'Prompt', es: 'Prompt' },
  sourceText: { en: 'Own text', es: 'Texto propio' },
  noRun: { en: 'No run is shown.', es: 'No se muestra ninguna ejecución.' },
  runTokens: { en: 'All tokens of the shown run: {name}', es: 'Todos los tokens de la ejecución mostrada: {name}' },
  promptHelp: { en: 'The prompt as it stands in Play.', es: 'El prompt tal como está en Probar.' },
  healthPrompts: {
    en: 'Health also evaluates three prompts of its own: digits, bytes that need fallback, a repetition.',
    es: 'Salud evalúa además tres prompts propios: dígitos, bytes con recurso alterno y una repetición.'
  },
  parityOk: { en: 'Within limits: the two sides agree', es: 'Dentro de los límites: las dos partes coinciden' },
  parityFailed: { en: 'Outside the limits: the two sides do not agree', es: 'Fuera de los límites: las dos partes no coinciden' },
  band: { en: 'Logits in the band “{band}”.', es: 'Logits en la banda «{band}».' },
  promptChosen: { en: 'the chosen tokens', es: 'los tokens elegidos' },
  limitsWhy: { en: 'Limits for such a pair: {why}.', es: 'Límites para este par: {why}.' },
  limits: {
    en: 'limits: NMSE of logits {logits} · mean KL divergence {divergence} nats · local NMSE {local}',
    es: 'límites: NMSE de logits {logits} · divergencia KL media {divergence} nats · NMSE local {local}'
  },
  summary: { en: 'Summary', es: 'Resumen' },
  summaryHelp: {
    en: { one: 'over {count} position, whole vocabulary', other: 'over {count} positions, whole vocabulary' },
    es: { one: 'en {count} posición, vocabulario completo', other: 'en {count} posiciones, vocabulario completo' }
  },
  bitEqual: { en: 'Bit-identical rows', es: 'Filas idénticas bit a bit' },
  meanNmse: { en: 'Mean NMSE of logits', es: 'NMSE medio de logits' },
  worstNmse: { en: 'Worst NMSE of logits', es: 'Peor NMSE de logits' },
  maxLogit: { en: 'Max |Δlogit|', es: 'Máx |Δlogit|' },
  sameTop: { en: 'Same favourite', es: 'Mismo favorito' },
  top5: { en: 'Top-5 agreement', es: 'Acuerdo top-5' },
  perplexityReference: { en: 'Perplexity, reference', es: 'Perplejidad, referencia' },
  perplexityTest: { en: 'Perplexity, tested', es: 'Perplejidad, probado' },
  perplexityRatio: { en: 'Perplexity ratio', es: 'Razón de perplejidad' },
  percentiles: { en: 'Percentiles', es: 'Percentiles' },
  mean: { en: 'mean', es: 'media' },
  klNats: { en: 'KL, nats', es: 'KL, nats' },
  nmseLogits: { en: 'NMSE', es: 'NMSE' },
  deltaP: { en: 'Δp of next', es: 'Δp del siguiente' },
  byPosition: { en: 'By position', es: 'Por posición' },
  byPositionHelp: {
    en: 'KL(reference ‖ tested) and the like, teacher-forced',
    es: 'KL(referencia ‖ probado) y demás, con los mismos tokens'
  },
  byPositionChart: { en: '{measure} by position', es: '{measure} por posición' },
  measure: { en: 'Measure', es: 'Medida' },
  worstPositions: { en: 'Positions, worst first', es: 'Posiciones, la peor primero' },
  position: { en: 'Position', es: 'Posición' },
  favourite: { en: 'Favourite', es: 'Favorito' },
  nextToken: { en: 'Next token', es: 'Token siguiente' },
  byPoint: { en: 'By layer and operation', es: 'Por capa y operación' },
  cumulative: { en: 'Cumulative', es: 'Acumulado' },
  local: { en: 'Local', es: 'Local' },
  cumulativeHelp: { en: 'what has piled up so far, over all positions', es: 'lo acumulado hasta ahí, en todas las posiciones' },
  localHelp: {
    en: 'each operation alone on its own inputs, over {count} positions; limit {limit}',
    es: 'cada operación sola con sus propias entradas, en {count} posiciones; límite {limit}'
  },
  localSkipped: { en: 'Local errors were not measured: {why}', es: 'No se midieron los errores locales: {why}' },
  heatmap: { en: 'Heatmap: {measure} NMSE by layer and operation', es: 'Mapa de calor: NMSE {measure} por capa y operación' },
  heatmapHelp: {
    en: 'Arrows move from tensor to tensor; Enter opens the tensor in Layers.',
    es: 'Las flechas van de tensor en tensor; Intro abre el tensor en Capas.'
  },
  nmseLog: {
    en: 'NMSE, log, one scale for both; equal bits are the darkest colour',
    es: 'NMSE, log, una escala para ambos; bits iguales, el color más oscuro'
  },
  pointLine: {
    en: '{tensor}: cumulative NMSE {cumulative}, local {local}, max |Δ| {difference}, worst at position {position}',
    es: '{tensor}: NMSE acumulado {cumulative}, local {local}, máx |Δ| {difference}, peor en la posición {position}'
  },
  notMeasured: { en: 'not measured', es: 'sin medir' },
  openTensor: { en: 'Open tensor', es: 'Abrir tensor' },
  exportRepro: { en: 'Export repro', es: 'Exportar prueba' },
  writingRepro: { en: 'Writing…', es: 'Escribiendo…' },
  reproFolder: { en: 'Standalone test written to', es: 'Prueba independiente escrita en' },
  tensor: { en: 'Tensor', es: 'Tensor' },
  cumulativeNmse: { en: 'Cumulative NMSE', es: 'NMSE acumulado' },
  relativeError: { en: 'Relative error', es: 'Error relativo' },
  localNmse: { en: 'Local NMSE', es: 'NMSE local' },
  maxDifference: { en: 'Max |Δ|', es: 'Máx |Δ|' },
  worstPosition: { en: 'Worst position', es: 'Peor posición' },
  agree: { en: 'No operation leaves its limit', es: 'Ninguna operación sale de su límite' },
  agreeText: {
    en: 'No single operation has a local NMSE of {limit} or more, over {count} positions.',
    es: 'Ninguna operación por sí sola tiene un NMSE local de {limit} o más, en {count} posiciones.'
  },
  blocksAbove: {
    en: 'As a whole above it, though none of its operations is: block {blocks}.',
    es: 'En conjunto por encima, aunque ninguna de sus operaciones lo esté: bloque {blocks}.'
  },
  diverges: { en: 'First divergence: layer {layer}, {point}', es: 'Primera divergencia: capa {layer}, {point}' },
  cardLine: {
    en: 'local NMSE {local} (limit {limit}), first at position {position}, element {element}: expected {expected}, found {found}',
    es: 'NMSE local {local} (límite {limit}), primero en la posición {position}, elemento {element}: se esperaba {expected}, se encontró {found}'
  },
  inputsAgree: { en: 'its inputs agree to {nmse}', es: 'sus entradas coinciden hasta {nmse}' },
  diagnosis: { en: 'Diagnosis: {text}', es: 'Diagnóstico: {text}' },
  blocks: { en: 'Blocks', es: 'Bloques' },
  blocksHelp: {
    en: 'local: the reference ran the block on the very input the tested side had; cumulative: what has piled up. Log bars.',
    es: 'local: la referencia ejecutó el bloque con la misma entrada; acumulado: lo amontonado. Barras logarítmicas.'
  },
  block: { en: 'Block', es: 'Bloque' },
  equal: { en: 'All ways give the same bits', es: 'Todas las formas dan los mismos bits' },
  different: { en: 'Some ways give other bits', es: 'Algunas formas dan otros bits' },
  equalText: {
    en: '{equal} of {ways} ways equal, {positions} positions × {points} trace points, against: {reference}',
    es: '{equal} de {ways} formas iguales, {positions} posiciones × {points} puntos, contra: {reference}'
  },
  ways: { en: 'Ways of computing the same tokens', es: 'Formas de calcular los mismos tokens' },
  waysHelp: { en: 'against {reference}', es: 'contra {reference}' },
  way: { en: 'Way', es: 'Forma' },
  bits: { en: 'Bits', es: 'Bits' },
  bitsEqual: { en: 'equal', es: 'iguales' },
  bitsDiffer: { en: 'differ', es: 'difieren' },
  firstDifference: { en: 'First difference', es: 'Primera diferencia' },
  differingPositions: { en: 'Positions that differ', es: 'Posiciones que difieren' },
  boundary: { en: 'Boundary', es: 'Frontera' },
  at: { en: 'position {position}, {tensor}', es: 'posición {position}, {tensor}' },
  clean: { en: 'Clean: no NaN and no infinity', es: 'Limpio: ni NaN ni infinitos' },
  warnings: { en: 'Finite, with warnings', es: 'Finito, con avisos' },
  broken: { en: 'NaN or infinity found', es: 'Se encontró NaN o infinito' },
  healthText: {
    en: '{layers} layers, {points} trace points, {prompts} prompts, every value counted',
    es: '{layers} capas, {points} puntos, {prompts} prompts, todos los valores contados'
  },
  lastFinite: { en: 'Last finite ancestor of the first: {tensor}', es: 'Último antecesor finito del primero: {tensor}' },
  prompts: { en: 'Prompts', es: 'Prompts' },
  prompt: { en: 'Prompt', es: 'Prompt' },
  positions: { en: 'Positions', es: 'Posiciones' },
  valuesSeen: { en: 'Values', es: 'Valores' },
  saturated: { en: 'Saturated', es: 'Saturados' },
  alerts: { en: { one: '{count} alert', other: '{count} alerts' }, es: { one: '{count} alerta', other: '{count} alertas' } },
  alertsHelp: {
    en: 'by first occurrence; those of prompt 0, the chosen tokens, open in Layers',
    es: 'por primera aparición; las del prompt 0, los tokens elegidos, se abren en Capas'
  },
  noAlerts: { en: 'No alerts: nothing unusual in any tensor.', es: 'Sin alertas: nada inusual en ningún tensor.' },
  kind: { en: 'Kind', es: 'Tipo' },
  amount: { en: 'Amount', es: 'Cantidad' },
  namedCount: { en: '{named} of {count} faults named', es: '{named} de {count} fallos nombrados' },
  labText: {
    en: 'Each fault was planted in the tested side alone, on purpose; the loaded model is untouched.',
    es: 'Cada fallo se introdujo a propósito solo en la parte probada; el modelo cargado no se toca.'
  },
  named: { en: 'named', es: 'nombrado' },
  notNamed: { en: 'not named', es: 'no nombrado' },
  planted: { en: 'Planted', es: 'Introducido' },
  found: { en: 'Found', es: 'Encontrado' },
  nothingFound: { en: 'nothing was found', es: 'no se encontró nada' }
})
