"""/release notes, notes edit and notes publish: release notes, drafted from the pull requests, edited here, published (REC-03 … REC-05)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from commands.core import post_release, record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.dispatch import judge_again
from commands.core.publish import publish_later
from commands.core.record_links import note_links
from commands.core.release_cards import file_part, notes_card
from commands.core.text import Card, Code, Form, Input, Line
from commands.core.trains import closing
from commands.core.words import Named
from commands.record import Version, ask
from guards.artifact import built, pinned
from guards.authorization import authorized
from guards.decision import Refusal
from guards.facts import Facts, Request
from guards.notes import back_to, lacking, notes_or_draft, publishable, unmoved, worded
from guards.release import UNWRITTEN, Erratum, NotesKind, ReleaseNotes
from guards.sections import Person
from guards.unread import Unread
from guards.vocabulary import Action
from storage import releases

PIECE, LEAST = 2_900, 2_000
"""Characters of one input of the form, at most and at least; Slack's inputs take 3,000."""

INPUTS = ("text", "text2", "text3", "text4", "text5")
"""As many as the longest notes take."""


class Edit(Version):
    """The text in pieces, as a form holds it."""

    text: Annotated[str, Named()] = ""
    text2: Annotated[str, Named()] = ""
    text3: Annotated[str, Named()] = ""
    text4: Annotated[str, Named()] = ""
    text5: Annotated[str, Named()] = ""
    seen: Annotated[str | None, Named()] = None


def ask_edit(args: Edit, asker: Asker) -> Ask:
    """The text as a whole."""
    text = "\n".join(piece for name in INPUTS if (piece := str(getattr(args, name))))
    return replace(ask(args, asker), notes=text, seen=args.seen)


def pieces(text: str) -> list[str]:
    """A text in parts that a form's inputs take, cut at line breaks or blanks; joined by line breaks it is the text again.

    Args:
        text: at most `guards.notes.LONGEST` characters.
    """
    found = []
    while len(text) > PIECE:
        window = text[: PIECE + 1]
        at = next((cut for sign in "\n " if (cut := window.rfind(sign)) >= LEAST), None)
        found.append(text[: PIECE if at is None else at])
        text = text[PIECE if at is None else at + 1 :]
    return [*found, text] if text or not found else found


def show(work: Work[Version]) -> Reply:
    """The notes as they stand, or a draft."""
    text, notes = notes_or_draft(work.request, work.facts)
    zone = work.policy.zone_of(work.args.service)
    return Reply(notes_card(work.args.service, work.args.version, text, notes, _lacks(text, notes, work.facts, work.args.version), zone))


def _lacks(text: str, notes: ReleaseNotes | None, facts: Facts, version: str) -> tuple[str, ...]:
    target = back_to(facts, version)
    return () if notes and notes.published else lacking(text, None if isinstance(target, Unread) else target)


def edit(work: Work[Edit]) -> Reply:
    """Save a draft; once the notes are published, append an erratum and publish that too (REC-17)."""
    text, service, version, facts = (work.request.notes or "").strip(), work.args.service, work.args.version, work.facts
    person, was = work.asker.person, facts.notes
    published = isinstance(was, ReleaseNotes) and was.published is not None
    kind = NotesKind.ERRATUM if published else NotesKind.DRAFT
    releases.write_notes(work.tx, service, version, kind, text, person.id, person.name, work.at)
    now = ReleaseNotes(text, person.id, person.name, work.at)
    if published:
        assert isinstance(was, ReleaseNotes)
        now = replace(was, errata=(*was.errata, Erratum(text, person.name, work.at)))
    _record(work, "notes:erratum" if published else "notes:draft", now)
    judge_again(work.tx, service, version, facts, work.correlation)
    if published:
        return Reply(_published(work, now))
    return Reply(notes_card(service, version, text, now, _lacks(text, now, facts, version), work.policy.zone_of(service)))


