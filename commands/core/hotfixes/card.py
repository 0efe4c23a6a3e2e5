"""What people see of a hotfix: its card, its line in lists, the evidence that it collects (HOT-02, HOT-12).

Invariant: drawn from what is on record; what is lacking is said, and never shown as there.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from commands.core import obligations as owing
from commands.core.text import Bold, Button, Card, Code, Line, Moment, Part
from guards.artifact import short
from guards.facts import Facts
from guards.hotfix import UNDER_WAY, Afterwards, Ground, Hotfix, HotfixState, Port, Ships
from guards.hotfix_evidence import Piece
from guards.obligation import Obligation
from guards.unread import Unread
from guards.vcs import Tag
from storage import hotfixes, obligations
from storage.database import Tx

_STATES = {
    HotfixState.ORDERED: ("⏳", "its branch is being made"),
    HotfixState.OPEN: ("🚑", "waits for the fix and its promotion"),
    HotfixState.SHIPPED: ("📌", "runs in production; something is still owed"),
    HotfixState.CLOSED: ("✅", "closed"),
    HotfixState.FAILED: ("⛔", "failed"),
    HotfixState.GIVEN_UP: ("⚪", "given up"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A hotfix with what is known around it.

    Args:
        hotfix: as it stands.
        ports: the branches that have to have the fix.
        owed: what is or was owed for it.
    """

    hotfix: Hotfix
    ports: tuple[Port, ...] = ()
    owed: tuple[Obligation, ...] = ()


def told(tx: Tx, hotfix: Hotfix) -> Told:
    """Read what is known around a hotfix."""
    return Told(hotfix, hotfixes.ports(tx, hotfix.id), obligations.about(tx, hotfix.id))


def hotfix_card(found: Told, facts: Facts, *, evidence: bool = False) -> Card:
    """The one card of a hotfix.

    Args:
        found: the hotfix, and what is known around it.
        facts: give moment and policy.
        evidence: with the eight items of its record (HOT-12).
    """
    one, zone = found.hotfix, facts.policy.zone_of(found.hotfix.service)
    emoji, words = _STATES[one.state]
    ships = "now, by its own approvals" if one.scope.ships is Ships.NOW else "with the next run of a train"
    rows: tuple[tuple[str, Line], ...] = (
        ("State", (f"{emoji} {words}",)),
        ("Makes", (f"{one.version} on ", Code(one.branch))),
        ("Production ran", (f"{one.base}, {short(one.base_digest)} at ", Code(one.base_commit[:12]))),
        ("Ticket", (f"{one.scope.ticket} ({one.scope.severity})",)),
        ("Incident", (one.scope.incident or one.scope.ticket,)),
        ("Ships", (ships,)),
        ("Begun by", (one.by_name, ", ", Moment(one.at, zone))),
    )
    title = f"{emoji} Hotfix {one.service} {one.version}: {words}"
    return Card(
        title[:150], facts=rows, parts=tuple(_parts(found, facts, evidence=evidence)), buttons=_buttons(one), footer=(Code(one.id),)
    )


def _parts(found: Told, facts: Facts, *, evidence: bool) -> Iterable[Part]:
    one = found.hotfix
    if one.why:
        yield Part(((f"⚠️ {one.why}",),))
    yield Part(((one.scope.scope,),), heading="Scope")
    yield Part(((one.scope.impact,),), heading="Impact")
    yield Part(((one.scope.rollback,),), heading="The way back")
    if why := tuple(_criteria(one, facts)):
        yield Part(why, heading="Why then")
    if found.ports:
        yield Part(tuple(map(port_line, found.ports)), heading="Has to have the fix")
    if found.owed:
        yield Part(tuple(owing.line_of(each, facts) for each in found.owed), heading="Owed")
    if one.afterwards:
        yield Part(_afterwards(one.afterwards), heading=f"Written down by {one.afterwards.by_name}")
    if evidence and not isinstance(facts.pieces, Unread):
        yield Part(tuple(evidence_lines(facts.pieces, facts.policy.zone_of(one.service))), heading="Evidence")


