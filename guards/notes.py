"""Release notes: drafted from the pull requests, and complete before production; "later" is not accepted (REC-03, REC-05).

Invariant: a draft names each pull request of the version or counts those for which there is no room. Notes without known issues or
without the version to go back to are not complete.
"""

import re
from collections.abc import Sequence

from guards.changelog import Entry, Heading, entries_of
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.evidence import asks_for
from guards.facts import Facts, Request
from guards.minutes import minute
from guards.release import UNWRITTEN, RecordText, ReleaseNotes, is_said
from guards.unread import Absent, Unread
from guards.vcs import Span
from guards.version import Artifact, Deployment
from guards.vocabulary import Requirement
from guards.work import Work, works_read

LONGEST = 10_000
"""Characters of notes: what a form in chat can edit as a whole."""

ISSUES, ROLLBACK = "Known issues", "Rollback"
"""The sections that must say something."""

_SECTION = re.compile(r"^##[ \t]+(.+?)[ \t]*$", re.MULTILINE)


def lacking(text: str, back_to: str | None) -> tuple[str, ...]:
    """The sections that are missing or say nothing.

    Args:
        text: of the notes, Markdown.
        back_to: the version that Rollback must name; None when there is none.
    """
    pieces = _SECTION.split(text)
    said = {name.lower(): body for name, body in zip(pieces[1::2], pieces[2::2], strict=True)}
    short_of = [name for name in (ISSUES, ROLLBACK) if not is_said(said.get(name.lower(), ""))]
    if ROLLBACK not in short_of and back_to and back_to not in said[ROLLBACK.lower()]:
        short_of.append(f"{ROLLBACK} (to {back_to})")
    return tuple(short_of)


def back_to(facts: Facts, version: str | None) -> str | Unread | None:
    """The version that runs in the target, to which one would go back; None when there is none, or it is this one."""
    running = facts.running
    if isinstance(running, Unread):
        return running
    return running.version if running and running.version != version else None


