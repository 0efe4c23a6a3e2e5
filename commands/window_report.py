"""/release window report [since=] [before=] [service=]: how far production kept to its change windows, from the ledger (WIN-17)."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any

from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.fields import PastWord
from commands.core.past import past
from commands.core.text import Bold, Card, Code, Line, Moment, Part
from commands.core.words import Arguments, Named, ServiceName
from guards.adherence import Adherence, Deployed, Kept, adherence
from guards.authorization import authorized
from guards.vocabulary import Action
from storage import audit
from storage.chain import Row

PERIOD = timedelta(days=30)
"""What is told of when nobody says since when."""

_NOW = timedelta(microseconds=1)
"""What happened at this very moment is part of a period that ends now."""

_TAGS = ("dispatch:ordered", "deployment:observed", "emergency:used")
_BY_HAND = {"configuration": "setting", "flag": "flag"}
"""Kinds of emergency that windows hold for, and that are no deployment (WIN-05, WIN-06)."""

_LISTED, _TOGETHER = 200, 20
"""Changes that are listed, and how many stand in one block."""


class Period(Arguments):
    """From when to when, and of which service; left out: the last thirty days, of all."""

    since: Annotated[PastWord | None, Named()] = None
    before: Annotated[PastWord | None, Named()] = None
    service: Annotated[ServiceName | None, Named()] = None


def ask(args: Period, asker: Asker) -> Ask:
    """The past is read; nothing moves."""
    return Ask()


def report(work: Work[Period]) -> Reply:
    """Every deployment to production of the period, those outside a window one by one."""
    args, policy = work.args, work.policy
    end = _moment(args.before, work) or work.at
    begin = _moment(args.since, work) or end - PERIOD
    if begin >= end:
        told = ("It ends before it begins: ", Moment(begin, policy.zone), " to ", Moment(end, policy.zone))
        return Reply(note("🤔 That is no period", told))
    rows = audit.tagged(work.tx, _TAGS, begin, end if args.before else end + _NOW)
    here = [row for row in rows if row.environment in policy.production and args.service in {None, row.service}]
    found = [one for row in here if (one := _read(row))]
    return Reply(_card(adherence(found), begin, end, work))


def _moment(words: str | None, work: Work[Period]) -> datetime | None:
    return past(words, work.at, work.policy.zone) if words else None


def _read(row: Row) -> Deployed | None:
    """A deployment, or another change by an emergency, as its entry tells it; None for what another entry tells."""
    body: dict[str, Any] = json.loads(row.body)
    ours, by_hand = row.tag == "dispatch:ordered", row.tag == "emergency:used"
    if by_hand and body.get("kind") not in _BY_HAND:
        return None
    window = body["seen"]["window"] if ours else body.get("window")
    emergency = str(row.subject if by_hand else body.get("emergency") or "")
    kept, name, why = Kept.OUTSIDE, "", ""
    if isinstance(window, dict) and "name" in window:
        kept, name = Kept.INSIDE, str(window["name"])
    elif emergency:
        kept, why = Kept.OVERRIDDEN, emergency
    elif isinstance(window, dict):
        kept, why = Kept.UNKNOWN, f"could not read {window['unread']}"
    elif not ours and "window" not in body:
        kept, why = Kept.UNKNOWN, "recorded before this was kept"
    at = datetime.fromisoformat(row.at)
    change = row.subject if ours or by_hand else None
    what = f"{_BY_HAND[body['kind']]} {body['version']}" if by_hand else str(body.get("version", ""))
    return Deployed(at, row.service or "", row.environment or "", what, change, kept, name, "" if by_hand and emergency == why else why)


def _card(found: Adherence, begin: datetime, end: datetime, work: Work[Period]) -> Card:
    zone = work.policy.zone
    rows: tuple[tuple[str, Line], ...] = (
        ("Period", (Moment(begin, zone), " to ", Moment(end, zone))),
        ("In a window", (f"{found.inside} of {found.judged} ({found.share})",)),
        ("Outside", (f"{len(found.outside)}",)),
        ("Not known", (f"{len(found.unknown)}",)),
    )
    parts = [*_listed("Outside a window", found.outside, zone), *_listed("Not known", found.unknown, zone)]
    of = f" of {work.args.service}" if work.args.service else ""
    return Card(f"🪟 How production{of} kept to its windows: {found.share}", rows, tuple(parts))


def _listed(heading: str, found: tuple[Deployed, ...], zone: str) -> Iterable[Part]:
    lines = [_line(one, zone) for one in found[:_LISTED]]
    for at in range(0, len(lines), _TOGETHER):
        yield Part(tuple(lines[at : at + _TOGETHER]), heading="" if at else heading)
    if len(found) > _LISTED:
        yield Part(((f"and {len(found) - _LISTED} more; ask for a shorter period",),))


def _line(one: Deployed, zone: str) -> Line:
    who: Line = (Code(one.change),) if one.change else ("🚨 past the road",)
    why = f", {one.why}" if one.why else ""
    return (Moment(one.at, zone), " ", Bold(f"{one.service} {one.version}"), f" in {one.environment}: ", *who, why)


command = Command(
    name="window report",
    summary="How far production kept to its windows, and each change outside one.",
    examples=("window report", "window report since=2026-11-01T00:00 before=2026-12-01T00:00 service=api"),
    action=Action.READ,
    guards=(authorized,),
    arguments=Period,
    ask=ask,
    run=report,
)
