"""Who works on a queue in this process, as the transactions that write its rows know them.

Invariant: a row that a transaction writes is taken for a desk by that transaction, on a lease, or by nobody: no other process finds it
meanwhile, and when this one dies its lease brings the row back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Lease:
    """How a row is taken.

    Args:
        worker: who takes it, for people who look at the rows.
        until: after this moment without an end others may take it, UTC.
    """

    worker: str
    until: datetime


class Desk(Protocol):
    """Works on a queue. Called in the transactions' threads: it neither blocks nor raises."""

    def ring(self) -> None:
        """There may be rows to take."""

    def promise(self) -> Lease | None:
        """A place for a row that is about to be written; None when there is none now."""

    def settle(self, promised: int, rows: Sequence[Any]) -> None:
        """The transaction is over.

        Args:
            promised: how many places it was promised.
            rows: what it took for them and committed, never more than the places; the others are free again.
        """
