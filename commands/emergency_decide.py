"""/release emergency approve | heard | confirm | reject | withdraw: people decide about what another declared (EMG-06, EMG-16)."""

from collections.abc import Mapping
from typing import Annotated, Any

from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, FormBuilder, Reply, Work
from commands.core.emergency import life, redraw
from commands.core.emergency.card import text_lines
from commands.core.fields import EmergencyId, ListedPerson
from commands.core.tell import reply_to
from commands.core.text import Button, Card, Form, Input, Part
from commands.core.words import Arguments, Rest
from guards.authorization import authorized
from guards.decision import Refusal
from guards.emergencies import apart, heard, known_emergency, pinned_by, same_version, spoke, undecided_emergency, withdrawable_emergency
from guards.emergency import Emergency, EmergencyApproval, EmergencyState, Spoken
from guards.facts import Facts
from guards.record import reasoned
from guards.roles import own_roles
from guards.sections import Person
from guards.vocabulary import Action
from storage import emergencies


class Decide(Arguments):
    """An emergency and the reason."""

    emergency: EmergencyId
    rationale: Annotated[str, Rest()] = ""


class Heard(Arguments):
    """An emergency, who approved it aloud, and what they said."""

    emergency: EmergencyId
    person: ListedPerson
    said: Annotated[str, Rest()] = ""


def ask(args: Decide, asker: Asker) -> Ask:
    """A decision is about one emergency."""
    return Ask(emergency=args.emergency, rationale=args.rationale)


def ask_heard(args: Heard, asker: Asker) -> Ask:
    """Somebody's word is about one emergency, and counts for nothing until they confirm it."""
    by, name = asker.person.id, asker.person.name
    return Ask(
        emergency=args.emergency,
        spoken=Spoken(args.person, asker.policy.by_id[args.person].name, args.said.strip(), by, name, asker.at),
    )


def approve(work: Work[Decide]) -> Reply:
    """Record the approval; with enough of them its change may go."""
    return _approve(work, work.request.rationale.strip(), spoken=False)


def confirm(work: Work[Decide]) -> Reply:
    """Confirm in the channel what was said aloud: from now on it counts."""
    held = _emergency(work)
    words = next(said.words for said in held.spoken if said.by == work.asker.person.id)
    return _approve(work, work.request.rationale.strip() or words, spoken=True)


def _approve(work: Work[Decide], reason: str, *, spoken: bool) -> Reply:
    held, person, facts = _emergency(work), work.asker.person, work.facts
    digest, commit = pinned_by(held, facts)
    if held.deploys and held.digest is None:
        assert digest and commit  # `same_version` made sure that it is built
        held = emergencies.pin(work.tx, held, digest, commit)
    bound = held.binds
    assert bound
    roles = own_roles(person, held.service, held.environment, facts)[0]
    actor = record.actor_of(person, work.asker.slack, work.request, facts)
    approval = EmergencyApproval(person.id, person.name, roles, reason, bound, work.at, spoken)
    now = life.approve(work.tx, held, approval, actor, facts, work.correlation)
    if now.state is EmergencyState.DECLARED:
        return Reply(note(f"✅ Your approval of {now.id} is recorded", ("It takes more people.",)))
    then = "may go now: Promote it now" if now.deploys else "may be changed now, once: It is carried out"
    return Reply(note(f"✅ {now.id} is approved", (f"{now.what} {then}, on its card.",)))


def hear(work: Work[Heard]) -> Reply:
    """Write down what somebody said aloud, and ask them to confirm it."""
    held, said, facts = _emergency(work), work.request.spoken, work.facts
    assert said is not None
    emergencies.hear(work.tx, held.id, said)
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, facts)
    record.write(
        work.tx, "emergency:heard", actor, facts, work.correlation, subject=held.id, service=held.service,
        environment=held.environment, said_by=said.by, words=said.words,
    )  # fmt: skip
    redraw.card_of(work.tx, held.id, held.service, facts, work.correlation)
    who = facts.policy.by_id[said.by]
    if who.slack:
        card = Card(
            f"🗣️ Did you approve {held.id}?",
            parts=(Part((*text_lines(held, facts), (f"{said.heard_by_name} heard you say: {said.words}",))),),
            buttons=(Button("I said so", "emergency confirm", {"emergency": held.id}, "primary"),),
        )
        reply_to(work.tx, who.slack[0], card, work.at, work.correlation, channel=None, answer_to=None)
    return Reply(note(f"🗣️ The word of {said.name} is on record", ("It counts when they confirm it.",)))


