"""What people see of an emergency: its card with everything that was declared, its lines in lists and forms.

Invariant: whoever approves one has its whole text before them, and whoever looks later sees what is owed, the overdue marked (EMG-21).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from commands.core import obligations as owed
from commands.core.text import Bold, Button, Card, Code, Line, Link, Moment, Part
from guards.access import Grant, GrantState
from guards.artifact import short
from guards.change import Change
from guards.emergencies import may_still
from guards.emergency import UNUSED, Criterion, Emergency, EmergencyState
from guards.facts import Facts
from guards.incident import Incident
from guards.obligation import Obligation

STATES = {
    EmergencyState.DECLARED: ("🚨", "waits for approval"),
    EmergencyState.APPROVED: ("🚨", "approved"),
    EmergencyState.USED: ("📌", "used, to be followed up"),
    EmergencyState.CLOSED: ("✅", "closed"),
    EmergencyState.WITHDRAWN: ("⚪", "withdrawn"),
    EmergencyState.EXPIRED: ("⚪", "expired, nothing went out by it"),
}

CRITERIA = {
    Criterion.PRODUCTION_DOWN: "Production is down or severely degraded",
    Criterion.SECURITY_INCIDENT: "A security incident is in progress",
    Criterion.DATA_AT_RISK: "Data may be lost or corrupted",
    Criterion.SLA_BREACH: "A breach of an SLA is imminent",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that the card of an emergency shows.

    Args:
        record: the emergency.
        change: that went out by it, if one did.
        incident: that it cites, when it is known here.
        owing: what is or was owed for it.
        grants: break-glass access in it.
        code: tag and pull requests of what went out.
    """

    record: Emergency
    change: Change | None
    incident: Incident | None
    owing: tuple[Obligation, ...]
    grants: tuple[Grant, ...] = ()
    code: tuple[Line, ...] = ()


def standing(record: Emergency, facts: Facts) -> tuple[str, str]:
    """Emoji and words for how it stands at the moment of the facts."""
    return STATES[EmergencyState.EXPIRED if record.state in UNUSED and record.over(facts.at) else record.state]


def emergency_card(shown: Shown, facts: Facts) -> Card:
    """The one card of an emergency: what, why, by whose word, until when, and what is owed afterwards."""
    record, zone = shown.record, facts.policy.zone_of(shown.record.service)
    emoji, words = standing(record, facts)
    late = sum(one.overdue(facts.at) for one in shown.owing)
    rows: list[tuple[str, Line]] = [
        ("State", (f"{emoji} {words}" + (f", {late} overdue" if late else ""),)),
        ("Declared by", (record.declarer_name, ", ", Moment(record.declared, zone))),
        ("Covers", (Bold(record.what), ", once")),
        ("Artifact", (Code(short(record.digest)), " at ", Code((record.commit or "")[:12])) if record.digest else ("not built yet",))
        if record.deploys
        else ("What is changed", (record.action,)),
        ("Covers until", (Moment(record.until, zone),)),
        ("Criterion", (CRITERIA[record.criterion],)),
        ("Type", (f"{record.classification}, {facts.policy.incidents.named(record.severity).name}",)),
        ("Incident", _incident(shown)),
        ("Approvals", (f"{len(record.approvals)} of {facts.policy.emergency.count}",)),
    ]
    return Card(
        _title(record, emoji, words),
        facts=tuple(rows),
        parts=tuple(_parts(shown, facts, zone)),
        buttons=_buttons(shown, facts),
        footer=(Code(record.id), " · relaxes window, freeze, incidents, lead time, soak and go/no-go, nothing else"),
    )


def _title(record: Emergency, emoji: str, words: str) -> str:
    covered = f"{record.service} {record.version} → {record.environment}" if record.deploys else record.what
    return f"{emoji} Emergency: {covered}: {words}"[:150]


def _incident(shown: Shown) -> Line:
    known = shown.incident
    if known is None:
        return (shown.record.incident, ", not known here")
    return (Link(known.link, known.reference) if known.link else Code(known.reference), f" {known.title}")


def _parts(shown: Shown, facts: Facts, zone: str) -> Iterable[Part]:
    record = shown.record
    for heading, said in (
        ("What is wrong, and what the change does", record.reason), ("Why it cannot wait", record.waiting),
        ("Rollback", record.rollback), ("Afterwards", record.follow_ups),
    ):  # fmt: skip
        yield Part(((said,),), heading=heading)
    if record.spoken or record.approvals:
        yield Part(tuple(_said(record, zone)), heading="Decisions")
    if record.state is EmergencyState.DECLARED and not record.over(facts.at):
        able = ", ".join(p.name for p in may_still(record, facts)) or "nobody; the policy file must name somebody else"
        yield Part((("Still may: ", able),), heading="Who may approve")
    if record.change:
        yield Part(tuple(_used(shown, zone)), heading="Went out by it")
    if record.executed:
        done = record.executed
        yield Part(((f"{done.by_name}, ", Moment(done.at, zone), f": {done.reference}"),), heading="Carried out")
    if shown.grants:
        yield Part(tuple(grant_line(grant, zone) for grant in shown.grants), heading="Break-glass access")
    if shown.owing:
        yield Part(tuple(owed.line_of(one, facts) for one in shown.owing), heading="Owed afterwards")
    if record.ending:
        told = (
            ("Resolution", record.ending.resolution),
            ("What happened", record.ending.happened),
            ("Prevention", record.ending.prevention),
        )
        yield Part(tuple((Bold(name), ": ", said) for name, said in told), heading="Closed")


