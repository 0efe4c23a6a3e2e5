"""/release freeze approve | extend | lift: who may lift a freeze also approves and renews it (FRZ-01, FRZ-06, FRZ-11)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.fields import MomentWord
from commands.core.freeze_card import zone_of
from commands.core.freezing import approved, extended, lifted
from commands.core.record import Actor
from commands.core.text import Form, Input, Line, Moment
from commands.core.words import Arguments, FreezeId, Named, Rest
from guards.authorization import authorized
from guards.decision import Refusal
from guards.facts import Facts
from guards.freeze import approvable, extendable, liftable
from guards.freeze_record import Freeze
from guards.sections import Person
from guards.vocabulary import Action
from storage import freezes


class ApproveFreeze(Arguments):
    """A freeze that waits."""

    freeze: FreezeId


class Extend(Arguments):
    """A freeze, its new end, and why."""

    freeze: FreezeId
    until: Annotated[MomentWord, Named()]
    reason: Annotated[str, Rest()] = ""


class Lift(Arguments):
    """A freeze, and how its exit criteria are met."""

    freeze: FreezeId
    reason: Annotated[str, Rest()] = ""


def _actor(work: Work[ApproveFreeze] | Work[Extend] | Work[Lift]) -> Actor:
    return record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)


def approve(work: Work[ApproveFreeze]) -> Reply:
    """From now on it counts, if it did not before (FRZ-01)."""
    freeze = freezes.approve(work.tx, work.args.freeze, work.at, work.asker.person.id)
    approved(work.tx, freeze, _actor(work), work.facts, work.correlation)
    return Reply(note(f"✅ {freeze.id} is approved"))


def extend(work: Work[Extend]) -> Reply:
    """Have it last longer: approved anew by whoever may lift it, or for the first time (FRZ-06)."""
    was, until = work.facts.freeze, work.request.until
    assert isinstance(was, Freeze)
    assert until is not None
    if was.approved is None:
        was = freezes.approve(work.tx, was.id, work.at, work.asker.person.id)
        approved(work.tx, was, _actor(work), work.facts, work.correlation)
    freeze = freezes.extend(work.tx, was, until, work.at)
    extended(work.tx, freeze, was, work.args.reason, _actor(work), work.facts, work.correlation)
    return Reply(note(f"🧊 {freeze.id} lasts longer", ("Until ", Moment(freeze.end, zone_of(freeze, work.policy)), ".")))


def lift(work: Work[Lift]) -> Reply:
    """End a freeze early: its exit criteria were confirmed (FRZ-11)."""
    freeze = freezes.lift(work.tx, work.args.freeze, work.at, work.asker.person.id)
    lifted(work.tx, freeze, work.args.reason, _actor(work), work.facts, work.correlation)
    return Reply(note(f"🌤️ {freeze.id} is lifted", ("Changes that waited for it are judged again now.",)))


def _read(facts: Facts) -> tuple[Line, ...]:
    """What it is about, where it could be read already."""
    freeze = facts.freeze
    return ((f"{freeze.reason} It ends when: {freeze.exit_criteria}",),) if isinstance(freeze, Freeze) else ()


def extend_form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks for the new end and the reason."""
    return Form(
        title="Extend a freeze",
        word="freeze extend",
        submit="Extend",
        inputs=(
            Input("until", "Until", "moment", initial=fields.get("until", "")),
            Input("reason", "Why does it last longer?", "text", initial=fields.get("reason", ""), shortest=3),
        ),
        known={"freeze": fields.get("freeze", "")},
        lines=_read(facts),
    )


def lift_form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks how the exit criteria are met."""
    return Form(
        title="Lift a freeze",
        word="freeze lift",
        submit="Lift",
        inputs=(Input("reason", "How are its exit criteria met?", "text", initial=fields.get("reason", ""), shortest=3),),
        known={"freeze": fields.get("freeze", "")},
        lines=_read(facts),
    )


freeze_approve = Command(
    name="freeze approve",
    summary="Have a freeze count that somebody else declared.",
    examples=("freeze approve FRZ-2026-1121-001",),
    action=Action.LIFT,
    guards=(authorized, approvable),
    arguments=ApproveFreeze,
    ask=lambda args, asker: Ask(freeze=args.freeze),
    run=approve,
)


def ask_extend(args: Extend, asker: Asker) -> Ask:
    """Extending is about one freeze."""
    return Ask(freeze=args.freeze, until=datetime.fromisoformat(args.until), rationale=args.reason)


def ask_lift(args: Lift, asker: Asker) -> Ask:
    """Lifting is about one freeze."""
    return Ask(freeze=args.freeze, rationale=args.reason)


freeze_extend = Command(
    name="freeze extend",
    summary="Have a freeze last longer.",
    examples=("freeze extend FRZ-2026-1121-001 until=2027-01-11T08:00 two regions are not back",),
    action=Action.LIFT,
    guards=(authorized, extendable),
    arguments=Extend,
    ask=ask_extend,
    run=extend,
    form=extend_form,
    form_after=frozenset({Refusal.INCOMPLETE}),
)

freeze_lift = Command(
    name="freeze lift",
    summary="End a freeze early, when its exit criteria are met.",
    examples=("freeze lift FRZ-2026-1121-001 the last region is back",),
    action=Action.LIFT,
    guards=(authorized, liftable),
    arguments=Lift,
    ask=ask_lift,
    run=lift,
    form=lift_form,
    form_after=frozenset({Refusal.INCOMPLETE}),
)
