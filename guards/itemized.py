"""Each item of evidence that the policy names is met, or somebody said why it does not apply (EVD-02 … -06, -23, -24, -28, -30).

Invariant: what speaks against an item is never outvoted: a check that did not pass, a statement of another result, or somebody's
newest word that it fails. Nobody says it of their own work.
"""

from collections.abc import Iterator

from guards.attestation import Word
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.duties import authors_of
from guards.evidence import asks_for
from guards.facts import Facts, Request
from guards.item_rules import EvidenceItem
from guards.policy import Policy
from guards.provenance import Proof
from guards.release import is_said
from guards.roles import own_roles
from guards.sections import Person
from guards.unread import Unread
from guards.vcs import CheckState
from guards.version import Artifact
from guards.vocabulary import Requirement, Role

Standing = tuple[list[str], list[str], list[Unread]]
"""What shows an item, what speaks against it, and what could not be read of it."""


@asks_for(Requirement.ITEMS)
def itemized(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether each item is met."""
    items = facts.policy.of_place(Policy.items, artifact.service, request.environment)
    lacking: list[str] = []
    shown: list[str] = []
    lost: list[Unread] = []
    for name, item in items.items():
        met, against, unread = _standing(name, item, facts, artifact)
        if against or not (met or unread):
            lacking.append(f"{name}: {'; '.join(against) or 'nothing shows it'}")
        lost += unread  # what was not read could speak against it
        shown.append(f"{name}: {'; '.join(met)}")
    if lacking:
        return Refuse(
            Refusal.EVIDENCE_LACKING,
            f"Of the evidence that the policy names: {'. '.join(lacking)}.",
            f"Have CI report it for {artifact.commit[:12]}, or say it where the policy lets you: "
            f"`/release attest {artifact.service} {artifact.version} <item> …`.",
        )
    if lost:
        return Unsure(lost[0].what, lost[0].why)
    return Allow("; ".join(shown) or "the policy names no item")


def _standing(name: str, item: EvidenceItem, facts: Facts, artifact: Artifact) -> Standing:
    met: list[str] = []
    against: list[str] = []
    unread: list[Unread] = []
    for good, said in (*_by_checks(item, facts), *_by_statements(item, facts), *_by_word(name, item, facts, artifact)):
        if isinstance(said, Unread):
            unread.append(said)
        else:
            (met if good else against).append(said)
    return met, against, unread


def _by_checks(item: EvidenceItem, facts: Facts) -> Iterator[tuple[bool, str | Unread]]:
    """What ran on the version's commit, and on its commits in the service's other repositories, as far as that is read."""
    sources = facts.policy.evidence.check_sources
    for checks in (facts.evidence.checks, *(other.checks for other in facts.evidence.beside)):
        if isinstance(checks, Unread):
            yield from ((False, checks) for _ in item.checks[:1])
        for check in checks if isinstance(checks, tuple) else ():
            if item.is_shown_by(check.name) and (not sources or check.by in sources):
                yield check.state is CheckState.PASSED, f"check {check.name} {check.state.value}"


def _by_statements(item: EvidenceItem, facts: Facts) -> Iterator[tuple[bool, str | Unread]]:
    proof = facts.evidence.proof
    if isinstance(proof, Unread):
        yield from ((False, proof) for _ in item.predicates[:1])
    for one in proof.statements if isinstance(proof, Proof) else ():
        if one.predicate in item.predicates:
            yield one.result in {None, "PASSED"}, f"statement {one.hash[:19]}… {(one.result or 'attached').lower()}"


def _by_word(name: str, item: EvidenceItem, facts: Facts, artifact: Artifact) -> Iterator[tuple[bool, str | Unread]]:
    """The newest word of somebody who may say it, as the policy is now."""
    said = facts.attestations
    if not (item.said_by or item.not_applicable):
        return
    if isinstance(said, Unread):
        yield False, said
        return
    own = [a for a in said if a.item == name and a.is_about(artifact.digest, facts.at) and not a.roles.isdisjoint(may_say(item, a.word))]
    newest = max(own, key=lambda a: (a.at, a.id), default=None)
    if newest is not None:
        words = {Word.HOLDS: "", Word.NOT_APPLICABLE: "not applicable, ", Word.FAILS: "it fails, "}
        yield newest.word is not Word.FAILS, f"{words[newest.word]}{newest.name} said: {newest.why}"


def may_say(item: EvidenceItem, word: Word) -> frozenset[Role]:
    """The roles whose word counts: that it fails says whoever may say anything about it."""
    roles = {Word.HOLDS: item.said_by, Word.NOT_APPLICABLE: item.not_applicable, Word.FAILS: (*item.said_by, *item.not_applicable)}
    return frozenset(roles[word])


# ---------------------------------------------------------------- who says it


def may_attest(request: Request, facts: Facts) -> Decision:
    """Whether the asker holds a role whose word counts for this item."""
    said, by = request.attestation, request.by
    assert said is not None
    item = facts.policy.evidence.items[said.item]
    roles = may_say(item, said.word)
    if not roles:
        ways = " or ".join(("a check", *(["a signed statement"] if item.predicates else [])))
        return Refuse(
            Refusal.NOT_PERMITTED,
            f"Nobody says of {said.item} that it {_CLAUSE[said.word]}.",
            f"It is shown by {ways}; docs/policy.md says how.",
        )
    if isinstance(by, Unread):
        return Unsure(by.what, by.why)
    held, untold = own_roles(by, request.service, request.environment, facts) if isinstance(by, Person) else _NOBODY
    if not held.isdisjoint(roles):
        return Allow(f"{by.name} may say it of {said.item}")
    if lost := untold & roles:
        return Unsure(f"the Slack groups that hold {', '.join(sorted(lost))}")
    return Refuse(
        Refusal.NOT_PERMITTED,
        f"You are not among those who say of {said.item} that it {_CLAUSE[said.word]}.",
        f"Ask somebody who is {' or '.join(sorted(roles))}.",
    )


_CLAUSE = {Word.HOLDS: "holds", Word.NOT_APPLICABLE: "does not apply", Word.FAILS: "fails"}
_NOBODY: tuple[frozenset[Role], frozenset[Role]] = frozenset(), frozenset()


def unauthored(request: Request, facts: Facts) -> Decision:
    """Whether the asker wrote nothing of what they speak for; that it fails everybody may say of their own work."""
    said, by = request.attestation, request.by
    assert said is not None
    if said.word is Word.FAILS or not isinstance(by, Person):
        return Allow("that something fails is said of one's own work too")
    authors = authors_of(request.service or "", request.environment or "", facts)
    if isinstance(authors, Unread):
        return Unsure(authors.what, authors.why)
    if by.id in authors:
        return Refuse(
            Refusal.OWN_WORK,
            f"{by.name} wrote a part of {request.service} {request.version}; authors never vouch for their own work.",
            "Ask somebody else who may say it.",
        )
    return Allow(f"{by.name} wrote nothing of it")


def reason_said(request: Request, facts: Facts) -> Decision:
    """Whether it says what was looked at, or why it does not apply."""
    if is_said(request.rationale):
        return Allow("it says why")
    return Refuse(Refusal.NO_RATIONALE, "It does not say why.", "Name what you looked at, or why it does not apply.")
