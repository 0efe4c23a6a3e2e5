"""/release record and record complete: the twelve fields of a release, and those that people write (REC-01, REC-02)."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Annotated

from commands.core import record
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.dispatch import judge_again
from commands.core.record_links import note_links
from commands.core.release_cards import record_card
from commands.core.release_past import record_parts
from commands.core.text import Form, Input, Line
from commands.core.words import Arguments, Named, ServiceName, VersionWord
from guards.artifact import built, pinned
from guards.authorization import authorized
from guards.decision import Refusal
from guards.facts import Facts, Request
from guards.release import UNWRITTEN, RecordText, RevertText
from guards.release_record import filled_in, incomplete, record_of, taken_back, unedited
from guards.sections import Person
from guards.version import Deployment
from guards.vocabulary import Action
from storage import releases


class Version(Arguments):
    """One version of a service."""

    service: ServiceName
    version: VersionWord


class Complete(Version):
    """What people write; a form asks for it."""

    issues: Annotated[str, Named()] = ""
    rollback: Annotated[str, Named()] = ""
    reverted: Annotated[str, Named()] = ""
    impact: Annotated[str, Named()] = ""
    verification: Annotated[str, Named()] = ""
    flags: Annotated[str, Named()] = ""
    seen: Annotated[str | None, Named()] = None


def ask(args: Version, asker: Asker) -> Ask:
    """A version is looked at where it is bound for in the end."""
    return Ask(service=args.service, environment=asker.policy.bound_for(args.service), version=args.version)


def ask_complete(args: Complete, asker: Asker) -> Ask:
    """The revision as it would stand; a field that was left open keeps nothing of the one before."""
    person = asker.person
    said = RevertText(args.reverted.strip(), args.impact.strip(), args.verification.strip(), args.flags.strip())
    revert = said if said != RevertText() else None
    text = RecordText(args.issues.strip(), args.rollback.strip(), person.id, person.name, asker.at, revert)
    return replace(ask(args, asker), record=text, seen=args.seen)


def show(work: Work[Version]) -> Reply:
    """All twelve fields as they are now, how its changes were carried out, and the release checklist (REC-10, REC-13)."""
    return Reply(record_card(record_of(work.request, work.facts), work.facts, more=record_parts(work.tx, work.request, work.facts)))


def complete(work: Work[Complete]) -> Reply:
    """Add a revision; approvals of undecided changes bound to the one before are void (RSK-12)."""
    text, service, version = work.request.record, work.args.service, work.args.version
    assert text is not None
    releases.write_record(work.tx, service, version, text)
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    record.write(
        work.tx, "record:written", actor, work.facts, work.correlation, subject=f"{service} {version}", service=service,
        environment=work.request.environment, version=version, issues=text.issues, rollback=text.rollback, hash=text.hash,
        **({"revert": asdict(text.revert)} if text.revert else {}),
    )  # fmt: skip
    note_links(work.tx, service, version, work.facts)
    judge_again(work.tx, service, version, work.facts, work.correlation)
    facts = replace(work.facts, record=text)
    now = record_of(work.request, facts)
    left = incomplete(now)
    title = f"✍️ Written. Still empty: {', '.join(left)}" if left else f"✅ The release record of {service} {version} is complete"
    return Reply(record_card(now, facts, title[:150]))


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks for what only people know, prefilled with what is written."""
    was = facts.record if isinstance(facts.record, RecordText) else None
    running, service = facts.running, fields["service"]
    request = Request(Action.READ, person, service, facts.policy.bound_for(service), fields["version"])
    reverts = taken_back(request, facts)
    lines: list[Line] = [(f"Runs there now: {running.version}",)] if isinstance(running, Deployment) else []
    lines += [(f"↩️ {one.sentence}",) for one in reverts]
    return Form(
        title="Release record",
        word="record complete",
        submit="Save",
        inputs=(
            Input(
                "issues", "Known issues and risks", "text", initial=fields.get("issues") or (was.issues if was else ""), shortest=3,
                longest=2000, hint="What is done about them, and what to watch. “none known” is an answer, “later” is not.",
            ),
            Input(
                "rollback", "How is it rolled back?", "text", initial=fields.get("rollback") or (was.rollback if was else ""), shortest=3,
                longest=2000, hint="The method, and what speaks against it, like a migration that cannot be undone.",
            ),
            *(_revert_inputs(fields, (was and was.revert) or RevertText()) if reverts else ()),
        ),
        known={"service": service, "version": fields["version"], "seen": was.hash if was else UNWRITTEN},
        lines=tuple(lines),
    )  # fmt: skip


def _revert_inputs(fields: Mapping[str, str], was: RevertText) -> tuple[Input, ...]:
    """What is asked of a version that takes something back (HOT-18)."""
    asked = (
        ("reverted", "Why is it taken back?", was.reason), ("impact", "Who notices, and how?", was.impact),
        ("verification", "What will show that it worked?", was.verification),
        ("flags", "What becomes of its flags and configuration?", was.flags),
    )  # fmt: skip
    return tuple(Input(name, label, "text", initial=fields.get(name) or said, shortest=3, longest=1000) for name, label, said in asked)


show_record = Command(
    name="record",
    summary="The twelve fields of a version's release record, and what is missing.",
    examples=("record api v1.4.0",),
    action=Action.READ,
    guards=(authorized, pinned),
    arguments=Version,
    ask=ask,
    run=show,
)

complete_record = Command(
    name="record complete",
    summary="Write what only people know into a version's release record.",
    examples=("record complete api v1.4.0", 'record complete api v1.4.0 issues="none known" rollback="promote v1.3.2 again"'),
    action=Action.RECORD,
    guards=(authorized, pinned, built, unedited, filled_in),
    arguments=Complete,
    ask=ask_complete,
    run=complete,
    form=form,
    form_after=frozenset({Refusal.INCOMPLETE}),
)
