"""/release freeze import <calendar>: what stands in a shared calendar of freezes, and what reading it now would change (FRZ-08)."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import AfterValidator, ValidationInfo

from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.freeze_import import plan, plan_lines, took
from commands.core.text import Button, Line
from commands.core.words import Arguments, Named, policy_of, shown
from guards.authorization import authorized
from guards.consistency import nearest
from guards.facts import Facts
from guards.freeze import calendar_read
from guards.freeze_record import CalendarEvent
from guards.freezing import freeze_of
from guards.unread import Unread
from guards.values import written_duration
from guards.vocabulary import Action
from storage import freezes


def _calendar(word: str, info: ValidationInfo) -> str:
    known = policy_of(info).freeze_calendars
    if word not in known:
        raise ValueError(f"there is no freeze calendar {shown(word)}{nearest(word, known)}")
    return word


class Import(Arguments):
    """A calendar of the policy file, and whether it is only shown."""

    calendar: Annotated[str, AfterValidator(_calendar)]
    apply: Annotated[Literal["yes"] | None, Named()] = None


def ask(args: Import, asker: Asker) -> Ask:
    """Importing is about all places of the calendar."""
    scope = freeze_of(args.calendar, CalendarEvent("", asker.at, asker.at, ""), Facts(at=asker.at, policy=asker.policy))
    return Ask(declared=scope, calendar=args.calendar)


def run(work: Work[Import]) -> Reply:
    """Show what would change; with `apply=yes` change it, as the next reading would by itself."""
    name, events = work.args.calendar, work.facts.calendar
    assert not isinstance(events, Unread)
    what = plan(name, events, freezes.of_calendar(work.tx, name, work.at), work.facts)
    lines: tuple[Line, ...] = plan_lines(what, work.facts) or (("There is nothing in it.",),)
    if work.args.apply:
        took(work.tx, name, events, work.facts, work.correlation)
        return Reply(note(f"🧊 The freeze calendar {name} is imported", *lines))
    known = work.policy.freeze_calendars[name]
    card = note(f"👀 The freeze calendar {name}: nothing was changed", *lines)
    if what.new or what.moved or what.gone:
        card = replace(card, buttons=(Button("Import now", "freeze import", {"calendar": name, "apply": "yes"}),))
    where = ", ".join((*(known.services or ("all services",)), *known.environments))
    return Reply(replace(card, footer=(f"{known.kind}, {where}; it is read every {written_duration(known.every)} by itself",)))


command = Command(
    name="freeze import",
    summary="Show what a shared calendar of freezes would change, or have it read now.",
    examples=("freeze import company",),
    action=Action.FREEZE,
    guards=(authorized, calendar_read),
    arguments=Import,
    ask=ask,
    run=run,
)
