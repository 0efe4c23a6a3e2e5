"""The noun of support cover that somebody confirmed (WIN-15)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Cover:
    """That the support cover of one opening is confirmed.

    Args:
        by_name: who confirmed it, as the name was then.
        who: who covers it, in their words.
        at: UTC.
    """

    by_name: str
    who: str
    at: datetime
