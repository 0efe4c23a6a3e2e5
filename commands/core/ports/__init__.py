"""What the machinery needs from outside, as small Protocols, one file for each neighbour; `bot` implements them.

Invariant: a port never raises for a failed outside call (only `CancelledError` passes through). It answers `Unread`,
`TurnedDown` or `Unknown`, so that no caller can mistake a failure for an answer. Every call has its own time limit.
"""
