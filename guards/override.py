"""What an emergency overrides: the one test that every guard that gives way to one asks (EMG-05, EMG-07).

Invariant: a type of change is a word; only a record that covers exactly this change, is approved, not over and not used by another makes it
an emergency. Without one a request is judged as a normal change, by every guard that asks here.
"""

from dataclasses import replace

from guards.change import Change
from guards.emergency import Emergency
from guards.facts import Facts, Request
from guards.vocabulary import ChangeType


def overriding(request: Request, facts: Facts) -> Emergency | None:
    """The emergency by which a request goes, if it does."""
    record = facts.emergency
    if request.change_type is not ChangeType.EMERGENCY or not isinstance(record, Emergency):
        return None
    change = facts.change.id if isinstance(facts.change, Change) else None
    covers = record.covers(request.service, request.environment, request.version)
    return record if covers and record.counts(facts.at, change) else None


def as_recorded(request: Request, facts: Facts) -> Request:
    """The request with the type that its record gives it: an emergency without one is a normal change."""
    if request.change_type is ChangeType.EMERGENCY and overriding(request, facts) is None:
        return replace(request, change_type=ChangeType.NORMAL)
    return request
