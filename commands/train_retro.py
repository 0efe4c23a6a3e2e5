"""/release train retro: how a run went, in numbers that the bot knows and words that people add (TRN-17, MET-08)."""

from collections.abc import Mapping
from typing import Annotated

from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.text import Form, Input
from commands.core.train_fields import RunId
from commands.core.trains import after
from commands.core.trains.run_work import about
from commands.core.words import Arguments, Named
from guards.authorization import authorized
from guards.captaincy import accountable
from guards.decision import Refusal
from guards.facts import Facts
from guards.retrospective import looked_back, not_looked_back, over
from guards.sections import Person
from guards.train import Train, TrainRun
from guards.vocabulary import Action


class Retro(Arguments):
    """A run, and what people say about it."""

    run: RunId
    well: Annotated[str, Named()] = ""
    improve: Annotated[str, Named()] = ""


def ask(args: Retro, asker: Asker) -> Ask:
    """Both sides have to be said: with one of them alone nothing is."""
    well, improve = args.well.strip(), args.improve.strip()
    return Ask(run=args.run, after=True, rationale=f"{well}\n{improve}" if well and improve else "")


def retro(work: Work[Retro]) -> Reply:
    """Record it, with the facts of this moment."""
    return after.look_back(about(work, work.args.run), work.args.well.strip(), work.args.improve.strip(), work.asker.person)


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form | None:
    """Asks for the words, with the numbers before one's eyes."""
    run, train = facts.run, facts.train
    if not isinstance(run, TrainRun) or not isinstance(train, Train) or facts.after is None:
        return None
    well, improve = fields.get("well", ""), fields.get("improve", "")
    return Form(
        title="Retrospective",
        word="train retro",
        submit="Record",
        inputs=(
            Input("well", "What went well?", "text", initial=well, shortest=3, longest=1500),
            Input("improve", "What is to improve?", "text", initial=improve, shortest=3, longest=1500),
        ),
        known={"run": run.id},
        lines=after.lines_of(facts.after, train.rule.zone),
    )


command = Command(
    name="train retro",
    summary="Look back on a run that departed.",
    examples=('train retro weekly-2026-12-01 well="no blocker at all" improve="the roll call took two days"',),
    action=Action.TRAIN,
    guards=(authorized, over, not_looked_back, accountable, looked_back),
    arguments=Retro,
    ask=ask,
    run=retro,
    form=form,
    form_after=frozenset({Refusal.INCOMPLETE}),
)
