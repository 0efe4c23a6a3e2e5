"""What people see of a release: its record, its notes, and what lies between two versions.

Invariant: all twelve fields are shown, the empty ones and those that could not be read too; no pull request is left out uncounted.
"""

from collections.abc import Iterable

from commands.core.text import Bold, Button, Card, Code, Line, Link, Moment, Part
from commands.core.trains.roll_call_card import decision_line
from guards.artifact import short
from guards.changelog import backport_of
from guards.evidence import NOT_REQUIRED
from guards.facts import Facts
from guards.release import Promotion, RecordText, ReleaseNotes
from guards.release_record import ReleaseRecord, Value, incomplete
from guards.sections import Service
from guards.unread import Absent, Unread
from guards.vcs import Pull
from guards.version import Evidence
from guards.work import Work, works_read

_SHOWN, _TOGETHER = 100, 20
"""Pull requests and commits that are listed, and how many stand in one block."""

_LONG = 600
"""Characters of a field that are shown; the whole stands in the ledger and in the notes."""


def record_card(record: ReleaseRecord, facts: Facts, title: str = "", more: tuple[Part, ...] = ()) -> Card:
    """The record with the state of each field.

    Args:
        record: as it stands now.
        facts: what it was told from.
        title: another one than the record's own.
        more: what stands below its fields.
    """
    empty = incomplete(record)
    state = f"⛔ {len(empty)} empty" if empty else "complete"
    if not empty and any(isinstance(value, Unread) for value in record.fields.values()):
        state = "⚠️ not all could be read"
    parts = [Part(tuple((*_mark(value), Bold(field.value), *_said(value)) for field, value in record.fields.items()))]
    zone = facts.policy.zone_of(record.service)
    if isinstance(facts.promotions, tuple) and facts.promotions:
        parts.append(Part(tuple(_promotion(p, zone) for p in facts.promotions[-_TOGETHER:]), heading="Promotion log"))
    if isinstance(facts.rides, tuple) and (decided := [one for ride in facts.rides for one, _ in ride.decisions]):
        parts.append(Part(tuple(decision_line(one, zone) for one in decided), heading="Go/no-go"))
    parts += more
    by: Line = (f"written by {facts.record.name}, ", Moment(facts.record.at, zone)) if isinstance(facts.record, RecordText) else ()
    known = {"service": record.service, "version": record.version}
    return Card(
        title or f"🗒️ Release record of {record.service} {record.version}: {state}"[:150],
        parts=tuple(parts),
        buttons=(Button("Complete", "record complete", known, "primary" if empty else ""), Button("Release notes", "notes", known)),
        footer=by,
    )


def _mark(value: Value) -> Line:
    match value:
        case None:
            return ("⛔ ",)
        case Unread():
            return ("⚠️ ",)
        case _:
            return ("⚪ " if value == NOT_REQUIRED else "✅ ",)


def _said(value: Value) -> Line:
    match value:
        case None:
            return (": empty",)
        case Unread():
            return (f": could not read {value.what}{f' ({value.why})' if value.why else ''}",)
        case _:
            return (f": {value if len(value) <= _LONG else value[:_LONG] + '…'}",)


def _promotion(entry: Promotion, zone: str) -> Line:
    who = f", approved by {' and '.join(entry.approvers)}" if entry.approvers else ""
    by: Line = (" ", Code(entry.change)) if entry.change else (" by CI itself",)
    return (Bold(entry.environment), " ", Moment(entry.at, zone), " ", Code(short(entry.digest)), f" at {entry.commit[:12]}", *by, who)


def written_lines(facts: Facts) -> Iterable[Line]:
    """What people wrote about a version, for the card on which it is approved."""
    if isinstance(facts.record, RecordText):
        yield (Bold("Known issues and risks"), f": {facts.record.issues}")
        yield (Bold("Rollback"), f": {facts.record.rollback}")
        if facts.record.revert:
            yield (Bold("Takes back"), f": {facts.record.revert.reason}; impact: {facts.record.revert.impact}")
    if isinstance(facts.notes, ReleaseNotes):
        where: Line = (
            (Link(facts.notes.url, "published"),) if facts.notes.url else ("published",) if facts.notes.published else ("a draft",)
        )
        yield (Bold("Release notes"), f": by {facts.notes.name}, ", *where)


