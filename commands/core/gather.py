"""Reads the facts of one judgement: first what lies outside, concurrently and with a deadline, then the database's own.

Invariant: what fails or comes too late is `Unread`. The database's part is read inside the transaction that acts on it,
so what was true when it was judged is true when it is written (CMD-12).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from commands.core.command import Ask
from commands.core.deadline import SECONDS, Deadline
from commands.core.gather_set import key_of, parts_of
from commands.core.holidays import read_holidays
from commands.core.hotfixes.ground import read_ground, taken
from commands.core.inside import inside
from commands.core.people import People, unknown_logins
from commands.core.ports.artifacts import Artifacts, Proofs
from commands.core.ports.calendars import Calendars
from commands.core.ports.clock import Clock
from commands.core.ports.freeze_calendars import FreezeCalendars
from commands.core.ports.people import Account, Directory, SignIn
from commands.core.ports.vcs import Vcs
from commands.core.prove import Prove
from commands.core.subject import Subject, subject_of
from commands.core.trains import standing
from commands.core.trains.read import Branches
from guards.facts import Facts, GoFacts
from guards.freeze_record import CalendarEvent
from guards.hotfix import Ground
from guards.identity import Stranger
from guards.policy import Policy
from guards.risk import told_by_work
from guards.sections import Person
from guards.train import Room
from guards.unread import Absent, Unread
from guards.vcs import Span
from guards.version import Artifact, Evidence
from storage import (
    cuts,
    delegations,
    links,
)
from storage.database import Store, Tx

GLIMPSE = 1.0
"""Seconds: Slack opens a form up to 3 s after the click."""


class Gather:
    """Reads facts.

    Args:
        policy: in force.
        store: the database.
        directory: who people are.
        sources: name in the policy's `artifacts` → where versions are looked up.
        histories: kind in a service's `history` → the version control system.
        proofs: name in the policy's `artifacts` → what is attached to artifacts there.
        sign_in: whose GitHub account is whose.
        calendars: public holidays.
        freeze_calendars: shared calendars of freezes.
        clock: the present.
    """

    def __init__(
        self,
        policy: Policy,
        store: Store,
        directory: Directory,
        sources: Mapping[str, Artifacts],
        clock: Clock,
        histories: Mapping[str, Vcs],
        proofs: Mapping[str, Proofs],
        sign_in: SignIn,
        calendars: Calendars,
        freeze_calendars: FreezeCalendars,
    ) -> None:
        self.policy = policy
        self._store = store
        self._directory = directory
        self._people = People(policy, directory, sign_in)
        self._sources = sources
        self._calendars = calendars
        self._freezes = freeze_calendars
        self._clock = clock
        self._prove = Prove(policy, sources, histories, proofs)
        self._branches = Branches(policy, histories)

    def now(self) -> datetime:
        """The moment that facts read now are stamped with, UTC."""
        return self._clock.now()

    async def days(self) -> Facts:
        """The moment, the policy and the public holidays: what is due is counted in business days (HOT-13, EMG-10)."""
        now = self._clock.now()
        return Facts(at=now, policy=self.policy, holidays=await read_holidays(self._calendars, self.policy.calendars, now, Deadline()))

    async def asker(self, user: str) -> Person | Stranger | Unread:
        """The person behind a Slack account, or why it is nobody here (RBAC-01, SOD-14)."""
        return await self._people.asker(user)

    async def person(self, corporate: str) -> Person | Stranger | Unread:
        """A person as they stand now: one working account is enough (RBAC-09)."""
        return await self._people.person(corporate)

    async def zone(self, user: str) -> str | None:
        """The IANA zone that a Slack account says it is in; None when it says none, or could not be read."""
        account = await Deadline().read("a time zone", self._directory.account, user)
        return account.zone if isinstance(account, Account) else None

    async def _groups(self, service: str | None, deadline: Deadline) -> dict[str, frozenset[str] | Unread]:
        names = {
            group
            for grants in self.policy.roles.values()
            for grant in grants
            if service is None or grant.services is None or service in grant.services
            for group in grant.groups
        }
        read = await asyncio.gather(*(deadline.read(f"Slack group {g}", self._directory.members, g) for g in sorted(names)))
        return dict(zip(sorted(names), read, strict=True))

    async def _artifact(self, service: str | None, version: str | None, deadline: Deadline) -> Artifact | Absent | Unread:
        known = self.policy.services.get(service or "")
        if known is None or not version:
            return Unread("the artifact", "nobody asked for it")
        return await deadline.read(f"the artifact of {service} {version}", self._sources[known.artifacts].find, service or "", version)

    async def _proven(self, about: Subject, deadline: Deadline) -> tuple[Artifact | Absent | Unread, Evidence]:
        """The artifact, and what proves it as long as people decide; afterwards nobody asks for that."""
        artifact = await self._artifact(about.service, about.version, deadline)
        if not isinstance(artifact, Artifact) or not about.environment or not about.undecided:
            return artifact, Evidence()
        return await self._prove.read(artifact, about.environment, about.running, deadline)

    async def _between(self, ask: Ask, base: str, deadline: Deadline) -> tuple[Artifact | Absent | Unread, Evidence]:
        """The work between two versions; no artifact is looked at for that."""
        evidence = await self._prove.between(ask.service or "", base, ask.version or "", deadline)
        return Unread("the artifact", "nobody asked for it"), evidence

    async def glimpse(self, ask: Ask, by: Person) -> Facts:
        """What can be read in the moment in which a form can be opened; all that comes later is `Unread`.

        Args: as for `outside`.
        """
        outside = await self.outside(ask, by, seconds=GLIMPSE)
        return await self._store.read(lambda tx: inside(tx, ask, outside, only_reading=True))

    async def outside(self, ask: Ask, by: Person | None = None, seconds: float = SECONDS) -> Facts:
        """Everything that is not in the database, stamped with one moment.

        Args:
            ask: what it is about; a change is read first, to know its place and people.
            by: the asker, already resolved.
            seconds: how long the reads may take together.
        """
        if ask.go:
            return await self._of_run(ask, by, seconds)
        parts, subjects = await self._store.read(lambda tx: _known(tx, ask, self.policy))
        # what stands around a set is read like that of any change, at the same time as that of its entries
        heads, (alone, *entries) = await asyncio.gather(
            self._heads(ask.run, seconds) if ask.entries and ask.run else _no_heads(),
            asyncio.gather(*(self._alone(one, about, by, seconds) for one, about in zip((ask, *parts), subjects, strict=True))),
        )
        go = GoFacts(None, None, (), {}, heads=heads) if ask.entries else None
        return replace(alone, go=go, parts=dict(zip(map(key_of, parts), entries, strict=True)))

    async def _alone(self, ask: Ask, about: Subject, by: Person | None, seconds: float) -> Facts:
        """The same for a single subject."""
        ids = sorted((about.people | await self._acting(ask)) - ({by.id} if by else set()))
        deadline = Deadline(seconds)
        groups, holidays, (artifact, evidence), people, (channel, calendar, ground) = await asyncio.gather(
            self._groups(about.service, deadline),
            read_holidays(self._calendars, self.policy.calendars, self._clock.now(), deadline),
            self._between(ask, ask.base, deadline) if ask.base else self._proven(about, deadline),
            asyncio.gather(*(self._people.person(i, deadline) for i in ids)),
            self._wanted_alone(ask, about, deadline, seconds),
        )
        known: dict[str, Person | Stranger | Unread] = dict(zip(ids, people, strict=True))
        if by:
            known[by.id] = by
        writers, accounts = await asyncio.gather(
            self._people.writers(artifact, deadline), self._accounts(about.service, artifact, deadline)
        )
        facts = Facts(
            at=self._clock.now(), policy=self.policy, groups=groups, people={**writers, **known}, artifact=artifact,
            evidence=evidence, accounts=accounts, holidays=holidays, channel=channel, calendar=calendar, ground=ground,
        )  # fmt: skip
        if isinstance(evidence.work, Span):  # a large release takes a while: beside the loop, and before any transaction
            await asyncio.to_thread(told_by_work, about.service, facts)
        return facts

    async def _of_run(self, ask: Ask, by: Person | None, seconds: float) -> Facts:
        """Everything about each version that a run would bring, bound for production, and about who asks (GNG-04, MAN-06)."""
        asks = await self._store.read(lambda tx: standing.asks_of(tx, ask.run or "", self.policy))
        heads, (alone, *own) = await asyncio.gather(
            self._heads(ask.run or "", seconds),
            asyncio.gather(*(self.outside(each, by, seconds) for each in (replace(ask, go=False), *asks))),
        )
        entries = {(each.service or "", each.version or ""): facts for each, facts in zip(asks, own, strict=True)}
        return replace(alone, go=GoFacts(None, None, (), entries, heads=heads))

    async def _heads(self, run: str, seconds: float) -> dict[str, str | Absent | Unread]:
        """Repository → what the release branch of a run names there now."""
        made = await self._store.read(lambda tx: cuts.of_run(tx, run))
        return await self._branches.look(seconds).heads(made)

    async def _wanted_alone(
        self, ask: Ask, about: Subject, deadline: Deadline, seconds: float
    ) -> tuple[Room | Absent | Unread, tuple[CalendarEvent, ...] | Unread, Ground | None]:
        """What only some commands look at: a channel, a shared calendar, the ground of a hotfix."""
        return await asyncio.gather(
            self._channel(about.channel, deadline),
            self.calendar(ask.calendar, deadline) if ask.calendar else _no_calendar(),
            self._ground(ask, about, seconds),
        )

    async def _channel(self, channel: str | None, deadline: Deadline) -> Room | Absent | Unread:
        if channel is None:
            return Unread("the train's channel", "nobody asked for it")
        return await deadline.read(f"the channel {channel}", self._directory.channel, channel)

    async def calendar(self, name: str, deadline: Deadline | None = None) -> tuple[CalendarEvent, ...] | Unread:
        """What stands in a shared calendar of freezes."""
        return await (deadline or Deadline()).read(f"the freeze calendar {name}", self._freezes.events, name, self._clock.now())

    async def _ground(self, ask: Ask, about: Subject, seconds: float) -> Ground | None:
        """What a hotfix would begin from, where one is to be begun (HOT-01)."""
        if ask.begun is None:
            return None
        running, service = about.running, self.policy.services[ask.service or ""]
        known = await self._store.read(lambda tx: taken(tx, running))
        source = self._sources[service.artifacts]
        return await read_ground(self._branches.look(seconds), source, self.policy, running, known, ask.begun.ticket, ask.on)

    async def _acting(self, ask: Ask) -> set[str]:
        """Corporate ids of those for whom somebody acts by a delegation, and of whoever shall (RBAC-06)."""
        if self.policy.delegation is None:
            return set()
        now = self._clock.now()
        giving = await self._store.read(lambda tx: {d.by for d in delegations.current(tx, now)})
        return giving | ({ask.delegated.to} if ask.delegated else set())

    async def _accounts(
        self, service: str | None, artifact: Artifact | Absent | Unread, deadline: Deadline
    ) -> dict[str, int | Absent | Unread]:  # fmt: skip
        """GitHub's ids of the logins that only a link can give to somebody; nothing is asked while there is no link."""
        logins = unknown_logins(artifact, self.policy)
        if not logins or service is None or not await self._store.read(links.exist):
            return {}
        return await self._people.accounts(logins, self.policy.services[service].repository, deadline)


def _known(tx: Tx, ask: Ask, policy: Policy) -> tuple[tuple[Ask, ...], list[Subject]]:
    """What is asked of each entry of a set, and what the whole and each of them is about."""
    parts = parts_of(tx, ask, policy)
    return parts, [subject_of(tx, one) for one in (ask, *parts)]


async def _no_heads() -> dict[str, str | Absent | Unread]:
    return {}


async def _no_calendar() -> Unread:
    return Unread("the shared calendar", "nobody asked for it")
