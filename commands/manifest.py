"""/release manifest build <run> service=version …, manifest show <run or hash>, manifest integrate <run>: a run's pinned set (MAN-01)."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, ValidationInfo

from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.manifest_card import manifest_card
from commands.core.text import Code, Form, Input
from commands.core.train_fields import RunId
from commands.core.trains import checklist, departure
from commands.core.trains.integrate import order_suite
from commands.core.words import Arguments, Named, Rest, policy_of, shown
from guards.artifact import VERSION, built, pinned, same_artifact
from guards.authorization import authorized
from guards.composed import breaking_said, composed
from guards.consistency import nearest
from guards.facts import Facts
from guards.manifest import Entry, Manifest, SetStanding, in_dependency_order
from guards.of_cut import entries_of_the_cut
from guards.policy import Policy
from guards.provenance import Proof
from guards.sections import Person
from guards.set_promotion import manifested, suite_free, suite_of
from guards.train import Train, TrainRun
from guards.unread import Absent
from guards.vcs import Tag
from guards.version import Artifact, Evidence
from guards.vocabulary import Action
from storage import artifacts, manifests, sets


def _entries(words: object, info: ValidationInfo) -> dict[str, str]:
    """`api=v1.4.0 web=v2.0.0`, with blanks, commas or line ends between."""
    known, found = policy_of(info).services, dict[str, str]()
    for word in re.split(r"[\s,]+", str(words).strip()):
        service, equals, version = word.partition("=")
        if not equals:
            raise ValueError(f"{shown(word)} is no entry; write service=version, like api=v1.4.0")
        if service not in known:
            raise ValueError(f"there is no service {shown(service)}{nearest(service, known)}")
        if service in found:
            raise ValueError(f"{service} is given twice")
        if not VERSION.fullmatch(version):
            raise ValueError(f"{shown(version)} is no version; write one like v1.4.0")
        found[service] = version
    return found


def _named(word: str) -> str:
    """A run, or the beginning of a manifest's hash."""
    if not re.fullmatch(r"[0-9a-f]{12,64}|[a-z0-9][a-z0-9-]{0,60}-[0-9]{4}-[0-9]{2}-[0-9]{2}", word.lower()):
        raise ValueError(f"{shown(word)} is neither a run like weekly-2026-12-01 nor the first 12 digits of a manifest's hash")
    return word.lower()


class BuildManifest(Arguments):
    """A run and a version for each service of its train."""

    run: RunId
    entries: Annotated[dict[str, str] | None, BeforeValidator(_entries), Rest()] = None
    breaking: Annotated[str, Named()] = ""


class ShowManifest(Arguments):
    """A run, for its newest manifest, or a manifest."""

    manifest: Annotated[str, BeforeValidator(_named)]


class IntegrateManifest(Arguments):
    """A run."""

    run: RunId


def ask_build(args: BuildManifest, asker: Asker) -> Ask:
    """Each entry is a version bound for production."""
    return Ask(run=args.run, entries=args.entries or {}, breaking=args.breaking.strip())


def ask_show(args: ShowManifest, asker: Asker) -> Ask:
    """One manifest."""
    is_hash = re.fullmatch(r"[0-9a-f]{12,64}", args.manifest)
    return Ask(manifest=args.manifest) if is_hash else Ask(run=args.manifest)


def ask_integrate(args: IntegrateManifest, asker: Asker) -> Ask:
    """The newest manifest of a run, in the place for which it is meant."""
    return Ask(run=args.run, environment=min(asker.policy.production))


def build(work: Work[BuildManifest]) -> Reply:
    """Seal what was read; a go and approvals of the one before are over (MAN-04). The integration suite is ordered at once."""
    standing, train, person = work.facts.set, work.facts.train, work.asker.person
    assert isinstance(standing, SetStanding)
    assert isinstance(train, Train)
    found = {part.artifact.service: part for part in work.facts.parts.values() if isinstance(part.artifact, Artifact)}
    depends_on = {name: known.depends_on for name, known in work.policy.services.items()}
    order = in_dependency_order(depends_on, train.services)
    assert order is not None
    for part in found.values():
        assert isinstance(part.artifact, Artifact)
        artifacts.first_seen(work.tx, part.artifact, work.at)
    manifest = manifests.add(
        work.tx,
        Manifest(
            run=work.args.run, train=train.id, number=standing.manifest.number + 1 if standing.manifest else 1,
            entries=tuple(_entry(found[service]) for service in order), owner=train.manifest_owner, breaking=work.request.breaking,
            by=person.id, by_name=person.name, at=work.at,
        ),
    )  # fmt: skip
    actor = record.actor_of(person, work.asker.slack, work.request, work.facts)
    record.write(
        work.tx, "manifest:built", actor, work.facts, work.correlation, subject=work.args.run, owner=manifest.owner,
        breaking=manifest.breaking, **departure.manifest_body(manifest),
    )  # fmt: skip
    departure.void(work.tx, work.args.run, work.facts, work.correlation)
    assert isinstance(work.facts.run, TrainRun)
    checklist.soon(work.tx, work.facts.run, work.facts)
    if suite_of(manifest, work.policy):
        order_suite(work.tx, manifest, person, work.facts, work.correlation)
    last = manifests.integration_of(work.tx, manifest.sealed)
    return Reply(manifest_card(manifest, last, (), work.facts))


