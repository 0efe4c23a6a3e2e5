"""The cutoff of a run: judged on what main named at the moment, and for several repositories all or none (TRN-06, TRN-07, TRN-22).

Invariant: what could not be read is not cut. The record of every repository, the orders of their branches and the ledger's entries are one
transaction; a commit that was read once for a moment is the one that is tried again.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from typing_extensions import override

from commands.core.record import CLOCK, Actor
from commands.core.text import Line, Moment
from commands.core.trains import branch
from commands.core.trains.card import captains_buttons
from commands.core.trains.cut_record import cut_body, cut_of, shown, told, why
from commands.core.trains.keys import CUTOFF
from commands.core.trains.on_branches import OnBranches
from commands.core.trains.run_work import RunWork
from guards.cut import CutState
from guards.cutoff import Source, cuttable, unfinished
from guards.cutting import not_cut_yet
from guards.decision import Refusal, Refuse
from guards.facts import Facts, Request
from guards.judge import Judgement
from guards.train import Stage, Train, TrainRun
from guards.unread import Unread
from guards.vocabulary import Action
from storage import cuts, deployments, inbox, timers, trains
from storage.database import Tx

KIND = CUTOFF
"""Of its timers."""

AGAIN = timedelta(minutes=2)
"""After this a cutoff is tried again whose checks are not over, or that could not be read."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be cut, as the timer carries it; JSON values only.

    Args:
        run: its id.
        due: ISO 8601: the moment of the cutoff, or when a person asked.
        by, name: who had it cut: `signalbox` at its moment.
        commits: repository → the commit to cut instead of what main names.
        chosen: repositories whose commit a person named.
        version: `v1.8.0`, or "" for the next minor one.
        tried: whether it was tried before.
    """

    run: str
    due: str
    by: str = CLOCK.id
    name: str = CLOCK.name
    commits: dict[str, str] = field(default_factory=dict)
    chosen: list[str] = field(default_factory=list)
    version: str = ""
    tried: bool = False


def order(tx: Tx, wanted: Order, at: datetime) -> None:
    """Have a run cut.

    Args:
        tx: of what causes it: the moment that fired, or a person's command.
        wanted: what.
        at: when, UTC.
    """
    timers.set(tx, timers.Timer(f"{KIND}:{wanted.run}", KIND, at, _payload(wanted)))


def at_once(tx: Tx, wanted: Order, at: datetime, correlation: str) -> None:
    """Have a run cut now, because somebody asked for it; each time that somebody asks is one delivery.

    Args:
        tx, wanted: as for `order`.
        at: now, UTC.
        correlation: of what was asked.
    """
    timers.cancel(tx, f"{KIND}:{wanted.run}")
    inbox.remember(tx, inbox.Delivery(f"{KIND}:{wanted.run}:{correlation}", KIND, _payload(wanted), correlation), at)


def _payload(wanted: Order) -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in Order.__slots__}


def held(tx: Tx, run: str) -> None:
    """A run is not to be cut by itself any more."""
    timers.cancel(tx, f"{KIND}:{run}")


class Cutting(OnBranches):
    """Carries cutoffs out."""

    @override
    async def carry(self, taken: inbox.Taken, payload: dict[str, Any], facts: Facts, correlation: str) -> None:
        wanted = Order(**payload)
        run, train, done = await self._store.read(lambda tx: _known(tx, wanted.run))
        sources: list[Source] = []
        greens: dict[str, str | None] = {}
        if run and train:
            sources = await self._sources(wanted, run, train, done, facts)
            greens = await self._greens(sources, facts)

        def work(tx: Tx) -> None:
            about = RunWork.begin(tx, wanted.run, facts, correlation, Actor(wanted.by, wanted.name))
            if about:
                _act(about, wanted, sources, greens)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    async def _sources(self, wanted: Order, run: TrainRun, train: Train, done: frozenset[str], facts: Facts) -> list[Source]:
        look, due = self._branches.look(), datetime.fromisoformat(wanted.due)
        running = await self._store.read(lambda tx: {s: deployments.running(tx, s, facts.policy.bound_for(s)) for s in train.services})
        said = wanted.version or run.version
        late = facts.at - due > facts.policy.trains.late
        at = due if late or (wanted.by == CLOCK.id and facts.at > due) else None  # who has it cut means what main names then
        return [
            await look.source(
                repository,
                services,
                train,
                running,
                said,
                at=at,
                or_now=not late,
                commit=wanted.commits.get(repository),
                chosen=repository in wanted.chosen,
            )
            for repository, services in look.repositories(train.services).items()
            if repository not in done
        ]

    async def _greens(self, sources: list[Source], facts: Facts) -> dict[str, str | None]:
        """Repository whose commit is red → the last green one before it (TRN-07)."""
        look, found = self._branches.look(), {}
        for source in sources:
            if isinstance(source.commit, str) and cuttable(source, facts).refused_for(Refusal.CHECKS_NOT_PASSED):
                found[source.repository] = await look.last_green(source.services, source.commit, facts)
        return found


def _known(tx: Tx, run_id: str) -> tuple[TrainRun | None, Train | None, frozenset[str]]:
    run = trains.run(tx, run_id)
    done = frozenset(cut.repository for cut in cuts.of_run(tx, run_id) if cut.state is CutState.CUT)
    return run, trains.get(tx, run.train) if run else None, done


def _act(work: RunWork, wanted: Order, sources: list[Source], greens: dict[str, str | None]) -> None:
    run = work.run
    may = not_cut_yet(Request(Action.CUT, Unread("who asks", "the clock does")), work.facts)
    if isinstance(may, Refuse) or (wanted.by == CLOCK.id and run.stage is Stage.HELD):
        reason = may.why if isinstance(may, Refuse) else f"The captain holds {run.id}."
        work.record("cut:passed", {"why": reason})
        if run.stage in {Stage.HELD, Stage.PLANNED}:
            work.tell(f"✋ {run.id} was not cut", (reason,), buttons=captains_buttons(run))
        return
    judged = [(source, cuttable(source, work.facts)) for source in sources]
    body = {"due": wanted.due, "sources": [told(source, judgement) for source, judgement in judged]}
    if judged and all(judgement.outcome == "allowed" for _, judgement in judged):
        _cut(work, wanted, sources, body)
    else:
        _not_cut(work, wanted, judged, greens, body)


def _not_cut(
    work: RunWork, wanted: Order, judged: list[tuple[Source, Judgement]], greens: dict[str, str | None], body: dict[str, Any]
) -> None:  # fmt: skip
    """None is cut: it is tried again while that may help by itself, else it is the captain's to say how it goes on."""
    run, at = work.run, work.facts.at
    bad = [(source, judgement) for source, judgement in judged if judgement.outcome != "allowed"]
    lines = [line for source, judgement in bad for line in why(source, judgement, greens.get(source.repository, ""))]
    lines += [(f"{source.repository} could be cut, and is not: all are cut, or none.",) for source, j in judged if j.outcome == "allowed"]
    if not judged:
        lines = [(f"No service of {work.train.id} is in the policy file.",)]
    last = datetime.fromisoformat(wanted.due) + work.facts.policy.stabilization.wait
    patient = judged and all(judgement.outcome == "unsure" or unfinished(source, work.facts) for source, judgement in bad)
    if patient and at < last:
        commits = {source.repository: source.commit for source, _ in judged if isinstance(source.commit, str)}
        order(work.tx, replace(wanted, commits=commits, tried=True), at + AGAIN)
        if not wanted.tried:
            work.record("cut:waits", body)
            again: Line = ("It is tried again until ", Moment(last, work.train.rule.zone), "; the commits stay the same.")
            work.tell(f"⏳ {run.id} is not cut yet", *lines, again, buttons=captains_buttons(run))
        return
    trains.move(work.tx, run, Stage.HELD if run.stage is not Stage.HELD else None, why=str(lines[0][0]).rstrip("."))
    work.record("cut:refused" if any(j.refusals for _, j in bad) else "cut:unsure", body)
    work.tell(f"⛔ {run.id} is not cut", *lines, buttons=captains_buttons(run))


