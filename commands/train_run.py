"""/release train publish | captain | skip | resume | close: lead a train, run by run (TRN-03, TRN-24, CMD-07)."""

from dataclasses import replace
from typing import Annotated, Any

from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.text import Code, Line
from commands.core.train_fields import ColleagueWords, RunId, TrainName, TrainOrRun, is_run, people_of
from commands.core.trains import after, cut, prospect
from commands.core.trains.bodies import run_body, train_body
from commands.core.trains.cadence import decided
from commands.core.trains.define import dated
from commands.core.trains.drafts import unset_draft_timer
from commands.core.trains.plan import name_of, plan_ahead, set_timers, skip
from commands.core.trains.run_forms import captain_form, close_form, publish_form, resume_form, skip_form
from commands.core.trains.run_work import about
from commands.core.trains.show import pin_later
from commands.core.trains.tell import announce, train_card_of, train_note
from commands.core.words import Arguments, Rest
from guards.authorization import authorized
from guards.captaincy import able_captains, accountable, by_captain, captained
from guards.decision import Refusal
from guards.retrospective import closable
from guards.timetable import described, goes_on, reachable, resumable, skippable, timely, unclosed, unpublished
from guards.train import AHEAD, Milestone, Stage, Train, TrainEdit, TrainRun, TrainState
from guards.vocabulary import Action
from storage import moments, trains


class Publish(Arguments):
    """A train."""

    train: TrainName


class Captain(Arguments):
    """A train with its rotation, or a run with who leads it."""

    train: TrainOrRun
    people: ColleagueWords | None = None


class Skip(Arguments):
    """A run and the reason."""

    run: RunId
    reason: Annotated[str, Rest()] = ""


class Resume(Arguments):
    """A run that was held or skipped."""

    run: RunId


class Close(Arguments):
    """A train, or a run that is over, and the reason."""

    train: TrainOrRun
    reason: Annotated[str, Rest()] = ""


def ask_captain(args: Captain, asker: Asker) -> Ask:
    """Of a run one person leads it; of a train all who take turns."""
    people = people_of(args.people) if args.people else ()
    if is_run(args.train):
        return Ask(run=args.train, captain=next(iter(people), None))
    return Ask(train=args.train, edit=TrainEdit({"captains": people}))


def publish(work: Work[Publish]) -> Reply:
    """It runs from now on: the next runs are planned, and each posts its schedule in time (TRN-01)."""
    train = work.facts.train
    assert isinstance(train, Train)
    now = trains.amend(work.tx, train, replace(train, state=TrainState.PUBLISHED, published=work.at))
    unset_draft_timer(work.tx, now)
    _write(work, "train:published", now.id, train_body(now))
    _decided(work, train, now)
    runs = plan_ahead(work.tx, now, work.facts, work.correlation)
    lines = _run_lines(runs, now)
    announce(work.tx, now, note(f"🚆 {work.asker.person.name} published the train {now.id}", *lines), work.facts, work.correlation)
    return Reply(note(f"🚆 {now.id} is published", *lines))


def _run_lines(runs: tuple[TrainRun, ...], train: Train) -> tuple[Line, ...]:
    zone = train.rule.zone
    return tuple((*dated(run, zone), f", led by {run.captain_name}") for run in runs)


def captain(work: Work[Captain]) -> Reply:
    """Say who leads one run, or who takes turns from the next one that is planned on."""
    train, run = work.facts.train, work.facts.run
    assert isinstance(train, Train)
    if isinstance(run, TrainRun):
        assert work.request.captain is not None
        who = name_of(work.request.captain, work.facts)
        led = trains.move(work.tx, run, captain=work.request.captain, captain_name=who)
        _write(work, "train:captain", run.id, run_body(led) | {"was": run.captain})
        actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
        after.led_by(work.tx, led, actor, work.facts, work.correlation)
        train_card_of(work.tx, led, train, work.facts, work.correlation)
        train_note(work.tx, led, train, work.facts, work.correlation, f"{who} leads it from now on, in place of {run.captain_name}.")
        return Reply(note(f"🧢 {who} leads {run.id}"))
    assert work.request.definition is not None
    now = trains.amend(work.tx, train, work.request.definition)
    _write(work, "train:captain", now.id, train_body(now))
    return Reply(note(f"🧢 {now.id} is led by {', '.join(now.captains)}, in turn", ("Runs that are planned already keep who leads them.",)))


def skip_run(work: Work[Skip]) -> Reply:
    """Take a run out; the one after it is planned in its place."""
    train, run = work.facts.train, work.facts.run
    assert isinstance(train, Train)
    assert isinstance(run, TrainRun)
    reason = work.args.reason.strip()
    skipped = skip(work.tx, run, f"Skipped by {work.asker.person.name}: {reason}", work.facts)
    _write(work, "train:skipped", run.id, run_body(skipped) | {"reason": reason})
    train_card_of(work.tx, skipped, train, work.facts, work.correlation)
    text = f"⏭️ {work.asker.person.name} skipped {run.id}: {reason}"
    announce(work.tx, train, note(text), work.facts, work.correlation)
    if train.state is TrainState.PUBLISHED:
        plan_ahead(work.tx, train, work.facts, work.correlation)
    return Reply(note(f"⏭️ {run.id} is skipped", ("To take that back before its cutoff: ", Code(f"/release train resume {run.id}"))))


