"""/release go call and go answer: every area is asked about a candidate, and answered by those who own it (GNG-03, GNG-10, GNG-11)."""

from collections.abc import Mapping
from typing import Annotated

from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.fields import AreaWord, ItemWords, SayWord
from commands.core.text import REASON_HINT, Form, Input, Moment
from commands.core.train_fields import RunId
from commands.core.trains import roll_call
from commands.core.words import Arguments, Named, Rest
from guards.authorization import authorized
from guards.checklist import AREA_OF, BY_PEOPLE, MEANS, Area
from guards.decision import Refusal
from guards.facts import Facts
from guards.go import Answer, Say
from guards.roll_call import called, has_candidate, on_track, owns_area, tickable, uncalled, worded_answer
from guards.sections import Person
from guards.train import TrainRun
from guards.vocabulary import Action


class Call(Arguments):
    """One run of a train."""

    run: RunId


class AnswerWords(Arguments):
    """For which area, what, and why; a form asks for it."""

    run: RunId
    area: AreaWord
    say: SayWord
    rationale: Annotated[str, Rest()] = ""
    confirm: Annotated[ItemWords, Named()] = ()
    link: Annotated[str, Named()] = ""


def ask_call(args: Call, asker: Asker) -> Ask:
    """A roll call is about one run."""
    return Ask(run=args.run, go=True)


def ask_answer(args: AnswerWords, asker: Asker) -> Ask:
    """An answer is about one run, for one area."""
    person = asker.person
    area, say, words = Area(args.area), Say(args.say), args.rationale.strip()
    return Ask(run=args.run, go=True, answer=Answer(area, person.id, person.name, say, words, args.confirm, args.link.strip(), asker.at))


def call(work: Work[Call]) -> Reply:
    """Ask everybody whom the train names; the card of the run collects the answers."""
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    made = roll_call.opened(work.tx, actor, work.facts, work.correlation)
    said = ("Every area is asked until ", Moment(made.deadline, work.policy.zone), "; its card is in the train's channel.")
    return Reply(note(f"📣 The roll of {made.run} is called", said))


def answer(work: Work[AnswerWords]) -> Reply:
    """Record the answer; it takes the place of what the area said before."""
    given, run, go = work.request.answer, work.facts.run, work.facts.go
    assert given is not None
    assert isinstance(run, TrainRun)
    assert go is not None
    assert go.call is not None
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    roll_call.answered(work.tx, go.call, given, actor, work.facts, work.correlation)
    confirmed = f"Confirmed: {', '.join(given.confirmed)}." if given.confirmed else ""
    return Reply(note(f"🗳️ {given.area.capitalize()} of {run.id}: {given.say}", *(((confirmed,),) if confirmed else ())))


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks for the answer, with boxes for what the area can confirm."""
    area = fields.get("area", "").lower()
    boxes = tuple((item.value, MEANS[item].capitalize()) for item in BY_PEOPLE if area not in list(Area) or AREA_OF[item] == area)
    areas = tuple((each.value, each.value.capitalize()) for each in Area)
    says = ((Say.GO.value, "Go"), (Say.NO_GO.value, "No-go"), (Say.CONDITION.value, "Go, on a condition"))
    confirm = Input("confirm", "What do you confirm?", "choices", boxes, fields.get("confirm", ""), optional=True)
    return Form(
        title="Go or no-go?",
        word="go answer",
        submit="Answer",
        inputs=(
            Input("area", "For which area?", "choice", areas, area if area in list(Area) else ""),
            Input("say", "Your answer", "choice", says, fields.get("say", "") if fields.get("say", "") in list(Say) else ""),
            Input(
                "rationale", "Why, or on which condition?", "text", initial=fields.get("rationale", ""), optional=True, longest=1000,
                hint=f"Needed for a no-go and for a condition. {REASON_HINT}",
            ),
            *((confirm,) if boxes else ()),
            Input("link", "Where can that be seen?", initial=fields.get("link", ""), optional=True, longest=300),
        ),
        known={"run": fields["run"]} if fields.get("run") else {},
        lines=(("What the bot checks itself stands on the run's card, and nobody ticks it.",),),
    )  # fmt: skip


go_call = Command(
    name="go call",
    summary="Call the roll: ask every area about what a run would bring.",
    examples=("go call weekly-2026-12-01",),
    action=Action.CALL,
    guards=(authorized, on_track, has_candidate, uncalled),
    arguments=Call,
    ask=ask_call,
    run=call,
)

go_answer = Command(
    name="go answer",
    summary="Answer a roll call for your area, and confirm what only people know.",
    examples=(
        "go answer weekly-2026-12-01 quality go",
        "go answer weekly-2026-12-01 operations condition only with two people on call confirm=cover,monitoring",
    ),
    action=Action.ANSWER,
    guards=(authorized, on_track, has_candidate, called, owns_area, tickable, worded_answer),
    arguments=AnswerWords,
    ask=ask_answer,
    run=answer,
    form=form,
    form_after=frozenset({Refusal.NO_RATIONALE}),
)