def _entry(facts: Facts) -> Entry:
    artifact, evidence, policy = facts.artifact, facts.evidence, facts.policy
    assert isinstance(artifact, Artifact)
    known, proof = policy.services[artifact.service], evidence.proof
    where = f"{known.coordinates}@{artifact.digest}" if known.coordinates else artifact.digest
    attached = proof if isinstance(proof, Proof) else Proof(artifact.digest)
    return Entry(
        artifact.service, known.repository, artifact.version, artifact.commit, artifact.digest, where,
        tuple(one.url for one in attached.sboms), tuple(one.url for one in attached.provenances), _others(evidence),
    )  # fmt: skip


def _others(evidence: Evidence) -> tuple[str, ...]:
    return tuple(f"{each.repository}@{each.tag.commit}" for each in evidence.beside if isinstance(each.tag, Tag))


def show(work: Work[ShowManifest]) -> Reply:
    """What it pins, whether it was tested together, and where it was asked for (MAN-02)."""
    standing = work.facts.set
    if not isinstance(standing, SetStanding) or standing.manifest is None:
        said = standing.what if isinstance(standing, Absent) else f"manifest of {work.args.manifest}"
        return Reply(note("📦 Nothing to show", (f"There is no {said}.",)))
    gates = sets.of_manifest(work.tx, standing.manifest.sealed)
    return Reply(manifest_card(standing.manifest, standing.integration, gates, work.facts))


def integrate(work: Work[IntegrateManifest]) -> Reply:
    """Order the suite for exactly the newest manifest."""
    standing = work.facts.set
    assert isinstance(standing, SetStanding)
    assert standing.manifest is not None
    ordered = order_suite(work.tx, standing.manifest, work.asker.person, work.facts, work.correlation)
    said = ("You are told when it ends. It counts for ", Code(standing.manifest.short), " only.")
    return Reply(note(f"🧪 Integration suite ordered: {ordered.id}", said))


def wants_form(args: BuildManifest, policy: Policy) -> bool:
    """A run alone pins nothing."""
    return not args.entries


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks for a version of each service, prefilled with the newest that was seen of it."""
    known = facts.set.candidates if isinstance(facts.set, SetStanding) else {}
    services = facts.train.services if isinstance(facts.train, Train) else ()
    lines = fields.get("entries") or "\n".join(f"{service}={known.get(service, '')}" for service in services)
    return Form(
        title="Build a manifest",
        word="manifest build",
        submit="Build",
        inputs=(
            Input("run", "Run of the train", initial=fields.get("run", ""), hint="As on its card: weekly-2026-12-01.", longest=80),
            Input("entries", "Versions", "text", initial=lines, hint="One service=version a line.", longest=2000),
            Input(
                "breaking", "What major steps ask of their users", "text", initial=fields.get("breaking", ""), optional=True, longest=1000,
                hint="How to move, until when the old one works, who was told.",
            ),
        ),
        known={},
        lines=(("A new manifest is a new candidate: a go and approvals of the one before it are void.",),),
    )  # fmt: skip


manifest_build = Command(
    name="manifest build",
    summary="Pin the versions that a run of a train brings.",
    examples=("manifest build weekly-2026-12-01 api=v1.4.0 web=v2.0.1",),
    action=Action.TRAIN,
    guards=(authorized, pinned, built, same_artifact),
    arguments=BuildManifest,
    ask=ask_build,
    run=build,
    whole=(composed, entries_of_the_cut, breaking_said),
    form=form,
    wants_form=wants_form,
)

manifest_show = Command(
    name="manifest show",
    summary="What a manifest pins, and how far it came.",
    examples=("manifest show weekly-2026-12-01", "manifest show 3f9a1c07be52"),
    action=Action.READ,
    guards=(authorized,),
    arguments=ShowManifest,
    ask=ask_show,
    run=show,
)

manifest_integrate = Command(
    name="manifest integrate",
    summary="Have CI test a run's manifest together.",
    examples=("manifest integrate weekly-2026-12-01",),
    action=Action.TRAIN,
    guards=(authorized, manifested, suite_free),
    arguments=IntegrateManifest,
    ask=ask_integrate,
    run=integrate,
)
