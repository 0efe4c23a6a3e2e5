"""/release train why <service> | continuous <service>: how a service is released, in a train or on its own, and why (TRN-20)."""

from collections.abc import Mapping
from typing import Annotated

from commands.core import record
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.text import Button, Card, Form, Input, Part, reason
from commands.core.trains.cadence import DECIDED, alone_body, how_to_say, whole
from commands.core.words import Arguments, Named, Rest, ServiceName
from guards.authorization import authorized
from guards.cadence import cadence_said, rides_nothing
from guards.decision import Refusal
from guards.facts import Facts
from guards.policy import Policy
from guards.record import reasoned
from guards.released import CRITERIA, Alone
from guards.sections import Person
from guards.vocabulary import Action
from storage import cadence, trains


class Why(Arguments):
    """A service."""

    service: ServiceName


class Continuous(Arguments):
    """A service that rides no train, how it is released, and why so."""

    service: ServiceName
    frequency: Annotated[str, Named()] = ""
    windows: Annotated[str, Named()] = ""
    approvers: Annotated[str, Named()] = ""
    rollback: Annotated[str, Named()] = ""
    reason: Annotated[str, Rest()] = ""


def why(work: Work[Why]) -> Reply:
    """The records of a service: the one that counts, and those before it."""
    service = work.args.service
    parts, rides = whole(work.tx, service, work.policy), bool(trains.carrying(work.tx, service))
    nothing = () if rides or service in cadence.current(work.tx) else (Part((how_to_say(service),)),)
    say = Button("Say that it goes out on its own", "train continuous", {"service": service})
    return Reply(Card(f"🧭 How {service} is released", parts=(*nothing, *parts), buttons=() if rides else (say,)))


def ask_continuous(args: Continuous, asker: Asker) -> Ask:
    """It is about one service, where it is bound for."""
    said = Alone(
        args.service, args.frequency.strip(), args.windows.strip(), args.approvers.strip(), args.rollback.strip(), args.reason.strip(),
        asker.person.id, asker.person.name, asker.at,
    )  # fmt: skip
    return Ask(args.service, asker.policy.bound_for(args.service), rationale=args.reason, alone=said)


def continuous(work: Work[Continuous]) -> Reply:
    """Keep it; what was said before stays on record."""
    assert work.request.alone is not None
    said = cadence.say(work.tx, work.request.alone)
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    record.write(work.tx, DECIDED, actor, work.facts, work.correlation, subject=said.service, service=said.service, **alone_body(said))
    parts = whole(work.tx, said.service, work.policy)
    return Reply(Card(f"🧭 {said.service} goes out on its own", parts=parts))


def _says_nothing(args: Continuous, policy: Policy) -> bool:
    return not any(getattr(args, name) for name in CRITERIA)


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form | None:
    """Asks for each criterion, prefilled with what counts; None for a service that rides a train."""
    if facts.riding:
        return None
    was = facts.alone

    def text(name: str, label: str, hint: str) -> Input:
        return Input(name, label, initial=fields.get(name) or (getattr(was, name) if was else ""), hint=hint, shortest=3, longest=300)

    services = tuple((name, name) for name in facts.policy.services)[:100]
    which = () if "service" in fields else (Input("service", "Service", "choice", services),)
    return Form(
        title="Released on its own",
        word="train continuous",
        submit="Save",
        inputs=(
            *which,
            text("frequency", "How often is it released?", "Several times a day, weekly, on demand."),
            text("windows", "In which windows?", "And how these fit with what depends on it."),
            text("approvers", "Who approves it?", "Roles or people, for production."),
            text("rollback", "How is it taken back?", "What goes back, how fast, and who sees that it must."),
            reason("reason", "Why does it ride no train?", fields.get("reason") or (was.rationale if was else "")),
        ),
        known={"service": fields["service"]} if "service" in fields else {},
    )


train_why = Command(
    name="train why",
    summary="How a service is released, in a train or on its own, and why.",
    examples=("train why api",),
    action=Action.READ,
    guards=(authorized,),
    arguments=Why,
    ask=lambda args, asker: Ask(args.service),
    run=why,
)

train_continuous = Command(
    name="train continuous",
    summary="Say how and why a service is released outside trains.",
    examples=(
        'train continuous api frequency="several times a day" windows=weekdays approvers="its owner" rollback="the version before" '
        "nothing is tested together with it",
    ),
    action=Action.TRAIN,
    guards=(authorized, rides_nothing, cadence_said, reasoned),
    arguments=Continuous,
    ask=ask_continuous,
    run=continuous,
    form=form,
    wants_form=_says_nothing,
    form_after=frozenset({Refusal.INCOMPLETE, Refusal.NO_RATIONALE}),
)
