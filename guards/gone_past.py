"""What an emergency went past: what would have held the same change at this moment without its record (EMG-07, EMG-21, FRZ-10).

Invariant: each item is the answer of the guard that gave way; what did not hold the change is not named, and what could not be read is.
"""

from collections.abc import Iterator
from dataclasses import replace

from guards.decided import decided
from guards.decision import Allow, Unsure
from guards.emergency import Emergency, EmergencyKind
from guards.facts import Facts, Request
from guards.freezing import holding
from guards.incidents import holding as holding_incidents
from guards.incidents import no_incident
from guards.lead import held_back_until
from guards.staged import soaked
from guards.unread import Unread
from guards.vocabulary import Blocked, ChangeType
from guards.window import in_window

_UNREAD = "which could not be read"


def gone_past(request: Request, facts: Facts) -> tuple[str, ...]:
    """The change window, each freeze and incident, the lead time, the soak and the go/no-go that gave way.

    Args:
        request, facts: as they were judged when CI got it.
    """
    return tuple(_held(replace(request, change_type=ChangeType.NORMAL), facts))


def gone_past_by_hand(record: Emergency, request: Request, facts: Facts) -> tuple[str, ...]:
    """The same of a change that people make: the window, the freezes of its kind, the incidents (EMG-22, WIN-05, WIN-06).

    Args:
        record: about no deployment. How long an API is deprecated hangs on no window and no freeze.
        request, facts: as they were judged when it was said to be made.
    """
    held = Blocked.FLAGS if record.kind is EmergencyKind.FLAG else Blocked.DEPLOYMENTS
    if record.kind is EmergencyKind.DEPRECATION:
        return ()
    return tuple(_held_by_hand(replace(request, change_type=ChangeType.NORMAL), held, facts))


def _held_by_hand(request: Request, held: Blocked, facts: Facts) -> Iterator[str]:
    yield from _window(request, facts)
    if isinstance(facts.freezes, Unread):
        yield f"{facts.freezes.what}, {_UNREAD}"
    else:
        here = [f for f in facts.freezes if f.active(facts.at) and f.reaches(request.service, request.environment)]
        yield from (f"freeze {f.id}" for f in here if held in f.blocks and ChangeType.NORMAL not in f.passes)
    yield from _incidents(request, facts)


def _held(request: Request, facts: Facts) -> Iterator[str]:
    yield from _window(request, facts)
    freezes = holding(request, facts)
    if isinstance(freezes, Unread):
        yield f"{freezes.what}, {_UNREAD}"
    else:
        yield from (f"freeze {freeze.id}" for freeze in freezes if freeze.active(facts.at))
    yield from _incidents(request, facts)
    over = held_back_until(request, facts)
    if isinstance(over, Unread) or over > facts.at:
        yield f"the lead time, {_UNREAD}" if isinstance(over, Unread) else "the lead time"
    for what, answer in (("the soak", soaked(request, facts)), ("the go/no-go", decided(request, facts))):
        if not isinstance(answer, Allow):
            yield f"{what}, {_UNREAD}" if isinstance(answer, Unsure) else what


def _window(request: Request, facts: Facts) -> Iterator[str]:
    window = in_window(request, facts)
    if not isinstance(window, Allow):
        yield f"the change window, {_UNREAD}" if isinstance(window, Unsure) else "the change window"


def _incidents(request: Request, facts: Facts) -> Iterator[str]:
    incidents = no_incident(request, facts)
    if isinstance(incidents, Unsure):
        yield f"{incidents.missing}, {_UNREAD}"
    elif not isinstance(incidents, Allow) and not isinstance(facts.incidents, Unread):
        mildest = facts.policy.incidents.blocks[request.environment or ""]
        yield from (f"incident {one.reference}" for one in holding_incidents(request.service, mildest, facts.incidents, facts))
