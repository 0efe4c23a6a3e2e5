"""The card of a change, and the change in a few lines: what, which version, to where, how it stands, and everything needed to decide.

Invariant: a card shows what is true when it is drawn; a person decides from it alone, on a phone, at midnight (CMD-08).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from commands.core.cards import missing
from commands.core.release_cards import diffs, written_lines
from commands.core.requests import at_dispatch
from commands.core.text import Bold, Button, Card, Code, Line, Link, Moment, Part, worded
from commands.core.verify_card import verification_line
from commands.core.when import freeze_line, incident_row, window_line
from guards.approvals import counted, may_still_approve
from guards.artifact import short
from guards.assessment import Declared
from guards.authorization import by_group, held_roles, who_may
from guards.change import Approval, Change, Verdict
from guards.content import Content
from guards.decision import Allow, Refuse, Unsure
from guards.delegation import lapsed
from guards.duties import objection
from guards.emergency import Emergency
from guards.facts import Facts, Request
from guards.lifecycle import UNDECIDED, State
from guards.migration import migration_of
from guards.need import Need, for_hotfix, need_of, needed
from guards.requirements import GUARD_OF
from guards.risk import MIGRATIONS, assess
from guards.sections import Person
from guards.unread import Unread
from guards.verified import Verification
from guards.version import Artifact, Deployment
from guards.vocabulary import Action, Migration, Requirement, Role

STATES = {
    State.REQUESTED: ("🆕", "requested"),
    State.AWAITING: ("🕐", "waits for approval"),
    State.APPROVED: ("✅", "approved"),
    State.WAITING: ("⏳", "approved, waits"),
    State.DISPATCHING: ("📤", "handed to CI"),
    State.RUNNING: ("🚚", "CI is deploying"),
    State.UNKNOWN: ("❓", "outcome unknown, being looked up"),
    State.TIMED_OUT: ("⌛", "CI took too long"),
    State.SUCCEEDED: ("🟢", "deployed"),
    State.FAILED: ("🔴", "failed"),
    State.CANCELLED: ("⚪", "cancelled"),
    State.REJECTED: ("⛔", "rejected"),
    State.EXPIRED: ("⚪", "expired"),
    State.REFUSED: ("⛔", "refused at dispatch"),
}


_PULLS = 12
"""Pull requests that a card names; a longer list is not read."""

_DECLARING, _DECLARED = 5, 80
"""Pull requests whose declarations a card shows, and characters of each."""


def change_card(change: Change, facts: Facts) -> Card:
    """The one card of a change: what, which version, to where, how it stands, and everything needed to decide (CMD-08)."""
    content = change.content
    zone = facts.policy.zone_of(content.service)
    emoji, words = standing_words(change, facts.verification)
    request = at_dispatch(change, replace(facts, change=change))
    rows: list[tuple[str, Line]] = [
        ("State", (f"{emoji} {words}",)),
        ("Requested by", (change.requester_name, ", ", Moment(change.requested, zone))),
        ("Artifact", (Code(short(content.digest)), " at ", Code(content.commit[:12]))),
        ("Same digest as before", _equality(facts)),
        *([("Rollback target", _running(facts.running))] if change.state is not State.SUCCEEDED else []),
        ("Type", (_type(content, request, facts),)),
    ]
    if risk := _risk(change, facts):
        rows.append(("Risk", risk))
    if impact := _impact(content.declared):
        rows.append(("Impact", impact))
    if change.state in UNDECIDED:
        rows.append(("Window", window_line(request, facts)))
        rows.append(("Freeze", freeze_line(request, facts)))
        rows += incident_row(request, facts)
    rows.append(("Approvals", approvals_line(change, facts)))
    if change.run:
        run: Line = (Link(change.run_url, change.run),) if change.run_url else (Code(change.run),)
        rows.append(("CI run", run))
    if change.dispatched:
        rows.append(("Handed to CI", (Moment(change.dispatched, zone),)))
    if change.finished:
        rows.append(("Finished", (Moment(change.finished, zone),)))
    if isinstance(facts.verification, Verification):
        rows.append(("Verification", verification_line(facts.verification, zone)))
    parts = []
    if change.why:
        parts.append(Part(((change.why,),), heading="Why"))
    if change.state in UNDECIDED:
        if written := tuple(written_lines(facts)):
            parts.append(Part(written, heading="Release record"))
        if changed := changes_lines(facts):
            parts.append(Part(changed, heading="What changes"))
        if said := _declarations(facts):
            parts.append(Part(said, heading="What the pull requests declare"))
        parts.append(Part(tuple(evidence_lines(request, facts)), heading="Evidence"))
        if not content.emergency:
            parts.append(Part(tuple(who_lines(change, facts)), heading="Who may approve"))
    elif used := tuple(_used(facts)):
        parts.append(Part(used, heading="Exceptions"))
    given = tuple(_given(change, facts, zone))
    if given:
        parts.append(Part(given, heading="Decisions"))
    return Card(
        f"{emoji} {content.service} {content.version} → {content.environment}: {words}",
        facts=tuple(rows),
        parts=tuple(parts),
        buttons=_buttons(change, facts),
        footer=(Code(change.id), f" · policy {content.policy[:12]} · details in the thread"),
    )


def standing_words(change: Change, seen: Verification | Unread | None) -> tuple[str, str]:
    """Emoji and words for where a change stands; what was deployed is closed when somebody looked, where that is asked for."""
    emoji, words = STATES[change.state]
    if not isinstance(seen, Verification):
        return emoji, words
    return (emoji, f"{words} and verified") if seen.at else ("🟡", f"{words}, not verified yet")


def evidence_lines(request: Request, facts: Facts) -> Iterable[Line]:
    """What is proven, what is not, and what the policy does not ask for, each once (PRM-11)."""
    said = {requirement: guard(request, facts) for requirement, guard in GUARD_OF.items()}
    asked = facts.policy.required(request.service, request.environment)
    for requirement, decision in said.items():
        if requirement not in asked:
            continue
        name = Bold(requirement.value)
        match decision:
            case Allow(why=why):
                yield ("✅ ", name, f": {why}")
            case Refuse(why=why, until=None):
                yield ("⛔ ", name, f": {why}")
            case Refuse(why=why, until=until) if until:
                yield ("⏳ ", name, f": {why} Next allowed: ", Moment(until, facts.policy.zone_of(request.service)))
            case Unsure() as lost:
                yield ("⚠️ ", name, f": could not read {missing(lost)}")
    reasons = facts.policy.evidence.reasons
    if left := [r.value for r in said if r not in asked and r not in reasons]:
        yield (f"⚪ Not required by policy: {', '.join(left)}",)
    yield from ((f"⚪ Not required by policy: {r}, because {reasons[r]}",) for r in said if r not in asked and r in reasons)


def _used(facts: Facts) -> Iterable[Line]:
    """What the change went out by, for as long as its card stands (EVD-19)."""
    for exemption in () if isinstance(facts.exceptions, Unread) else facts.exceptions:
        by = " and ".join(decision.name for decision in exemption.approvals)
        yield ("⚠️ ", Bold(exemption.requirement.value), ": by exception ", Code(exemption.id), f", approved by {by}")


def changes_lines(facts: Facts) -> tuple[Line, ...]:
    """The pull requests since the running version, with authors and tickets, and the diff: nobody should approve blind."""
    artifact = facts.artifact
    if not isinstance(artifact, Artifact) or artifact.merged is None:
        return ()
    lines: list[Line] = []
    for pull in artifact.merged[-_PULLS:]:
        tickets = f" ({', '.join(pull.tickets)})" if pull.tickets else ""
        lines.append((Link(pull.url, pull.name), f" {pull.title}, by {pull.author or 'a deleted account'}{tickets}"))
    if len(artifact.merged) > _PULLS:
        lines.append((f"and {len(artifact.merged) - _PULLS} earlier pull requests",))
    if artifact.unlinked:
        lines.append((f"⚠️ {artifact.unlinked} commit{'s' if artifact.unlinked > 1 else ''} without a pull request",))
    if not lines:
        return (("no change since the running version",),)
    shown = diffs(facts.policy.services[artifact.service], facts.evidence)
    return (*lines, *([tuple(part for link in shown for part in (" · ", link))[1:]] if shown else []))


def _declarations(facts: Facts) -> tuple[Line, ...]:
    """What people wrote into the pull requests' templates: risk, tests, security, database, rollout, rollback (REC-15)."""
    merged = facts.artifact.merged if isinstance(facts.artifact, Artifact) else None
    telling = [pull for pull in merged or () if pull.declared]
    lines: list[Line] = [
        (Link(pull.url, pull.name), " ", "; ".join(f"{topic}: {_cut(text)}" for topic, text in pull.declared))
        for pull in telling[-_DECLARING:]
    ]
    if len(telling) > _DECLARING:
        lines.append((f"and {len(telling) - _DECLARING} earlier ones",))
    return tuple(lines)


