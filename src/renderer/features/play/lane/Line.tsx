import { memo } from 'react'
import { cx } from '../../../ui/classes'
import { LANE_LINE_PIXELS } from './use-layout'
import type { LineSpan, TokenLayout } from './layout'

interface LineProps {
  readonly layout: TokenLayout
  readonly line: number
  /** Part range: tells a changed line from an unchanged one. */
  readonly start: number
  readonly end: number
  /** Position of the layout's first token in the run. */
  readonly from: number
  readonly promptCount: number
  readonly level: (position: number) => number
  /** Chosen token, -1 when it is not on this line. */
  readonly selected: number
  readonly branched: ReadonlySet<number>
}

/** A token of signs only has no text: its sign is its name. */
const signLabel = ({ parts }: LineSpan) =>
  parts.every((part) => part.kind === 'mark') ? { 'aria-label': parts.map((part) => part.text).join('') } : {}

/** One line of tokens. Everything is text content; signs stand in ::before, so that copying leaves them out. */
export const Line = memo(({ layout, line, from, promptCount, level, selected, branched }: LineProps) => (
  <div
    role="presentation"
    className="lane-line absolute inset-x-0 whitespace-pre"
    style={{ top: line * LANE_LINE_PIXELS, height: LANE_LINE_PIXELS }}
  >
    {layout.line(line).map((span) => {
      const position = from + span.token
      // The space that hangs at a line's end, and the rest of a word cut in two, belong to a token that is an option elsewhere.
      const head = layout.isHead(line, span)
      const strength = level(position)
      return (
        <bdi
          key={position}
          data-p={position}
          {...(head
            ? { id: `token-${position}`, role: 'option', 'aria-selected': position === selected, ...signLabel(span) }
            : { 'aria-hidden': true })}
          className={cx(
            'lane-token',
            position < promptCount && 'lane-prompt',
            head && position === selected && 'lane-selected',
            branched.has(position) && 'lane-branched'
          )}
        >
          {span.parts.map((part, index) => {
            if (part.kind === 'space') return part.text
            return (
              // Parts of a token on a line never change place.
              // oxlint-disable-next-line react/no-array-index-key
              <span key={index} className={strength > 0 ? `lane-level-${strength}` : undefined}>
                {part.kind === 'text' ? (
                  part.text
                ) : (
                  <span className="lane-sign" data-sign={part.text}>
                    {part.text === '↵' ? '\n' : ''}
                  </span>
                )}
              </span>
            )
          })}
        </bdi>
      )
    })}
  </div>
))
Line.displayName = 'Line'