def _criteria(one: Hotfix, facts: Facts) -> Iterable[Line]:
    """By what it was decided when it ships, beside severity and impact (HOT-20)."""
    said, agreed = one.scope, facts.policy.by_id.get(one.scope.signed_off)
    rows = (("Waiting costs", said.delay), ("Meanwhile", said.mitigation), ("Agreed", agreed.name if agreed else said.signed_off))
    return [(Bold(f"{name}: "), text) for name, text in rows if text]


def port_line(port: Port) -> Line:
    """How one branch stands."""
    if port.done is None:
        return ("⬜ ", Code(port.branch), f": {port.why or 'not looked at yet'}")
    if port.commit is None:
        return ("⚪ ", Code(port.branch), f": by exception {port.why}")
    pulls = "".join(f", #{number}" for number in port.pulls)
    return ("✅ ", Code(port.branch), ": ", Code(port.commit[:12]), f" ({port.how}{pulls})")


def _afterwards(said: Afterwards) -> tuple[Line, ...]:
    return (
        (Bold("Production works: "), said.verified),
        (Bold("Cause: "), said.cause),
        (Bold("Timeline and decisions: "), said.timeline),
        (Bold("Test that would catch it: "), said.regression),
        (Bold("Keeps it from coming back: "), said.prevention),
    )


def evidence_lines(pieces: Iterable[Piece], zone: str) -> Iterable[Line]:
    """The eight items of a hotfix's record, each with what shows it and with what is lacking of it (HOT-12)."""
    for piece in pieces:
        line: list[str | Bold | Moment] = ["⬜ " if piece.lacking or piece.owed else "✅ ", Bold(f"{piece.item}: ")]
        for number, proof in enumerate(piece.found):
            line.append("; " * bool(number) + proof.text)
            if proof.at:
                line += [", ", Moment(proof.at, zone)]
        left = "; ".join(f"{what}: {said}" for what, said in (("lacking", piece.lacking), ("still owed", piece.owed)) if said)
        yield (*line, "; " * bool(piece.found) + left) if left else tuple(line)


def _buttons(one: Hotfix) -> tuple[Button, ...]:
    known = {"hotfix": one.id}
    if one.state is HotfixState.OPEN:
        place = {"service": one.service, "version": one.version, "environment": one.environment}
        return (Button("Promote it", "promote", place, "primary"), Button("Give it up", "hotfix close", known, "danger"))
    if one.state in UNDER_WAY:
        return (Button("Give it up", "hotfix close", known, "danger"),)
    if one.state is HotfixState.SHIPPED:
        write = () if one.afterwards else (Button("Write it down", "hotfix record", known, "primary"),)
        return (*write, Button("Close", "hotfix close", known))
    return ()


def line_of(one: Hotfix, facts: Facts) -> Line:
    """One hotfix for a list."""
    emoji, words = _STATES[one.state]
    zone = facts.policy.zone_of(one.service)
    return (
        f"{emoji} ",
        Code(one.id),
        f" {one.service} {one.version} ({one.scope.ticket}, {one.scope.severity}), ",
        Moment(one.at, zone),
        f": {words}",
    )


def ground_lines(ground: Ground, facts: Facts) -> tuple[Line, ...]:
    """What production runs, for whoever confirms it (HOT-02)."""
    running = ground.running
    if running is None:
        return (("Nothing is on record that runs in production.",),)
    tag, since = ground.tag, Moment(running.at, facts.policy.zone_of(running.service))
    same = isinstance(tag, Tag) and tag.commit == running.commit
    makes: Line = (f"It makes {ground.version}.",) if isinstance(ground.version, str) else ("Which version it makes cannot be told now.",)
    return (
        ("Production runs ", Bold(f"{running.service} {running.version}"), " since ", since),
        ("Digest ", Code(running.digest)),
        ("Commit ", Code(running.commit), ", as the tag says" if same else ": the tag does not say so, or could not be read"),
        makes,
        ("By sending this you confirm that this is what is to be mended.",),
    )
