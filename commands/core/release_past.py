"""Reads what is on record of a version on its way into an environment, and shows it, checklist included (REC-10, REC-13).

Invariant: what was judged when CI got the order is shown as it was judged then, from the ledger.
"""

import json
from collections.abc import Iterable
from itertools import groupby

from commands.core.change_card import standing_words
from commands.core.record_links import link_part
from commands.core.text import Bold, Code, Line, Part
from commands.core.trains.tracking import tracking_parts
from commands.core.verify_card import implementation_line, verification_line
from guards.facts import Facts, Request
from guards.readiness import BOT, Mark
from guards.release_checklist import Past, release_checklist
from storage import approvals, audit, changes, decisions, obligations, verifications
from storage.database import Tx

_MARKS = {
    Mark.PASSED: "✅",
    Mark.EXCEPTED: "☑️",
    Mark.CONFIRMED: "✅",
    Mark.NOT_REQUIRED: "⚪",
    Mark.OPEN: "⬜",
    Mark.FAILED: "⛔",
    Mark.UNREAD: "⚠️",
}
_LONG = 300
"""Characters of an item that are shown."""

_CHANGES = 5
"""Changes of a version that are shown, the newest."""


def past_of(tx: Tx, service: str, version: str, environment: str) -> Past:
    """What is on record of the newest change of a version into an environment, and of the newest go/no-go about it."""
    asked = [change for change in changes.of_version(tx, service, version) if change.content.environment == environment]
    go = next(reversed(decisions.of_version(tx, service, version)), None)
    if not asked:
        return Past(go=go)
    change = asked[-1]
    ordered = audit.show(tx, subject=change.id, tag_prefix="dispatch:ordered", limit=1)
    answers = json.loads(ordered[0].body)["answers"] if ordered else ()
    return Past(
        change=change,
        judged={each["guard"]: each for each in answers},
        approvals=approvals.of(tx, change.id),
        verification=verifications.of(tx, change.id),
        owed=obligations.about(tx, change.id),
        go=go,
    )


def record_parts(tx: Tx, request: Request, facts: Facts) -> tuple[Part, ...]:
    """What a release record shows below its fields: the changes of the version, and the checklist in its four parts."""
    service, version, environment = request.service or "", request.version or "", request.environment or ""
    shown = tuple(_changes(tx, service, version, facts))
    past = past_of(tx, service, version, environment)
    parts = [*([Part(shown, heading="Changes")] if shown else []), *link_part(tx, service, version, facts)]
    parts += tracking_parts(tx, service, version, facts.policy)
    for stage, items in groupby(release_checklist(request, facts, past), key=lambda one: one.stage):
        lines: list[Line] = []
        for one in items:
            by = "" if one.by in {"", BOT} else f" (said by {one.by})" if one.mark is Mark.CONFIRMED else f" ({one.by})"
            why = one.why if len(one.why) <= _LONG else one.why[: _LONG - 1] + "…"
            lines.append((f"{_MARKS[one.mark]} ", Bold(one.name), f": {why}{by}"))
        parts.append(Part(tuple(lines), heading=f"Checklist: {stage}"))
    return tuple(parts)


def _changes(tx: Tx, service: str, version: str, facts: Facts) -> Iterable[Line]:
    zone = facts.policy.zone_of(service)
    for change in changes.of_version(tx, service, version)[-_CHANGES:]:
        seen = verifications.of(tx, change.id)
        emoji, words = standing_words(change, seen)
        closed: Line = ("; ", *verification_line(seen, zone)) if seen else ()
        yield (f"{emoji} ", Code(change.id), f" → {change.content.environment}: {words}; ", *implementation_line(change, zone), *closed)
