"""What people see of an incident: its one card, and its line in lists and in the App Home (INC-02, INC-07).

Invariant: drawn from the rows as they are when it goes out.
"""

from collections.abc import Iterator

from commands.core import obligations as owed
from commands.core.text import Bold, Button, Card, Code, Line, Link, Moment, Part
from guards.facts import Facts
from guards.incident import HERE, Incident
from guards.policy import Policy
from storage import incidents, obligations
from storage.database import Tx

_MOST = 10
"""Things of one kind that a card names."""


def incident_card(tx: Tx, reference: str, facts: Facts) -> Card | None:
    """The one card of an incident as it is now; None when there is none."""
    one = incidents.get(tx, reference)
    if one is None:
        return None
    policy, severity = facts.policy, facts.policy.incidents.named(one.severity)
    until: Line = (Moment(one.closed_at, policy.zone),) if one.closed_at else ("not yet",)
    rows: tuple[tuple[str, Line], ...] = (
        ("Severity", (f"{severity.name}: {severity.meaning}",)),
        ("Services", (", ".join(one.services) or "none that are released here" if one.services is not None else "not known: all",)),
        ("Impact since", (Moment(one.opened_at, policy.zone),)),
        ("Impact until", until),
        ("Led by", (one.commander_name or "nobody yet",)),
        ("Told by", _source(one)),
        ("Holds", (_holds(one, policy),)),
        ("Afterwards", (_afterwards(one, policy),)),
    )
    return Card(_title(one, policy), facts=rows, parts=tuple(_parts(tx, one, facts)), buttons=_buttons(one), footer=(Code(one.reference),))


def incident_line(one: Incident, policy: Policy) -> Line:
    """One incident for a list."""
    mark = "🚨 " if one.closed_at is None else "✅ "
    also = f" ({one.known_as})" if one.known_as else ""
    touched = ", ".join(one.services or ("no service that is released here",)) if one.services is not None else "all services"
    lead = f", led by {one.commander_name}" if one.commander else ""
    span: Line = (Moment(one.opened_at, policy.zone), *((" until ", Moment(one.closed_at, policy.zone)) if one.closed_at else ()))
    return (
        mark,
        Code(one.reference),
        f"{also} ",
        Bold(policy.incidents.named(one.severity).name),
        f" {one.title}: {touched}{lead}, ",
        *span,
    )


def _title(one: Incident, policy: Policy) -> str:
    mark = "🚨" if one.closed_at is None else "✅"
    return f"{mark} {policy.incidents.named(one.severity).name}: {one.title}{'' if one.closed_at is None else ' (closed)'}"[:150]


def _source(one: Incident) -> Line:
    """Who told of it, with a link to where it stands there: its source signed the address."""
    if one.source == HERE:
        return (one.opened_by_name,)
    return (f"{one.source}, as ", Link(one.link, one.known_as) if one.link else one.known_as)


def _holds(one: Incident, policy: Policy) -> str:
    """Where no change of its services gets in meanwhile."""
    rules = policy.incidents
    held = [environment for environment, mildest in rules.blocks.items() if one.severity <= rules.number(mildest)]
    if one.closed_at is not None or one.services == () or not held:
        return "nothing"
    return f"changes into {', '.join(held)}"


def _afterwards(one: Incident, policy: Policy) -> str:
    severity = policy.incidents.named(one.severity)
    asks = [
        noun for noun, asked in (("a postmortem", severity.postmortem), ("security's review of changes", severity.security_review)) if asked
    ]
    return " and ".join(asks) or "nothing more is asked for"


def _parts(tx: Tx, one: Incident, facts: Facts) -> Iterator[Part]:
    for heading, text in (("How service was restored", one.mechanism), ("What shows it", one.verification), ("Cause", one.cause)):
        if text:
            yield Part(((text,),), heading=heading)
    if bound := incidents.bound_to(tx, one.reference):
        lines: tuple[Line, ...] = tuple((Code(each.record), f" by {each.by_name}") for each in bound[-_MOST:])
        yield Part(lines, heading="Belongs to it")
    if due := obligations.about(tx, one.reference):
        yield Part(tuple(owed.line_of(each, facts) for each in due[-_MOST:]), heading="Follow-ups")


def _buttons(one: Incident) -> tuple[Button, ...]:
    known = {"incident": one.reference}
    told = (Button("What ran", "incident context", known), Button("Timeline", "incident timeline", known))
    return told if one.closed_at is not None else (*told, Button("Close", "incident close", known, "primary"))