def _said(record: Emergency, zone: str) -> Iterable[Line]:
    confirmed = {approval.by for approval in record.approvals}
    for word in record.spoken:
        if word.by not in confirmed:
            yield (f"🗣️ {word.name} said so to {word.heard_by_name}, ", Moment(word.at, zone), f", and has to confirm it: {word.words}")
    for approval in record.approvals:
        aloud = ", confirming what was said" if approval.spoken else ""
        yield (f"✅ {approval.name}{aloud}, ", Moment(approval.at, zone), f": {approval.reason}")


def _used(shown: Shown, zone: str) -> Iterable[Line]:
    """The change with its run, commit, artifact, tag and pull requests (EMG-11, EMG-20)."""
    record, change = shown.record, shown.change
    if change is None or record.used is None:
        return
    run: Line = (", run ", Link(change.run_url, change.run or "run")) if change.run_url else (f", run {change.run}",) if change.run else ()
    yield (Code(change.id), f" {change.state}, handed to CI ", Moment(record.used, zone), *run)
    yield ("Commit ", Code(change.content.commit[:12]), ", artifact ", Code(short(change.content.digest)))
    yield from shown.code


_GRANTS = {
    GrantState.REQUESTED: "🔐 waits for its approver", GrantState.GRANTED: "🔓 open", GrantState.ENDED: "🔒 ended",
    GrantState.REFUSED: "⛔ refused", GrantState.FAILED: "🔴 not opened",
}  # fmt: skip


def grant_line(grant: Grant, zone: str) -> Line:
    """Break-glass access in one line: for whom, which, until when, and what CI said."""
    by = f", by {grant.approver_name}" if grant.approver_name else ""
    until: Line = (", until ", Moment(grant.until, zone)) if grant.until and grant.state is GrantState.GRANTED else ()
    said = "".join(f"; {word}" for word in (grant.opening, grant.closing) if word)
    return (f"{_GRANTS[grant.state]}: ", Code(grant.id), f" {grant.what} for {grant.requester_name}{by}", *until, f"{said}: {grant.reason}")


def _buttons(shown: Shown, facts: Facts) -> tuple[Button, ...]:
    record, known = shown.record, {"emergency": shown.record.id}
    if record.over(facts.at):
        return ()
    reject = Button("Reject", "emergency reject", known, "danger")
    withdraw = Button("Withdraw", "emergency withdraw", known, "", confirm=f"Take {record.id} back? Nothing goes out by it then.")
    if record.state is EmergencyState.DECLARED:
        aloud = (Button("I said so", "emergency confirm", known),) if record.spoken else ()
        return (Button("Approve", "emergency approve", known, "primary"), *aloud, reject, withdraw)
    if record.state is EmergencyState.APPROVED:
        go = ("Promote it now", "emergency promote") if record.deploys else ("It is carried out", "emergency executed")
        return (Button(*go, known, "primary"), reject, withdraw)
    return (Button("Close", "emergency close", known),) if record.state is EmergencyState.USED else ()


def emergency_lines(record: Emergency, facts: Facts) -> tuple[Line, ...]:
    """The emergency in a few lines, for lists and forms."""
    zone = facts.policy.zone_of(record.service)
    emoji, words = standing(record, facts)
    grave = facts.policy.incidents.named(record.severity).name
    return (
        (f"{emoji} ", Code(record.id), " ", Bold(record.what), f": {words}"),
        (
            f"    {grave}, {record.incident}, declared by {record.declarer_name} ",
            Moment(record.declared, zone),
        ),
    )


def text_lines(record: Emergency, facts: Facts) -> tuple[Line, ...]:
    """Everything that an approver has to see, in a form."""
    digest: Line = (
        ("Artifact ", Code(short(record.digest)), " at ", Code((record.commit or "")[:12])) if record.digest else ("Not built yet.",)
    )
    if not record.deploys:
        digest = ("What is changed: ", record.action)
    return (
        *emergency_lines(record, facts),
        (f"{CRITERIA[record.criterion]}.",),
        digest,
        ("Why: ", record.reason),
        ("Why now: ", record.waiting),
        ("Rollback: ", record.rollback),
    )