def resume(work: Work[Resume]) -> Reply:
    """A held or skipped run goes on; one that was held over its cutoff is cut now."""
    train, run, person = work.facts.train, work.facts.run, work.asker.person
    assert isinstance(train, Train)
    assert isinstance(run, TrainRun)
    at_once = run.stage is Stage.HELD and run.schedule.cutoff <= work.at
    if run.stage is Stage.SKIPPED:
        run = trains.move(work.tx, run, Stage.PLANNED, why="")
    if Milestone.PUBLISH in moments.reached(work.tx, run.id):
        run = trains.move(work.tx, run, Stage.PUBLISHED, why="")
        pin_later(work.tx, run.id, train.channel, work.facts, stays=True)
        train_card_of(work.tx, run, train, work.facts, work.correlation)
    set_timers(work.tx, run, work.facts)
    prospect.soon(work.tx, run, work.facts)
    _write(work, "train:resumed", run.id, run_body(run))
    announce(work.tx, train, note(f"▶️ {person.name} resumed {run.id}"), work.facts, work.correlation)
    lines = _run_lines((run,), train)
    if at_once:
        cut.at_once(work.tx, cut.Order(run.id, work.at.isoformat(), person.id, person.name), work.at, work.correlation)
        lines = (("Its cutoff is over, so it is cut now. How that ends stands in the thread of the run.",),)
    return Reply(note(f"▶️ {run.id} goes on", *lines))


def close(work: Work[Close]) -> Reply:
    """It runs no more: what is not cut off is skipped, what is cut off goes on to its end, and is closed by itself (TRN-18)."""
    train = work.facts.train
    assert isinstance(train, Train)
    if isinstance(work.facts.run, TrainRun):
        return after.close(about(work, work.args.train), work.asker.person, work.args.reason.strip())
    now = trains.amend(work.tx, train, replace(train, state=TrainState.CLOSED))
    unset_draft_timer(work.tx, now)
    reason = work.args.reason.strip()
    _write(work, "train:closed", now.id, train_body(now) | {"reason": reason})
    _decided(work, train, now)
    lines: list[Line] = []
    for run in work.facts.ridden:
        if run.stage in AHEAD:
            skipped = skip(work.tx, run, f"{work.asker.person.name} closed the train.", work.facts)
            _write(work, "train:skipped", run.id, run_body(skipped) | {"reason": "the train was closed"})
            if run.stage is not Stage.PLANNED:
                train_card_of(work.tx, skipped, now, work.facts, work.correlation)
            lines.append((Code(run.id), " is skipped"))
        else:
            lines.append((Code(run.id), " goes on to its end"))
    if train.state is TrainState.PUBLISHED:
        text = f"📦 {work.asker.person.name} closed the train {now.id}{': ' + reason if reason else ''}"
        announce(work.tx, now, note(text, *lines), work.facts, work.correlation)
    return Reply(note(f"📦 {now.id} is closed", *lines))


def _decided(work: Work[Any], was: Train, now: Train) -> None:
    """What that means for how each of its services is released (TRN-20)."""
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    decided(work.tx, was, now, actor, work.facts, work.correlation)


def _write(work: Work[Any], tag: str, subject: str, body: dict[str, Any]) -> None:
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    record.write(work.tx, tag, actor, work.facts, work.correlation, subject=subject, **body)


train_publish = Command(
    name="train publish",
    summary="Let a train run: its next runs are planned and posted.",
    examples=("train publish weekly",),
    action=Action.TRAIN,
    guards=(authorized, unpublished, by_captain, captained, described, timely, reachable),
    arguments=Publish,
    ask=lambda args, asker: Ask(train=args.train, edit=TrainEdit()),
    run=publish,
    form=publish_form,
)

train_captain = Command(
    name="train captain",
    summary="Say who takes turns in leading a train, or who leads one run.",
    examples=("train captain weekly rita@example.com", "train captain weekly-2026-12-01 rita@example.com"),
    action=Action.TRAIN,
    guards=(authorized, unclosed, accountable, captained),
    arguments=Captain,
    ask=ask_captain,
    run=captain,
    form=captain_form,
    wants_form=lambda args, policy: not args.people,
)

train_skip = Command(
    name="train skip",
    summary="Take one run of a train out.",
    examples=("train skip weekly-2026-12-01 nothing to release in the holidays",),
    action=Action.TRAIN,
    guards=(authorized, by_captain, skippable),
    arguments=Skip,
    ask=lambda args, asker: Ask(run=args.run, rationale=args.reason),
    run=skip_run,
    form=skip_form,
    form_after=frozenset({Refusal.INCOMPLETE}),
)

train_resume = Command(
    name="train resume",
    summary="Let a run go on that was held or skipped; one held over its cutoff is cut at once.",
    examples=("train resume weekly-2026-12-01",),
    action=Action.TRAIN,
    guards=(authorized, by_captain, unclosed, resumable, goes_on, able_captains),
    arguments=Resume,
    ask=lambda args, asker: Ask(run=args.run),
    run=resume,
    form=resume_form,
)

train_close = Command(
    name="train close",
    summary="Let a train run no more, or close a run that is over.",
    examples=("train close weekly every service goes out on its own now", "train close weekly-2026-12-01"),
    action=Action.TRAIN,
    guards=(authorized, closable, accountable),
    arguments=Close,
    ask=lambda args, asker: Ask(run=args.train, after=True) if is_run(args.train) else Ask(train=args.train),
    run=close,
    form=close_form,
    wants_form=lambda args, policy: not (args.reason or is_run(args.train)),
)
