"""What nobody typed: reports of CI and of sources of incidents, and timers whose moment came. The road hands them here by their kind.

Invariant: what follows and the mark "done" on the inbox row are one transaction.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from commands.core import (
    announce,
    calendar_post,
    dependencies,
    exempt,
    follow,
    freeze_import,
    freezing,
    home,
    intake,
    keep_log,
    mirror,
    obligations,
    record,
)
from commands.core.command import Ask
from commands.core.dispatch import advance
from commands.core.emergency import access, life
from commands.core.expire import expired
from commands.core.gather import Gather
from commands.core.hotfixes import owing
from commands.core.inside import inside
from commands.core.invocation import REPORTED, IncidentsTold, Reported
from commands.core.observe import observed
from commands.core.orders import order_of
from commands.core.ports.ci import CI, Proposed, Pushed, Run
from commands.core.ports.clock import Clock
from commands.core.record import Actor
from commands.core.trains import integrate, keep, prospect, roll_call
from guards.facts import Facts
from guards.policy import Policy
from storage import changes, inbox
from storage.database import Store, Tx

Payload = Mapping[str, Any]

Carry = Callable[[inbox.Taken], Awaitable[None]]
"""Carries out one delivery, and marks it done in the transaction of its effects."""

Step = Callable[[Tx, str, Facts, str], object]
"""What is done with a subject (its id, the facts, the correlation); it may be run again after a serialization failure, so it only reads
and writes rows."""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A delivery whose transaction can begin.

    Args:
        work: what is done in it.
        outside: what was read before; None where the policy and the moment are all that is needed.
    """

    work: Callable[[Tx, Facts], object]
    outside: Facts | None = None