def _cut(work: RunWork, wanted: Order, sources: list[Source], body: dict[str, Any]) -> None:
    """Record the cut of every repository, and order the branches that are not there."""
    due, run = datetime.fromisoformat(wanted.due), work.run
    late = work.facts.at - due > work.facts.policy.trains.late
    made = [cut_of(work, source, due, late=late) for source in sources]
    for cut in made:
        cuts.add(work.tx, cut)
        work.record("cut:recorded", cut_body(cut), cut.services[0])
    work.record("cut:accepted", body)
    versions = {cut.version for cut in made}
    trains.move(work.tx, run, version=versions.pop() if len(versions) == 1 else run.version, why="")
    lines = [line for cut in made for line in shown(cut)]
    mark = " (late)" if late else ""
    work.tell(f"✂️ Cutoff of {run.id} recorded{mark}", ("For ", Moment(due, work.train.rule.zone)), *lines)
    for cut, source in zip(made, sources, strict=True):
        if cut.branch and not isinstance(source.there, str):
            branch.order(work, cut, source.main)
    if any(cut.state is CutState.ORDERED for cut in made):
        branch.look(work.tx, run.id, work.facts.at + branch.SOON)
    elif now := RunWork.begin(work.tx, run.id, work.facts, work.correlation, work.by):
        branch.settle(now, {})
