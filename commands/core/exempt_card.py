"""What people see of an exception: its card with all eleven fields, its line in lists, the reminder.

Invariant: whoever approves one has its whole text before them (EXC-02).
"""

from collections.abc import Iterable

from commands.core.text import Bold, Button, Card, Code, Line, Moment, Part
from guards.exemption import STANDS_FOR, Exemption, ExemptionKind, ExemptionState, Ruling
from guards.facts import Facts
from guards.policy import Policy
from guards.releasable import unreleasable
from guards.standing import end_of
from guards.unread import Unread
from guards.vocabulary import Role

_STATES = {
    ExemptionState.REQUESTED: ("🕐", "waits for approval"),
    ExemptionState.APPROVED: ("⚠️", "counts"),
    ExemptionState.REJECTED: ("⛔", "rejected"),
    ExemptionState.REVOKED: ("⛔", "revoked"),
    ExemptionState.EXPIRED: ("⚪", "expired"),
}
_MARKS = {Ruling.APPROVED: "✅", Ruling.REJECTED: "⛔", Ruling.REVOKED: "⛔"}
_ASK = "/release exception request"
_USES = 10
"""Uses that a card names; the ledger has all."""


def standing(exemption: Exemption, facts: Facts) -> tuple[str, str]:
    """Emoji and words for how it stands at the moment of the facts."""
    if exemption.state in {ExemptionState.REQUESTED, ExemptionState.APPROVED} and facts.at >= end_of(exemption, facts.policy):
        return _STATES[ExemptionState.EXPIRED]
    if exemption.state is ExemptionState.APPROVED and exemption.once and exemption.uses:
        return "⚪", f"used up by {exemption.uses[0].change}"
    return _STATES[exemption.state]


def title(exemption: Exemption, policy: Policy) -> str:
    """`Exception: sbom (EVD-09) for acme/api` (EXC-08)."""
    repositories = dict.fromkeys(policy.services[s].repository if s in policy.services else s for s in exemption.services)
    return f"Exception: {exemption.requirement} ({STANDS_FOR[exemption.requirement]}) for {', '.join(repositories)}"


def scope(exemption: Exemption) -> str:
    """`api v1.4.0 in production`, or `api, web, all versions, in staging, production`."""
    version = f" {exemption.version}" if exemption.version else ", all versions,"
    return f"{', '.join(exemption.services)}{version} in {', '.join(exemption.environments)}"


def exception_card(exemption: Exemption, facts: Facts) -> Card:
    """The one card of an exception: what is asked for, for how long, at which risk, what is done instead, who stands for it."""
    zone = facts.policy.zone_of(exemption.services[0])
    emoji, words = standing(exemption, facts)
    used_up = ", used up by one change" if exemption.once else ""
    end = "Reconsidered" if exemption.kind is ExemptionKind.PERMANENT else "Expires"
    roles = ", ".join(role for role in exemption.owner_roles if role is not Role.EVERYONE) or "no role there"
    rows: tuple[tuple[str, Line], ...] = (
        ("State", (f"{emoji} {words}",)),
        ("Stands in for", (f"{exemption.requirement} ({STANDS_FOR[exemption.requirement]})",)),
        ("Scope", (scope(exemption),)),
        ("Type", (f"{exemption.kind}{used_up}",)),
        ("Requested by", (exemption.requester_name, ", ", Moment(exemption.requested, zone))),
        ("Owner", (f"{exemption.owner_name} ({roles})",)),
        (end, (Moment(end_of(exemption, facts.policy), zone),)),
        ("Review", (Moment(exemption.review, zone),)),
        ("Approvals", (f"{len(exemption.approvals)} of {facts.policy.exceptions.count}",)),
    )
    return Card(
        f"{emoji} {title(exemption, facts.policy)}: {words}",
        facts=rows,
        parts=(*flag(exemption, facts), *_parts(exemption, zone)),
        buttons=_buttons(exemption, facts),
        footer=(Code(exemption.id),),
    )