def publish(work: Work[Version]) -> Reply:
    """What stands there now is published, once; asked for again, it is sent again (REC-04)."""
    notes, person = work.facts.notes, work.asker.person
    assert isinstance(notes, ReleaseNotes)
    if notes.published is None:
        notes = replace(notes, by=person.id, name=person.name, at=work.at, published=work.at)
        service, version = work.args.service, work.args.version
        releases.write_notes(work.tx, service, version, NotesKind.PUBLISHED, notes.text, person.id, person.name, work.at)
    _record(work, "notes:published", notes)
    post_release.notes_published(work.tx, work.args.service, work.args.version, work.facts, work.correlation)
    return Reply(_published(work, notes))


def _published(work: Work[Edit] | Work[Version], notes: ReleaseNotes) -> Card:
    """Have it sent where the policy says so, else hand it out as the file that a repository keeps (CF-50)."""
    service, version = work.args.service, work.args.version
    if work.policy.services[service].publish:
        publish_later(work.tx, service, version, work.asker.slack, work.facts, work.correlation)
        return note(f"📤 Release notes of {service} {version} are on their way", ("You are told where they stand.",))
    closing.notes_published(work.tx, service, version, work.facts, work.correlation)
    said: Line = (
        "Keep this file in the repository: the policy names no other place. Corrections: ",
        Code(f"/release notes edit {service} {version}"),
    )
    return Card(f"📰 Release notes of {service} {version} are published", parts=((file_part(version, notes.whole)),), footer=said)


def _record(work: Work[Edit] | Work[Version], tag: str, notes: ReleaseNotes) -> None:
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    record.write(
        work.tx, tag, actor, work.facts, work.correlation, subject=f"{work.args.service} {work.args.version}", service=work.args.service,
        environment=work.request.environment, version=work.args.version, length=len(notes.whole), hash=notes.hash,
    )  # fmt: skip
    note_links(work.tx, work.args.service, work.args.version, work.facts)


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Shows the whole text in as many inputs as it takes; for published notes it asks for an erratum instead."""
    service, version = fields["service"], fields["version"]
    request = Request(Action.RECORD, person, service, facts.policy.bound_for(service), version)
    text, notes = notes_or_draft(request, facts)
    known = {"service": service, "version": version, "seen": notes.hash if notes else UNWRITTEN}
    if notes and notes.published:
        hint = "It is appended under a dated heading; what was published stays as it is."
        inputs: tuple[Input, ...] = (Input("text", "Erratum", "text", hint=hint, shortest=3, longest=2000),)
        return Form(title="Add an erratum", word="notes edit", submit="Publish", inputs=inputs, known=known)
    cut = [*pieces(text), ""][: len(INPUTS)]  # one more than it takes: room to write
    inputs = (
        Input("text", "Release notes, Markdown", "text", initial=cut[0], longest=3000),
        *(
            Input(name, "continued", "text", initial=piece, optional=True, longest=3000)
            for name, piece in zip(INPUTS[1:], cut[1:], strict=False)
        ),
    )
    return Form(title="Release notes", word="notes edit", submit="Save", inputs=inputs, known=known)


show_notes = Command(
    name="notes",
    summary="The release notes of a version, or a draft from its pull requests.",
    examples=("notes api v1.4.0",),
    action=Action.READ,
    guards=(authorized, pinned, built),
    arguments=Version,
    ask=ask,
    run=show,
)

edit_notes = Command(
    name="notes edit",
    summary="Edit the release notes of a version; once they are published, add an erratum.",
    examples=("notes edit api v1.4.0",),
    action=Action.RECORD,
    guards=(authorized, pinned, built, unmoved, worded),
    arguments=Edit,
    ask=ask_edit,
    run=edit,
    form=form,
    form_after=frozenset({Refusal.INCOMPLETE}),
)

publish_notes = Command(
    name="notes publish",
    summary="Publish the release notes of a version.",
    examples=("notes publish api v1.4.0",),
    action=Action.RECORD,
    guards=(authorized, pinned, built, publishable),
    arguments=Version,
    ask=ask,
    run=publish,
)
