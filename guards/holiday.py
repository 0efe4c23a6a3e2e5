"""Public holidays as they were read: the days of one country, subdivision or exchange on which windows stay closed (WIN-04, WIN-13).

Invariant: a day outside of what was read is not known; it is never taken for a working day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Holidays:
    """The holidays of one calendar.

    Args:
        code: as the policy file writes it: `DE`, `DE-BY` or `XNYS`.
        days: day → what it is called.
        first, last: the days between which nothing is missing, both included.
    """

    code: str
    days: Mapping[date, str]
    first: date
    last: date
