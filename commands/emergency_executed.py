"""/release emergency executed <emergency> <reference>: say that what it covers and CI does not carry out was done (EMG-22, EMG-24)."""

from collections.abc import Mapping
from typing import Annotated

from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.emergency import life
from commands.core.emergency.card import text_lines
from commands.core.fields import EmergencyId
from commands.core.text import Code, Form, Input
from commands.core.words import Arguments, Rest
from guards.authorization import authorized
from guards.decision import Refusal
from guards.emergencies import executable, known_emergency
from guards.emergency import Emergency, Execution
from guards.facts import Facts
from guards.obligations import referenced
from guards.sections import Person
from guards.vocabulary import Action, ChangeType


class Executed(Arguments):
    """An emergency, and where what was done is found."""

    emergency: EmergencyId
    shown: Annotated[str, Rest()] = ""


def ask(args: Executed, asker: Asker) -> Ask:
    """It is about what the emergency covers."""
    return Ask(emergency=args.emergency, rationale=args.shown, change_type=ChangeType.EMERGENCY)


def executed(work: Work[Executed]) -> Reply:
    """Use the emergency up, with who carried it out; what it takes afterwards is owed from now on."""
    held, person = work.facts.emergency, work.asker.person
    assert isinstance(held, Emergency)
    done = Execution(person.id, person.name, work.request.rationale.strip(), work.at)
    actor = record.actor_of(person, work.asker.slack, work.request, work.facts)
    now = life.executed(work.tx, held, done, work.request, actor, work.facts, work.correlation)
    return Reply(note(f"🚨 {now.what} is changed by {now.id}", ("What is owed for it: ", Code(f"/release follow-up list {now.id}"))))


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form | None:
    """Asks where what was done is found."""
    held = facts.emergency
    if not isinstance(held, Emergency):
        return None
    return Form(
        title="It is carried out",
        word="emergency executed",
        submit="It is done",
        inputs=(Input("shown", "Where is it found?", "text", hint="A link, or the number of a record.", shortest=3, longest=1000),),
        known={"emergency": held.id},
        lines=text_lines(held, facts),
    )


command = Command(
    name="emergency executed",
    summary="Say that an approved change of a setting, a flag or an API was made, and where it is found; that uses the emergency up.",
    examples=("emergency executed EMG-2026-1121-001 off since 23:41, https://flags.example.com/new-checkout/history/12",),
    action=Action.DECLARE_EMERGENCY,
    guards=(authorized, known_emergency, executable, referenced),
    arguments=Executed,
    ask=ask,
    run=executed,
    form=form,
    form_after=frozenset({Refusal.NO_RATIONALE}),
)
