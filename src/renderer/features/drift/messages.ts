import { defineMessages } from '../../i18n/define'

export const driftMessages = defineMessages({
  title: { en: 'Drift', es: 'Deriva' },
  follow: { en: 'Follow with the reference', es: 'Seguir con la referencia' },
  followShort: { en: 'Follow', es: 'Seguir' },
  help: {
    en: 'A second engine computes the same tokens exactly; the next generation shows how far each layer is from it.',
    es: 'Un segundo motor calcula los mismos tokens con exactitud; la próxima generación muestra cuánto se aparta cada capa.'
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
    en: 'Measured while generating. Errors are estimated from 64 random ±1 projections of the residual stream after each block; KL is a lower bound from the best candidates.',
    es: 'Medida al generar. Los errores se estiman con 64 proyecciones aleatorias ±1 del flujo residual tras cada bloque; KL es una cota inferior con los mejores candidatos.'
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