def withdraw(work: Work[Decide]) -> Reply:
    """Take it back, or reject it, before anything went out by it."""
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    now = life.end(work.tx, _emergency(work), EmergencyState.WITHDRAWN, actor, work.facts, work.correlation)
    return Reply(note(f"⚪ {now.id} is withdrawn", ("Nothing goes out by it.",)))


def _emergency(work: Work[Any]) -> Emergency:
    held = work.facts.emergency
    assert isinstance(held, Emergency)
    return held


def _form(heading: str, word: str, label: str) -> FormBuilder:
    """A form that shows once more what is decided on, and asks for the reason."""

    def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form | None:
        held = facts.emergency
        if not isinstance(held, Emergency):
            return None
        return Form(
            title=heading,
            word=f"emergency {word}",
            submit=word.capitalize(),
            inputs=(Input("rationale", label, "text", hint="It stands in the record, with your name.", shortest=3, longest=1000),),
            known={"emergency": held.id},
            lines=text_lines(held, facts),
        )

    return form


_NO_REASON = frozenset({Refusal.NO_RATIONALE})

emergency_reject = Command(
    name="emergency reject",
    summary="Reject an emergency, also one that others approved: nothing goes out by it.",
    examples=("emergency reject EMG-2026-1121-001 a restart is enough",),
    action=Action.APPROVE_EMERGENCY,
    guards=(authorized, known_emergency, withdrawable_emergency, reasoned),
    arguments=Decide,
    ask=ask,
    run=withdraw,
    form=_form("Reject the emergency", "reject", "Why not?"),
    form_after=_NO_REASON,
)

emergency_approve = Command(
    name="emergency approve",
    summary="Approve an emergency that somebody else declared.",
    examples=("emergency approve EMG-2026-1121-001 diff read, the tests are green, v1.4.0 is the way back",),
    action=Action.APPROVE_EMERGENCY,
    guards=(authorized, undecided_emergency, same_version, apart, reasoned),
    arguments=Decide,
    ask=ask,
    run=approve,
    form=_form("Approve the emergency", "approve", "What did you look at, and why may it go?"),
    form_after=_NO_REASON,
)

emergency_heard = Command(
    name="emergency heard",
    summary="Write down that somebody approved an emergency aloud; it counts when they confirm it.",
    examples=("emergency heard EMG-2026-1121-001 rita@example.com on the bridge at 23:12: go ahead",),
    action=Action.DECLARE_EMERGENCY,
    guards=(authorized, undecided_emergency, heard),
    arguments=Heard,
    ask=ask_heard,
    run=hear,
)

emergency_confirm = Command(
    name="emergency confirm",
    summary="Confirm that you approved an emergency aloud.",
    examples=("emergency confirm EMG-2026-1121-001",),
    action=Action.APPROVE_EMERGENCY,
    guards=(authorized, undecided_emergency, spoke, same_version, apart),
    arguments=Decide,
    ask=ask,
    run=confirm,
)

emergency_withdraw = Command(
    name="emergency withdraw",
    summary="Take an emergency back before anything went out by it.",
    examples=("emergency withdraw EMG-2026-1121-001 a restart was enough",),
    action=Action.DECLARE_EMERGENCY,
    guards=(authorized, known_emergency, withdrawable_emergency, reasoned),
    arguments=Decide,
    ask=ask,
    run=withdraw,
    form=_form("Withdraw the emergency", "withdraw", "Why is it not needed?"),
    form_after=_NO_REASON,
)
