"""Enough of the right people approved exactly this, and it still counts (RSK-03, RSK-04, CF-11, RSK-12, RBAC-09, SOD-06).

Invariant: an approval counts only for the content that its giver saw, while it lasts, while the giver still may,
and once for each person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from guards.authorization import allowed_roles, held_roles, names, who_may
from guards.content import Content
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.duties import objection, reviewers
from guards.facts import Absent, Approval, Change, Facts, Request, Unread, Verdict
from guards.need import Need, need_of
from guards.sections import Person
from guards.vocabulary import Action, Role


def base_of(service: str, facts: Facts) -> str | Unread | None:
    """The commit from which a change's pull requests are counted, where the policy says that they are read; see `Content.base`."""
    known = facts.policy.services.get(service)
    if known is None or known.history is None:
        return None
    return facts.running if isinstance(facts.running, Unread) else facts.running.commit if facts.running else None


def content_now(change: Change, facts: Facts) -> Content | Unread:
    """What an approver would see now: the change's own words with the digest, commit, policy and running version of this moment."""
    artifact, base = facts.artifact, base_of(change.content.service, facts)
    if isinstance(artifact, Unread):
        return artifact
    if isinstance(base, Unread):
        return base
    if isinstance(artifact, Absent):
        return Unread(artifact.what, "it is gone")
    return replace(change.content, digest=artifact.digest, commit=artifact.commit, policy=facts.policy.hash, base=base)


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
        person = facts.people.get(approval.by, Unread(f"the account of {approval.name}"))
        if isinstance(person, Unread):
            return person
        if not isinstance(person, Person):
            continue  # left, disabled, or no longer in the policy file
        no = objection(person, change, facts)
        if isinstance(no, Unsure):
            return Unread(no.missing, no.why)
        held, untold = _approver_roles(person, change, facts)
        if no is None and untold and not held:
            return Unread(f"the Slack groups that hold {', '.join(sorted(untold))}")
        if no is None and held:
            found[person.id] = (approval, person)
    return tuple(found.values())


def _approver_roles(person: Person, change: Change, facts: Facts) -> tuple[frozenset[Role], frozenset[Role]]:
    content = change.content
    allowed = frozenset(allowed_roles(Action.APPROVE, content.environment, facts) or ())
    held, untold = held_roles(person, content.service, content.environment, facts)
    return held & allowed, untold & allowed


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
    subject = change if isinstance(change, Change) else request
    if isinstance(change, Change) and not isinstance(approvals, Unread) and (rejection := _rejection(approvals, change)):
        return rejection
    need = need_of(subject, facts)
    if isinstance(need, Unsure):
        return need
    if need.count == 0:
        return Allow(f"the policy asks for no approval in {need.demands[0].by}")
    if not isinstance(change, Change):
        able = [p for p in who_may(Action.APPROVE, request.service, request.environment, facts) if p != request.by]
        return _short(f"{request.service} {request.version} in {request.environment}", 0, need, _ask(able))
    content = content_now(change, facts)
    if isinstance(approvals, Unread):
        return Unsure(approvals.what, approvals.why)
    if isinstance(content, Unread):
        return Unsure(content.what, content.why)
    counting = _counted(approvals, content, change, facts)
    if isinstance(counting, Unread):
        return Unsure(counting.what, counting.why)
    people = [person for _, person in counting]
    if len(people) < need.count:
        lacking = _roles_lacking(people, need, change, facts) or _board_lacking(people, need, change, facts)
        remedy = lacking.remedy if isinstance(lacking, Refuse) else _ask(may_still_approve(change, facts))
        return _moved(approvals, content, change) or _short(change.id, len(people), need, remedy)
    return (
        _roles_lacking(people, need, change, facts)
        or _board_lacking(people, need, change, facts)
        or _reviewed_only(people, change, facts)
        or Allow(f"approved by {_all(people)}")
    )


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


def _roles_lacking(people: Sequence[Person], need: Need, change: Change, facts: Facts) -> Refuse | Unsure | None:
    """Each wanted role is held by somebody who approved; one person may fill several (CF-11)."""
    held, untold = _held(people, change, facts)
    unfilled = [role for role in need.roles if role not in held]
    lacking = [role for role in unfilled if role not in untold]
    if not lacking:
        return Unsure(f"the Slack groups that hold {', '.join(unfilled)}") if unfilled else None
    return Refuse(
        Refusal.NOT_APPROVED,
        f"Nobody who approved is {' or '.join(lacking)}; {need.sentence}.",
        _ask_as({role.value: (role,) for role in lacking}, change, facts),
    )


def _board_lacking(people: Sequence[Person], need: Need, change: Change, facts: Facts) -> Refuse | Unsure | None:
    """Somebody on each seat of the change advisory board approved, and its quorum is there (RSK-08)."""
    held, untold = _held(people, change, facts)
    empty = {seat: roles for seat, roles in need.seats.items() if held.isdisjoint(roles)}
    lacking = {seat: roles for seat, roles in empty.items() if untold.isdisjoint(roles)}
    members = need.board.members
    told = [_held([person], change, facts) for person in people]
    present = sum(not roles.isdisjoint(members) for roles, _ in told)
    perhaps = sum(roles.isdisjoint(members) and not unread.isdisjoint(members) for roles, unread in told)
    if lacking:
        return Refuse(
            Refusal.NOT_APPROVED,
            f"Nobody who approved sits on the CAB for {' or '.join(lacking)}; {need.sentence}.",
            _ask_as(lacking, change, facts),
        )
    if present + perhaps < need.quorum:
        return Refuse(
            Refusal.NOT_APPROVED,
            f"{present} of {need.quorum} members of the CAB approved; {need.sentence}.",
            _ask_as({"a member of the CAB": sorted(members)}, change, facts),
        )
    if empty or present < need.quorum:
        unread = frozenset[Role]().union(*(roles for _, roles in told))
        return Unsure(f"the Slack groups that hold {', '.join(sorted(members & unread))}")
    return None


def _held(people: Sequence[Person], change: Change, facts: Facts) -> tuple[frozenset[Role], frozenset[Role]]:
    """The roles that these people hold together in the place of the change, and those that could not be told."""
    told = [held_roles(person, change.content.service, change.content.environment, facts) for person in people]
    held = frozenset[Role]().union(*(roles for roles, _ in told))
    return held, frozenset[Role]().union(*(roles for _, roles in told)) - held


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
        _ask([p for p in may_still_approve(change, facts) if p.id not in reviewed]),
    )


def _ask_as(lacking: Mapping[str, Sequence[Role]], change: Change, facts: Facts) -> str:
    """For each lacking role or seat who could fill it."""
    able = [(person, _held([person], change, facts)[0]) for person in may_still_approve(change, facts)]
    said = []
    for name, roles in lacking.items():
        who = [person for person, held in able if not held.isdisjoint(roles)]
        said.append(f"ask {names(who)} to approve as {name}" if who else f"nobody may approve as {name}: ask the owner of the policy file")
    text = "; ".join(said)
    return f"{text[0].upper()}{text[1:]}."


def _ask(able: Sequence[Person]) -> str:
    return f"Ask {names(able)} to approve." if able else "Nobody else may approve this: ask the owner of the policy file."


def _all(people: Sequence[Person]) -> str:
    return " and ".join(p.name for p in people)