class Due:
    """Carries out reports, and those timers that need one transaction.

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
        self._suites = integrate.Suite(policy, store, ci, clock)
        self._ready: Mapping[str, Callable[[Payload, str], Awaitable[_Ready]]] = {
            REPORTED: self._reported,
            "follow": self._follow,
            "timeout": self._informed("change", follow.timed_out),
            "expire": self._informed("change", expired),
            "advance": self._informed("change", _advance),
            intake.KIND: self._incidents,
            integrate.SUITE: self._suite,
            roll_call.SILENT: self._informed("run", roll_call.silent),
            exempt.REVIEW: _alone("exception", exempt.reviewed),
            exempt.EXPIRE: _alone("exception", exempt.expired),
            life.EXPIRE: _alone("emergency", life.expired),
            access.END: _alone("grant", access.over),
            obligations.REMIND: self._obligation,
            freezing.KIND: self._freeze,
            freeze_import.KIND: self._freeze_calendar,
            mirror.KIND: _alone("service", mirror.due),
            announce.KIND: self._windows,
            keep_log.KEEP: self._log,
            home.BEAT: _home,
            calendar_post.KIND: _calendar,
            dependencies.KIND: _dependencies,
        }

    def kinds(self) -> Mapping[str, Carry]:
        """Kind of delivery → who carries it out."""
        return dict.fromkeys(self._ready, self._carry)

    async def _carry(self, taken: inbox.Taken) -> None:
        ready = await self._ready[taken.delivery.kind](taken.delivery.payload, taken.delivery.correlation)
        outside = ready.outside or Facts(at=self._clock.now(), policy=self._policy)

        def work(tx: Tx) -> None:
            ready.work(tx, replace(outside, at=self._clock.now()))  # judged at this transaction's moment (FRZ-03)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)

    def _informed(self, noun: str, step: Step) -> Callable[[Payload, str], Awaitable[_Ready]]:
        """What is done with a subject after what lies outside was read; a change tells the reader its place and people."""

        async def ready(payload: Payload, correlation: str) -> _Ready:
            subject = str(payload[noun])
            outside = await self._gather.outside(Ask(change=subject) if noun == "change" else Ask())
            return _Ready(lambda tx, facts: step(tx, subject, facts, correlation), outside)

        return ready

    async def _reported(self, payload: Payload, correlation: str) -> _Ready:
        """What a CI reported: of its own runs, or of what it deployed without an order."""
        reported = Reported.model_validate(payload)
        by = Actor(f"ci:{reported.ci}", reported.ci)

        def work(tx: Tx, facts: Facts) -> None:
            for report in reported.reports:
                if isinstance(report, Run):
                    known = follow.reported(tx, report, by, facts, correlation) or integrate.reported(tx, report, by, facts, correlation)
                    if known is None:
                        record.write(tx, "run:foreign", by, facts, correlation, run=report.run, state=report.state.value)
                elif isinstance(report, Pushed):
                    keep.pushed(tx, report.repository, report.branch, facts)
                    prospect.pushed(tx, report.repository, report.branch, facts)
                    owing.pushed(tx, report.repository, facts)
                elif isinstance(report, Proposed):
                    mirror.proposed(tx, report.repository, report.into, facts, correlation)
                else:
                    observed(tx, report, by, facts, correlation)

        return _Ready(work, await self._gather.days())

    async def _incidents(self, payload: Payload, correlation: str) -> _Ready:
        """What a source of incidents said."""
        told = IncidentsTold.model_validate(payload)
        return _Ready(lambda tx, facts: intake.heard(tx, told, facts, correlation), await self._gather.outside(Ask()))

    async def _follow(self, payload: Payload, correlation: str) -> _Ready:
        """A run that has no end yet is looked up; where CI never took the order, it is judged and ordered anew."""
        id = str(payload["change"])  # noqa: A001
        change = await self._store.read(lambda tx: changes.get(tx, id))
        if change is None or change.dispatched is None:
            return _Ready(_nothing)
        ci = self._ci[self._policy.services[change.content.service].ci]
        found = await ci.find(order_of(change, self._policy), change.run, change.dispatched)
        outside = await self._gather.outside(Ask(change=id))
        return _Ready(lambda tx, facts: follow.looked_up(tx, id, found, facts, correlation), outside)

    async def _suite(self, payload: Payload, correlation: str) -> _Ready:
        """A run of the integration suite that has no end yet is looked up."""
        id = str(payload["integration"])  # noqa: A001
        found = await self._suites.look_up(id)
        return _Ready(lambda tx, facts: integrate.looked_up(tx, id, found, facts, correlation))

    async def _log(self, payload: Payload, correlation: str) -> _Ready:
        """The log of a run that ended is copied (AUD-12)."""
        id, tries = str(payload["change"]), int(payload.get("tries", 0))  # noqa: A001
        found = await keep_log.read(self._store, self._policy, self._ci, id, self._clock.now())
        return _Ready(lambda tx, facts: keep_log.settle(tx, id, found, tries, facts, correlation))

    async def _obligation(self, payload: Payload, correlation: str) -> _Ready:
        """People are reminded of what is owed."""
        id, step, only = str(payload["obligation"]), int(payload["step"]), payload.get("person")  # noqa: A001
        outside = await self._gather.outside(Ask())
        people = await self._store.read(lambda tx: obligations.to_tell(tx, id, step, outside))
        zones = {person.id: zone for person in people if (zone := await self._gather.zone(person.slack[0]))}
        return _Ready(lambda tx, facts: obligations.reminded(tx, id, step, zones, only, facts, correlation), outside)

    async def _freeze(self, payload: Payload, correlation: str) -> _Ready:
        """People are told that a freeze begins or ends, or that nobody approved it (FRZ-07, FRZ-09, FRZ-11)."""
        id, since = str(payload["freeze"]), _since(payload)  # noqa: A001
        outside = await self._gather.outside(Ask())
        return _Ready(lambda tx, facts: freezing.fired(tx, id, since, facts, correlation), outside)

    async def _freeze_calendar(self, payload: Payload, correlation: str) -> _Ready:
        """A shared calendar of freezes is read (FRZ-08)."""
        name = str(payload["calendar"])
        found = await self._gather.calendar(name)
        return _Ready(lambda tx, facts: freeze_import.took(tx, name, found, facts, correlation))

    async def _windows(self, payload: Payload, correlation: str) -> _Ready:
        """People are told which windows opened and closed (WIN-18)."""
        since = _since(payload)
        outside = await self._gather.outside(Ask())
        return _Ready(lambda tx, facts: announce.announce(tx, since, inside(tx, Ask(), facts), correlation), outside)


def _alone(noun: str, step: Step) -> Callable[[Payload, str], Awaitable[_Ready]]:
    """What is done with a subject where nothing outside matters."""

    async def ready(payload: Payload, correlation: str) -> _Ready:
        return _Ready(lambda tx, facts: step(tx, str(payload[noun]), facts, correlation))

    return ready


async def _calendar(payload: Payload, correlation: str) -> _Ready:
    return _Ready(lambda tx, facts: calendar_post.due(tx, facts, correlation))


async def _home(payload: Payload, correlation: str) -> _Ready:
    return _Ready(lambda tx, facts: home.beat(tx, payload, facts, correlation))


async def _dependencies(payload: Payload, correlation: str) -> _Ready:
    return _Ready(lambda tx, facts: dependencies.remind(tx, facts, correlation))


def _since(payload: Payload) -> datetime:
    """When it was looked last, UTC."""
    return datetime.fromisoformat(str(payload["since"]))


def _nothing(tx: Tx, facts: Facts) -> None:
    """The change was gone, or CI was not asked: there is nothing to look up."""


def _advance(tx: Tx, change_id: str, outside: Facts, correlation: str) -> None:
    change = changes.lock(tx, change_id)
    if change:
        advance(tx, change, outside, correlation)
