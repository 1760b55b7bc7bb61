import { defineMessages } from '../../i18n/define'

export const driftMessages = defineMessages({
  title: { en: 'Drift', es: 'Deriva' },
  follow: { en: 'Follow with the reference', es: 'Seguir con la referencia' },
  reference: { en: 'What follows', es: 'Qué sigue' },
  engine: { en: 'Reference engine', es: 'Motor de referencia' },
  engineText: { en: 'in lockstep, in the background', es: 'en paralelo, en segundo plano' },
  keep: { en: 'New runs can be a reference', es: 'Las nuevas sirven de referencia' },
  noLayers: {
    en: 'This run was recorded without sketches of its layers: only favourites and divergence are compared. Switch on "New runs can be a reference" and record it again to see layers.',
    es: 'Esta ejecución se grabó sin proyecciones de sus capas: solo se comparan favoritos y divergencia. Activa «Las nuevas sirven de referencia» y grábala otra vez para ver capas.'
  },
  unmatched: {
    en: 'Not compared from token {position} on: the recorded run ends there or goes on with another token.',
    es: 'Sin comparar desde el token {position}: la ejecución grabada acaba ahí o sigue con otro token.'
  },
  followShort: { en: 'Follow', es: 'Seguir' },
  help: {
    en: 'A second engine, or a recorded run of the same prompt, goes along with the next generation: the strip shows how far each layer is from it.',
    es: 'Un segundo motor, o una ejecución grabada con el mismo texto, acompaña la próxima generación: la tira muestra cuánto se aparta cada capa.'
  },
  waiting: { en: 'The reference follows from the next generation on.', es: 'La referencia sigue desde la próxima generación.' },
  counts: { en: '⇄ {flips} · lag {lag}', es: '⇄ {flips} · retraso {lag}' },
  open: { en: 'Drift by layer and token', es: 'Deriva por capa y token' },
  stripHelp: {
    en: {
      one: 'Drift strip: {count} token compared with the reference, {flips} favourites flipped. The table in "Drift by layer and token" has the numbers.',
      other:
        'Drift strip: {count} tokens compared with the reference, {flips} favourites flipped. The table in "Drift by layer and token" has the numbers.'
    },
    es: {
      one: 'Tira de deriva: {count} token comparado con la referencia, {flips} favoritos cambiados. Los números están en la tabla de "Deriva por capa y token".',
      other:
        'Tira de deriva: {count} tokens comparados con la referencia, {flips} favoritos cambiados. Los números están en la tabla de "Deriva por capa y token".'
    }
  },
  drawerTitle: { en: 'Drift against the reference', es: 'Deriva respecto a la referencia' },
  drawerText: {
    en: 'Measured while generating. Errors are estimated from 64 sparse random ±1 projections of the residual stream after each block; KL is a lower bound from the best candidates.',
    es: 'Medida al generar. Los errores se estiman con 64 proyecciones aleatorias dispersas ±1 del flujo residual tras cada bloque; KL es una cota inferior con los mejores candidatos.'
  },
  heatmap: { en: 'Heatmap: relative error by layer and token', es: 'Mapa de calor: error relativo por capa y token' },
  legend: {
    en: 'relative error of the residual stream, log; layers down, tokens across',
    es: 'error relativo del flujo residual, log; capas hacia abajo, tokens a lo ancho'
  },
  klTitle: { en: 'Divergence by token, KL lower bound, nats', es: 'Divergencia por token, cota inferior de KL, nats' },
  klChart: { en: 'KL divergence by token', es: 'Divergencia KL por token' },
  kl: { en: 'KL ≥, nats', es: 'KL ≥, nats' },
  table: { en: 'Drift by token', es: 'Deriva por token' },
  position: { en: 'Position', es: 'Posición' },
  favourite: { en: 'Favourite', es: 'Favorito' },
  largest: { en: 'Largest error', es: 'Mayor error' },
  last: { en: 'Last layer', es: 'Última capa' },
  lag: { en: 'Lag', es: 'Retraso' }
})
