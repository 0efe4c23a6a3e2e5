"""/release train create | amend | describe: say when a train runs, who leads it, what rides and why (TRN-02, TRN-24, CMD-07).

Two forms, as one of twenty questions is not read: `create` and `amend` ask when, what and who; `describe` asks what else a published
train needs. A draft is saved after the first.
"""

from datetime import datetime, time
from typing import Annotated, Any, Literal

from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.fields import ListedPerson, MomentWord, ServiceNames
from commands.core.text import Card
from commands.core.train_fields import (
    AttendeesWord,
    ChannelWord,
    ClockWord,
    ColleagueWords,
    DatesWord,
    DaysWord,
    TrainName,
    TrainOrRun,
    WindowName,
    ZoneWord,
    attendees_of,
    dates_of,
    is_run,
    people_of,
    time_of,
)
from commands.core.trains.bodies import train_body
from commands.core.trains.cadence import decided
from commands.core.trains.define import amendment_lines, announce_amendment, first_runs
from commands.core.trains.drafts import draft_card, set_draft_timer
from commands.core.trains.forms import describing_form, planning_form
from commands.core.trains.plan import replan, replan_all
from commands.core.words import Arguments, Named
from guards.authorization import authorized
from guards.captaincy import able_captains, by_captain
from guards.decision import Refusal
from guards.policy import Policy
from guards.timetable import altered, before_cutoff, reachable, still_described, timely, unclosed, untaken
from guards.train import Train, TrainEdit, TrainRule, TrainRun, TrainState
from guards.vocabulary import Action
from storage import trains


class Planned(Arguments):
    """When it runs, what rides, who leads it; all of it can be left out in an amendment."""

    cadence: Annotated[str, Named()] = ""
    dates: Annotated[DatesWord | None, Named()] = None
    cutoff: Annotated[ClockWord | None, Named()] = None
    zone: Annotated[ZoneWord | None, Named()] = None
    captains: Annotated[ColleagueWords | None, Named()] = None
    doubtful: Annotated[Literal["accept", "none"] | None, Named()] = None


class Create(Planned):
    """A new train; the form asks for what is missing."""

    train: TrainName
    services: Annotated[ServiceNames, Named()]
    stabilization: Annotated[DaysWord, Named()]
    decision: Annotated[ClockWord, Named()]
    window: Annotated[WindowName, Named()]
    channel: Annotated[ChannelWord, Named()]


class Amend(Planned):
    """A train with what is to be otherwise, or a run with the moment to which its cutoff moves."""

    train: TrainOrRun
    services: Annotated[ServiceNames | None, Named()] = None
    stabilization: Annotated[DaysWord | None, Named()] = None
    decision: Annotated[ClockWord | None, Named()] = None
    window: Annotated[WindowName | None, Named()] = None
    channel: Annotated[ChannelWord | None, Named()] = None
    to: Annotated[MomentWord | None, Named()] = None


class Describe(Arguments):
    """What else a published train needs."""

    train: TrainName
    attendees: Annotated[AttendeesWord | None, Named()] = None
    manifest: Annotated[ListedPerson | None, Named()] = None
    rollback: Annotated[str, Named()] = ""
    exceptions: Annotated[str, Named()] = ""
    rationale: Annotated[str, Named()] = ""
    impact: Annotated[str, Named()] = ""
    dependencies: Annotated[str, Named()] = ""
    excluded: Annotated[ServiceNames | None, Named()] = None
    branch: Annotated[Literal["yes", "no"] | None, Named()] = None
    unbranched: Annotated[str, Named()] = ""
    retrospective: Annotated[DaysWord | None, Named()] = None
    closing: Annotated[DaysWord | None, Named()] = None


def ask_create(args: Create, asker: Asker) -> Ask:
    """The train as it would stand: a draft without descriptions."""
    empty = TrainRule("", (), None, asker.policy.zone, 0, time(0), "")
    draft = Train(
        id=args.train, rule=empty, channel="", services=(), excluded=(), captains=(), attendees={}, manifest_owner="", rollback="",
        exceptions="", dependencies="", rationale="", branch=True, unbranched="", state=TrainState.DRAFT, revision=1, by=asker.person.id,
        by_name=asker.person.name, created=asker.at,
    )  # fmt: skip
    return Ask(train=args.train, defined=_edit(args).over(draft), settled=args.doubtful == "accept")


def ask_amend(args: Amend, asker: Asker) -> Ask:
    """What is to be otherwise in the train; of a run only its cutoff can be."""
    moved = datetime.fromisoformat(args.to) if args.to else None
    where: dict[str, Any] = {"run": args.train} if is_run(args.train) else {"train": args.train}
    return Ask(**where, edit=_edit(args), settled=args.doubtful == "accept", moved=moved)


def ask_describe(args: Describe, asker: Asker) -> Ask:
    """The descriptions that are given."""
    own: dict[str, Any] = {
        name: text
        for name in ("rollback", "exceptions", "rationale", "impact", "dependencies", "unbranched")
        if (text := getattr(args, name))
    }
    own |= {"attendees": attendees_of(args.attendees)} if args.attendees else {}
    own |= {"manifest_owner": args.manifest} if args.manifest else {}
    own |= {"excluded": tuple(args.excluded.split(","))} if args.excluded else {}
    own |= {"branch": args.branch == "yes"} if args.branch else {}
    rule = {name: int(word) for name in ("retrospective", "closing") if (word := getattr(args, name))}
    return Ask(train=args.train, edit=TrainEdit(own, rule))


