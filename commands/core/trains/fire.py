"""Carries out the moments of runs: each once, in order, late ones with a mark (TRN-04, TRN-22).

Invariant: reaching a milestone, what follows from it and its ledger entry are one transaction, and of two who try, one does it. What lies
before a milestone in the schedule is reached before it, however late the bot comes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from commands.core import record
from commands.core.command import Ask
from commands.core.gather import Gather
from commands.core.inside import inside
from commands.core.ports.clock import Clock
from commands.core.trains import after, checklist, prospect, roll_call, standing
from commands.core.trains.card import next_move
from commands.core.trains.cut import Order, order
from commands.core.trains.duties import Cause
from commands.core.trains.keys import KIND, MOMENTS, key_of, moment_of
from commands.core.trains.plan import plan_ahead, skip
from commands.core.trains.reminding import Reminding
from commands.core.trains.tell import train_card_of, train_note
from guards.cutting import POSTPONABLE, STABILIZING
from guards.facts import Facts
from guards.opening import local
from guards.policy import Policy
from guards.retrospective import OVER
from guards.train import AHEAD, OPEN_RUN, Milestone, Stage, Train, TrainRun, TrainState
from storage import inbox, moments, timers, trains
from storage.database import Store, Tx


@dataclass(frozen=True, slots=True)
class Reaching:
    """A milestone that a run reaches now.

    Args:
        run, train: as they stand in this transaction.
        milestone: which.
        due: when it was to be, UTC.
        late: whether it comes later than the policy calls on time; the true moment is that of the facts.
        facts: of this moment.
        correlation: ties it to log and ledger.
    """

    run: TrainRun
    train: Train
    milestone: Milestone
    due: datetime
    late: bool
    facts: Facts
    correlation: str

    def note(self, tx: Tx, text: str) -> None:
        """A line for the run's thread, marked when it comes late."""
        was = f" (late: it was due {local(self.due, self.train.rule.zone)})" if self.late else ""
        train_note(tx, self.run, self.train, self.facts, self.correlation, text + was)


def _publish(tx: Tx, reaching: Reaching) -> None:
    """The schedule is posted: the card, pinned by whoever sends it (TRN-01)."""
    if reaching.run.stage is Stage.PLANNED:
        prospect.soon(tx, trains.move(tx, reaching.run, Stage.PUBLISHED), reaching.facts)


def _cutoff(tx: Tx, reaching: Reaching) -> None:
    """It is cut; whoever holds it is told so there (TRN-06)."""
    if reaching.run.stage in AHEAD:
        reaching.note(tx, "✂️ The cutoff is reached.")
        order(tx, Order(reaching.run.id, reaching.due.isoformat()), reaching.facts.at)


def _decision(tx: Tx, reaching: Reaching) -> None:
    """The roll is called, unless the captain called it before (GNG-03)."""
    if reaching.run.stage in AHEAD:
        reaching.note(tx, "🗳️ It is time for go or no-go, and it is not cut: the roll is called once it is.")
    elif reaching.run.stage in {Stage.STABILIZING, Stage.DECIDING}:
        reaching.note(tx, "🗳️ It is time for go or no-go.")
    roll_call.at_decision(tx, reaching.run.id, reaching.facts, reaching.correlation)


def _opens(tx: Tx, reaching: Reaching) -> None:
    closes = local(reaching.run.schedule.closes, reaching.train.rule.zone)
    reaching.note(tx, f"🚪 The window {reaching.train.rule.window} is open until {closes}.")


def _closes(tx: Tx, reaching: Reaching) -> None:
    """A run that nobody cut is over with its window."""
    if reaching.run.stage in AHEAD:
        skip(tx, reaching.run, "Nobody cut it before its window was over.", reaching.facts)
        body = {"train": reaching.train.id, "reason": "not cut"}
        record.write(tx, "train:skipped", record.CLOCK, reaching.facts, reaching.correlation, subject=reaching.run.id, **body)
    waits = reaching.run.stage in POSTPONABLE and reaching.run.stage is not Stage.STOPPED
    rest = (
        f" It has not departed, and departs in no other one before somebody types /release train postpone {reaching.run.id} …"
        if waits
        else ""
    )
    reaching.note(tx, f"🏁 The window is over.{rest}")


def _retrospective(tx: Tx, reaching: Reaching) -> None:
    """Of a run that stopped on its way it is owed too; of one that departed it is since then."""
    reaching.note(tx, "🔎 It is time for the retrospective.")
    if reaching.run.stage in OVER:
        after.owe_retrospective(tx, reaching.run, reaching.facts, reaching.correlation)


def _closing(tx: Tx, reaching: Reaching) -> None:
    """What a run is closed with is owed from now on, unless it was before."""
    reaching.note(tx, "📦 It is time to close the run.")
    if reaching.run.stage in OVER:
        after.owe_end(tx, reaching.run, reaching.facts, reaching.correlation)


_MEANS: Mapping[Milestone, Callable[[Tx, Reaching], None]] = {
    Milestone.PUBLISH: _publish,
    Milestone.CUTOFF: _cutoff,
    Milestone.DECISION: _decision,
    Milestone.OPENS: _opens,
    Milestone.CLOSES: _closes,
    Milestone.RETROSPECTIVE: _retrospective,
    Milestone.CLOSING: _closing,
}
"""Milestone → what happens in the transaction that reaches it; it may be run again after a serialization failure, so it only reads and
writes rows."""


