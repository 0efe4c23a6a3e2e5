"""Enough of the right people approved exactly this, and it still counts (RSK-04, CF-11, RSK-12, RBAC-09, SOD-06).

Invariant: an approval counts only for the content that its giver saw, while it lasts, while the giver still may,
and once for each person.
"""

from collections.abc import Iterable

from guards.authorization import allowed_roles, held_roles, who_may
from guards.content import Content
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.duties import objection, reviewers
from guards.facts import Absent, Approval, Change, Facts, Request, Unread, Verdict
from guards.policy import Action, Person, Role


def content_now(change: Change, facts: Facts) -> Content | Unread:
    """What an approver would see now: the change's own words with the digest, commit and policy of this moment."""
    artifact = facts.artifact
    if isinstance(artifact, Unread):
        return artifact
    if isinstance(artifact, Absent):
        return Unread(artifact.what, "it is gone")
    was = change.content
    return Content(
        was.service,
        was.environment,
        was.version,
        artifact.digest,
        artifact.commit,
        was.change_type,
        was.migration,
        facts.policy.hash,
        was.evidence,
    )


def counted(change: Change, facts: Facts) -> tuple[tuple[Approval, Person], ...] | Unread:
    """The approvals that count now, one for each person, with the person as they stand now."""
    content = content_now(change, facts)
    if isinstance(facts.approvals, Unread):
        return facts.approvals
    if isinstance(content, Unread):
        return content
    found: dict[str, tuple[Approval, Person]] = {}
    for approval in facts.approvals:
        lasting = approval.at <= facts.at < approval.expires and approval.withdrawn is None
        if approval.verdict is not Verdict.APPROVED or not lasting or approval.content != content.hash:
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
    """Whether the approvals that count now are enough for the environment of the change."""
    change = facts.change
    if isinstance(change, Unread):
        return Unsure(change.what, change.why)
    environment = request.environment or ""
    rule = facts.policy.approval_rule(environment)
    if rule.count == 0 and not rule.roles:
        return Allow(f"the policy asks for no approval in {environment}")
    if not isinstance(change, Change):
        return _short(0, rule.count, (), f"`{request.service}` in {environment}")
    counting = counted(change, facts)
    if isinstance(counting, Unread):
        return Unsure(counting.what, counting.why)
    people = [person for _, person in counting]
    if len(people) < rule.count:
        return _moved(change, facts) or _short(len(people), rule.count, may_still_approve(change, facts), change.id)
    roles = frozenset[Role]().union(*(held_roles(p, change.content.service, environment, facts)[0] for p in people))
    if lacking := [role for role in rule.roles if role not in roles]:
        able = [
            p
            for p in may_still_approve(change, facts)
            if not held_roles(p, change.content.service, environment, facts)[0].isdisjoint(lacking)
        ]
        return Refuse(
            Refusal.NOT_APPROVED,
            f"Nobody who approved is {' or '.join(lacking)}; {environment} takes {', '.join(rule.roles)}.",
            f"Ask {_names(able)} to approve.",
        )
    if people and frozenset(p.id for p in people) <= reviewers(facts):
        return Refuse(
            Refusal.SOLE_REVIEWER,
            f"{_names(people)} already approved the code; a code reviewer never lets it into {environment} alone.",
            f"Ask {_names(p for p in may_still_approve(change, facts) if p.id not in reviewers(facts))} to approve as well.",
        )
    return Allow(f"approved by {', '.join(p.name for p in people)}")


def _short(have: int, need: int, able: Iterable[Person], what: str) -> Refuse:
    return Refuse(Refusal.NOT_APPROVED, f"{what} has {have} of {need} approvals.", f"Ask {_names(able)} to approve.")


def _moved(change: Change, facts: Facts) -> Refuse | None:
    """When approvals are void because a part that they covered moved, say which part."""
    now = content_now(change, facts)
    if isinstance(now, Unread) or isinstance(facts.approvals, Unread) or not change.content.moved(now):
        return None
    if not any(a.verdict is Verdict.APPROVED and a.content == change.content.hash and a.withdrawn is None for a in facts.approvals):
        return None
    parts = " and ".join(change.content.moved(now))
    return Refuse(
        Refusal.APPROVAL_MOVED,
        f"The {parts} moved after it was approved, so the approvals are void.",
        f"Cancel {change.id} and ask again, so that people approve what will go out.",
    )


def _names(people: Iterable[Person]) -> str:
    names = [p.name for p in people]
    return " or ".join(names[:4]) + (f" ({len(names) - 4} more)" if len(names) > 4 else "") if names else "the owner of the policy file"
