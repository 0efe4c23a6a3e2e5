"""/release emergency close <emergency> resolution=… happened=… prevention=…: end it, when nothing is owed for it any more (EMG-25)."""

from collections.abc import Mapping
from typing import Annotated

from commands.core import bodies, record
from commands.core import obligations as owing
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.emergency import access, redraw
from commands.core.emergency.card import emergency_lines
from commands.core.fields import EmergencyId
from commands.core.text import Form, Input
from commands.core.words import Arguments, Named
from guards.authorization import authorized
from guards.decision import Refusal
from guards.emergencies import known_emergency
from guards.emergency import Emergency, EmergencyState, Ending
from guards.emergency_closing import closable_emergency
from guards.facts import Facts
from guards.sections import Person
from guards.vocabulary import Action
from storage import emergencies


class Close(Arguments):
    """An emergency, and how it ended."""

    emergency: EmergencyId
    resolution: Annotated[str, Named()] = ""
    happened: Annotated[str, Named()] = ""
    prevention: Annotated[str, Named()] = ""


def ask(args: Close, asker: Asker) -> Ask:
    """Closing is about one emergency, and all that is owed for it."""
    return Ask(emergency=args.emergency, ending=Ending(args.resolution.strip(), args.happened.strip(), args.prevention.strip()))


def close(work: Work[Close]) -> Reply:
    """Record the end with everything that was done for it."""
    held, ending = work.facts.emergency, work.request.ending
    assert isinstance(held, Emergency)
    person = work.asker.person
    now = emergencies.end(work.tx, held, EmergencyState.CLOSED, work.at, person.id, ending)
    actor = record.actor_of(person, work.asker.slack, work.request, work.facts)
    record.write(
        work.tx, "emergency:closed", actor, work.facts, work.correlation, subject=now.id, service=now.service,
        environment=now.environment, done=[{"id": one.id, **bodies.obligation_body(one)} for one in work.facts.owed],
        **bodies.emergency_body(now),
    )  # fmt: skip
    access.end_all(work.tx, now.id, actor, work.facts, work.correlation)  # access ends with its emergency (EMG-19)
    redraw.card_of(work.tx, now.id, now.service, work.facts, work.correlation)
    return Reply(note(f"✅ {now.id} is closed"))


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form | None:
    """Asks how it ended."""
    held = facts.emergency
    if not isinstance(held, Emergency):
        return None

    def text(name: str, label: str) -> Input:
        return Input(name, label, "text", initial=fields.get(name, ""), shortest=3, longest=2000)

    return Form(
        title="Close the emergency",
        word="emergency close",
        submit="Close",
        inputs=(
            text("resolution", "How was it resolved, and what verified it?"),
            text("happened", "What happened?"),
            text("prevention", "What keeps it from happening again?"),
        ),
        known={"emergency": held.id},
        lines=(*emergency_lines(held, facts), *(owing.line_of(one, facts) for one in facts.owed)),
    )


command = Command(
    name="emergency close",
    summary="Close an emergency, when nothing is owed for it any more.",
    examples=(
        'emergency close EMG-2026-1121-001 resolution="logins work, probe green since 23:40" happened="the key ran out" '
        'prevention="alert 30 days before"',
    ),
    action=Action.DECLARE_EMERGENCY,
    guards=(authorized, known_emergency, closable_emergency),
    arguments=Close,
    ask=ask,
    run=close,
    form=form,
    form_after=frozenset({Refusal.INCOMPLETE}),
)
