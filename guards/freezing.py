"""Which freezes hold a request, now or later: what the judge, the next allowed time and the cards all go by (FRZ-03, FRZ-12).

Invariant: overlapping freezes combine; one that holds is enough.
"""

from guards.facts import Facts, Request
from guards.freeze_record import Freeze
from guards.manifest import SetStanding
from guards.migration import weighed
from guards.unread import Unread
from guards.vocabulary import Fate


def holding(request: Request, facts: Facts) -> tuple[Freeze, ...] | Unread:
    """The freezes that hold this request while they are active, those to come included."""
    if isinstance(facts.freezes, Unread):
        return facts.freezes
    counting = weighed(request, facts)
    return tuple(f for f in facts.freezes if f.holds(counting) and not _finishes(f, facts))


def _finishes(freeze: Freeze, facts: Facts) -> bool:
    """Whether the request belongs to a set that was on its way when the freeze began, and the freeze lets such work finish."""
    if freeze.fate is not Fate.FINISH or not isinstance(facts.set, SetStanding):
        return False
    began = [change.dispatched for change in facts.set.changes if change.dispatched]
    return freeze.begins is not None and bool(began) and min(began) < freeze.begins
