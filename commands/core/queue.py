"""Queueing: the word with which somebody has a request kept that only time speaks against, and the button that says it (WIN-09).

Invariant: it is no second way. The word makes refusals by time heal for this one judgement; what is kept then waits, is judged again
and goes out like any other change.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from commands.core.text import Button, Line, Moment
from commands.core.words import Named
from guards.decision import Refusal
from guards.facts import Facts, Request
from guards.judge import Judgement
from guards.opening import local
from guards.slot import next_slot

BY_TIME = frozenset({Refusal.FROZEN, Refusal.OUTSIDE_WINDOW, Refusal.LEAD_TIME, Refusal.NOT_SOAKED})
"""What time alone heals."""

QueueWord = Annotated[Literal["yes"] | None, Named()]
"""`queue=yes`."""


def queued(fields: Mapping[str, str]) -> dict[str, str]:
    """The word, for a form that has to carry it on."""
    return {name: word for name, word in fields.items() if name == "queue"}


def queue_button(word: str, fields: Mapping[str, str], judgement: Judgement, request: Request, facts: Facts) -> Button | None:
    """A button that asks again with the word, where nothing but time speaks against it, and a time is known.

    Args:
        word, fields: the command that was refused.
        judgement: why; what its form would ask for is no longer among the reasons.
        request, facts: what was judged.
    """
    final = {r.code for r in judgement.refusals} - judgement.heals
    if judgement.unsure or not final or not final <= BY_TIME:
        return None
    slot = next_slot(request, facts)
    if not isinstance(slot, datetime):
        return None
    label = f"Queue for {local(slot, facts.policy.zone_of(request.service), facts.at)}"
    return Button(label, word, {**fields, "queue": "yes"}, "primary")


def waits_until(request: Request, facts: Facts) -> tuple[Line, ...]:
    """What is said to somebody whose request is kept although it may not go yet; nothing when it may."""
    slot = next_slot(request, facts)
    if not isinstance(slot, datetime) or slot <= facts.at:
        return ()
    zone = facts.policy.zone_of(request.service)
    return (("It may go from ", Moment(slot, zone), " on: it is judged again then, and its approvals must still count."),)
