"""What people see of how a change was carried out, and of who looked at it afterwards (REC-10).

Invariant: what nobody verified is never shown as closed.
"""

from commands.core.text import Bold, Code, Line, Link, Moment
from guards.artifact import short
from guards.change import Change
from guards.facts import Facts
from guards.verified import Verification


def verification_line(seen: Verification, zone: str) -> Line:
    """Who looked, when and at what; or until when somebody is to."""
    if seen.at is None:
        return ("nobody looked yet; due ", Moment(seen.due, zone))
    return (f"verified by {seen.name}, ", Moment(seen.at, zone), f": {seen.looked_at}")


def implementation_line(change: Change, zone: str) -> Line:
    """Who carried the change out, from when to when: CI, by its own run (REC-10)."""
    if change.dispatched is None:
        return ("not carried out",)
    run: Line = (", run ", Link(change.run_url, change.run) if change.run_url else Code(change.run)) if change.run else ()
    end: Line = (" until ", Moment(change.finished, zone)) if change.finished else ()
    return (f"by {change.implementer or 'CI'}", *run, ", from ", Moment(change.dispatched, zone), *end)


def closing_lines(change: Change, facts: Facts) -> tuple[Line, ...]:
    """What somebody has to know who looks whether a change does what it should."""
    content, zone = change.content, facts.policy.zone_of(change.content.service)
    return (
        (Bold(f"{content.service} {content.version} → {content.environment}"), f", asked by {change.requester_name}"),
        ("Carried out ", *implementation_line(change, zone)),
        ("Artifact ", Code(short(content.digest)), " at ", Code(content.commit[:12])),
    )