def _cut(text: str) -> str:
    return text if len(text) <= _DECLARED else text[: _DECLARED - 1] + "…"


def _buttons(change: Change, facts: Facts) -> tuple[Button, ...]:
    known = {"change": change.id, "seen": change.content.hash}
    if change.content.emergency and change.state in UNDECIDED:  # its emergency is what people approve
        return (Button("Cancel request", "cancel", {"change": change.id}, confirm=f"Take {change.id} back?"),)
    if change.state is State.AWAITING:
        return (
            Button("Approve", "approve", known, "primary"),
            Button("Reject", "reject", known, "danger"),
            Button("Cancel request", "cancel", {"change": change.id}, confirm=f"Take {change.id} back?"),
        )
    if change.state in UNDECIDED:
        return (
            Button("Reject", "reject", known, "danger"),
            Button("Withdraw my approval", "withdraw", {"change": change.id}),
            Button("Cancel request", "cancel", {"change": change.id}, confirm=f"Take {change.id} back?"),
        )
    if change.state in {State.UNKNOWN, State.TIMED_OUT}:
        sure = "Only when you have looked in CI and nothing is at work there: the place becomes free for the next change."
        return (Button("Close by hand", "cancel", {"change": change.id}, "danger", confirm=sure),)
    if isinstance(facts.verification, Verification) and facts.verification.at is None:
        return (Button("Verify", "verify", {"change": change.id}, "primary"),)
    return ()


