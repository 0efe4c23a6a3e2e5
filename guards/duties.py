"""Nobody moves their own change: the requester and the authors never approve, a reviewer never alone (SOD-01…-06, SOD-12).

Invariant: people are compared by corporate identity, so a second account or role of one person changes nothing.
"""

from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Absent, Change, Facts, Request, Unread
from guards.policy import Policy
from guards.sections import Person
from guards.vcs import Span
from guards.vocabulary import Action


def identify(handle: str, policy: Policy) -> Person | None:
    """The person behind a corporate id, an e-mail address or a VCS login."""
    return policy.by_id.get(handle.lower()) or policy.by_login.get(handle.lower())


def objection(person: Person, change: Change, facts: Facts) -> Refuse | Unsure | None:
    """Why this person's approval of this change cannot count, or None when nothing speaks against it.

    Args:
        person: who approves.
        change: what is approved.
        facts: `artifact` tells the authors, the policy whether they must be known.
    """
    if person.id == change.requester:
        return Refuse(
            Refusal.OWN_REQUEST,
            f"{person.name} asked for {change.id}; the requester never approves.",
            "Ask somebody else who may approve it.",
        )
    authors = _people("authors", change, facts)
    if isinstance(authors, Unread):
        return Unsure(authors.what, authors.why)
    if person.id in authors:
        return Refuse(
            Refusal.OWN_WORK,
            f"{person.name} wrote a part of {change.content.service} {change.content.version}; authors never approve their own work.",
            "Ask somebody else who may approve it.",
        )
    return None


def reviewers(change: Change, facts: Facts) -> frozenset[str] | Unread:
    """Corporate ids of those who approved the code; `Unread` where the policy says that they must be known (SOD-03, SOD-12)."""
    return _people("reviewers", change, facts)


def _people(what: str, change: Change, facts: Facts) -> frozenset[str] | Unread:
    """Everybody must be known where the policy says so, and wherever it names a history to read them from (SOD-12)."""
    noun, artifact, policy = f"the {what} of this version", facts.artifact, facts.policy
    service = policy.services.get(change.content.service)
    by_history = service is not None and service.history is not None
    required = by_history or policy.approval_rule(change.content.environment).authors_known
    if isinstance(artifact, Unread):
        return Unread(noun, artifact.why)
    if by_history and not isinstance(facts.evidence.work, Span):
        return _unread_work(noun, facts.evidence.work)
    handles = None if isinstance(artifact, Absent) else (artifact.authors if what == "authors" else artifact.reviewers)
    if handles is None:
        return Unread(noun, "the artifact source does not tell them") if required else frozenset()
    known = {handle: identify(handle, policy) for handle in handles}
    if required and (lost := sorted(handle for handle, person in known.items() if person is None)):
        return Unread(noun, f"nobody in the policy file is {', '.join(lost)}; add the login or address to a person there")
    return frozenset(person.id for person in known.values() if person)


def _unread_work(noun: str, work: Absent | Unread | None) -> Unread:
    if isinstance(work, Absent):
        return Unread(noun, f"there is no {work.what}")
    return Unread(noun, "nobody asked for it") if work is None else work


def separated(request: Request, facts: Facts) -> Decision:
    """Whether the asker may take this part in the change; only approving is kept apart, asking is free."""
    if request.action is not Action.APPROVE:
        return Allow("asking is open to authors")
    person, change = request.by, facts.change
    if isinstance(person, Unread):
        return Unsure(person.what, person.why)
    if isinstance(change, Unread):
        return Unsure(change.what, change.why)
    if not isinstance(person, Person) or not isinstance(change, Change):
        return Allow("there is nobody, or no change, to keep apart")  # `authorized` and `undecided` turn these away
    return objection(person, change, facts) or Allow(f"{person.name} neither asked for this nor wrote it")
