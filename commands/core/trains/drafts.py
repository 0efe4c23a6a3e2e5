"""Reminds of trains that nobody has published (TRN-23).

Invariant: a published or closed train is never reminded of.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import blake2s
from typing import Any

from commands.core import record
from commands.core.tell import reply_to
from commands.core.text import Button, Card, Code, Line, Part
from commands.core.trains.keys import KIND
from guards.captaincy import captained
from guards.decision import Refuse
from guards.facts import Facts, Request
from guards.moments import cutoffs
from guards.quiet import quiet_until
from guards.timetable import described, timely
from guards.train import Train, TrainState
from guards.unread import Unread
from guards.vocabulary import Action
from storage import timers, trains
from storage.database import Tx

_DAY = timedelta(days=1)


def set_draft_timer(tx: Tx, train: Train, facts: Facts) -> None:
    """Remind a day before the first schedule would have to be posted; a day from now when that is nearer."""
    first = next(cutoffs(train.rule, facts.at), facts.at)
    _set(tx, train, max(first - facts.policy.trains.publish - _DAY, facts.at + _DAY), 1)


def unset_draft_timer(tx: Tx, train: Train) -> None:
    """It is published, or closed."""
    timers.cancel(tx, _key(train))


def _key(train: Train, person: str = "") -> str:
    who = f":{blake2s(person.encode(), digest_size=6).hexdigest()}" if person else ""
    return f"{KIND}:{train.id}:draft{who}"


def _set(tx: Tx, train: Train, due: datetime, time: int, person: str = "") -> None:
    only = {"person": person} if person else {}
    timers.set(tx, timers.Timer(_key(train, person), KIND, due, {"train": train.id, "time": time, **only}))


def remind_of_draft(
    tx: Tx, payload: Mapping[str, Any], readers: Mapping[str, tuple[str, str] | None], facts: Facts, correlation: str
) -> None:  # fmt: skip
    """Tell its captains what is missing; a day later, when they are silent, the release managers too; each when they are awake.

    Args:
        payload: the timer's; it names the person who was left alone for the night, if it is for one.
        readers: corporate id → Slack account and zone, of captains and release managers.
        facts: of this moment.
    """
    train, time = trains.get(tx, str(payload["train"])), int(payload["time"])
    if train is None or train.state is not TrainState.DRAFT:
        return
    own, only = train.captains or (train.by,), payload.get("person")
    told = list[str]()
    for person, reader in sorted(readers.items()):
        if reader is None or (time == 1 and person not in own) or only not in {None, person}:
            continue
        slack, zone = reader
        if until := quiet_until(facts.at, zone, facts.policy.trains.quiet):
            _set(tx, train, until, time, person)
            continue
        reply_to(tx, slack, draft_card(train, facts), facts.at, correlation, channel=None, answer_to=None)
        told.append(person)
    if told:
        record.write(tx, "train:reminded", record.CLOCK, facts, correlation, subject=train.id, cause="draft", people=told)
    if time == 1 and only is None:
        _set(tx, train, facts.at + _DAY, 2)


def draft_card(train: Train, facts: Facts, lines: tuple[Line, ...] = ()) -> Card:
    """What a draft lacks before it can be published.

    Args:
        lines: what else to say above.
    """
    request = Request(Action.TRAIN, by=Unread("nobody"))
    judged = (guard(request, replace(facts, train=train)) for guard in (captained, timely, described))
    lacking = [answer.why for answer in judged if isinstance(answer, Refuse)]
    return Card(
        f"🗓️ The train {train.id} is not published",
        parts=(
            *((Part(lines, heading="The first runs would be"),) if lines else ()),
            Part(tuple((why,) for why in lacking) or (("Nothing is missing.",),), heading="What is missing"),
        ),
        buttons=(
            Button("Describe", "train describe", {"train": train.id}),
            Button("Publish", "train publish", {"train": train.id}, "primary"),
        ),
        footer=("or type ", Code(f"/release train publish {train.id}")),
    )
