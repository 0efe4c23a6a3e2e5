"""/release amend <change> [type=…] [risk=…] [answers=…] …: edit what a change says about itself; its approvals are void (RSK-12)."""

from collections.abc import Mapping
from dataclasses import replace

from commands.core import bodies, record
from commands.core.cards import note
from commands.core.change_card import change_lines
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.declare import Declaring, questions, typed
from commands.core.dispatch import advance
from commands.core.tell import log_of
from commands.core.text import Form
from commands.core.words import ChangeId
from guards.authorization import authorized
from guards.change import Change
from guards.classify import assessed, catalogued
from guards.facts import Facts
from guards.lifecycle import UNDECIDED
from guards.policy import Policy
from guards.record import edited, own_request, undecided
from guards.sections import Person
from guards.vocabulary import Action
from storage import changes


class Amend(Declaring):
    """A change, and what is to be said of it from now on; what is left out stays."""

    change: ChangeId


def ask(args: Amend, asker: Asker) -> Ask:
    """An amendment is about one change."""
    return Ask(change=args.change, migration=args.migration, change_type=args.change_type, entry=args.entry, said=args.declared)


def amend(work: Work[Amend]) -> Reply:
    """Write it down, and judge the change anew: nobody approved what it says now."""
    change, request = work.facts.change, work.request
    assert isinstance(change, Change)
    was, person = change.content, work.asker.person
    content = replace(was, change_type=request.change_type, entry=request.entry, migration=request.migration, declared=request.declared)
    change = changes.amend(work.tx, change, content=content, amended=work.at)
    actor = record.actor_of(person, work.asker.slack, request, work.facts)
    record.write(
        work.tx, "change:amended", actor, work.facts, work.correlation, subject=change.id, service=content.service,
        environment=content.environment, before=bodies.content_body(was), **bodies.content_body(content),
    )  # fmt: skip
    old, new = typed(was), typed(content)
    edits = ", ".join(f"{name} {old.get(name, 'unsaid')} → {new[name]}" for name in new if new[name] != old.get(name))
    log_of(work.tx, change, work.facts, work.correlation, f"{person.name} amended it, so earlier approvals are void: {edits}")
    now = advance(work.tx, change, work.facts, work.correlation)
    return Reply(note(f"✏️ {change.id} is amended", (f"Earlier approvals are void. It is {now.state} now. {now.why}".strip(),)))


def wants_form(args: Amend, policy: Policy) -> bool:
    """A change alone says nothing to edit."""
    return not args.model_fields_set - {"change"}


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form | None:
    """What the change says now, to be edited; only for who may edit it."""
    change = facts.change
    if not isinstance(change, Change) or change.requester != person.id or change.state not in UNDECIDED:
        return None
    content = change.content
    return Form(
        title="Amend a change",
        word="amend",
        submit="Amend",
        inputs=questions(typed(content) | dict(fields), facts, content.service, content.environment),
        known={"change": change.id},
        lines=(*change_lines(change, facts), ("Approvals that were given are void once you send this.",)),
    )


command = Command(
    name="amend",
    summary="Edit what a change of yours says about itself; its approvals are void.",
    examples=("amend CR-2026-1121-001 answers=db-schema migration=expand",),
    action=Action.PROMOTE,
    guards=(authorized, undecided, own_request, edited, catalogued, assessed),
    arguments=Amend,
    ask=ask,
    run=amend,
    form=form,
    wants_form=wants_form,
)
