"""/release window cover: say who covers a window with support, before production goes (WIN-15)."""

from collections.abc import Mapping
from typing import Annotated

from commands.core import covers, record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.tell import card_of
from commands.core.text import Form, Input, Moment
from commands.core.words import Arguments, EnvironmentName, Rest, ServiceName
from guards.authorization import authorized
from guards.cover import confirmable, covered_opening
from guards.decision import Refusal
from guards.facts import Facts
from guards.opening import Opening
from guards.sections import Person
from guards.vocabulary import Action
from storage import changes


class Cover(Arguments):
    """A place, and who covers its next window."""

    service: ServiceName
    environment: EnvironmentName
    cover: Annotated[str, Rest()] = ""


def ask(args: Cover, asker: Asker) -> Ask:
    """It is about one place; who covers it are the asker's words."""
    return Ask(args.service, args.environment, rationale=args.cover)


def confirm(work: Work[Cover]) -> Reply:
    """Record it for the opening that is open or comes next, and have the cards of what waits there say so."""
    args, facts = work.args, work.facts
    opening = covered_opening(args.service, args.environment, facts)
    assert isinstance(opening, Opening), "the guard looked at it"
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, facts)
    subject = covers.subject_of(opening, args.service, args.environment)
    record.write(
        work.tx, covers.CONFIRMED, actor, facts, work.correlation, subject=subject, service=args.service, environment=args.environment,
        window=opening.window, start=opening.start.isoformat(), end=opening.end.isoformat(), who=args.cover,
    )  # fmt: skip
    for change in changes.undecided(work.tx, args.service, limit=200):
        if change.content.environment == args.environment:
            card_of(work.tx, change, facts, work.correlation)
    until = (f"{args.service} in {args.environment}, ", Moment(opening.start, opening.zone), " to ", Moment(opening.end, opening.zone))
    return Reply(note(f"🛟 Window {opening.window} is covered: {args.cover}"[:150], until))


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks who covers it."""
    known = {name: fields[name] for name in ("service", "environment") if name in fields}
    said = fields.get("cover", "")
    who = Input("cover", "Who covers it?", initial=said, hint="Name them, and how they are reached.", shortest=3, longest=200)
    return Form(title="Support cover", word="window cover", submit="Confirm", inputs=(who,), known=known)


command = Command(
    name="window cover",
    summary="Say who covers a window with support.",
    examples=("window cover api production Olga until 16:00, by phone",),
    action=Action.ANSWER,
    guards=(authorized, confirmable),
    arguments=Cover,
    ask=ask,
    run=confirm,
    form=form,
    form_after=frozenset({Refusal.INCOMPLETE}),
)
