"""Nobody moves their own change: the requester and the authors never approve, a reviewer never alone (SOD-01…-06, SOD-12).

Invariant: people are compared by corporate identity, so a second account or role of one person changes nothing.
"""

import re
from dataclasses import replace

from guards.authorization import allowed_roles
from guards.change import Change
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.delegation import delegated
from guards.facts import Facts, Request
from guards.identity import Delegation, OnBehalf, Stranger
from guards.need import need_of
from guards.roles import own_roles
from guards.sections import Person
from guards.unread import Absent, Unread
from guards.vocabulary import Action, Role
from guards.work import work_of

_NOREPLY = re.compile(r"(?:[0-9]+\+)?([a-z0-9_-]+)@users\.noreply\.github\.com")
"""The address that GitHub writes for people who keep theirs private."""

_REMEDY = "whose login it is types `/release link github`, or the policy file lists it in `people` (`github`, `emails`)"


def login_of(handle: str) -> str | None:
    """The VCS login, lower case, that a handle is or carries; None for a plain address."""
    text = handle.lower()
    if "@" not in text:
        return text
    private = _NOREPLY.fullmatch(text)
    return private[1] if private else None


def identify(handle: str, facts: Facts) -> Person | Unread | None:
    """The person behind a corporate id, another e-mail address or a VCS login, None when there is nobody (SOD-12).

    The policy file goes first, then what people linked, then addresses of a domain whose mailboxes are ours.
    """
    policy, login = facts.policy, login_of(handle)
    if login is None:
        address = handle.lower()
        if (known := policy.by_email.get(address)) or policy.of_ours(address) is None:
            return known
        found = facts.people.get(address) or Unread(f"the Slack account of {address}")
        return None if isinstance(found, Stranger) else found
    if known := policy.by_login.get(login):
        return known
    owner = facts.links if isinstance(facts.links, Unread) else facts.links.get(login)
    if owner is None or isinstance(owner, Unread):
        return owner
    return policy.by_id.get(owner) or Person(id=owner, name=owner)


def objection(person: Person, change: Change, facts: Facts) -> Refuse | Unsure | None:
    """Why this person's approval of this change cannot count, or None when nothing speaks against it.

    Somebody who may approve for others only, is held to what speaks against those others too: nobody approves their own work
    through a delegate.

    Args:
        person: who approves.
        change: what is approved.
        facts: `artifact` tells the authors, the policy whether they must be known.
    """
    if no := part_in(person.id, person.name, change, facts):
        return no
    place, allowed = (change.content.service, change.content.environment), _may_approve(change, facts)
    own, untold = own_roles(person, *place, facts)
    if not own.isdisjoint(allowed):
        return None
    others, unread = delegated(person, *place, facts)
    against = [standing_in(one, change, facts) for one in others if one.role in allowed]
    if None in against:
        return None
    if lost := unread & allowed:
        return Unsure(f"who delegated {', '.join(sorted(lost))} to {person.name}")
    if against and (lost := untold & allowed):
        return Unsure(f"the Slack groups that hold {', '.join(sorted(lost))}")
    return next((no for no in against if isinstance(no, Unsure)), next(iter(against), None))


def standing_in(one: Delegation | OnBehalf, change: Change, facts: Facts) -> Refuse | Unsure | None:
    """Why a decision about this change cannot be taken in somebody's place, or None."""
    no = part_in(one.by, one.by_name, change, facts)
    return replace(no, why=f"A delegate cannot decide in {one.by_name}'s place: {no.why}") if isinstance(no, Refuse) else no


def capacity(person: Person, change: Change, facts: Facts) -> Delegation | None:
    """In whose place a person decides about a change: a delegation, or None for their own right (RBAC-06).

    The own right goes first, unless only a delegated role is among those that approving it takes.
    """
    place, allowed = (change.content.service, change.content.environment), _may_approve(change, facts)
    own = own_roles(person, *place, facts)[0]
    need = need_of(change, facts)
    wanted = frozenset(facts.policy.approval_rule(change.content.environment).roles if isinstance(need, Unsure) else need.wanted)
    able = own & allowed
    if able and (not wanted or own & wanted):
        return None
    possible = [d for d in delegated(person, *place, facts)[0] if d.role in allowed and standing_in(d, change, facts) is None]
    fitting = [d for d in possible if d.role in wanted]
    return next(iter(fitting if able else fitting or possible), None)


def _may_approve(change: Change, facts: Facts) -> frozenset[Role]:
    return frozenset(allowed_roles(Action.APPROVE, change.content.environment, facts) or ())


def part_in(person: str, name: str, change: Change, facts: Facts) -> Refuse | Unsure | None:
    """Which part somebody has in the change that keeps them from approving it.

    Args:
        person, name: corporate id, and the name that people read.
        change, facts: as for `objection`.
    """
    if person == change.requester:
        return Refuse(
            Refusal.OWN_REQUEST,
            f"{name} asked for {change.id}; the requester never approves.",
            "Ask somebody else who may approve it.",
        )
    authors = authors_of(change.content.service, change.content.environment, facts)
    if isinstance(authors, Unread):
        return Unsure(authors.what, authors.why)
    if person in authors:
        return Refuse(
            Refusal.OWN_WORK,
            f"{name} wrote a part of {change.content.service} {change.content.version}; authors never approve their own work.",
            "Ask somebody else who may approve it.",
        )
    return None


def authors_of(service: str, environment: str, facts: Facts) -> frozenset[str] | Unread:
    """Corporate ids of those who wrote a part of the version; `Unread` where the policy says that they must be known (SOD-02, SOD-12).

    Args:
        service, environment: where the version is to go.
        facts: `artifact` tells the authors.
    """
    return facts.memo.once((authors_of, service, environment), lambda: _people("authors", service, environment, facts))


def reviewers(change: Change, facts: Facts) -> frozenset[str] | Unread:
    """Corporate ids of those who approved the code; `Unread` where the policy says that they must be known (SOD-03, SOD-12)."""
    service, environment = change.content.service, change.content.environment
    return facts.memo.once((reviewers, service, environment), lambda: _people("reviewers", service, environment, facts))


def _people(what: str, name: str, environment: str, facts: Facts) -> frozenset[str] | Unread:
    """Everybody must be known where the policy says so, and wherever it names a history to read them from (SOD-12)."""
    noun, artifact, policy = f"the {what} of this version", facts.artifact, facts.policy
    service = policy.services.get(name)
    by_history = service is not None and service.history is not None
    required = by_history or policy.approval_rule(environment).authors_known
    if isinstance(artifact, Unread):
        return Unread(noun, artifact.why)
    if by_history and isinstance(work := work_of(name, facts), Unread):
        return work
    handles = None if isinstance(artifact, Absent) else (artifact.authors if what == "authors" else artifact.reviewers)
    if handles is None:
        return Unread(noun, "the artifact source does not tell them") if required else frozenset()
    known: set[str] = set()
    lost: list[str] = []
    for handle in sorted(handles):
        person = identify(handle, facts)
        if isinstance(person, Unread):
            return Unread(noun, f"could not read {person.what}{f' ({person.why})' if person.why else ''}")
        if person is None:
            lost.append(handle)
        else:
            known.add(person.id)
    if required and lost:
        return Unread(noun, f"nobody here is {', '.join(lost)}; {_REMEDY}")
    return frozenset(known)


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
