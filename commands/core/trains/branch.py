"""The release branches of a cut: ordered from CI once, and counted only when version control shows them where they belong (TRN-08).

Invariant: a branch is ordered once for each cut, whatever CI answered; what counts is the branch itself, its beginning and its protection.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from typing_extensions import override

from commands.core.cards import missing
from commands.core.ports.ci import BranchOrder, Started, TurnedDown, Unknown
from commands.core.text import Code, Line
from commands.core.trains import roll_call
from commands.core.trains.card import captains_buttons
from commands.core.trains.on_branches import OnBranches
from commands.core.trains.run_work import RunWork
from guards.cut import Cut, CutState
from guards.cutoff import begun, workflow_of
from guards.decision import Allow, Decision, Refuse, Unsure
from guards.facts import Facts
from guards.train import Milestone, Stage
from storage import cuts, inbox, moments, outbox, timers, trains
from storage.database import Tx

KIND = "release-branch"
"""Of its timers, and of the messages that carry its orders."""

WATCH = "stabilize"
"""Kind of the timers by which a release branch is looked at; see `stabilize`."""

ORDER = TypeAdapter(BranchOrder)


def order(work: RunWork, cut: Cut, main: str) -> None:
    """Have CI asked for the branch of a cut, once; `cuttable` made sure that there is a workflow."""
    policy = work.facts.policy
    found = workflow_of(cut.services, policy)
    assert found is not None
    service, workflow = found
    wanted = BranchOrder(cut.id, cut.run, service, cut.branch, cut.commit, cut.repository, main, workflow)
    body = {"ci": policy.services[service].ci, "order": asdict(wanted)}
    outbox.add(work.tx, outbox.Message(KIND, body, key=f"{KIND}:{cut.id}", correlation=work.correlation), work.facts.at)
    work.record("cut:branch-ordered", {**body, "cut": cut.id}, service)


SOON = timedelta(seconds=1)
"""After this a branch is looked at first: a timer that is set for the very moment at which it fired last would not come again."""


def look(tx: Tx, run: str, at: datetime) -> None:
    """Have the branches of a run looked at."""
    timers.set(tx, timers.Timer(f"{KIND}:{run}", KIND, at, {"run": run}))


def wanted(tx: Tx, id: str) -> bool:  # noqa: A002
    """Whether the order of a cut is still to be sent: nobody gave the run up meanwhile."""
    cut = cuts.get(tx, id)
    run = trains.run(tx, cut.run) if cut else None
    return cut is not None and cut.state is CutState.ORDERED and run is not None and run.stage is not Stage.SKIPPED


def answered(tx: Tx, id: str, answer: Started | TurnedDown | Unknown, facts: Facts, correlation: str) -> None:  # noqa: A002
    """What CI said to the order of a branch."""
    cut = cuts.get(tx, id)
    work = RunWork.begin(tx, cut.run, facts, correlation) if cut else None
    if cut is None or work is None or cut.state is not CutState.ORDERED:
        return
    match answer:
        case Started(run=number, url=url):
            work.record("cut:branch-started", {"cut": id, "number": number, "url": url})
        case Unknown(why=why):
            work.record("cut:branch-unknown", {"cut": id, "why": why})
        case TurnedDown(why=why):
            work.record("cut:branch-turned-down", {"cut": id, "why": why})
            cuts.change(tx, cut, state=CutState.FAILED, why=f"CI turned the order of {cut.branch} down: {why}")
    look(tx, cut.run, facts.at + SOON)


class Branching(OnBranches):
    """Verifies branches that were ordered, or were there."""

    @override
    async def carry(self, taken: inbox.Taken, payload: dict[str, Any], facts: Facts, correlation: str) -> None:
        run_id, reader = str(payload["run"]), self._branches.look()
        found: dict[str, Decision] = {}
        for cut in await self._store.read(lambda tx: cuts.of_run(tx, run_id)):
            if cut.state is CutState.ORDERED:
                first = cut.services[0]
                there = await reader.head(first, cut.branch)
                main = await reader.head(first, facts.policy.services[first].branch)
                shield = await reader.protection(first, cut.branch)
                found[cut.id] = begun(cut, there, await reader.parts(first, there, main), shield, facts)

        def work(tx: Tx) -> None:
            about = RunWork.begin(tx, run_id, facts, correlation)
            if about and about.run.stage in {Stage.PUBLISHED, Stage.HELD}:
                settle(about, found)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)


def settle(work: RunWork, found: dict[str, Decision]) -> None:
    """Once no branch of a run is awaited any more: the run is cut, or it is not.

    Args:
        work: the transaction.
        found: cut's id → what was said of its branch.
    """
    tx, run, at = work.tx, work.run, work.facts.at
    for cut in work.facts.cuts:
        if cut.state is CutState.ORDERED and cut.id in found:
            _verified(work, cut, found[cut.id])
    now = cuts.of_run(tx, run.id)
    if any(cut.state is CutState.ORDERED for cut in now):
        look(tx, run.id, at + work.facts.policy.limits.look_again)
    elif all(cut.state is CutState.CUT for cut in now):
        trains.move(tx, run, Stage.STABILIZING, why="")
        work.record("cut:done", {"cuts": [cut.id for cut in now]})
        work.tell(f"🔒 {run.id} is cut: stabilization begins", *map(state_of, now), part="done")
        timers.set(tx, timers.Timer(f"{WATCH}:{run.id}", WATCH, at + SOON, {"run": run.id}))
        if Milestone.DECISION in moments.reached(tx, run.id):  # it came while nothing was cut, and could open nothing (TRN-22)
            roll_call.at_decision(tx, run.id, work.facts, work.correlation)
    else:
        lost = next(cut for cut in now if cut.state is CutState.FAILED)
        trains.move(tx, run, Stage.HELD if run.stage is not Stage.HELD else None, why=lost.why.rstrip("."))
        work.record("cut:failed", {"cuts": {cut.id: cut.state.value for cut in now}})
        rest: Line = ("Nothing of it counts until each is cut. When it is mended, cut again: what is cut stays as it is.",)
        work.tell(f"⛔ {run.id} is not cut", *map(state_of, now), rest, buttons=captains_buttons(run), part="failed")


def _verified(work: RunWork, cut: Cut, decision: Decision) -> None:
    match decision:
        case Allow(why=why):
            cuts.change(work.tx, cut, state=CutState.CUT, why="")
            work.record("cut:branch-verified", {"cut": cut.id, "why": why})
        case Refuse(code=code, why=why):
            cuts.change(work.tx, cut, state=CutState.FAILED, why=why)
            work.record("cut:branch-refused", {"cut": cut.id, "code": code.value, "why": why})
        case Unsure() if work.facts.at - cut.taken >= work.facts.policy.limits.absent:
            why = f"{cut.branch} could not be verified: {missing(decision)}."
            cuts.change(work.tx, cut, state=CutState.FAILED, why=why)
            work.record("cut:branch-lost", {"cut": cut.id, "why": why})
        case Unsure():
            cuts.change(work.tx, cut, why=missing(decision))


def state_of(cut: Cut) -> Line:
    """How the cut of one repository stands, in one line."""
    match cut.state:
        case CutState.CUT:
            return ("✅ ", Code(cut.repository), f" {cut.version} ", Code(cut.branch or "no branch"), " at ", Code(cut.commit[:12]))
        case CutState.FAILED:
            return ("⛔ ", Code(cut.repository), f": {cut.why}")
        case CutState.ORDERED:
            return ("⏳ ", Code(cut.repository), ": its branch is being made")
