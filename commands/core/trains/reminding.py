"""Carries out reminders: reads who must do what, when they are awake, and tells each of them once (TRN-23).

Invariant: who is told, and the ledger entry that says so, are one transaction with the delivery's end.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from commands.core import record
from commands.core.command import Ask
from commands.core.gather import Gather
from commands.core.inside import inside
from commands.core.ports.clock import Clock
from commands.core.tell import reply_to
from commands.core.trains import remind
from commands.core.trains.drafts import remind_of_draft
from commands.core.trains.duties import DUTIES, Cause, Duty, managers
from commands.core.trains.keys import moment_of
from guards.facts import Facts
from guards.policy import Policy
from guards.quiet import quiet_until
from guards.sections import Person
from guards.train import OPEN_RUN, Train, TrainRun
from storage import inbox, trains
from storage.database import Store, Tx

Reader = tuple[str, str]
"""Slack account, and IANA zone."""


class Reminding:
    """Sends reminders.

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

    async def of_run(self, taken: inbox.Taken, cause: Cause, correlation: str) -> None:
        """Remind whoever has something to do for a run.

        Args:
            taken: the timer's delivery; marked done in the transaction of what is told.
            cause: of what.
            correlation: of the delivery.
        """
        payload = taken.delivery.payload
        run, before, only = str(payload["run"]), timedelta(seconds=int(payload["before"])), payload.get("person")
        ask = Ask(run=run, go=cause is Cause.DECISION)  # before the go/no-go the checklist is judged, as its card does
        outside = await self._gather.outside(ask)
        wanted = await self._store.read(lambda tx: self._duties(tx, ask, cause, replace(outside, at=self._clock.now()))[3])
        silent = before < timedelta(0)
        people = {*([] if silent else {duty.person for duty in wanted})}
        if silent and wanted:
            people = await self._above(run, outside)
        readers = {person: await self._reader(person) for person in sorted(people) if only in (None, person)}

        def work(tx: Tx) -> None:
            facts = replace(outside, at=self._clock.now())
            self._send(tx, ask, cause, before, readers, facts, correlation)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    def _duties(self, tx: Tx, ask: Ask, cause: Cause, outside: Facts) -> tuple[TrainRun | None, Train | None, Facts, tuple[Duty, ...]]:
        facts = inside(tx, ask, outside, only_reading=True)
        run, train = facts.run, facts.train
        if not isinstance(run, TrainRun) or not isinstance(train, Train) or run.stage not in OPEN_RUN:
            return None, None, facts, ()
        return run, train, facts, tuple(DUTIES[cause](tx, train, run, facts))

    async def _above(self, run_id: str, facts: Facts) -> set[str]:
        """Whoever is told when nobody acted: the captain, and the release managers of the train's services."""
        run = await self._store.read(lambda tx: trains.run(tx, run_id))
        train = await self._store.read(lambda tx: trains.get(tx, run.train) if run else None)
        if run is None or train is None:
            return set()
        return {run.captain, *managers(train, facts)}

    async def _reader(self, person: str) -> Reader | None:
        """Slack account and zone of somebody who can be told; None of somebody who is not here."""
        found = await self._gather.person(person)
        if not isinstance(found, Person) or not found.slack:
            return None
        return found.slack[0], await self._gather.zone(found.slack[0]) or self._policy.zone

    def _send(
        self, tx: Tx, ask: Ask, cause: Cause, before: timedelta, readers: Mapping[str, Reader | None], outside: Facts,
        correlation: str,
    ) -> None:  # fmt: skip
        run, train, facts, duties = self._duties(tx, ask, cause, outside)
        if run is None or train is None or not duties:
            return
        body: dict[str, Any] = {"train": train.id, "cause": cause.value, "before": int(before.total_seconds())}
        if why := remind.pointless(run, cause, before, facts):
            record.write(tx, "train:reminder-dropped", record.CLOCK, facts, correlation, subject=run.id, why=why, **body)
            return
        told, silent = list[str](), before < timedelta(0)
        own = remind.by_person(duties)
        for person, reader in readers.items():
            if reader is None or (not silent and person not in own):
                continue
            slack, zone = reader
            until = quiet_until(facts.at, zone, self._policy.trains.quiet) if cause not in remind.LOUD else None
            if until:
                if silent or until < moment_of(run, cause.value) or before == timedelta(0):
                    remind.postpone(tx, run, cause, before, person, until)
                continue
            card = (
                remind.silence_card(run, train, cause, duties, person, facts) if silent
                else remind.reminder_card(run, train, cause, own[person])
            )  # fmt: skip
            reply_to(tx, slack, card, facts.at, correlation, channel=None, answer_to=None)
            told.append(person)
        remind.remind_again(tx, run, cause, before, facts)
        record.write(tx, "train:reminded", record.CLOCK, facts, correlation, subject=run.id, people=told, **body)

    async def of_draft(self, taken: inbox.Taken, name: str, correlation: str) -> None:
        """Remind of a train that nobody has published.

        Args: as for `of_run`, but the train's name.
        """
        outside = await self._gather.outside(Ask(train=name))
        train = await self._store.read(lambda tx: trains.get(tx, name))
        people = {*(train.captains or (train.by,)), *managers(train, outside)} if train else set()
        readers = {person: await self._reader(person) for person in sorted(people)}

        def work(tx: Tx) -> None:
            remind_of_draft(tx, taken.delivery.payload, readers, replace(outside, at=self._clock.now()), correlation)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)
