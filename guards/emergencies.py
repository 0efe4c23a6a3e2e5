"""An emergency is declared completely, approved by two others, and used once (EMG-01 … EMG-06, EMG-22).

Invariant: people are compared by corporate identity; an approval counts while its giver still may, for the artifact that they approved.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from guards.artifact import no_artifact, pinned, short
from guards.authorization import allowed_roles, by_group, names, no_such_emergency, who_may
from guards.change import Change
from guards.classified import misnamed
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.duties import authors_of
from guards.emergency import UNUSED, Classification, Emergency, EmergencyApproval, EmergencyState
from guards.facts import Facts, Request
from guards.incident import Incident
from guards.opening import local
from guards.override import overriding
from guards.roles import own_roles
from guards.sections import Person
from guards.unread import Absent, Unread
from guards.version import Artifact
from guards.vocabulary import Action, ChangeType, Role

_FORM = "Type `/release emergency declare` and fill in the form."


def known_emergency(request: Request, facts: Facts) -> Decision:
    """Whether the emergency exists."""
    record = facts.emergency
    return Allow(f"{record.id} is {record.state}") if isinstance(record, Emergency) else no_such_emergency(record)


def declarable(request: Request, facts: Facts) -> Decision:
    """Whether the emergency to declare says everything that it has to (EMG-01 … EMG-04, EMG-14)."""
    record = request.emergency
    if record is None:
        return Refuse(Refusal.INCOMPLETE, "No emergency was described.", _FORM)
    if lacking := [name for name, said in _wanted(record) if not said.strip()]:
        return Refuse(Refusal.INCOMPLETE, f"The emergency lacks its {', '.join(lacking)}.", _FORM)
    if not record.deploys and record.classification is not Classification.EMERGENCY:
        return Refuse(Refusal.INCOMPLETE, "A hotfix is a version; what is no deployment is none.", "Call it an emergency.")
    if no := _cites(record, facts):
        return no
    if facts.alike:
        why = f"{facts.alike} covers {record.what} already, and was not used yet."
        return Refuse(Refusal.ALREADY_REQUESTED, why, f"Follow that one, or take it back: `/release emergency withdraw {facts.alike}`.")
    if not record.severity and not isinstance(facts.cited, Incident):
        why = f"No incident {record.incident} is known here, so nothing tells how grave it is."
        return Refuse(Refusal.INCOMPLETE, why, "Give the severity, or open the incident first.")
    if record.until <= facts.at:
        return Refuse(Refusal.INCOMPLETE, "It would be over at once.", "Declare it anew.")
    return Allow(f"the emergency covers {record.what}")


def pinned_if_deployed(request: Request, facts: Facts) -> Decision:
    """Whether what is deployed is a fixed version; a setting, a flag or an API has a name."""
    record = request.emergency
    return pinned(request, facts) if record is None or record.deploys else Allow(f"it covers {record.what}")


def _cites(record: Emergency, facts: Facts) -> Refuse | None:
    """Why the incident that it cites is none that it could be declared for (EMG-14)."""
    cited, policy, open_one = facts.cited, facts.policy, "Open one, `/release incident open`, or name the one that is open."
    if isinstance(cited, Incident):
        if cited.open(facts.at):
            return None
        return Refuse(Refusal.WRONG_STATE, f"{cited.reference} is closed, and nothing is an emergency because of it any more.", open_one)
    asked = policy.emergency.open_incident
    if asked is False or (asked is None and Action.INCIDENT not in policy.allow and not policy.incidents.intake):
        return None
    return Refuse(Refusal.NO_SUCH_INCIDENT, f"No incident {record.incident} is known here.", open_one)


def _wanted(record: Emergency) -> Iterator[tuple[str, str]]:
    yield "reason", record.reason
    yield "reason why it cannot wait", record.waiting
    yield "rollback plan", record.rollback
    yield "follow-up actions", record.follow_ups
    yield "incident reference", record.incident
    if not record.deploys:
        yield "account of what is changed", record.action


def undecided_emergency(request: Request, facts: Facts) -> Decision:
    """Whether the emergency still waits for approvals."""
    record = facts.emergency
    if not isinstance(record, Emergency):
        return no_such_emergency(record)
    if record.state is not EmergencyState.DECLARED or facts.at >= record.until:
        return _stands(record, facts)
    return Allow(f"{record.id} waits for approvals")


def withdrawable_emergency(request: Request, facts: Facts) -> Decision:
    """Whether nothing went out by the emergency yet, so that it can be taken back."""
    record = facts.emergency
    if not isinstance(record, Emergency):
        return no_such_emergency(record)
    if record.state not in UNUSED or facts.at >= record.until:
        return _stands(record, facts)
    return Allow(f"nothing went out by {record.id}")


def _stands(record: Emergency, facts: Facts) -> Refuse:
    """The answer where an emergency stands where this is not possible."""
    if record.state is EmergencyState.USED:
        by = record.executed.by_name if record.executed else record.change
        why = f"{record.id} was used by {by}; it covers nothing else (EMG-05)."
        return Refuse(Refusal.WRONG_STATE, why, "For another change declare another emergency: `/release emergency declare`.")
    state = EmergencyState.EXPIRED if record.over(facts.at) and record.state in UNUSED else record.state
    until = f" since {local(record.until, facts.policy.zone_of(record.service))}" if state is EmergencyState.EXPIRED else ""
    return Refuse(Refusal.WRONG_STATE, f"{record.id} is {state}{until}.", f"See `/release emergency show {record.id}`.")


def apart(request: Request, facts: Facts) -> Decision:
    """Whether the asker may approve the emergency: neither declared it, nor wrote the version, nor approved it before (EMG-06, CF-14)."""
    record, person = facts.emergency, request.by
    if not isinstance(record, Emergency):
        return no_such_emergency(record)
    if isinstance(person, Unread):
        return Unsure(person.what, person.why)
    if not isinstance(person, Person):
        return Allow("there is nobody to keep apart")  # `authorized` turns strangers away
    if any(approval.by == person.id for approval in record.approvals):
        return Refuse(Refusal.ALREADY_DECIDED, f"{person.name} approved {record.id} already; it counts once.", "Ask one more person.")
    if record.deploys and isinstance(facts.artifact, Absent):
        return no_artifact(facts.artifact)  # nobody approves what is not built
    if no := _part_in(person, record, facts, _ask(record, facts)):
        return no
    held = _right(person, record, facts)
    if isinstance(held, Unread):
        return Unsure(held.what, held.why)
    if not held:
        return Refuse(
            Refusal.NOT_PERMITTED,
            f"{person.name} could approve {record.id} in somebody else's place only; an emergency is approved in one's own right.",
            _ask(record, facts),
        )
    return Allow(f"{person.name} neither declared {record.id} nor wrote {record.version}")


def _part_in(person: Person, record: Emergency, facts: Facts, remedy: str = "") -> Refuse | Unsure | None:
    """Which part somebody has in it that keeps them from approving it (SOD-01, SOD-02)."""
    if person.id == record.declarer:
        return Refuse(Refusal.OWN_REQUEST, f"{person.name} declared {record.id}, and so never approves it.", remedy)
    authors = _authors(record, facts)
    if isinstance(authors, Unread):
        return Unsure(authors.what, authors.why)
    if person.id in authors:
        why = f"{person.name} wrote a part of {record.service} {record.version}; authors never approve an emergency for their work."
        return Refuse(Refusal.OWN_WORK, why, remedy)
    return None


def _authors(record: Emergency, facts: Facts) -> frozenset[str] | Unread:
    """Who wrote a part of the version; what is no version has its declarer only."""
    return authors_of(record.service, record.environment, facts) if record.deploys else frozenset()


def _right(person: Person, record: Emergency, facts: Facts) -> frozenset[Role] | Unread:
    """The roles in which somebody may approve it, in their own right; empty when there is none."""
    allowed = frozenset(allowed_roles(Action.APPROVE_EMERGENCY, record.environment, facts) or ())
    own, untold = own_roles(person, record.service, record.environment, facts)
    if held := own & allowed:
        return held
    lost = untold & allowed
    return Unread(f"the Slack groups that hold {', '.join(sorted(lost))}") if lost else frozenset()


def same_version(request: Request, facts: Facts) -> Decision:
    """Whether the version is built, and still the artifact that the record and its approvals are about (EMG-11, PRM-05)."""
    record, artifact = facts.emergency, facts.artifact
    if not isinstance(record, Emergency):
        return no_such_emergency(record)
    if not record.deploys:
        return Allow(f"{record.what}: {record.action}")
    if isinstance(artifact, Unread):
        return Unsure(artifact.what, artifact.why)
    if isinstance(artifact, Absent):
        return no_artifact(artifact)
    if record.digest and record.digest != artifact.digest:
        return Refuse(
            Refusal.POINTER_MOVED,
            f"{record.version} was {short(record.digest)} when {record.id} took it up; now it is {short(artifact.digest)}.",
            "A version is a fixed pointer: have CI build a new version, and find out who moved this one.",
        )
    return Allow(f"{record.version} is {short(artifact.digest)}")


def may_still(record: Emergency, facts: Facts) -> tuple[Person, ...]:
    """Who could approve it and has not: for cards and remedies."""
    done = {approval.by for approval in record.approvals}
    able = who_may(Action.APPROVE_EMERGENCY, record.service, record.environment, facts)
    return tuple(p for p in able if p.id not in done and not isinstance(_part_in(p, record, facts), Refuse))


def _ask(record: Emergency, facts: Facts) -> str:
    able = names(may_still(record, facts))
    whom = " or ".join(filter(None, (able, by_group(Action.APPROVE_EMERGENCY, record.service, record.environment, facts))))
    return f"Ask {whom}." if whom else "Nobody else may: it takes `allow.approve-emergency` in the policy file."


def counting(record: Emergency, facts: Facts, requester: str | None = None) -> tuple[EmergencyApproval, ...] | Unread:
    """The approvals that count now, with the roles of now: of people who still may, for the artifact that the record is about.

    Args:
        record: whose.
        facts: its approvers as they stand now, groups, and the artifact.
        requester: corporate id of who has it carried out; the requester never approves (SOD-01).
    """
    authors = _authors(record, facts)
    if isinstance(authors, Unread):
        return authors
    found: list[EmergencyApproval] = []
    for approval in record.approvals:
        if approval.by in {record.declarer, requester} | authors or approval.digest != record.binds or approval.at > facts.at:
            continue
        person = facts.person(approval.by, approval.name)
        if isinstance(person, Unread):
            return person
        held = _right(person, record, facts) if isinstance(person, Person) else frozenset()
        if isinstance(held, Unread):
            return held
        if held and isinstance(person, Person):
            found.append(replace(approval, roles=own_roles(person, record.service, record.environment, facts)[0]))
    return tuple(found)


def lacks(record: Emergency, given: Sequence[EmergencyApproval], facts: Facts) -> str | None:
    """What its approvals lack, as a sentence; None when they are enough (EMG-06, CF-14)."""
    rules = facts.policy.emergency
    if len(given) < rules.count:
        return f"{record.id} has {len(given)} of {rules.count} approvals that count."
    if not any(role in rules.among for approval in given for role in approval.roles):
        return f"Nobody who approved {record.id} is {' or '.join(rules.among)}."
    return None


def _untold(record: Emergency, given: Sequence[EmergencyApproval], facts: Facts) -> list[Role]:
    """Roles that must be among those who approved, and that one of them may hold by a Slack group that could not be read."""
    people = [person for approval in given if isinstance(person := facts.people.get(approval.by), Person)]
    untold = [own_roles(person, record.service, record.environment, facts)[1] for person in people]
    return sorted(frozenset().union(*untold) & frozenset(facts.policy.emergency.among))


def covered(request: Request, facts: Facts) -> Decision:
    """Whether an emergency change has a record that covers exactly it, is approved by enough others, and was not used (EMG-05, EMG-06)."""
    if request.change_type is not ChangeType.EMERGENCY:
        return Allow(f"it is a {request.change_type} change")
    record = facts.emergency
    if not isinstance(record, Emergency):
        return no_such_emergency(record)
    if isinstance(facts.change, Unread):
        return Unsure(facts.change.what, facts.change.why)
    if overriding(request, facts) is None:
        if record.state is EmergencyState.DECLARED and facts.at < record.until:
            return Refuse(Refusal.NOT_COVERED, f"{record.id} is not approved yet.", _ask(record, facts))
        if record.covers(request.service, request.environment, request.version):
            return _stands(record, facts)
        asked = f"{request.service} {request.version} in {request.environment}"
        return Refuse(Refusal.NOT_COVERED, f"{record.id} covers {record.what}, not {asked}.", "Declare an emergency for it.")
    if no := misnamed(record, facts):
        return no
    requester = facts.change.requester if isinstance(facts.change, Change) else request.by.id if isinstance(request.by, Person) else None
    return _enough(record, facts, requester)


def _enough(record: Emergency, facts: Facts, requester: str | None) -> Decision:
    """Whether enough others approved it, who may still, as it is now."""
    given = counting(record, facts, requester)
    if isinstance(given, Unread):
        return Unsure(given.what, given.why)
    lack = lacks(record, given, facts)
    if lack and len(given) >= facts.policy.emergency.count and (lost := _untold(record, given, facts)):
        return Unsure(f"the Slack groups that hold {', '.join(lost)}")
    if lack:
        return Refuse(Refusal.NOT_COVERED, lack, "Have somebody carry it out who did not approve it, or declare it anew.")
    return Allow(f"{record.id} covers it, approved by {' and '.join(approval.name for approval in given)}")


def deploys(request: Request, facts: Facts) -> Decision:
    """Whether the emergency is about a version that CI deploys."""
    record = facts.emergency
    if not isinstance(record, Emergency):
        return no_such_emergency(record)
    if record.deploys:
        return Allow(f"{record.id} is about a deployment")
    why = f"{record.id} covers {record.what}, which CI does not carry out."
    return Refuse(Refusal.WRONG_STATE, why, f"When it is made, say so: `/release emergency executed {record.id} <link>`.")


def executable(request: Request, facts: Facts) -> Decision:
    """Whether somebody may say that a change which CI does not carry out was made by this emergency (EMG-22, EMG-24)."""
    record = facts.emergency
    if not isinstance(record, Emergency):
        return no_such_emergency(record)
    if record.deploys:
        why = f"{record.id} covers a deployment, which CI carries out."
        return Refuse(Refusal.WRONG_STATE, why, f"Type `/release emergency promote {record.id}`.")
    if record.state is EmergencyState.DECLARED and facts.at < record.until:
        return Refuse(Refusal.NOT_COVERED, f"{record.id} is not approved yet.", _ask(record, facts))
    if not record.counts(facts.at, None):
        return _stands(record, facts)
    return _enough(record, facts, request.by.id if isinstance(request.by, Person) else None)


def pinned_by(record: Emergency, facts: Facts) -> tuple[str | None, str | None]:
    """Digest and commit that the record is about from now on: those that it has, else those that the version names now."""
    artifact = facts.artifact
    if record.digest or not isinstance(artifact, Artifact):
        return record.digest, record.commit
    return artifact.digest, artifact.commit


# ---------------------------------------------------------------- what somebody said aloud


def heard(request: Request, facts: Facts) -> Decision:
    """Whether what somebody said aloud can be written down: it is not their own word, and confirming it could count (EMG-16)."""
    record, said = facts.emergency, request.spoken
    if not isinstance(record, Emergency):
        return no_such_emergency(record)
    if said is None or not said.words.strip():
        return Refuse(Refusal.INCOMPLETE, "It does not say what was said.", "Write down what they said, as you heard it.")
    if said.by == said.heard_by:
        return Refuse(
            Refusal.OWN_REQUEST, f"{said.name} would write down their own word.", f"Type `/release emergency approve {record.id}`."
        )
    if said.by in {*(one.by for one in record.approvals), *(one.by for one in record.spoken)}:
        return Refuse(Refusal.ALREADY_DECIDED, f"The word of {said.name} about {record.id} is on record already.", "Ask one more person.")
    who = facts.policy.by_id.get(said.by)
    if who is None or who not in who_may(Action.APPROVE_EMERGENCY, record.service, record.environment, facts):
        return Refuse(Refusal.NOT_PERMITTED, f"{said.name} may not approve {record.id}.", _ask(record, facts))
    return Allow(f"{said.name} has to confirm it")


def spoke(request: Request, facts: Facts) -> Decision:
    """Whether the asker's own word was written down, so that there is something to confirm (EMG-16)."""
    record = facts.emergency
    if not isinstance(record, Emergency):
        return no_such_emergency(record)
    if isinstance(request.by, Person) and any(said.by == request.by.id for said in record.spoken):
        return Allow(f"{request.by.name} said so before")
    return Refuse(
        Refusal.WRONG_STATE,
        f"Nobody wrote down that you approved {record.id} aloud.",
        f"Type `/release emergency approve {record.id}` and say why.",
    )
