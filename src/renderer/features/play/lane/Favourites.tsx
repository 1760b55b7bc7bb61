import { Badge } from '../../../ui/Badge'

/** The most probable token of two sides: one name while they agree, both where they differ. Takes texts as they are shown. */
export const Favourites = ({
  reference,
  tested,
  differ
}: {
  readonly reference: string
  readonly tested: string
  readonly differ: boolean
}) =>
  differ ? (
    <span className="font-mono">
      <bdi>{reference}</bdi> <Badge tone="warn">⇄</Badge> <bdi>{tested}</bdi>
    </span>
  ) : (
    <bdi className="font-mono">{tested}</bdi>
  )