def _equality(facts: Facts) -> Line:
    below = facts.before
    if isinstance(below, Deployment):
        if isinstance(facts.artifact, Unread):
            return (f"⚠️ could not read {facts.artifact.what}",)
        same = isinstance(facts.artifact, Artifact) and below.digest == facts.artifact.digest
        return (f"{'✅ same as' if same else '⛔ differs from'} {below.environment}",)
    if isinstance(below, Unread):
        return (f"⚠️ could not read {below.what}",)
    return ("first environment",)


def _running(running: Deployment | Unread | None) -> Line:
    if isinstance(running, Unread):
        return (f"⚠️ could not read {running.what}",)
    return (Code(running.version), " ", Code(short(running.digest)), ", runs there now") if running else ("nothing runs there yet",)


def _type(content: Content, request: Request, facts: Facts) -> str:
    migration, counts = content.migration, migration_of(request, facts)
    said = MIGRATIONS[migration] if migration else "migration not declared"
    more = f", but a pull request declares {MIGRATIONS[counts]}" if isinstance(counts, Migration) and counts is not migration else ""
    return f"{content.change_type}{f' ({content.entry})' if content.entry else ''}, {said}{more}"


def _risk(change: Change, facts: Facts) -> Line | None:
    """The risk and what makes it; once people decided, as it was judged last. None where the policy does not ask for it."""
    content = change.content
    if change.state not in UNDECIDED:
        return (change.assessed.sentence,) if change.assessed else None
    if Requirement.RISK not in facts.policy.required(content.service, content.environment):
        return None
    found = assess(change, facts)
    return (f"⚠️ could not read {missing(found)}",) if isinstance(found, Unsure) else (found.sentence,)


def _impact(declared: Declared) -> Line | None:
    told = {"customers": declared.customers, "downtime": declared.downtime, "data": declared.data}
    said = "; ".join(f"{name}: {words}" for name, words in told.items() if words is not None)
    return (said,) if said else None


