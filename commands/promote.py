"""/release promote <service> <version> <environment> [digest=…] [migration=yes|no]: ask for a built version in an environment."""

from collections.abc import Mapping
from typing import Annotated, Literal

from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.dispatch import advance
from commands.core.tell import card_of
from commands.core.text import Bold, Code, Form, Input
from commands.core.words import Arguments, DigestWord, EnvironmentName, Named, ServiceName, VersionWord
from guards.approvals import approved, base_of, record_hash
from guards.artifact import pinned, same_artifact
from guards.authorization import authorized
from guards.content import Content
from guards.decision import Refusal
from guards.duties import separated
from guards.facts import Artifact, Change, Facts, Unread
from guards.flight import alone, asked_once
from guards.freeze import not_frozen
from guards.lifecycle import State
from guards.order import in_order
from guards.requirements import EVIDENCE
from guards.sections import Person
from guards.vocabulary import Action
from guards.window import in_window
from storage import artifacts, changes, timers


class Promote(Arguments):
    """The words of a promotion."""

    service: ServiceName
    version: VersionWord
    environment: EnvironmentName
    digest: Annotated[DigestWord | None, Named()] = None
    migration: Annotated[Literal["yes", "no"] | None, Named()] = None


def ask(args: Promote, asker: Asker) -> Ask:
    """A promotion is about one version in one place."""
    migration = None if args.migration is None else args.migration == "yes"
    return Ask(args.service, args.environment, args.version, args.digest, migration)


def promote(work: Work[Promote]) -> Reply:
    """Record the change, then judge whether it may go out at once: production never does (CMD-11)."""
    artifact = work.facts.artifact
    assert isinstance(artifact, Artifact)
    base, written = base_of(artifact.service, work.facts), record_hash(work.facts)
    assert not isinstance(base, Unread)  # both are read in this transaction
    assert not isinstance(written, Unread)
    artifacts.first_seen(work.tx, artifact, work.at)
    content = Content(
        artifact.service, work.args.environment, artifact.version, artifact.digest, artifact.commit,
        work.request.change_type, work.request.migration, work.policy.hash, base, written,
    )  # fmt: skip
    person = work.asker.person
    change = Change(changes.next_id(work.tx, work.at.date()), content, State.REQUESTED, person.id, person.name, work.at)
    changes.add(work.tx, change)
    actor = record.actor_of(person, work.asker.slack, work.request, work.facts)
    record.write(
        work.tx, "change:requested", actor, work.facts, work.correlation, subject=change.id, service=content.service,
        environment=content.environment, **record.content_body(content),
    )  # fmt: skip
    timers.set(work.tx, timers.Timer(f"expire:{change.id}", "expire", work.at + work.policy.limits.request, {"change": change.id}))
    change = changes.move(work.tx, change, State.AWAITING)
    change = advance(work.tx, change, work.facts, work.correlation)
    card_of(work.tx, change, work.facts, work.correlation)
    what = f"{content.service} {content.version} → {content.environment}"
    return Reply(note(f"📝 Asked for {what}", ("Its card is in the release channel: ", Code(change.id), f", {change.state}.")))


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks for the words that are missing, prefilled with those that are there."""
    policy = facts.policy
    typed = fields.get("environment", "").lower()
    return Form(
        title="Promote a version",
        word="promote",
        submit="Ask",
        inputs=(
            Input("service", "Service", "choice", tuple((s, s) for s in policy.services), _known(fields.get("service"), policy.services)),
            Input("version", "Version", initial=fields.get("version", ""), hint="A release tag, like v1.4.0.", shortest=2, longest=128),
            Input(
                "environment", "Environment", "choice", tuple((e.name, e.name) for e in policy.environments),
                policy.environment_names.get(typed, ""),
            ),
            Input(
                "migration", "Does it carry a database migration?", "choice", (("no", "No"), ("yes", "Yes")),
                fields.get("migration", ""), optional=True, hint="Left open, it counts as yes where that matters.",
            ),
        ),
        known={k: v for k, v in fields.items() if k == "digest"},
        lines=(("Nothing is deployed by this form: it is judged, and ", Bold("somebody else approves"), " where that is required."),),
    )  # fmt: skip


def _known(word: str | None, names: Mapping[str, object]) -> str:
    return word if word and word in names else ""


command = Command(
    name="promote",
    summary="Ask for a built version in an environment.",
    examples=("promote api v1.4.0 staging", "promote api v1.4.0 production migration=no"),
    action=Action.PROMOTE,
    guards=(authorized, separated, pinned, in_order, same_artifact, *EVIDENCE, asked_once, alone, not_frozen, in_window, approved),
    arguments=Promote,
    ask=ask,
    run=promote,
    heals=frozenset({Refusal.NOT_APPROVED, Refusal.OUTSIDE_WINDOW}),
    form=form,
)
