"""The states of a change and the only moves between them; docs/design.md draws this table (PRM-19).

Invariant: a state is left only along `MOVES`; every writer goes through `storage.changes.move`, which checks it.
"""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a change stands."""

    REQUESTED = "requested"
    AWAITING = "awaiting-approval"
    APPROVED = "approved"
    WAITING = "waiting-for-window"
    DISPATCHING = "dispatching"
    RUNNING = "running"
    UNKNOWN = "unknown"
    TIMED_OUT = "timed-out"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    REFUSED = "refused"


_S = State
_RESULT = frozenset({_S.SUCCEEDED, _S.FAILED, _S.CANCELLED})

MOVES: Mapping[State, frozenset[State]] = {
    _S.REQUESTED: frozenset({_S.AWAITING, _S.APPROVED}),
    _S.AWAITING: frozenset({_S.APPROVED, _S.REJECTED, _S.CANCELLED, _S.EXPIRED, _S.REFUSED}),
    # judged again at dispatch: it goes out, waits for its time, needs people again, or is refused for good
    _S.APPROVED: frozenset({_S.DISPATCHING, _S.WAITING, _S.AWAITING, _S.REJECTED, _S.CANCELLED, _S.EXPIRED, _S.REFUSED}),
    _S.WAITING: frozenset({_S.APPROVED, _S.AWAITING, _S.REJECTED, _S.CANCELLED, _S.EXPIRED, _S.REFUSED}),
    # CI was asked; back to approved only when CI certainly never got it
    _S.DISPATCHING: frozenset({_S.RUNNING, _S.UNKNOWN, _S.APPROVED, _S.TIMED_OUT}) | _RESULT,
    _S.RUNNING: frozenset({_S.TIMED_OUT}) | _RESULT,
    # CI may be working: only CI, or a person who looked, ends these
    _S.UNKNOWN: frozenset({_S.RUNNING, _S.APPROVED, _S.TIMED_OUT}) | _RESULT,
    _S.TIMED_OUT: _RESULT,
    _S.SUCCEEDED: frozenset(),
    _S.FAILED: frozenset(),
    _S.CANCELLED: frozenset(),
    _S.REJECTED: frozenset(),
    _S.EXPIRED: frozenset(),
    _S.REFUSED: frozenset(),
}

OPEN = frozenset(state for state, onward in MOVES.items() if onward)
"""States that a change can still leave."""

CLAIMED = frozenset({_S.DISPATCHING, _S.RUNNING, _S.UNKNOWN, _S.TIMED_OUT})
"""States in which CI may be working: the change holds the claim on its service and environment."""

UNDECIDED = frozenset({_S.AWAITING, _S.APPROVED, _S.WAITING})
"""States in which people can still approve, reject, withdraw or cancel."""
