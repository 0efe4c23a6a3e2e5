"""/release emergency list | show | report: which emergencies are open, all that one says, and how often they happen (EMG-23)."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator

from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.emergency.card import CRITERIA, emergency_card, emergency_lines
from commands.core.emergency.home import owing_lines
from commands.core.emergency.tell import read
from commands.core.fields import EmergencyId
from commands.core.gather_incident import owed_for
from commands.core.obligations import line_of
from commands.core.text import Bold, Line
from commands.core.words import Arguments, ServiceName, shown
from guards.authorization import authorized
from guards.emergencies import known_emergency
from guards.emergency import Emergency, EmergencyState
from guards.obligation import Obligation
from guards.vocabulary import Action
from storage import emergencies, obligations

_LONGEST = 12
"""Emergencies that a list names."""

_DAYS = 90


def _days(word: str) -> str:
    if not word.isascii() or not word.isdigit() or not 1 <= int(word) <= 3660:
        raise ValueError(f"{shown(word)} is no number of days; write one like 90")
    return word


class ListEmergencies(Arguments):
    """One service, or all."""

    service: ServiceName | None = None


class ShowEmergency(Arguments):
    """One emergency."""

    emergency: EmergencyId


class Report(Arguments):
    """How many days back."""

    days: Annotated[str, AfterValidator(_days)] = str(_DAYS)


def listed(work: Work[ListEmergencies]) -> Reply:
    """Those that wait, cover something, or are not closed yet, with what is open of each."""
    service = work.args.service
    found = [one for one in emergencies.still_open(work.tx) if service is None or one.service == service]
    lines: list[Line] = []
    for one in found[:_LONGEST]:
        lines += emergency_lines(one, work.facts)
        lines += owing_lines(obligations.about(work.tx, one.id), work.facts)
    if len(found) > _LONGEST:
        lines.append((f"and {len(found) - _LONGEST} older ones",))
    return Reply(note("🚨 Emergencies" if found else "🌤️ No emergency", *lines))


def show(work: Work[ShowEmergency]) -> Reply:
    """The emergency as its card has it; decisions are made on the card."""
    seen = read(work.tx, work.args.emergency)
    assert seen is not None
    return Reply(replace(emergency_card(seen, work.facts), buttons=()))


def report(work: Work[Report]) -> Reply:
    """How many there were, why, how late what they took was done, and what is overdue now: so that it does not become routine (EMG-23)."""
    days = int(work.args.days)
    found = emergencies.since(work.tx, work.at - timedelta(days=days))
    used = [one for one in found if one.used]
    owing = tuple({owed.id: owed for one in used for owed in owed_for(work.tx, one)}.values())
    open_ones = sum(one.state is EmergencyState.USED for one in used)
    lines: list[Line] = [
        (Bold(str(len(found))), f" declared, {len(used)} used, {open_ones} of these not closed"),
        *_lateness(owing, work.at),
        *(_count(kind, count) for kind, count in Counter(one.kind for one in found if not one.deploys).most_common()),
        *(_count(CRITERIA[criterion], count) for criterion, count in Counter(one.criterion for one in found).most_common()),
        *(_count(service, count) for service, count in Counter(one.service for one in found).most_common(_LONGEST)),
        *(_reason(one) for one in used[:_LONGEST]),
        *(line_of(owed, work.facts) for owed in [owed for owed in owing if owed.overdue(work.at)][:_LONGEST]),
    ]
    return Reply(note(f"📊 Emergencies of the last {days} days", *lines))


def _lateness(owing: Sequence[Obligation], at: datetime) -> Iterator[Line]:
    """Of each kind that was owed, how much was done late or is overdue (EMG-08, EMG-10, EMG-23)."""
    for kind in dict.fromkeys(one.kind for one in owing):
        those = [one for one in owing if one.kind is kind]
        late = sum(one.overdue(at) or (one.done is not None and one.done > one.due) for one in those)
        yield (f"{kind}: {late} of {len(those)} late or still overdue",)


def _count(what: str, count: int) -> Line:
    return (f"{count} × {what}",)


def _reason(one: Emergency) -> Line:
    return (f"{one.id} {one.what}: {one.reason}",)


def ask_show(args: ShowEmergency, asker: Asker) -> Ask:
    """Showing is about one emergency."""
    return Ask(emergency=args.emergency)


emergency_list = Command(
    name="emergency list",
    summary="The emergencies that wait, count, or are not closed yet.",
    examples=("emergency list", "emergency list api"),
    action=Action.READ,
    guards=(authorized,),
    arguments=ListEmergencies,
    ask=lambda args, asker: Ask(),
    run=listed,
)

emergency_show = Command(
    name="emergency show",
    summary="All that an emergency says, who approved it, what went out by it, and what is owed for it.",
    examples=("emergency show EMG-2026-1121-001",),
    action=Action.READ,
    guards=(authorized, known_emergency),
    arguments=ShowEmergency,
    ask=ask_show,
    run=show,
)

emergency_report = Command(
    name="emergency report",
    summary="How many emergencies there were, why, and how late what they take was done.",
    examples=("emergency report", "emergency report 30"),
    action=Action.READ,
    guards=(authorized,),
    arguments=Report,
    ask=lambda args, asker: Ask(),
    run=report,
)
