import { defineMessages } from '../../i18n/define'

export const faultMessages = defineMessages({
  title: { en: 'Planted fault', es: 'Fallo introducido' },
  kind: { en: 'Fault of the next generation', es: 'Fallo de la próxima generación' },
  none: { en: 'none', es: 'ninguno' },
  help: {
    en: 'Breaks the next generation on purpose, once: to see what alerts, drift and comparisons make of it. The loaded model stays as it is, and the run says what was planted.',
    es: 'Estropea a propósito la próxima generación, una vez: para ver qué dicen las alertas, la deriva y las comparaciones. El modelo cargado no cambia, y la ejecución dice qué se introdujo.'
  },
  needsModel: { en: 'Load a model first.', es: 'Cargue antes un modelo.' },
  nanName: { en: 'NaN', es: 'NaN' },
  nanText: { en: 'one element becomes NaN: an uninitialised buffer or 0/0', es: 'un elemento pasa a NaN: un búfer sin inicializar o 0/0' },
  scaleName: { en: 'scaled weight row', es: 'fila de pesos escalada' },
  scaleText: {
    en: 'one row of a matrix is too large: a wrong block scale',
    es: 'una fila de una matriz es demasiado grande: escala de bloque errónea'
  },
  dropName: { en: 'dropped K tile', es: 'bloque K perdido' },
  dropText: { en: 'a product skips some of its inputs: an off-by-one', es: 'un producto se salta entradas: un error de índice' },
  ropeName: { en: 'wrong RoPE base', es: 'base RoPE errónea' },
  ropeText: { en: 'one layer rotates by other angles', es: 'una capa gira con otros ángulos' },
  staleName: { en: 'stale KV slot', es: 'ranura KV obsoleta' },
  staleText: { en: 'attention reads a slot before it is written', es: 'la atención lee una ranura antes de escribirla' },
  layer: { en: 'Layer', es: 'Capa' },
  point: { en: 'Tensor', es: 'Tensor' },
  position: { en: 'Token', es: 'Token' },
  index: { en: 'Element', es: 'Elemento' },
  input: { en: 'From input', es: 'Desde la entrada' },
  row: { en: 'Row', es: 'Fila' },
  count: { en: 'Inputs lost', es: 'Entradas perdidas' },
  factor: { en: 'Factor', es: 'Factor' },
  next: { en: 'The next generation is broken on purpose:', es: 'La próxima generación se estropea a propósito:' },
  remove: { en: 'Plant nothing', es: 'No introducir nada' },
  badge: { en: 'planted fault', es: 'fallo introducido' },
  badgeText: {
    en: 'A fault was planted on purpose while this was computed: {fault}. It says nothing about the model or the machine.',
    es: 'Se introdujo un fallo a propósito mientras se calculaba: {fault}. No dice nada del modelo ni de la máquina.'
  },
  badgeTextShort: {
    en: 'A fault was planted on purpose while some of this was computed. It says nothing about the model or the machine.',
    es: 'Se introdujo un fallo a propósito mientras se calculaba una parte. No dice nada del modelo ni de la máquina.'
  },
  here: { en: 'This was planted here on purpose:', es: 'Esto se introdujo aquí a propósito:' },
  plant: { en: 'Plant it in Play', es: 'Introducirlo en Play' },
  plantNan: { en: 'Plant a NaN in the next generation', es: 'Introducir un NaN en la próxima generación' }
})
