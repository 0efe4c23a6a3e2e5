"""The nouns of what a run would bring while it is not cut, and of what its checklist lacked when it was looked at last (TRN-13, GNG-15)."""

from dataclasses import dataclass, replace
from datetime import datetime

from guards.cut import Rider


@dataclass(frozen=True, slots=True)
class Prospect:
    """What one repository would bring to a run if it were cut now.

    Args:
        run: its id.
        repository: `owner/name`.
        at: when that was read, UTC; of one that never was, when it was tried last.
        head: what the main branch named; None where it was never read.
        included: pull requests that were merged since what production runs.
        waiting: those that are open into main.
        lost: why the last look failed, ""; what stands here then is that of the look before.
    """

    run: str
    repository: str
    at: datetime
    head: str | None
    included: tuple[Rider, ...] = ()
    waiting: tuple[Rider, ...] = ()
    lost: str = ""

    def over(self, was: "Prospect") -> "Prospect":
        """A look in the place of the one before: where it failed, what was read before stays, with its moment."""
        return replace(was, lost=self.lost) if self.lost else self

    def same(self, was: "Prospect") -> bool:
        """Whether people read the same as before, but for the moment."""
        return replace(self, at=was.at, head=was.head) == was


@dataclass(frozen=True, slots=True)
class Unmet:
    """An item of a run's checklist that was not met.

    Args:
        item: its name.
        mark: how it stood: open, failed, unread.
        why: a sentence.
    """

    item: str
    mark: str
    why: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checklist of a run lacked.

    Args:
        run: its id.
        candidate: hash of what it would bring.
        at: when it was looked at, UTC.
        lacking: each item that was not met.
    """

    run: str
    candidate: str
    at: datetime
    lacking: tuple[Unmet, ...]