def approvals_line(change: Change, facts: Facts) -> Line:
    """How many of the approvals that it takes there are."""
    if change.content.emergency:
        record = facts.emergency
        names = [approval.name for approval in record.approvals] if isinstance(record, Emergency) else []
        return ("by ", Code(change.content.emergency), f": {' and '.join(names)}" if names else "")
    decided = change.state not in UNDECIDED
    need: Need | Unsure = need_of(change, facts)
    if decided:
        need = needed(change.content.environment, change.assessed, facts.policy, for_hotfix(change.content, facts))
    if isinstance(need, Unsure):
        return (f"⚠️ could not read {missing(need)}",)
    if need.count == 0:
        return ("not required by policy",)
    if decided and not isinstance(facts.approvals, Unread):
        given = sum(a.verdict is Verdict.APPROVED and a.withdrawn is None for a in facts.approvals)
        return (f"{given} given, {need.count} needed",)
    counting = counted(change, facts)
    if isinstance(counting, Unread):
        return (f"⚠️ could not read {counting.what}",)
    return (f"{len(counting)} of {need.count}" + (f"; {need.sentence}" if need.sentence else ""),)


def who_lines(change: Change, facts: Facts) -> Iterable[Line]:
    """Who still has to approve, and who may not and why."""
    content = change.content
    need = need_of(change, facts)
    wanted = () if isinstance(need, Unsure) else need.wanted
    able = [f"{p.name}{_fills(p, wanted, change, facts)}" for p in may_still_approve(change, facts)]
    groups = by_group(Action.APPROVE, content.service, content.environment, facts)
    yield ("Still may: ", ", ".join(filter(None, (*able, groups))) or "nobody; the policy file must name somebody else")
    for p in who_may(Action.APPROVE, content.service, content.environment, facts):
        if no := objection(p, change, facts):
            yield worded(f"May not: {no.why}" if isinstance(no, Refuse) else f"May not: {p.name}, because {missing(no)} could not be read")


def _fills(person: Person, wanted: Sequence[Role], change: Change, facts: Facts) -> str:
    """Which of the wanted roles somebody could fill, in brackets."""
    held = held_roles(person, change.content.service, change.content.environment, facts)[0] if wanted else frozenset()
    fills = [role for role in wanted if role in held]
    return f" ({', '.join(fills)})" if fills else ""


def _given(change: Change, facts: Facts, zone: str) -> Iterable[Line]:
    approvals: tuple[Approval, ...] = () if isinstance(facts.approvals, Unread) else facts.approvals
    for a in approvals[-6:]:
        mark = "✅" if a.verdict is Verdict.APPROVED else "⛔"
        over = a.verdict is Verdict.APPROVED and (a.expires <= facts.at or a.content != change.content.hash or lapsed(a, facts) is True)
        gone = " (withdrawn)" if a.withdrawn else " (no longer counts)" if over else ""
        yield (f"{mark} {a.name}{gone}, ", Moment(a.at, zone), *in_place_of(a, zone), f": {a.rationale}")


def in_place_of(decision: Approval, zone: str) -> Line:
    """What is said of a decision that somebody took for another (RBAC-06); nothing for one in the own right."""
    under = decision.on_behalf
    return (f" as delegate of {under.by_name} until ", Moment(under.until, zone)) if under else ()


def change_lines(change: Change, facts: Facts) -> tuple[Line, ...]:
    """The change in a few lines, for forms and explanations: what, to where, which artifact, how it stands, in which time."""
    content = change.content
    request = at_dispatch(change, replace(facts, change=change))
    return (
        (Bold(f"{content.service} {content.version} → {content.environment}"), f", asked by {change.requester_name}"),
        ("Artifact ", Code(short(content.digest)), " at ", Code(content.commit[:12]), "; ", *_equality(facts)),
        ("Rollback target: ", *_running(facts.running)),
        ("Window: ", *window_line(request, facts)),
        ("Freeze: ", *freeze_line(request, facts)),
        ("Approvals: ", *approvals_line(change, facts)),
    )
