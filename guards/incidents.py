"""No change goes where an open incident holds, and an incident is opened, bound and closed with what it takes (INC-01, INC-02, INC-07).

Invariant: what goes back to an older version that ran there before passes, and so does an emergency, which is one by its own record only;
nobody gets past an incident by a word. A source that has fallen silent says nothing, which is not "no incident".
"""

from collections.abc import Sequence
from math import inf

from guards.artifact import RELEASE
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.incident import Incident
from guards.minutes import minute
from guards.override import overriding
from guards.unread import Absent, Unread


def no_such_incident(absent: Absent | None) -> Refuse:
    """What is said of a reference that names none."""
    what = absent.what if absent else "such incident"
    return Refuse(Refusal.NO_SUCH_INCIDENT, f"There is no {what}.", "`/release incident list` shows those that there are.")


def no_incident(request: Request, facts: Facts) -> Decision:
    """Whether no open incident holds this request."""
    rules, environment = facts.policy.incidents, request.environment
    mildest = rules.blocks.get(environment or "")
    if mildest is None:
        return Allow(f"no incident holds {environment}")
    if way := _passes(request, facts):
        return way if isinstance(way, Unsure) else Allow(f"{way} passes incidents")
    if isinstance(facts.incidents, Unread):
        return Unsure(facts.incidents.what, facts.incidents.why)
    if held := holding(request.service, mildest, facts.incidents, facts):
        return _held(held, request, facts)
    if silent := _silent(facts):
        return silent
    return Allow(f"no open incident of {mildest} or graver touches {request.service}")


def holding(service: str | None, mildest: str, known: Sequence[Incident], facts: Facts) -> list[Incident]:
    """The open incidents that hold a service.

    Args:
        service: canonical name; None for all.
        mildest: name of the mildest severity that holds, as `incidents.blocks` has it for an environment.
        known: those that were read.
        facts: of this moment.
    """
    least = facts.policy.incidents.number(mildest)
    return [one for one in known if one.severity <= least and one.open(facts.at) and one.touches(service)]


def _passes(request: Request, facts: Facts) -> str | Unsure | None:
    """What lets a request past every incident, as a noun; None for nothing.

    The way back is a version that ran there before and is older than what runs: what is under suspicion does not come back by it.
    """
    if record := overriding(request, facts):
        return record.id
    ran, now = facts.promotions, facts.running
    if isinstance(ran, Unread):
        return Unsure(ran.what, ran.why)
    if isinstance(now, Unread):
        return Unsure(now.what, now.why)
    before = any(one.environment == request.environment for one in ran)
    if before and now and _number(request.version) < _number(now.version):
        return f"going back from {now.version} to {request.version}"
    return None


def _number(version: str | None) -> tuple[float, ...]:
    """A release as numbers; what is none is newer than every release, so that it is no way back."""
    found = RELEASE.fullmatch(version or "")
    return tuple(float(part) for part in found.groups()) if found else (inf,)


def _held(held: list[Incident], request: Request, facts: Facts) -> Refuse:
    first = held[0]
    more = f" and {len(held) - 1} more" if len(held) > 1 else ""
    touched = "every service" if first.services is None else ", ".join(first.services)
    severity = facts.policy.incidents.named(first.severity).name
    lead = f"ask {first.commander_name}, who leads it" if first.commander else "ask whoever works on it"
    return Refuse(
        Refusal.OPEN_INCIDENT,
        f"{first.reference} ({severity}, {touched}){more} is open: {first.title}. {request.environment} stands still meanwhile.",
        f"Wait until it is closed, or {lead}. What goes back to an older version that ran there before passes, and so does an "
        "emergency by its record.",
    )


def _silent(facts: Facts) -> Unsure | None:
    for name, intake in facts.policy.incidents.intake.items():
        last = facts.heard.get(name)
        if intake.silent_after and (last is None or facts.at - last > intake.silent_after):
            return Unsure(f"the incidents of {name}", "it was never heard" if last is None else f"it was last heard {minute(last)}")
    return None


def complete_incident(request: Request, facts: Facts) -> Decision:
    """Whether the incident to open says what fails, and since when."""
    wanted = request.incident
    if wanted is None or not wanted.title.strip():
        return Refuse(Refusal.INCOMPLETE, "Nothing says what fails.", "Type `/release incident open` and fill in the form.")
    if wanted.opened_at > facts.at:
        return Refuse(Refusal.INCOMPLETE, "It would begin only later.", "Give the moment at which the impact began, or leave it out.")
    return Allow(f"{wanted.title} is told completely")


def known_incident(request: Request, facts: Facts) -> Decision:
    """Whether the reference names an incident."""
    if isinstance(facts.incident, Incident):
        return Allow(f"there is {facts.incident.reference}")
    return no_such_incident(facts.incident)


def known_record(request: Request, facts: Facts) -> Decision:
    """Whether what is to belong to the incident, or what something is to be owed for, is on record."""
    if isinstance(facts.bound, str):
        return Allow(f"it is {facts.bound}")
    what = facts.bound.what if facts.bound else "such record"
    return Refuse(Refusal.NO_SUCH_RECORD, f"There is no {what}.", "Copy the id from its card.")


def still_open(request: Request, facts: Facts) -> Decision:
    """Whether the incident is open."""
    one = facts.incident
    if not isinstance(one, Incident):
        return no_such_incident(one)
    if one.closed_at is not None:
        return Refuse(Refusal.WRONG_STATE, f"{one.reference} was closed {minute(one.closed_at)}.", "Nothing is left to do.")
    return Allow(f"{one.reference} is open")


def otherwise(request: Request, facts: Facts) -> Decision:
    """Whether something of the incident is to be otherwise, and it still says what fails."""
    after, before = request.incident, facts.incident
    if not isinstance(before, Incident):
        return no_such_incident(before)
    if after is None or after == before or not after.title.strip():
        return Refuse(
            Refusal.INCOMPLETE, "Nothing would be otherwise.", f"Say what: `/release incident update {before.reference} severity=…`."
        )
    return Allow(f"{before.reference} stands otherwise")


def restored(request: Request, facts: Facts) -> Decision:
    """Whether closing says how service was restored, and what shows that it is (INC-02)."""
    after, before = request.incident, facts.incident
    if not isinstance(before, Incident):
        return no_such_incident(before)
    if after is None or not after.mechanism.strip() or not after.verification.strip():
        return Refuse(
            Refusal.INCOMPLETE,
            "Closing takes how service was restored, and what shows that it is.",
            f"Type `/release incident close {before.reference}` and fill in the form.",
        )
    if after.closed_at is not None and not before.opened_at <= after.closed_at <= facts.at:
        return Refuse(
            Refusal.INCOMPLETE,
            f"It began {minute(before.opened_at)}; its end lies before that, or is still to come.",
            "Give the moment at which the impact ended, or leave it out.",
        )
    return Allow("it says how service was restored, and what shows it")


def has_been(request: Request, facts: Facts) -> Decision:
    """Whether the moment that somebody asks about is over: what will run then nobody knows."""
    if request.moment is not None and request.moment > facts.at:
        return Refuse(
            Refusal.INCOMPLETE, f"{minute(request.moment)} is still to come.", "Give a moment that has been: `at=14:30`, `at=2h`."
        )
    return Allow("the moment has been")