def notes_card(service: str, version: str, text: str, notes: ReleaseNotes | None, lacks: tuple[str, ...], zone: str) -> Card:
    """Release notes as they stand, to be read and copied.

    Args:
        service, version: whose.
        text: Markdown, errata included.
        notes: None for a draft that nobody saved.
        lacks: sections that say nothing yet.
        zone: the service's.
    """
    state = "drafted by the bot, not saved" if notes is None else "published" if notes.published else "saved"
    parts = [file_part(version, text)]
    if lacks:
        parts.insert(0, Part(((f"⛔ Still to be said: {', '.join(lacks)}",),)))
    known = {"service": service, "version": version}
    edit = "Add an erratum" if notes and notes.published else "Edit"
    buttons = (
        Button(edit, "notes edit", known, "" if notes else "primary"),
        *(Button("Publish", "notes publish", known) for _ in (notes,) if _),
    )
    by: Line = (f"by {notes.name}, ", Moment(notes.at, zone)) if notes else ()
    if notes and notes.url:
        by = (*by, " · ", Link(notes.url, notes.url))
    return Card(f"📰 Release notes of {service} {version}: {state}"[:150], parts=tuple(parts), buttons=buttons, footer=by)


def file_part(version: str, text: str) -> Part:
    """The notes as the file that a repository may keep (CF-50)."""
    return Part(((text,),), heading=f"docs/releases/{version}.md", literal=True)


def changes_card(service: str, base: str, version: str, known: Service, evidence: Evidence) -> Card:
    """What lies between two versions, in each repository of the service: each pull request, each commit without one, and the diff."""
    works = works_read(evidence)
    pulls = [(work, pull) for work in works for pull in work.span.pulls]
    lines = [_pull(work, pull) for work, pull in pulls[-_SHOWN:]]
    loose: list[Line] = [
        (
            Link(c.url, f"{w.repository or ''}{'@' if w.repository else ''}{c.sha[:12]}"),
            f" {c.title}, by {(c.author and c.author.id) or 'nobody known'}",
        )
        for w in works
        for c in w.span.unlinked
    ]
    commits = sum(len(work.span.commits) for work in works)
    own = Link(f"{known.address}/compare/{base}...{version}", "Show the diff")
    more = [part for link in diffs(known, evidence)[1:] for part in (" · ", link)]
    parts = [Part(((f"{_count(commits, 'commit')} by {_count(len(pulls), 'pull request')}. ", own, *more),))]
    parts += [Part(((f"⚠️ There is no {b.work.what}.",),)) for b in evidence.beside if isinstance(b.work, Absent)]
    parts += [Part(tuple(lines[at : at + _TOGETHER]), heading="" if at else "Pull requests") for at in range(0, len(lines), _TOGETHER)]
    if len(pulls) > _SHOWN:
        parts.append(Part(((f"and {len(pulls) - _SHOWN} earlier ones",),)))
    if loose:
        parts.append(Part(tuple(loose), heading="⚠️ Without a pull request"))
    for removed, where in ((work.span.removed, f" of {work.repository}" if work.repository else "") for work in works):
        if removed:
            parts.append(Part(((f"⚠️ {_count(removed, 'commit')} of {base}{where} {'is' if removed == 1 else 'are'} not in {version}.",),)))
    return Card(f"🔀 {service} {base} → {version}"[:150], parts=tuple(parts))


def diffs(known: Service, evidence: Evidence) -> tuple[Link, ...]:
    """Where the work of each repository is seen line by line, the service's own first; nothing where all of its history is new.

    The commits are named and not the tags, which could be moved.
    """
    found = []
    for work in works_read(evidence):
        if work.span.base:
            url = f"{known.address_of(work.repository or known.repository)}/compare/{work.span.base}...{work.span.head}"
            found.append(Link(url, f"Show the diff{f' of {work.repository}' if work.repository else ''}"))
    return tuple(found)


def _pull(work: Work, pull: Pull) -> Line:
    tickets = f" ({', '.join(pull.tickets)})" if pull.tickets else ""
    source = backport_of(pull)
    backport = "" if source is None else f", backport{f' of {source}' if source else ''}"
    author = (pull.author and pull.author.id) or "a deleted account"
    return (Link(pull.url, work.name(pull)), f" {pull.title}, by {author}{tickets}{backport}")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