class Trains:
    """Carries out what the timers of trains deliver.

    Args:
        policy: in force.
        store: the database.
        gather: reads facts.
        clock: the present.
    """

    def __init__(self, policy: Policy, store: Store, gather: Gather, clock: Clock) -> None:
        self._policy = policy
        self._store = store
        self._gather = gather
        self._clock = clock
        self._reminding = Reminding(policy, store, gather, clock)

    async def carry(self, taken: inbox.Taken) -> None:
        """Carry out one timer; its delivery is marked done with the last of its effects."""
        payload, correlation = taken.delivery.payload, taken.delivery.correlation
        match payload:
            case {"train": name}:
                await self._reminding.of_draft(taken, str(name), correlation)
            case {"remind": cause}:
                await self._reminding.of_run(taken, Cause(cause), correlation)
            case {"check": _}:
                await self._check(taken, str(payload["run"]))
            case {"draw": _}:
                await self._store.write(lambda tx: self._draw(tx, taken, str(payload["run"]), correlation))
            case _:
                await self._reach(taken, str(payload["run"]), correlation)

    def _now(self) -> Facts:
        return Facts(at=self._clock.now(), policy=self._policy)

    # ------------------------------------------------------------ moments

    async def _reach(self, taken: inbox.Taken, run: str, correlation: str) -> None:
        """Reach all milestones of a run that are due, in their order: timers may be delivered in any."""
        while found := await self._store.read(lambda tx: self._due(tx, run)):
            outside = await self._gather.outside(Ask(run=run))
            await self._store.write(lambda tx: self._one(tx, found, outside, correlation))  # noqa: B023
        await self._store.write(lambda tx: inbox.done(tx, taken.id, None))

    def _due(self, tx: Tx, run_id: str) -> "_Due | None":
        """The next milestone that is due and not reached; None when there is none."""
        run = trains.run(tx, run_id)
        train = trains.get(tx, run.train) if run else None
        if run is None or train is None or run.stage not in OPEN_RUN:
            return None
        done, now = moments.reached(tx, run.id), self._clock.now()
        for milestone, name in MOMENTS.items():
            if milestone not in done and (due := moment_of(run, name)) <= now:
                return _Due(run, train, milestone, due)
        return None

    def _one(self, tx: Tx, due: "_Due", outside: Facts, correlation: str) -> None:
        facts = replace(outside, at=self._clock.now())
        now = self._due(tx, due.run.id)
        if now is None or (now.milestone, now.due) != (due.milestone, due.due):
            return  # the run was skipped or moved, or somebody else was first
        if not moments.reach(tx, due.run.id, due.milestone, due.due, facts.at):
            return
        late = facts.at - due.due > self._policy.trains.late
        body: dict[str, Any] = {"train": due.train.id, "milestone": due.milestone.value, "due": due.due.isoformat(), "late": late}
        record.write(tx, "train:moment", record.CLOCK, facts, correlation, subject=due.run.id, **body)
        reaching = Reaching(now.run, now.train, due.milestone, due.due, late, facts, correlation)
        train_card_of(tx, now.run, now.train, facts, correlation)  # first, so that notes have a card to stand below
        _MEANS[due.milestone](tx, reaching)
        if now.train.state is TrainState.PUBLISHED:
            plan_ahead(tx, now.train, facts, correlation)
        self._draw_later(tx, now.run, facts)

    # ------------------------------------------------------------ the card and the checklist

    async def _check(self, taken: inbox.Taken, run_id: str) -> None:
        """Look at what the run's checklist lacks, for its captain's App Home; nothing is read while there is nothing to bring."""
        ask = Ask(run=run_id, go=True)
        run, brings = await self._store.read(lambda tx: (trains.run(tx, run_id), standing.asks_of(tx, run_id, self._policy)))
        waits = run is not None and run.stage in STABILIZING
        outside = await self._gather.outside(ask) if waits and brings else None

        def work(tx: Tx) -> None:
            if outside:
                checklist.keep(tx, inside(tx, ask, replace(outside, at=self._clock.now()), only_reading=True))
            if run:
                checklist.again(tx, run, self._now())
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    def _draw(self, tx: Tx, taken: inbox.Taken, run_id: str, correlation: str) -> None:
        run, facts = trains.run(tx, run_id), self._now()
        train = trains.get(tx, run.train) if run else None
        if run and train and run.stage in OPEN_RUN:
            train_card_of(tx, run, train, facts, correlation)
            prospect.soon(tx, run, facts)  # set already, unless a program before this one published it
            self._draw_later(tx, run, facts)
        inbox.done(tx, taken.id, None)

    def _draw_later(self, tx: Tx, run: TrainRun, facts: Facts) -> None:
        """Have the card drawn again when the train on it moves on."""
        if due := next_move(run.schedule, facts.at):
            timers.set(tx, timers.Timer(key_of(run.id, "draw"), KIND, due, {"run": run.id, "draw": True}))


@dataclass(frozen=True, slots=True)
class _Due:
    """A milestone of a run that is due."""

    run: TrainRun
    train: Train
    milestone: Milestone
    due: datetime
