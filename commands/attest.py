"""/release attest <service> <version> <item> <word> <why …>: say that an item of evidence holds, does not apply, or fails (EVD-02)."""

from dataclasses import replace
from typing import Annotated

from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.dispatch import judge_again
from commands.core.fields import AttestedWord, EvidenceItemName
from commands.core.text import Moment
from commands.core.words import Arguments, Rest, ServiceName, VersionWord
from guards.artifact import built, pinned
from guards.attestation import Attestation, Word
from guards.authorization import authorized
from guards.itemized import may_attest, reason_said, unauthored
from guards.roles import own_roles
from guards.version import Artifact
from guards.vocabulary import Action
from storage import attestations


class Attest(Arguments):
    """A version, an item of the policy file, and what is said of it."""

    service: ServiceName
    version: VersionWord
    item: EvidenceItemName
    word: AttestedWord
    why: Annotated[str, Rest()] = ""


def ask(args: Attest, asker: Asker) -> Ask:
    """What is said is about one version, on its way to where its versions are bound for."""
    policy, person = asker.policy, asker.person
    lasts = policy.evidence.items[args.item].lasts
    said = Attestation(
        "", args.service, args.version, "", args.item, Word(args.word), args.why.strip(), person.id, person.name, frozenset(), asker.at,
        asker.at + lasts if lasts else None,
    )  # fmt: skip
    return Ask(args.service, policy.bound_for(args.service), args.version, attested=said, rationale=args.why)


def attest(work: Work[Attest]) -> Reply:
    """Write it down with the digest that it is about; what waits for it is judged again."""
    draft, artifact, facts = work.request.attestation, work.facts.artifact, work.facts
    assert draft is not None
    assert isinstance(artifact, Artifact)
    lasts = facts.policy.evidence.items[draft.item].lasts
    said = replace(
        draft, id=attestations.next_id(work.tx, work.at.date()), digest=artifact.digest, at=work.at,
        until=work.at + lasts if lasts else None,
        roles=own_roles(work.asker.person, work.request.service, work.request.environment, facts)[0],
    )  # fmt: skip
    attestations.add(work.tx, said)
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, facts)
    record.write(
        work.tx, "evidence:attested", actor, facts, work.correlation, subject=said.id, service=said.service, version=said.version,
        digest=said.digest, item=said.item, word=said.word.value, why=said.why, until=said.until.isoformat() if said.until else None,
    )  # fmt: skip
    judge_again(work.tx, said.service, said.version, facts, work.correlation)
    counts = ("It counts for each version until ", Moment(said.until, facts.policy.zone_of(said.service)), ".") if said.until else ()
    what = f"{said.item} of {said.service} {said.version}: {said.word}"
    return Reply(note(f"🧾 {said.id} is recorded", (what,), *((counts,) if counts else ())))


command = Command(
    name="attest",
    summary="Say that an item of evidence holds, does not apply, or fails.",
    examples=(
        "attest api v1.4.0 dast not-applicable it has no route that users or the network reach",
        "attest api v1.4.0 secrets-manager holds all 14 secrets are read from the vault, list in PAY-12",
    ),
    action=Action.ATTEST,
    guards=(authorized, pinned, built, may_attest, unauthored, reason_said),
    arguments=Attest,
    ask=ask,
    run=attest,
)
