// `npm run bench:ui`: the workbench's figures against their bars, in a real Chromium with software rendering.
//   node scripts/bench-ui.mjs [--json] [--only app,play,layers]
// Timings on a shared machine vary: medians are printed, and every bar says what was measured.
import { availableParallelism, cpus, loadavg } from 'node:os'
import { buildApp, buildNative } from './lib/build.mjs'
import { step } from './lib/run.mjs'

const words = process.argv.slice(2)
if (words.includes('--help')) {
  console.log('usage: npm run bench:ui [-- --json --only app,play,layers]')
  process.exit(0)
}
const only = words.includes('--only') ? (words[words.indexOf('--only') + 1] ?? '').split(',') : ['app', 'play', 'layers']
const json = words.includes('--json')
await buildNative()
await buildApp()

const results = { machine: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} processors, load ${loadavg()[0].toFixed(1)}` }
const say = (text) => json || step(text)
if (only.includes('app')) {
  say('the whole workbench, with the real engine')
  results.app = await (await import('../bench/ui/app.mjs')).measureApp()
}
if (only.includes('play')) {
  say('Play and the logit inspector, with synthetic streams')
  results.play = await (await import('../bench/ui/stream.mjs')).measurePlay()
}
if (only.includes('layers')) {
  say('Layers, with 80 layers x 13 points x 4,096 synthetic tokens')
  results.layers = await (await import('../bench/ui/heatmap.mjs')).measureHeatmap()
}
if (json) console.log(JSON.stringify(results, undefined, 2))
else {
  if (results.app !== undefined) for (const line of barLines(results.app)) console.log(line)
  if (results.play !== undefined) for (const line of (await import('../bench/ui/stream.mjs')).playBarLines(results.play)) console.log(line)
  if (results.layers !== undefined)
    for (const line of (await import('../bench/ui/heatmap.mjs')).heatmapBarLines(results.layers)) console.log(line)
  console.log(JSON.stringify(results, undefined, 2))
}

/** The bars of the whole workbench; those of Play are in bench/ui/stream.mjs, those of Layers in bench/ui/heatmap.mjs. */
function barLines({ firstPaint, story, generation }) {
  const bar = (name, value, unit, limit, ok) => `${ok ? '✓' : '✗'} ${name}: ${value} ${unit} (bar: ${limit})`
  const slower = 100 * (1 - generation.ratioMedian)
  return [
    bar(
      `first paint after the process starts, warm (it listens after ${firstPaint.listensMilliseconds} ms)`,
      firstPaint.warmMedianMilliseconds,
      'ms',
      '<= 700 ms',
      firstPaint.warmMedianMilliseconds <= 700
    ),
    bar(
      'story begins after the click',
      story.clickToFirstTokenMilliseconds,
      'ms',
      '<= 2000 ms',
      story.clickToFirstTokenMilliseconds <= 2000
    ),
    bar(
      `story of ${story.tokens} tokens is whole after the click`,
      story.clickToEndMilliseconds,
      'ms',
      '<= 2000 ms',
      story.clickToEndMilliseconds <= 2000
    ),
    bar('generation through the app slower than greta_infer, both with statistics', slower.toFixed(1), '%', '<= 3 %', slower <= 3),
    `  the same with capture off: ${(100 * (1 - generation.captureOff.ratioMedian)).toFixed(1)} % slower than greta_infer without --stats`
  ]
}
