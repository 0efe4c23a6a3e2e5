"""/release promote <service> <version> <environment> [digest=…] [type=…] [answers=…] …: ask for a built version in an environment."""

from collections.abc import Mapping
from typing import Annotated, Any

from commands.core import bodies, record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.declare import Declaring, questions
from commands.core.dispatch import advance
from commands.core.expire import expires
from commands.core.on_call import tell_on_call
from commands.core.queue import BY_TIME, QueueWord, queued, waits_until
from commands.core.tell import card_of
from commands.core.text import Bold, Code, Form, Input, Line
from commands.core.words import DigestWord, EnvironmentName, Named, ServiceName, VersionWord
from guards.approvals import approved, base_of, record_hash
from guards.artifact import pinned, same_artifact
from guards.authorization import authorized
from guards.change import Change
from guards.classify import catalogued
from guards.content import Content
from guards.decided import decided
from guards.decision import Refusal
from guards.duties import separated
from guards.facts import Facts, Request
from guards.flight import alone, asked_once
from guards.freeze import not_frozen
from guards.hotfixed import hotfixed
from guards.in_set import in_its_set
from guards.in_slot import in_its_slot
from guards.incidents import no_incident
from guards.lifecycle import State
from guards.order import in_order
from guards.policy import Policy
from guards.requirements import EVIDENCE
from guards.sections import Person
from guards.unread import Unread
from guards.version import Artifact
from guards.vocabulary import Action
from guards.window import in_window
from storage import artifacts, changes


class Promote(Declaring):
    """The words of a promotion."""

    service: ServiceName
    version: VersionWord
    environment: EnvironmentName
    digest: Annotated[DigestWord | None, Named()] = None
    queue: QueueWord = None


def ask(args: Promote, asker: Asker) -> Ask:
    """A promotion is about one version in one place."""
    return Ask(
        args.service, args.environment, args.version, args.digest, args.migration, args.change_type, args.entry, args.declared
    )  # fmt: skip


def promote(work: Work[Promote]) -> Reply:
    """Record the change, then judge whether it may go out at once: production never does (CMD-11)."""
    change = added(work, work.request, work.facts)
    change = advance(work.tx, change, work.facts, work.correlation)
    card_of(work.tx, change, work.facts, work.correlation)
    content = change.content
    what = f"{content.service} {content.version} → {content.environment}"
    card: Line = ("Its card is in the release channel: ", Code(change.id), f", {change.state}.")
    return Reply(note(f"📝 Asked for {what}", card, *waits_until(work.request, work.facts)))


def added(
    work: Work[Any], request: Request, facts: Facts, manifest: str | None = None, emergency: str | None = None
) -> Change:  # fmt: skip
    """The change that was asked for, recorded; nothing is judged yet.

    Args:
        work: of the command.
        request, facts: what was asked for; of a set, those of the entry.
        manifest: hash of the manifest that it is an entry of.
        emergency: id of the emergency by which it goes.
    """
    artifact = facts.artifact
    assert isinstance(artifact, Artifact)
    base, written = base_of(artifact.service, facts), record_hash(facts)
    assert not isinstance(base, Unread)  # both are read in this transaction
    assert not isinstance(written, Unread)
    artifacts.first_seen(work.tx, artifact, work.at)
    content = Content(
        artifact.service, request.environment or "", artifact.version, artifact.digest, artifact.commit,
        request.change_type, request.migration, work.policy.hash, base, written, request.entry, request.declared, manifest, emergency,
    )  # fmt: skip
    person = work.asker.person
    change = Change(changes.next_id(work.tx, work.at.date()), content, State.REQUESTED, person.id, person.name, work.at)
    changes.add(work.tx, change)
    actor = record.actor_of(person, work.asker.slack, request, facts)
    record.write(
        work.tx, "change:requested", actor, facts, work.correlation, subject=change.id, service=content.service,
        environment=content.environment, **bodies.content_body(content),
    )  # fmt: skip
    tell_on_call(work.tx, change, actor, facts, work.correlation)
    expires(work.tx, change, request, facts)
    return changes.move(work.tx, change, State.AWAITING)


def wants_form(args: Promote, policy: Policy) -> bool:
    """Where risk is assessed, the seven questions are asked (RSK-02)."""
    return policy.assesses(args.service, args.environment) and not args.complete


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
            *questions(fields, facts, _known(fields.get("service"), policy.services) or None, policy.environment_names.get(typed)),
        ),
        known={k: v for k, v in fields.items() if k == "digest"} | queued(fields),
        lines=(("Nothing is deployed by this form: it is judged, and ", Bold("somebody else approves"), " where that is required."),),
    )  # fmt: skip


def _known(word: str | None, names: Mapping[str, object]) -> str:
    return word if word and word in names else ""


GUARDS = (
    authorized,
    separated,
    pinned,
    in_order,
    same_artifact,
    hotfixed,
    catalogued,
    *EVIDENCE,
    asked_once,
    alone,
    not_frozen,
    no_incident,
    in_window,
    decided,
    in_its_slot,
    approved,
)
"""What each version is judged by that is asked for in an environment, alone or as an entry of a set."""

command = Command(
    name="promote",
    summary="Ask for a built version in an environment.",
    examples=(
        "promote api v1.4.0 staging",
        'promote api v1.4.0 production migration=no answers=none customers="a new button" downtime=none data=none',
    ),
    action=Action.PROMOTE,
    guards=(*GUARDS, in_its_set),
    arguments=Promote,
    ask=ask,
    run=promote,
    heals=frozenset({Refusal.NOT_APPROVED, Refusal.OUTSIDE_WINDOW, Refusal.LEAD_TIME, Refusal.NOT_SOAKED}),
    queues=BY_TIME,
    form=form,
    wants_form=wants_form,
)
