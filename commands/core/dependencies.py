"""Reminds the owners of services, once a month, to refresh their dependencies, where the policy asks for it (MAN-12).

Invariant: one timer for all; each owner gets one message a month, however many services they have, and nothing waits for it.
"""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from commands.core import record
from commands.core.cards import note
from commands.core.tell import reply_to
from commands.core.text import Bold
from guards.facts import Facts
from guards.moments import instant
from guards.policy import Policy
from storage import timers
from storage.database import Tx

KIND = "dependencies"
_AT = time(10)
"""Local time in the policy's zone, on the first of a month."""


def begin(tx: Tx, policy: Policy, at: datetime) -> None:
    """Have the next reminder come, unless it is under way; where no service asks for it, none."""
    if any(service.refresh for service in policy.services.values()):
        timers.ensure(tx, timers.Timer(KIND, KIND, _next(policy, at), {}))
    else:
        timers.cancel(tx, KIND)


def _next(policy: Policy, after: datetime) -> datetime:
    """10:00 of the first of a month, UTC."""
    day = after.astimezone(ZoneInfo(policy.zone)).date().replace(day=1)
    while (due := instant(day, _AT, policy.zone)) <= after:
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return due


def remind(tx: Tx, facts: Facts, correlation: str) -> None:
    """Tell each owner, and set the timer for the next month."""
    policy = facts.policy
    asked = {name: service for name, service in policy.services.items() if service.refresh}
    owned = {owner: [name for name, service in asked.items() if owner in service.owners] for s in asked.values() for owner in s.owners}
    told: list[str] = []
    for owner, names in owned.items():
        person = policy.by_id.get(owner)
        if person and person.slack:
            lines = ("Bring what they depend on up to date, at least once a month; what is left to do belongs into a ticket.",)
            card = note("♻️ It is time to refresh dependencies", (Bold(", ".join(names)),), lines)
            reply_to(tx, person.slack[0], card, facts.at, correlation, channel=None, answer_to=None)
            told.append(owner)
    if asked:
        record.write(tx, "dependencies:reminded", record.CLOCK, facts, correlation, services=list(asked), people=told)
    begin(tx, policy, facts.at)
