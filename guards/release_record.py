"""The release record of a version: twelve fields, filled from what was read and by people; none may stay empty (REC-01, REC-02).

Invariant: a field is said, could not be read, or is empty. What the policy does not ask for says so in these words; it is never taken
for an empty field, and an empty one never for a filled one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from guards.artifact import short
from guards.changelog import backport_of
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.evidence import NOT_REQUIRED, asks_for, exempted
from guards.exemption import Exemption
from guards.facts import Facts, Request
from guards.minutes import minute
from guards.opening import Opening, gated, local, open_now
from guards.proof import bill_of
from guards.provenance import Proof
from guards.release import UNWRITTEN, RecordText, RevertText, is_said
from guards.reverts import Revert, reverts_of
from guards.slot import next_slot
from guards.unread import Absent, Unread
from guards.vcs import Span, Tag
from guards.version import Artifact, Deployment
from guards.vocabulary import Requirement
from guards.work import Work, works_read

Value = str | Unread | None


class Field(StrEnum):
    """The twelve fields, in the order in which they are shown; the last one is there only where the version takes something back."""

    TAG = "release tag"
    COMMIT = "commit"
    TICKETS = "tickets"
    PULL_REQUESTS = "pull requests"
    ARTIFACT = "artifact"
    PROVENANCE = "build provenance"
    SBOM = "SBOM"
    CHECKS = "required checks"
    PROMOTIONS = "promotion log"
    ROLLBACK = "rollback plan"
    ISSUES = "known issues and risks"
    WINDOW = "production window"
    REVERTS = "reverts"


WRITTEN = (Field.ISSUES, Field.ROLLBACK)
"""The fields that people write, in the order in which they are asked for."""


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """A version's record as it stands now.

    Args:
        service, version: whose.
        fields: each of the twelve: what it says, `Unread` when that could not be read, None when it is empty.
    """

    service: str
    version: str
    fields: Mapping[Field, Value]


def incomplete(record: ReleaseRecord) -> tuple[Field, ...]:
    """The fields that are empty."""
    return tuple(field for field, value in record.fields.items() if value is None)


def record_of(request: Request, facts: Facts) -> ReleaseRecord:
    """The record of the version that the request is about, as far as it can be told now.

    Args:
        request: names a service of the policy file, a version, and the environment that it is bound for.
        facts: of this moment.
    """
    fields = {field: tell(request, facts) for field, tell in _TELL.items()}
    for field, needed in _NEEDS.items():
        if fields[field] is None:
            fields[field] = _by_exception(needed, request, facts)
    if taken_back(request, facts):
        fields[Field.REVERTS] = _reverts(request, facts)
    return ReleaseRecord(request.service or "", request.version or "", fields)


@asks_for(Requirement.RECORD)
def recorded(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether each of the twelve fields of the release record is filled (REC-01, REC-02)."""
    record = record_of(request, facts)
    if empty := incomplete(record):
        by_people = f"`/release record complete {artifact.service} {artifact.version}` asks for what people write"
        return Refuse(
            Refusal.RECORD_INCOMPLETE,
            f"The release record of {artifact.service} {artifact.version} lacks: {', '.join(empty)}.",
            f"{by_people}; `/release record {artifact.service} {artifact.version}` shows all of it.",
        )
    if lost := next((value for value in record.fields.values() if isinstance(value, Unread)), None):
        return Unsure(lost.what, lost.why)
    return Allow(f"all {len(record.fields)} fields of the release record are filled")


def unedited(request: Request, facts: Facts) -> Decision:
    """Whether the record is still what its form was opened on, so that nobody overwrites what they did not see (REC-17)."""
    if isinstance(facts.record, Unread):
        return Unsure(facts.record.what, facts.record.why)
    if request.seen is not None and request.seen != (facts.record.hash if facts.record else UNWRITTEN):
        by = facts.record.name if facts.record else "somebody"
        return Refuse(Refusal.STALE_CARD, f"{by} wrote into the record since this form was opened.", "Open it again, and look first.")
    return Allow("written on what is true now")


def taken_back(request: Request, facts: Facts) -> tuple[Revert, ...]:
    """What the version is known to take back from its target (HOT-18); work that could not be read is another field's matter."""
    found = reverts_of(request.service or "", facts)
    return () if isinstance(found, Unread) else found


def filled_in(request: Request, facts: Facts) -> Decision:
    """Whether what people have to write was written: known issues with risks, and how it is rolled back."""
    lacking: list[str] = [name for name, text in _texts(request.record).items() if not is_said(text)]
    if taken_back(request, facts):
        lacking += [f"{name} of the revert" for name in _unsaid(request.record)]
    if lacking:
        return Refuse(
            Refusal.INCOMPLETE,
            f"Not given yet: {', '.join(lacking)}.",
            "Say it in a sentence; `none known` is one, `later` is not.",
        )
    return Allow("known issues and rollback are written")