def _edit(args: Create | Amend) -> TrainEdit:
    own: dict[str, Any] = {}
    own |= {"services": tuple(args.services.split(","))} if args.services else {}
    own |= {"captains": people_of(args.captains)} if args.captains else {}
    own |= {"channel": args.channel} if args.channel else {}
    rule: dict[str, Any] = {}
    if args.cadence or args.dates:  # the one takes the place of the other; both together are refused
        rule = {"cadence": " ".join(args.cadence.upper().split()), "dates": dates_of(args.dates or "")}
    rule |= {"cutoff": time_of(args.cutoff)} if args.cutoff else {}
    rule |= {"zone": args.zone} if args.zone else {}
    rule |= {"stabilization": int(args.stabilization)} if args.stabilization else {}
    rule |= {"decision": time_of(args.decision)} if args.decision else {}
    rule |= {"window": args.window} if args.window else {}
    return TrainEdit(own, rule)


def create(work: Work[Create]) -> Reply:
    """Save the draft, and say what it lacks."""
    train = work.request.definition
    assert train is not None
    trains.add(work.tx, train)
    set_draft_timer(work.tx, train, work.facts)
    _write(work, "train:defined", train)
    return Reply(_saved(train, work))


def amend(work: Work[Amend]) -> Reply:
    """Put the new definition in place; what lies ahead follows it, and the channel is told (TRN-24)."""
    was, now = work.facts.train, work.request.definition
    assert isinstance(was, Train)
    assert now is not None
    if isinstance(work.facts.run, TrainRun):
        return _move(work, was, work.facts.run)
    return _put(work, was, now)


def describe(work: Work[Describe]) -> Reply:
    """Write the descriptions into the definition."""
    was, now = work.facts.train, work.request.definition
    assert isinstance(was, Train)
    assert now is not None
    return _put(work, was, now)


def _put(work: Work[Amend] | Work[Describe], was: Train, wanted: Train) -> Reply:
    now = trains.amend(work.tx, was, wanted)
    _write(work, "train:amended", now)
    decided(work.tx, was, now, _actor(work), work.facts, work.correlation)
    if now.state is TrainState.DRAFT:
        set_draft_timer(work.tx, now, work.facts)
        return Reply(_saved(now, work))
    runs = replan_all(work.tx, now, work.facts, work.correlation)
    kept = tuple(run for run in work.facts.ridden if run.id not in {each.id for each in runs})
    announce_amendment(work.tx, was, now, runs, work.asker.person.name, work.facts, work.correlation)
    return Reply(note(f"✏️ {now.id} is amended, revision {now.revision}", *amendment_lines(was, now, runs, kept)))


def _move(work: Work[Amend], train: Train, run: TrainRun) -> Reply:
    cutoff = work.request.moved
    assert cutoff is not None
    moved = replan(work.tx, run, train, cutoff, work.facts, work.correlation)
    _write(work, "train:moved", train, run.id)
    announce_amendment(work.tx, train, train, (moved,), work.asker.person.name, work.facts, work.correlation)
    return Reply(note(f"✏️ {run.id} is moved", *amendment_lines(train, train, (moved,), ())))


def _saved(train: Train, work: Work[Any]) -> Card:
    """What a draft is, with what it lacks."""
    return draft_card(train, work.facts, (*first_runs(train, work.facts),))


def _write(work: Work[Any], tag: str, train: Train, subject: str | None = None) -> None:
    body = train_body(train) | ({"to": work.request.moved.isoformat()} if work.request.moved else {})
    record.write(work.tx, tag, _actor(work), work.facts, work.correlation, subject=subject or train.id, **body)


def _actor(work: Work[Any]) -> record.Actor:
    return record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)


def _says_nothing(args: Arguments, policy: Policy) -> bool:
    return not any(value for name, value in args.model_dump().items() if name != "train") and not is_run(str(args.model_dump()["train"]))


train_create = Command(
    name="train create",
    summary="Define a release train; it is a draft until it is published.",
    examples=(
        'train create weekly services=api,web cadence="0 12 * * TUE" stabilization=2 decision=10:00 window=weekdays channel=C024BE91L '
        "captains=rita@example.com",
    ),
    action=Action.TRAIN,
    guards=(authorized, untaken, timely, reachable, able_captains),
    arguments=Create,
    ask=ask_create,
    run=create,
    form=planning_form("train create", "Define a train"),
)

train_amend = Command(
    name="train amend",
    summary="Change when a train runs, what rides and who leads it; or move the cutoff of one run.",
    examples=("train amend weekly decision=11:00", "train amend weekly-2026-12-01 to=2026-12-02T12:00"),
    action=Action.TRAIN,
    guards=(authorized, unclosed, by_captain, altered, before_cutoff, timely, reachable, able_captains, still_described),
    arguments=Amend,
    ask=ask_amend,
    run=amend,
    form=planning_form("train amend", "Amend a train"),
    wants_form=_says_nothing,
)

train_describe = Command(
    name="train describe",
    summary="Say why services ride a train, who attends its go/no-go, and how exceptions are handled.",
    examples=('train describe weekly attendees="artifact: rita@example.com; quality: rita@example.com" manifest=rita@example.com',),
    action=Action.TRAIN,
    guards=(authorized, unclosed, by_captain, altered, still_described),
    arguments=Describe,
    ask=ask_describe,
    run=describe,
    form=describing_form,
    wants_form=_says_nothing,
    form_after=frozenset({Refusal.INCOMPLETE}),
)
