"""Shows merge freezes in version control, as a status on what would be merged (FRZ-13).

Invariant: what is shown is what holds when it is sent; sending it again changes nothing. It is looked after again and again, so that pull
requests that came meanwhile carry it, and what failed is made good; a webhook only makes that quicker.
"""

from collections.abc import Mapping
from datetime import timedelta

from commands.core import record
from commands.core.cards import note
from commands.core.ports.chat import Unposted
from commands.core.ports.clock import Clock
from commands.core.ports.vcs import MergeStatuses, Shown
from commands.core.tell import alert
from guards.facts import Facts
from guards.opening import local
from guards.policy import Policy
from storage import alerts, freezes, outbox, timers
from storage.database import Store, Tx

KIND = "merge-status"
"""Of its timers and messages."""

EVERY = timedelta(minutes=5)
LAST = 6
"""Attempts after which it is told, once a day; the next look tries again."""


def begin(tx: Tx, policy: Policy, facts: Facts, correlation: str) -> None:
    """Look after each service that has branches mirrored, and go on doing so."""
    for name, service in policy.services.items():
        if service.freeze_status:
            due(tx, name, facts, correlation)


def due(tx: Tx, service: str, facts: Facts, correlation: str) -> None:
    """Show what holds a service's branches now, and look again after a while; for a service that has none mirrored, never again."""
    known = facts.policy.services.get(service)
    if known is None or not known.freeze_status:
        return
    key = f"{KIND}:{service}"
    outbox.add(tx, outbox.Message(KIND, {"service": service}, key=key, lane=key, correlation=correlation), facts.at)
    timers.set(tx, timers.Timer(key, KIND, facts.at + EVERY, {"service": service}))


def proposed(tx: Tx, repository: str, branch: str, facts: Facts, correlation: str) -> None:
    """The VCS says that somebody wants into a branch: if it is mirrored, the pull request says at once whether it is held.

    Args:
        tx: of the delivery.
        repository: `owner/name` as the VCS writes it.
        branch: into which it is to be merged.
        facts: give the moment and the policy.
        correlation: of the delivery.
    """
    for name, service in facts.policy.services.items():
        if service.repository.lower() == repository.lower() and branch in service.freeze_status:
            due(tx, name, facts, correlation)


class Mirror:
    """Sends the statuses.

    Args:
        policy: in force.
        store: the database.
        statuses: kind in a service's `history` → where statuses stand.
        clock: the present.
    """

    def __init__(self, policy: Policy, store: Store, statuses: Mapping[str, MergeStatuses], clock: Clock) -> None:
        self._policy = policy
        self._store = store
        self._statuses = statuses
        self._clock = clock

    async def send(self, sending: outbox.Sending) -> None:
        """Show it on each mirrored branch of a service, and settle the row."""
        name, now = str(sending.message.payload["service"]), self._clock.now()
        service = self._policy.services.get(name)
        if service is None or service.history is None:
            await self._store.write(lambda tx: outbox.dead(tx, sending.id, "nothing is mirrored any more"))
            return
        current = await self._store.read(lambda tx: [f for f in freezes.current(tx, now) if f.active(now)])
        changed, lost = 0, None
        for branch in service.freeze_status:
            holding = [f for f in current if f.holds_merges(name, branch)]
            last = max(holding, key=lambda f: f.until, default=None)
            held = f"{last.id} until {local(last.until, self._policy.zone_of(name))}: {last.reason}"[:140] if last else None
            found = await self._statuses[service.history].show(service.repository, branch, held)
            if isinstance(found, Shown):
                changed += found.changed
            else:
                lost = found
        await self._settle(sending, name, changed, lost)

    async def _settle(self, sending: outbox.Sending, name: str, changed: int, lost: Unposted | None) -> None:
        facts, correlation = Facts(at=self._clock.now(), policy=self._policy), sending.message.correlation

        def work(tx: Tx) -> None:
            if changed:
                record.write(tx, "freeze:mirrored", record.CLOCK, facts, correlation, service=name, changed=changed)
            if lost is None:
                outbox.done(tx, sending.id)
            elif lost.final or sending.attempts >= LAST:
                outbox.dead(tx, sending.id, lost.why)
                if alerts.first(tx, f"mirror {name} {facts.at:%Y-%m-%d}", facts.at):
                    record.write(tx, "freeze:not-mirrored", record.CLOCK, facts, correlation, service=name, why=lost.why)
                    alert(tx, facts, note(f"⚠️ Merge freezes of {name} are not shown in version control", (f"{lost.why}.",)), correlation)
            else:
                wait = lost.retry_after if lost.retry_after is not None else 2**sending.attempts
                outbox.retry(tx, sending.id, lost.why, facts.at + timedelta(seconds=wait))

        await self._store.write(work)
