"""Enough of the right people approved exactly this, and it still counts (RSK-03, RSK-04, CF-11, RSK-12, RBAC-09, SOD-06).

Invariant: an approval counts only for the content that its giver saw, while it lasts, while the giver still may,
and once for each person.
"""

from collections.abc import Sequence
from dataclasses import replace

from guards.authorization import allowed_roles, by_group, names, who_may
from guards.change import Approval, Change, Verdict
from guards.content import Content
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.delegation import delegated, lapsed
from guards.duties import objection, part_in, reviewers, standing_in
from guards.emergencies import covered
from guards.facts import Facts, Request
from guards.lacking import lacking
from guards.need import Need, need_of
from guards.roles import own_roles
from guards.sections import Person
from guards.unread import Absent, Unread
from guards.vocabulary import Action, ChangeType, Role
from guards.work import work_of


def base_of(service: str, facts: Facts) -> str | Unread | None:
    """What a change's pull requests are counted from, where the policy says that they are read; see `Content.base`."""
    known = facts.policy.services.get(service)
    if known is None or known.history is None:
        return None
    if isinstance(facts.running, Unread):
        return facts.running
    own = facts.running.commit if facts.running else None
    if not known.repositories:
        return own
    works = work_of(service, facts)
    if isinstance(works, Unread):
        return works
    return " ".join([own or "", *(f"{w.repository}:{w.span.base or ''}..{w.span.head}" for w in works if w.repository)])


def record_hash(facts: Facts) -> str | Unread | None:
    """What of the release record approvals bind to; see `Content.record`."""
    return facts.record if isinstance(facts.record, Unread) else facts.record.hash if facts.record else None


def content_now(change: Change, facts: Facts) -> Content | Unread:
    """What an approver would see now: the change's own words with the digest, commit, policy, record and running version of this moment."""
    artifact, base, record = facts.artifact, base_of(change.content.service, facts), record_hash(facts)
    if isinstance(artifact, Unread):
        return artifact
    if isinstance(base, Unread):
        return base
    if isinstance(record, Unread):
        return record
    if isinstance(artifact, Absent):
        return Unread(artifact.what, "it is gone")
    was, policy = change.content, facts.policy.hash
    if (was.digest, was.commit, was.policy, was.base, was.record) == (artifact.digest, artifact.commit, policy, base, record):
        return was
    return replace(was, digest=artifact.digest, commit=artifact.commit, policy=policy, base=base, record=record)


def counted(change: Change, facts: Facts) -> tuple[tuple[Approval, Person], ...] | Unread:
    """The approvals that count now, one for each person, with the person as they stand now."""
    content = content_now(change, facts)
    if isinstance(facts.approvals, Unread):
        return facts.approvals
    if isinstance(content, Unread):
        return content
    return _counted(facts.approvals, content, change, facts)


def _counted(approvals: Sequence[Approval], content: Content, change: Change, facts: Facts) -> tuple[tuple[Approval, Person], ...] | Unread:
    found: dict[str, tuple[Approval, Person]] = {}
    seen = content.hash
    for approval in approvals:
        lasting = approval.at <= facts.at < approval.expires and approval.withdrawn is None
        if approval.verdict is not Verdict.APPROVED or not lasting or approval.content != seen:
            continue
        person = facts.person(approval.by, approval.name)
        if isinstance(person, Unread):
            return person
        if not isinstance(person, Person):
            continue  # left, disabled, or no longer in the policy file
        no = part_in(person.id, person.name, change, facts)
        if isinstance(no, Unsure):
            return Unread(no.missing, no.why)
        held = frozenset() if no else _right_used(approval, person, change, facts)
        if isinstance(held, Unread):
            return held
        if held:
            found[person.id] = (approval, person)
    return tuple(found.values())


def _right_used(approval: Approval, person: Person, change: Change, facts: Facts) -> frozenset[Role] | Unread:
    """The roles by which an approval counts now: the giver's own, or the one held for somebody; empty when it is gone (RBAC-09)."""
    place = (change.content.service, change.content.environment)
    allowed = allowed_roles(Action.APPROVE, place[1], facts) or ()
    if approval.on_behalf is None:
        held, untold = own_roles(person, *place, facts)
        if mine := held.intersection(allowed):
            return mine
        lost = untold.intersection(allowed)
        return Unread(f"the Slack groups that hold {', '.join(sorted(lost))}") if lost else frozenset()
    under = approval.on_behalf
    over = lapsed(approval, facts)
    if isinstance(over, Unread):
        return over
    if over or standing_in(under, change, facts) is not None:  # authors who are not known stopped it above
        return frozenset()
    standing, unread = delegated(person, *place, facts)
    if any(one.id == under.delegation for one in standing):
        return frozenset({under.role}.intersection(allowed))
    return Unread(f"whether {under.by_name} still holds {under.role}") if under.role in unread else frozenset()


