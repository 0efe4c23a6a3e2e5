"""/release train cut | hold | extend | postpone: a run is cut now, or not yet, or departs later (TRN-05, TRN-06, TRN-24)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, FormBuilder, Reply, Work
from commands.core.dispatch import judge_again
from commands.core.fields import CommitWords, MomentWord
from commands.core.text import Form, Input, Line, Moment, reason
from commands.core.train_fields import RunId
from commands.core.trains.card import captains_buttons
from commands.core.trains.cut import Order, at_once, held
from commands.core.trains.plan import set_timers, unset_timers
from commands.core.trains.run_work import about
from commands.core.trains.tell import announce
from commands.core.words import Arguments, Named, Rest, VersionWord
from guards.authorization import authorized
from guards.captaincy import accountable
from guards.cutting import choosable, later, not_cut_yet, postponable
from guards.decision import Refusal
from guards.facts import Facts
from guards.moments import postponed
from guards.record import reasoned
from guards.sections import Person
from guards.train import Milestone, Schedule, Stage, TrainRun
from guards.vocabulary import Action
from storage import decisions, moments, trains

_AFTER_DECISION = (Milestone.OPENS, Milestone.CLOSES, Milestone.RETROSPECTIVE, Milestone.CLOSING)
"""The moments that move with the window."""


class CutRun(Arguments):
    """A run, which commits instead of what main names, which version it makes, and why now."""

    run: RunId
    commit: Annotated[CommitWords | None, Named()] = None
    version: Annotated[VersionWord | None, Named()] = None
    reason: Annotated[str, Rest()] = ""


class HoldRun(Arguments):
    """A run, and why it is not to be cut."""

    run: RunId
    reason: Annotated[str, Rest()] = ""


class ExtendRun(Arguments):
    """A run, its new cutoff, and why."""

    run: RunId
    until: Annotated[MomentWord, Named()]
    reason: Annotated[str, Rest()] = ""


class PostponeRun(Arguments):
    """A run, and why it does not depart in its window."""

    run: RunId
    reason: Annotated[str, Rest()] = ""


def ask_cut(args: CutRun, asker: Asker) -> Ask:
    """Cutting is about one run and the commits that were named."""
    named = tuple(word.rpartition("@")[::2] for word in args.commit.split(",")) if args.commit else ()
    return Ask(run=args.run, rationale=args.reason, commits=named)


def ask_hold(args: HoldRun | PostponeRun, asker: Asker) -> Ask:
    """Holding and postponing are about one run."""
    return Ask(run=args.run, rationale=args.reason)


def ask_extend(args: ExtendRun, asker: Asker) -> Ask:
    """Extending is about one run and a moment."""
    return Ask(run=args.run, rationale=args.reason, moved=datetime.fromisoformat(args.until))


def cut(work: Work[CutRun]) -> Reply:
    """Have it cut; what is read for it takes seconds, so the answer stands in the thread."""
    services, one = work.policy.services, about(work, work.args.run)
    train = one.train
    first = services[train.services[0]].repository
    commits = {services[service].repository if service else first: sha for service, sha in work.request.commits}
    person = work.asker.person
    wanted = Order(one.run.id, work.at.isoformat(), person.id, person.name, commits, sorted(commits), work.args.version or "")
    at_once(work.tx, wanted, work.at, work.correlation)
    one.record("cut:asked", {"reason": work.args.reason, "commits": commits, "version": work.args.version or ""})
    return Reply(note(f"✂️ {one.run.id} is being cut", ("How it ends stands in the thread of the run.",)))


def hold(work: Work[HoldRun]) -> Reply:
    """Keep it from being cut until a captain says so."""
    one = about(work, work.args.run)
    held(work.tx, one.run.id)
    trains.move(work.tx, one.run, Stage.HELD if one.run.stage is not Stage.HELD else None, why=work.args.reason)
    one.record("cut:held", {"reason": work.args.reason})
    said: Line = (f"{work.asker.person.name} holds it: {work.args.reason}",)
    one.tell(f"✋ {one.run.id} is held", said, buttons=captains_buttons(one.run))
    return Reply(note(f"✋ {one.run.id} is held", ("It is cut when its captain says so: `train cut`, or `train extend`.",)))


def extend(work: Work[ExtendRun]) -> Reply:
    """Give it a later cutoff; the decision stays where it is."""
    one, until = about(work, work.args.run), work.request.moved
    assert until is not None
    was = one.run.schedule.cutoff
    schedule = replace(one.run.schedule, cutoff=until)
    moved = trains.move(work.tx, one.run, Stage.PUBLISHED if one.run.stage is Stage.HELD else None, schedule=schedule, why="")
    unset_timers(work.tx, one.run)
    moments.forget(work.tx, one.run.id, (Milestone.CUTOFF,))  # it comes again, where it was over and nothing was cut
    set_timers(work.tx, moved, one.facts)
    one.record("cut:extended", {"reason": work.args.reason, "from": was.isoformat(), "until": until.isoformat()})
    zone = one.train.rule.zone
    said: Line = ("From ", Moment(was, zone), " to ", Moment(until, zone), f": {work.args.reason}")
    one.tell(f"⏩ {one.run.id} is cut later", said, (f"{work.asker.person.name} extended it.",))
    return Reply(note(f"⏩ {one.run.id} is cut later", said))


def postpone(work: Work[PostponeRun]) -> Reply:
    """Give it the next opening of its window; what waits for its window is judged again then, and its decision stands (TRN-24)."""
    one = about(work, work.args.run)
    was, found = one.run.schedule, postponed(one.train.rule, one.train.services, work.facts, one.run.schedule)
    assert isinstance(found, Schedule), "the guards looked at it"
    moved = trains.move(work.tx, one.run, schedule=found)
    unset_timers(work.tx, one.run)
    moments.forget(work.tx, one.run.id, _AFTER_DECISION)  # the other window is told of as this one was
    set_timers(work.tx, moved, one.facts)
    body = {"from": was.opens.isoformat(), "opens": found.opens.isoformat(), "closes": found.closes.isoformat()}
    one.record("train:postponed", {"reason": work.args.reason, **body})
    for entry in {e for d in decisions.of_run(work.tx, one.run.id)[-1:] for e in d.candidate.entries}:
        judge_again(work.tx, entry.service, entry.version, one.facts, work.correlation)
    zone = one.train.rule.zone
    said: Line = ("From ", Moment(was.opens, zone), " to ", Moment(found.opens, zone), f": {work.args.reason}")
    announce(
        work.tx,
        one.train,
        note(f"⏩ {one.run.id} departs later", said, (f"{work.asker.person.name} postponed it.",)),
        one.facts,
        work.correlation,
    )
    one.draw()
    return Reply(note(f"⏩ {one.run.id} departs later", said))


def _form(heading: str, word: str, submit: str, *inputs: Input) -> FormBuilder:
    def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
        known = {"run": fields.get("run", "")}
        run = facts.run
        lines: tuple[Line, ...] = ((f"{run.id} is {run.stage}; {run.captain_name} leads it.",),) if isinstance(run, TrainRun) else ()
        asked = tuple(replace(one, initial=fields.get(one.name, "")) for one in inputs)
        return Form(title=heading, word=word, submit=submit, inputs=asked, known=known, lines=lines)

    return form


_WHY = reason("reason", "Why?")
_NO_REASON = frozenset({Refusal.NO_RATIONALE})

train_cut = Command(
    name="train cut",
    summary="Cut a run of a train now, at what main is or at a commit of it.",
    examples=(
        "train cut weekly-2026-12-01 the fix is in",
        "train cut weekly-2026-12-01 commit=9fceb02d0ae598e95dc970b74767f19372d61af8 main is red",
    ),
    action=Action.CUT,
    guards=(authorized, accountable, not_cut_yet, choosable, reasoned),
    arguments=CutRun,
    ask=ask_cut,
    run=cut,
    form=_form(
        "Cut now", "train cut", "Cut",
        Input("commit", "Commit", hint="Left open: what main is now. “api@<sha>,web@<sha>” for several repositories.", optional=True),
        Input("version", "Version", hint="Left open: the next minor version.", optional=True),
        _WHY,
    ),
    form_after=_NO_REASON,
)  # fmt: skip

train_hold = Command(
    name="train hold",
    summary="Keep a run of a train from being cut.",
    examples=("train hold weekly-2026-12-01 main is red, the fix is in review",),
    action=Action.CUT,
    guards=(authorized, accountable, not_cut_yet, reasoned),
    arguments=HoldRun,
    ask=ask_hold,
    run=hold,
    form=_form("Hold the cutoff", "train hold", "Hold", _WHY),
    form_after=_NO_REASON,
)

train_extend = Command(
    name="train extend",
    summary="Give a run of a train a later cutoff.",
    examples=("train extend weekly-2026-12-01 until=2026-12-01T15:00 two pull requests are almost in",),
    action=Action.CUT,
    guards=(authorized, accountable, not_cut_yet, later, reasoned),
    arguments=ExtendRun,
    ask=ask_extend,
    run=extend,
    form=_form("Extend", "train extend", "Extend", Input("until", "New cutoff", "moment"), _WHY),
    form_after=_NO_REASON,
)

train_postpone = Command(
    name="train postpone",
    summary="Have a run that was cut depart in the next opening of its window.",
    examples=("train postpone weekly-2026-12-01 the database team needs a day",),
    action=Action.CUT,
    guards=(authorized, accountable, postponable, reasoned),
    arguments=PostponeRun,
    ask=ask_hold,
    run=postpone,
    form=_form("Postpone", "train postpone", "Postpone", _WHY),
    form_after=_NO_REASON,
)
