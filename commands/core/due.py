"""What nobody typed: reports of CI, and timers whose moment came. The road hands them here, and they end as its other deliveries do.

Invariant: what follows and the mark "done" on the inbox row are one transaction.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from commands.core import exempt, follow, freeze_import, freezing, intake, keep_log, mirror, obligations, record
from commands.core.announce import announce
from commands.core.command import Ask
from commands.core.dispatch import advance
from commands.core.emergency import access, life
from commands.core.expire import expired
from commands.core.gather import Gather
from commands.core.hotfixes import owing
from commands.core.inside import inside
from commands.core.invocation import IncidentsTold, Reported
from commands.core.observe import observed
from commands.core.orders import order_of
from commands.core.ports.ci import CI, Pushed, Run
from commands.core.ports.clock import Clock
from commands.core.record import Actor
from commands.core.trains import integrate, keep, roll_call
from guards.facts import Facts
from guards.policy import Policy
from storage import changes, inbox
from storage.database import Store, Tx


class Due:
    """Carries out reports and timers.

    Args:
        policy: in force.
        store: the database.
        gather: reads facts.
        ci: name in the policy's `ci` → the system that deploys.
        clock: the present.
    """

    def __init__(self, policy: Policy, store: Store, gather: Gather, ci: Mapping[str, CI], clock: Clock) -> None:
        self._policy = policy
        self._store = store
        self._gather = gather
        self._ci = ci
        self._clock = clock
        self._suite = integrate.Suite(policy, store, ci, clock)

    async def reported(self, taken: inbox.Taken, reported: Reported, correlation: str) -> None:
        """Carry out what a CI reported: of its own runs, or of what it deployed without an order."""
        facts = await self._gather.days()
        by = Actor(f"ci:{reported.ci}", reported.ci)

        def work(tx: Tx) -> None:
            for report in reported.reports:
                if isinstance(report, Run):
                    known = follow.reported(tx, report, by, facts, correlation) or integrate.reported(tx, report, by, facts, correlation)
                    if known is None:
                        record.write(tx, "run:foreign", by, facts, correlation, run=report.run, state=report.state.value)
                elif isinstance(report, Pushed):
                    keep.pushed(tx, report.repository, report.branch, facts)
                    owing.pushed(tx, report.repository, facts)
                else:
                    observed(tx, report, by, facts, correlation)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    async def incidents(self, taken: inbox.Taken, told: IncidentsTold, correlation: str) -> None:
        """Carry out what a source of incidents said.

        Args:
            taken: the delivery; marked done in the transaction of its effects.
            told: what it says.
            correlation: of the delivery.
        """
        outside = await self._gather.outside(Ask())

        def work(tx: Tx) -> None:
            intake.heard(tx, told, replace(outside, at=self._clock.now()), correlation)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    async def fired(self, taken: inbox.Taken, word: str, change_id: str, correlation: str) -> None:
        """Carry out what a timer wants done with a change.

        Args:
            taken: the timer's delivery; marked done in the transaction of its effects.
            word: `follow`, `timeout`, `expire` or `advance`.
            change_id: whose timer.
            correlation: of the delivery.
        """
        outside = await self._gather.outside(Ask(change=change_id))
        step: Callable[[Tx, Facts], Any]
        if word == "follow":
            change = await self._store.read(lambda tx: changes.get(tx, change_id))
            if change is None or change.dispatched is None:
                step = _nothing
            else:
                ci = self._ci[self._policy.services[change.content.service].ci]
                found = await ci.find(order_of(change, self._policy), change.run, change.dispatched)
                step = lambda tx, facts: follow.looked_up(tx, change_id, found, facts, correlation)  # noqa: E731
        elif word == "timeout":
            step = lambda tx, facts: follow.timed_out(tx, change_id, facts, correlation)  # noqa: E731
        elif word == "expire":
            step = lambda tx, facts: expired(tx, change_id, facts, correlation)  # noqa: E731
        else:
            step = lambda tx, facts: _advance(tx, change_id, facts, correlation)  # noqa: E731

        def work(tx: Tx) -> None:
            step(tx, replace(outside, at=self._clock.now()))  # judged at this transaction's moment (FRZ-03)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    async def suite(self, taken: inbox.Taken, id: str, correlation: str) -> None:  # noqa: A002
        """Look up a run of the integration suite that has no end yet.

        Args:
            taken: the timer's delivery; marked done in the transaction of its effects.
            id: of the run.
            correlation: of the delivery.
        """
        found = await self._suite.look_up(id)

        def work(tx: Tx) -> None:
            integrate.looked_up(tx, id, found, Facts(at=self._clock.now(), policy=self._policy), correlation)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    async def exception(self, taken: inbox.Taken, word: str, id: str, correlation: str) -> None:  # noqa: A002
        """Carry out what a timer wants done with an exception.

        Args:
            taken: the timer's delivery; marked done in the transaction of its effects.
            word: `exempt.REVIEW` or `exempt.EXPIRE`.
            id: the exception's.
            correlation: of the delivery.
        """
        step = exempt.reviewed if word == exempt.REVIEW else exempt.expired

        def work(tx: Tx) -> None:
            step(tx, id, Facts(at=self._clock.now(), policy=self._policy), correlation)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    async def emergency(self, taken: inbox.Taken, id: str, correlation: str) -> None:  # noqa: A002
        """Record that an emergency is over.

        Args:
            taken: the timer's delivery; marked done in the transaction of its effects.
            id: the emergency's.
        """

        def work(tx: Tx) -> None:
            life.expired(tx, id, Facts(at=self._clock.now(), policy=self._policy), correlation)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    async def access(self, taken: inbox.Taken, id: str, correlation: str) -> None:  # noqa: A002
        """End break-glass access whose time is over (EMG-18).

        Args:
            taken: the timer's delivery; marked done in the transaction of its effects.
            id: the grant's.
        """

        def work(tx: Tx) -> None:
            access.over(tx, id, Facts(at=self._clock.now(), policy=self._policy), correlation)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    async def roll_call(self, taken: inbox.Taken, run: str, correlation: str) -> None:
        """Carry out the deadline of a roll call.

        Args:
            taken: the timer's delivery; marked done in the transaction of its effects.
            run: the run's id.
            correlation: of the delivery.
        """
        outside = await self._gather.outside(Ask())

        def work(tx: Tx) -> None:
            roll_call.silent(tx, run, replace(outside, at=self._clock.now()), correlation)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    async def log(self, taken: inbox.Taken, change_id: str, tries: int, correlation: str) -> None:
        """Copy the log of a run that ended (AUD-12).

        Args:
            taken: the timer's delivery; marked done in the transaction of its effects.
            change_id: whose run.
            tries: how often it was tried before.
            correlation: of the delivery.
        """
        found = await keep_log.read(self._store, self._policy, self._ci, change_id, self._clock.now())

        def work(tx: Tx) -> None:
            keep_log.settle(tx, change_id, found, tries, Facts(at=self._clock.now(), policy=self._policy), correlation)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    async def obligation(self, taken: inbox.Taken, id: str, step: int, correlation: str) -> None:  # noqa: A002
        """Remind people of what is owed.

        Args:
            taken: the timer's delivery; marked done in the transaction of its effects.
            id: the obligation's.
            step: which reminder it is.
        """
        outside = await self._gather.outside(Ask())

        def work(tx: Tx) -> None:
            obligations.reminded(tx, id, step, replace(outside, at=self._clock.now()), correlation)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    async def freeze(self, taken: inbox.Taken, id: str, since: datetime, correlation: str) -> None:  # noqa: A002
        """Tell that a freeze begins or ends (FRZ-09, FRZ-11).

        Args:
            taken: the timer's delivery; marked done in the transaction of its effects.
            id: the freeze's.
            since: when it was looked last, UTC.
            correlation: of the delivery.
        """

        def work(tx: Tx) -> None:
            freezing.fired(tx, id, since, Facts(at=self._clock.now(), policy=self._policy), correlation)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    async def freeze_calendar(self, taken: inbox.Taken, name: str, correlation: str) -> None:
        """Read a shared calendar of freezes (FRZ-08).

        Args:
            taken: the timer's delivery; marked done in the transaction of its effects.
            name: of the calendar in the policy.
            correlation: of the delivery.
        """
        found = await self._gather.calendar(name)

        def work(tx: Tx) -> None:
            freeze_import.took(tx, name, found, Facts(at=self._clock.now(), policy=self._policy), correlation)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    async def merge_status(self, taken: inbox.Taken, service: str, correlation: str) -> None:
        """Look after what a service's open pull requests say of merge freezes (FRZ-13).

        Args:
            taken: the timer's delivery; marked done in the transaction of its effects.
            service: its name in the policy.
            correlation: of the delivery.
        """

        def work(tx: Tx) -> None:
            mirror.due(tx, service, Facts(at=self._clock.now(), policy=self._policy), correlation)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    async def windows(self, taken: inbox.Taken, since: datetime, correlation: str) -> None:
        """Tell which windows opened and closed (WIN-18).

        Args:
            taken: the timer's delivery; marked done in the transaction of its effects.
            since: when it was looked last, UTC.
            correlation: of the delivery.
        """
        outside = await self._gather.outside(Ask())

        def work(tx: Tx) -> None:
            announce(tx, since, inside(tx, Ask(), replace(outside, at=self._clock.now())), correlation)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)


def _nothing(tx: Tx, facts: Facts) -> None:
    """The change was gone, or CI was not asked: there is nothing to look up."""


def _advance(tx: Tx, change_id: str, outside: Facts, correlation: str) -> None:
    change = changes.lock(tx, change_id)
    if change:
        advance(tx, change, outside, correlation)
