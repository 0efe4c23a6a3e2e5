"""What guards concluded from one thing that never changes, so that the next one does not conclude it anew.

Invariant: it belongs to the very object that it follows from; a copy of that, in which something may be another, begins with an empty one.
"""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Memo:
    """Conclusions, by what they are about."""

    __slots__ = ("_drawn",)

    def __init__(self) -> None:
        self._drawn: dict[Hashable, Any] = {}

    def once(self, what: Hashable, conclude: Callable[[], T]) -> T:
        """A conclusion, drawn once.

        Args:
            what: names everything that it hangs on beside the object that this belongs to.
            conclude: draws it.
        """
        if what in self._drawn:
            known: T = self._drawn[what]
            return known
        drawn = self._drawn[what] = conclude()
        return drawn