def _texts(record: RecordText | None) -> dict[Field, str]:
    return {Field.ISSUES: record.issues if record else "", Field.ROLLBACK: record.rollback if record else ""}


def _unsaid(record: RecordText | None) -> list[str]:
    """What a record does not say of what is taken back (HOT-18)."""
    said = (record and record.revert) or RevertText()
    return [
        name
        for name, text in {
            "reason": said.reason, "impact": said.impact, "verification": said.verification, "flags and configuration": said.flags,
        }.items()
        if not is_said(text)
    ]  # fmt: skip


# ---------------------------------------------------------------- the twelve fields

_NEEDS = {
    Field.TAG: Requirement.TAG,
    Field.TICKETS: Requirement.TICKETS,
    Field.PULL_REQUESTS: Requirement.PULL_REQUESTS,
    Field.PROVENANCE: Requirement.PROVENANCE,
    Field.SBOM: Requirement.SBOM,
    Field.CHECKS: Requirement.CHECKS,
}
"""Which requirement a field shows; an exception from the one fills the other."""


def _by_exception(requirement: Requirement, request: Request, facts: Facts) -> Value:
    """What an empty field says: the exception that stands in for what it shows, if there is one (REC-18)."""
    found = exempted(requirement, request, facts)
    return f"by exception {found.id}" if isinstance(found, Exemption) else found


def _lost(fact: Absent | Unread | None, noun: str, needed: Requirement, request: Request, facts: Facts) -> Value:
    """What the field of a fact says that was not read, or is not there."""
    if isinstance(fact, Unread):
        return fact
    return Unread(noun, "nobody asked for it") if fact is None and _asked(needed, request, facts) else _empty(needed, request, facts)


def _empty(needed: Requirement, request: Request, facts: Facts) -> str | None:
    """What a field says for which there is nothing: it is empty where the policy asks for it."""
    return None if _asked(needed, request, facts) else NOT_REQUIRED


def _asked(requirement: Requirement, request: Request, facts: Facts) -> bool:
    return requirement in facts.policy.required(request.service, request.environment)


def _of_artifact(tell: Callable[[Artifact], str], facts: Facts) -> Value:
    artifact = facts.artifact
    if isinstance(artifact, Artifact):
        return tell(artifact)
    return artifact if isinstance(artifact, Unread) else None


def _tag(request: Request, facts: Facts) -> Value:
    tag = facts.evidence.tag
    if isinstance(tag, Tag):
        return f"{tag.name}, object {tag.object[:12]}, signature {tag.reason.replace('_', ' ')}"
    if isinstance(tag, Absent):
        return None
    if tag is None and not _asked(Requirement.TAG, request, facts):
        return request.version
    return tag or Unread(f"the tag {request.version}", "nobody asked for it")


def _commit(request: Request, facts: Facts) -> Value:
    return _of_artifact(lambda a: a.commit, facts)


def _artifact(request: Request, facts: Facts) -> Value:
    where = facts.policy.services[request.service or ""].coordinates
    return _of_artifact(lambda a: f"{where or a.service} {a.version}@{a.digest}", facts)


def _works(needed: Requirement, request: Request, facts: Facts) -> tuple[Work, ...] | Unread | str | None:
    """The work in each repository of the service; else what the field says."""
    evidence = facts.evidence
    if not isinstance(evidence.work, Span):
        return _lost(evidence.work, f"the work in {request.version}", needed, request, facts)
    for other in evidence.beside:
        if not isinstance(other.work, Span):
            return _lost(other.work, f"the work in {request.version} of {other.repository}", needed, request, facts)
    return works_read(evidence)


def _tickets(request: Request, facts: Facts) -> Value:
    works = _works(Requirement.TICKETS, request, facts)
    if not isinstance(works, tuple):
        return works
    tickets = dict.fromkeys(ticket for work in works for pull in work.span.pulls for ticket in pull.tickets)
    return ", ".join(tickets) or _nothing(works, Requirement.TICKETS, request, facts)


def _pulls(request: Request, facts: Facts) -> Value:
    works = _works(Requirement.PULL_REQUESTS, request, facts)
    if not isinstance(works, tuple):
        return works
    said = []
    for work in works:
        for pull in work.span.pulls:
            source = backport_of(pull)
            said.append(work.name(pull) + ("" if source is None else f" (backport of {source or 'a change that it does not name'})"))
    return ", ".join(said) or _nothing(works, Requirement.PULL_REQUESTS, request, facts)