@asks_for(Requirement.NOTES)
def noted(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether the version has release notes that name its known issues and what to go back to (REC-03)."""
    return _complete(artifact, facts)


def publishable(request: Request, facts: Facts) -> Decision:
    """Whether there are notes to publish, and they are complete (REC-03, REC-04)."""
    artifact = facts.artifact
    return _complete(artifact, facts) if isinstance(artifact, Artifact) else Allow("nothing to publish")  # `built` turns these away


def _complete(artifact: Artifact, facts: Facts) -> Decision:
    notes, target = facts.notes, back_to(facts, artifact.version)
    what = f"{artifact.service} {artifact.version}"
    if isinstance(notes, Unread):
        return Unsure(notes.what, notes.why)
    if notes is None:
        begin = f"Write them: `/release notes edit {what}` begins with a draft."
        return Refuse(Refusal.NO_RELEASE_NOTES, f"There are no release notes of {what}.", begin)
    if isinstance(target, Unread):
        return Unsure(target.what, target.why)
    published = notes.published is not None  # a rollback target that moved since is no reason to call them incomplete
    if short_of := lacking(notes.text, None if published else target):
        return Refuse(
            Refusal.NO_RELEASE_NOTES,
            f"The release notes of {what} do not say: {', '.join(short_of)}.",
            f"Complete them: `/release notes edit {what}`.",
        )
    return Allow(f"release notes of {minute(notes.at)} by {notes.name}" + (", published" if published else ""))


def unmoved(request: Request, facts: Facts) -> Decision:
    """Whether the notes are still what their form was opened on (REC-17)."""
    notes = facts.notes
    if isinstance(notes, Unread):
        return Unsure(notes.what, notes.why)
    if request.seen is not None and request.seen != (notes.hash if notes else UNWRITTEN):
        return Refuse(
            Refusal.STALE_CARD, "The notes were edited or published since this form was opened.", "Open it again, and look first."
        )
    return Allow("written on what is true now")


def worded(request: Request, facts: Facts) -> Decision:
    """Whether something was written, and not more than a form can show again."""
    text = request.notes or ""
    if not is_said(text):
        return Refuse(Refusal.INCOMPLETE, "This command came without its text.", "Look over the text, and save it.")
    if len(text) > LONGEST:
        return Refuse(Refusal.TOO_LONG, f"That is {len(text):,} characters; notes have at most {LONGEST:,}.", "Say it shorter.")
    return Allow(f"{len(text):,} characters")


def comparable(request: Request, facts: Facts) -> Decision:
    """Whether what lies between the two versions can be told (REC-07)."""
    work = facts.evidence.work
    if work is None:
        return Refuse(
            Refusal.NO_HISTORY,
            f"The policy file names no history for {request.service}, so its pull requests cannot be told.",
            "Give the service `history: github` in the policy file.",
        )
    if isinstance(work, Unread):
        return Unsure(work.what, work.why)
    if isinstance(work, Absent):
        return Refuse(Refusal.NO_HISTORY, f"There is no {work.what}.", "Name two versions that are tagged.")
    if lost := next((other.work for other in facts.evidence.beside if isinstance(other.work, Unread)), None):
        return Unsure(lost.what, lost.why)
    return Allow(f"{sum(len(each.span.commits) for each in works_read(facts.evidence))} commits")


# ---------------------------------------------------------------- the draft


def draft(request: Request, facts: Facts, longest: int = LONGEST) -> str:
    """Notes to begin with, from what was read and from the release record.

    Args:
        request: names service and version.
        facts: of this moment.
        longest: characters; changes for which there is no room are counted.
    """
    works = works_read(facts.evidence)
    entries = entries_of((work.repository, pull) for work in works for pull in work.span.pulls)
    shown = len(entries)
    while len(text := _text(request, facts, works, entries, shown)) > longest and shown:
        shown -= max(1, shown // 20)
    return text[:longest]


def _text(request: Request, facts: Facts, works: Sequence[Work], entries: Sequence[Entry], shown: int) -> str:
    record = facts.record if isinstance(facts.record, RecordText) else None
    running = facts.running if isinstance(facts.running, Deployment) else None
    lines = [f"# {request.service} {request.version}", "", _since(request, running, facts)]
    lines += [f"What changed in {b.repository} could not be read." for b in facts.evidence.beside if not isinstance(b.work, Span)]
    if marked := [e for e in entries if e.breaking or e.migration]:
        lines += ["", "## Breaking changes and migrations", "", *(_line(e) for e in marked[:shown])]
    for heading in Heading:
        if under := [e for e in entries[:shown] if e.heading is heading]:
            lines += ["", f"## {heading}", "", *(_line(e) for e in under)]
    if shown < len(entries):
        lines += ["", f"And {len(entries) - shown} more pull requests."]
    if unlinked := sum(len(work.span.unlinked) for work in works):
        lines += ["", f"Commits without a pull request: {unlinked}."]
    lines += ["", f"## {ISSUES}", "", record.issues if record else ""]
    lines += ["", f"## {ROLLBACK}", "", _back(request, running, record)]
    if isinstance(facts.artifact, Artifact):
        lines += ["", "## Artifacts", "", f"`{facts.artifact.digest}`, built from `{facts.artifact.commit}`"]
    return "\n".join(lines) + "\n"


def _since(request: Request, running: Deployment | None, facts: Facts) -> str:
    if not isinstance(facts.evidence.work, Span):
        return "What changed is not read from version control for this service."
    pulls = sum(len(work.span.pulls) for work in works_read(facts.evidence))
    changed = f"{pulls} pull request{'' if pulls == 1 else 's'}"
    return f"{changed} since {running.version}." if running else f"{changed}; the first version in {request.environment}."


def _back(request: Request, running: Deployment | None, record: RecordText | None) -> str:
    if running is None:
        return f"Nothing runs in {request.environment} yet. {record.rollback if record else ''}".strip()
    if running.version == request.version:
        return record.rollback if record else ""
    return f"Back to {running.version} (`{running.digest}`). {record.rollback if record else ''}".strip()


def _line(entry: Entry) -> str:
    marks = [
        *(["**breaking**"] if entry.breaking else []),
        *(["**migration**"] if entry.migration else []),
        *(["behind a flag"] if entry.behind_flag else []),
        *(["backport" + (f" of {entry.backport}" if entry.backport else "")] if entry.backport is not None else []),
        *(["type not said"] if entry.unsorted else []),
    ]
    refs = ", ".join([f"[{entry.name}]({entry.url})", *entry.tickets])
    tail = f" ({'; '.join(marks)})" if marks else ""
    return f"- {entry.text} ({refs}) by {entry.author or 'a deleted account'}{tail}"


def notes_or_draft(request: Request, facts: Facts) -> tuple[str, ReleaseNotes | None]:
    """What is to be shown: the notes as they stand, else a draft that nobody has saved."""
    notes = facts.notes if isinstance(facts.notes, ReleaseNotes) else None
    return (notes.whole if notes else draft(request, facts)), notes