def _parts(exemption: Exemption, zone: str) -> Iterable[Part]:
    yield Part(((exemption.risk,),), heading="Risk assessment")
    yield Part(((exemption.controls,),), heading="Compensating controls")
    yield Part(((exemption.containment,),), heading="Rollback or containment")
    if exemption.kind is ExemptionKind.PERMANENT:
        yield Part(((exemption.infeasible,),), heading="Why it cannot end")
        yield Part(((exemption.reconsider,),), heading="What would make us reconsider")
    else:
        yield Part(((exemption.remediation,),), heading="Remediation plan")
    yield Part(((exemption.evidence,),), heading="Evidence")
    if exemption.decisions:
        lines = tuple((f"{_MARKS[d.ruling]} {d.name}, ", Moment(d.at, zone), f": {d.reason}") for d in exemption.decisions)
        yield Part(lines, heading="Decisions")
    if exemption.reconsidered:
        said: tuple[Line, ...] = tuple(
            (f"🔁 {word.name}, ", Moment(word.at, zone), ", until ", Moment(word.until, zone), f": {word.reason}")
            for word in exemption.reconsidered[-_USES:]
        )
        yield Part(said, heading="Reconsidered")
    if exemption.uses:
        used: tuple[Line, ...] = tuple((Code(use.change), ", ", Moment(use.at, zone)) for use in exemption.uses[-_USES:])
        yield Part(used, heading="Went out by it")


def flag(exemption: Exemption, facts: Facts) -> tuple[Part, ...]:
    """What is said of an exception that leaves main unreleasable while it goes on taking merges (FRZ-14)."""
    found = unreleasable(exemption, facts)
    if isinstance(found, Unread):
        return (Part(((f"⚠️ Whether it leaves main unreleasable cannot be told: could not read {found.what}.",),)),)
    if not found:
        return ()
    said = f"⚠️ While it counts, main of {', '.join(found)} cannot be released without it, and no freeze holds its merges: "
    return (Part(((said, Code("/release freeze declare … blocks=merges")),), heading="Main"),)


def _buttons(exemption: Exemption, facts: Facts) -> tuple[Button, ...]:
    known = {"exception": exemption.id}
    if facts.at >= end_of(exemption, facts.policy):
        return ()
    if exemption.state is ExemptionState.REQUESTED:
        return (Button("Approve", "exception approve", known, "primary"), Button("Reject", "exception reject", known, "danger"))
    if exemption.state is ExemptionState.APPROVED:
        longer = (Button("Reconsider", "exception reconsider", known),) if holds_on(exemption) else ()
        return (*longer, Button("Revoke", "exception revoke", known, "danger"))
    return ()


def exception_lines(exemption: Exemption, facts: Facts) -> tuple[Line, ...]:
    """The exception in a few lines, for lists and forms."""
    zone = facts.policy.zone_of(exemption.services[0])
    emoji, words = standing(exemption, facts)
    once = ", used up by one change" if exemption.once else ""
    return (
        (f"{emoji} ", Code(exemption.id), " ", Bold(exemption.requirement.value), f" for {scope(exemption)}: {words}"),
        (f"    {exemption.kind}{once}, until ", Moment(end_of(exemption, facts.policy), zone), f", answered for by {exemption.owner_name}"),
    )


def holds_on(exemption: Exemption) -> bool:
    """Whether people can have it count longer: a permanent one, once it was approved (EXC-10)."""
    return exemption.kind is ExemptionKind.PERMANENT and exemption.state is ExemptionState.APPROVED


def review_card(exemption: Exemption, facts: Facts) -> Card:
    """The reminder before it ends (EXC-05), or before the day on which a permanent one is reconsidered (EXC-10)."""
    zone, lasting = facts.policy.zone_of(exemption.services[0]), holds_on(exemption)
    stops: Line = (" From ", Moment(end_of(exemption, facts.policy), zone), " on nothing goes out by it.")
    known = {"exception": exemption.id}
    lines: tuple[Line, ...] = (("You answer for it.", *stops), ("Mend what it stands in for, or ask for another one: ", Code(_ASK)))
    if lasting:
        lines = (
            (f"{exemption.owner_name} answers for it.", *stops),
            (f"What would make us reconsider: {exemption.reconsider}",),
            ("Whoever approves exceptions says whether it still holds: ", Code(f"/release exception reconsider {exemption.id}")),
        )
    return Card(
        f"⏰ {exemption.id} {'is to be reconsidered' if lasting else 'ends soon'}",
        parts=(Part((*exception_lines(exemption, facts), *lines)),),
        buttons=(Button("Reconsider", "exception reconsider", known),) if lasting else (),
    )