def _nothing(works: tuple[Work, ...], needed: Requirement, request: Request, facts: Facts) -> str | None:
    """What an empty list means: nothing to list where there is no work; else a field for which there is nothing."""
    if not any(work.span.commits for work in works):
        return "nothing new: the target runs this commit"
    return _empty(needed, request, facts)


def _provenance(request: Request, facts: Facts) -> Value:
    proof = facts.evidence.proof
    if not isinstance(proof, Proof):
        return _lost(proof, f"what is attached to {request.version}", Requirement.PROVENANCE, request, facts)
    for one in proof.provenances:
        if one.digest == proof.digest:
            return f"run {one.run or 'not named'} of {one.builder}, attestation {short(one.hash)}"
    return _empty(Requirement.PROVENANCE, request, facts)


def _sbom(request: Request, facts: Facts) -> Value:
    proof = facts.evidence.proof
    if not isinstance(proof, Proof):
        return _lost(proof, f"what is attached to {request.version}", Requirement.SBOM, request, facts)
    if isinstance(facts.artifact, Artifact) and (
        bill := bill_of(proof, facts.artifact, signed=facts.policy.signed_sboms(request.environment))
    ):
        return f"{bill.format} {bill.version} {short(bill.hash)}"
    return _empty(Requirement.SBOM, request, facts)


def _checks(request: Request, facts: Facts) -> Value:
    service, said = request.service or "", list[str]()
    for read, repository in ((facts.evidence.checks, None), *((other.checks, other.repository) for other in facts.evidence.beside)):
        if not isinstance(read, tuple):
            noun = f"the checks of {request.version}{f' of {repository}' if repository else ''}"
            return _lost(read, noun, Requirement.CHECKS, request, facts)
        wanted, where = facts.policy.checks(service, repository), f"{repository} " if repository else ""
        said += [f"{where}{c.name} {c.state}" for c in read if c.name in wanted]
    return ", ".join(said) or _empty(Requirement.CHECKS, request, facts)


def _promotions(request: Request, facts: Facts) -> Value:
    log = facts.promotions
    if isinstance(log, Unread):
        return log
    if log:
        return "; ".join(f"{p.environment} {minute(p.at)}{f' by {p.change}' if p.change else ''}" for p in log)
    first = facts.policy.chain(request.service or "")[0] == request.environment
    return "nothing yet: this is its first environment" if first else None


def _rollback(request: Request, facts: Facts) -> Value:
    running, record = facts.running, facts.record
    if isinstance(running, Unread):
        return running
    if not isinstance(record, RecordText):
        return record
    return f"{_target(running, request)}: {record.rollback}" if is_said(record.rollback) else None


def _target(running: Deployment | None, request: Request) -> str:
    if running is None:
        return "nothing runs there yet"
    return "it runs there now" if running.version == request.version else f"back to {running.version} ({short(running.digest)})"


def _issues(request: Request, facts: Facts) -> Value:
    record = facts.record
    if not isinstance(record, RecordText):
        return record
    return record.issues if is_said(record.issues) else None


def _window(request: Request, facts: Facts) -> Value:
    if isinstance(facts.freezes, Unread):
        return facts.freezes
    environment = request.environment or ""
    if not gated(facts.policy, request.service, environment):
        return "open at all times"
    now = open_now(request.service, environment, facts)
    if isinstance(now, Opening):
        return f"{now.window}, open until {local(now.end, now.zone)}"
    slot = next_slot(request, facts) if now is None else now
    if isinstance(slot, Unread):
        return slot
    return f"from {local(slot, facts.policy.zone_of(request.service))}" if slot else None


def _reverts(request: Request, facts: Facts) -> Value:
    record, what = facts.record, "; ".join(one.sentence for one in taken_back(request, facts))
    if not isinstance(record, RecordText):
        return record
    if record.revert is None or _unsaid(record):
        return None
    said = record.revert
    return f"{what}. Why: {said.reason}. Impact: {said.impact}. Verified by: {said.verification}. Flags and configuration: {said.flags}"


_TELL: Mapping[Field, Callable[[Request, Facts], Value]] = {
    Field.TAG: _tag,
    Field.COMMIT: _commit,
    Field.TICKETS: _tickets,
    Field.PULL_REQUESTS: _pulls,
    Field.ARTIFACT: _artifact,
    Field.PROVENANCE: _provenance,
    Field.SBOM: _sbom,
    Field.CHECKS: _checks,
    Field.PROMOTIONS: _promotions,
    Field.ROLLBACK: _rollback,
    Field.ISSUES: _issues,
    Field.WINDOW: _window,
}