def may_still_approve(change: Change, facts: Facts) -> tuple[Person, ...]:
    """Who could approve now and has not: for cards and remedies."""
    counting = counted(change, facts)
    done = frozenset() if isinstance(counting, Unread) else frozenset(person.id for _, person in counting)
    content = change.content
    able = who_may(Action.APPROVE, content.service, content.environment, facts)
    return tuple(p for p in able if p.id not in done and objection(p, change, facts) is None)


def approved(request: Request, facts: Facts) -> Decision:
    """Whether the approvals that count now are enough for the change, and nobody rejected it (RSK-03, RSK-05, RSK-08)."""
    change, approvals = facts.change, facts.approvals
    if isinstance(change, Unread):
        return Unsure(change.what, change.why)
    if isinstance(change, Change) and not isinstance(approvals, Unread) and (rejection := _rejection(approvals, change)):
        return rejection
    if request.change_type is ChangeType.EMERGENCY:
        if isinstance(change, Change) and isinstance(approvals, Unread):
            return Unsure(approvals.what, approvals.why)  # somebody may have rejected it
        return covered(request, facts)  # the approvals of its record stand in their place (EMG-06)
    need = need_of(change if isinstance(change, Change) else request, facts)
    if isinstance(need, Unsure):
        return need
    count = need.count
    if count == 0:
        return Allow(f"the policy asks for no approval in {need.demands[0].by}")
    if not isinstance(change, Change):
        asker = request.by.id if isinstance(request.by, Person) else None
        able = [p for p in who_may(Action.APPROVE, request.service, request.environment, facts) if p.id != asker]
        return _short(
            f"{request.service} {request.version} in {request.environment}", 0, need,
            _ask(able, by_group(Action.APPROVE, request.service, request.environment, facts)),
        )  # fmt: skip
    content = content_now(change, facts)
    if isinstance(approvals, Unread):
        return Unsure(approvals.what, approvals.why)
    if isinstance(content, Unread):
        return Unsure(content.what, content.why)
    counting = _counted(approvals, content, change, facts)
    if isinstance(counting, Unread):
        return Unsure(counting.what, counting.why)
    people = [person for _, person in counting]
    missing = lacking(counting, need, lambda: may_still_approve(change, facts), change, facts)
    if len(people) < count:
        remedy = missing.remedy if isinstance(missing, Refuse) else _ask(may_still_approve(change, facts), _others(change, facts))
        return _moved(approvals, content, change) or _short(change.id, len(people), need, remedy)
    return missing or _reviewed_only(people, change, facts) or Allow(f"approved by {_all(people)}")


def _short(what: str, have: int, need: Need, remedy: str) -> Refuse:
    takes = f": {need.sentence}" if need.sentence else ""
    return Refuse(Refusal.NOT_APPROVED, f"{what} has {have} of {need.count} approvals{takes}.", remedy)


def _rejection(approvals: Sequence[Approval], change: Change) -> Refuse | None:
    """One rejection stops the change, however many approve (RSK-13)."""
    for decision in approvals:
        if decision.verdict is Verdict.REJECTED and decision.withdrawn is None:
            return Refuse(
                Refusal.REJECTED,
                f"{decision.name} rejected {change.id}: {decision.rationale}",
                f"Settle it with {decision.name}, then ask for a new change.",
            )
    return None


def _moved(approvals: Sequence[Approval], now: Content, change: Change) -> Refuse | None:
    """When approvals are void because a part that they covered moved, say which part."""
    parts = change.content.moved(now)
    given = any(a.verdict is Verdict.APPROVED and a.content == change.content.hash and a.withdrawn is None for a in approvals)
    if not parts or not given:
        return None
    return Refuse(
        Refusal.APPROVAL_MOVED,
        f"The {' and '.join(parts)} moved after it was approved, so the approvals are void.",
        f"Cancel {change.id} and ask again, so that people approve what will go out.",
    )


def _reviewed_only(people: Sequence[Person], change: Change, facts: Facts) -> Refuse | Unsure | None:
    """Somebody who did not review the code is among those who approved (SOD-03, SOD-04)."""
    reviewed = reviewers(change, facts)
    if isinstance(reviewed, Unread):
        return Unsure(reviewed.what, reviewed.why)
    if not reviewed.issuperset(p.id for p in people):
        return None
    return Refuse(
        Refusal.SOLE_REVIEWER,
        f"{_all(people)} already approved the code; a code reviewer never lets it into {change.content.environment} alone.",
        _ask([p for p in may_still_approve(change, facts) if p.id not in reviewed], _others(change, facts)),
    )


def _others(change: Change, facts: Facts) -> str:
    return by_group(Action.APPROVE, change.content.service, change.content.environment, facts)


def _ask(able: Sequence[Person], others: str) -> str:
    whom = " or ".join(filter(None, (names(able), others)))
    return f"Ask {whom} to approve." if whom else "Nobody else may approve this: ask the owner of the policy file."


def _all(people: Sequence[Person]) -> str:
    return " and ".join(p.name for p in people)
