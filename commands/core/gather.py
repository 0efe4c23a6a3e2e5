"""Reads the facts of one judgement: first what lies outside, concurrently and with a deadline, then the database's own.

Invariant: what fails or comes too late is `Unread`. The database's part is read inside the transaction that acts on it,
so what was true when it was judged is true when it is written (CMD-12).
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from commands.core.command import AnyCommand, Ask
from commands.core.deadline import SECONDS, Deadline
from commands.core.gather_incident import incident_facts, incident_of, open_incidents
from commands.core.gather_set import goes_alone, key_of, parts_of, set_facts
from commands.core.holidays import read_holidays
from commands.core.people import People, unknown_logins
from commands.core.ports.artifacts import Artifacts, Proofs
from commands.core.ports.calendars import Calendars
from commands.core.ports.clock import Clock
from commands.core.ports.people import Account, Directory, SignIn
from commands.core.ports.vcs import Vcs
from commands.core.prove import Prove
from commands.core.trains import after, standing
from guards.assessment import UNSAID
from guards.change import Change
from guards.cut import Blocker
from guards.decision import Allow
from guards.exemption import Exemption
from guards.facts import Facts, Freeze, GoFacts, Request
from guards.identity import Stranger
from guards.judge import Case
from guards.lifecycle import UNDECIDED
from guards.manifest import SetStanding
from guards.order import environment_before
from guards.policy import Policy
from guards.risk import told_by_work
from guards.sections import Person
from guards.train import Room, Train, TrainRun
from guards.unread import Absent, Unread
from guards.vcs import Span
from guards.version import Artifact, Deployment, Evidence
from guards.vocabulary import Action, ChangeType
from storage import (
    approvals,
    artifacts,
    changes,
    claims,
    cuts,
    delegations,
    deployments,
    exceptions,
    freezes,
    links,
    obligations,
    releases,
    trains,
    verifications,
)
from storage.database import Store, Tx

GLIMPSE = 1.0
"""Seconds: Slack opens a form up to 3 s after the click."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a request is about, as the database knows it before anything outside is asked.

    Args:
        service, environment, version: of the change, else as they were asked for.
        running: what runs in the target.
        people: corporate ids of the change's requester and of everybody who decided about it.
        undecided: whether people still decide: there is no change yet, or it is open to them.
        channel: of the train, when somebody wants to define, change or publish one.
    """

    service: str | None = None
    environment: str | None = None
    version: str | None = None
    running: Deployment | None = None
    people: frozenset[str] = frozenset()
    undecided: bool = True
    channel: str | None = None


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
    ) -> None:
        self.policy = policy
        self._store = store
        self._directory = directory
        self._people = People(policy, directory, sign_in)
        self._sources = sources
        self._calendars = calendars
        self._clock = clock
        self._prove = Prove(policy, sources, histories, proofs)

    def now(self) -> datetime:
        """The moment that facts read now are stamped with, UTC."""
        return self._clock.now()

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
        work = await self._prove.between(ask.service or "", base, ask.version or "", deadline)
        return Unread("the artifact", "nobody asked for it"), Evidence(work=work)

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
        parts = await self._store.read(lambda tx: parts_of(tx, ask, self.policy))
        if not parts:
            return await self._alone(ask, by, seconds)
        # what stands around a set is read like that of any change, at the same time as that of its entries
        alone, *entries = await asyncio.gather(*(self._alone(one, by, seconds) for one in (ask, *parts)))
        return replace(alone, parts=dict(zip(map(key_of, parts), entries, strict=True)))

    async def _alone(self, ask: Ask, by: Person | None, seconds: float) -> Facts:
        """The same for a single subject."""
        named = ask.change or ask.service or ask.exception or ask.train or ask.run
        about = await self._store.read(lambda tx: _subject(tx, ask)) if named else Subject()
        ids = sorted((about.people | await self._acting(ask)) - ({by.id} if by else set()))
        deadline = Deadline(seconds)
        groups, holidays, (artifact, evidence), people, channel = await asyncio.gather(
            self._groups(about.service, deadline),
            read_holidays(self._calendars, self.policy.calendars, self._clock.now(), deadline),
            self._between(ask, ask.base, deadline) if ask.base else self._proven(about, deadline),
            asyncio.gather(*(self._people.person(i, deadline) for i in ids)),
            self._channel(about.channel, deadline),
        )
        known: dict[str, Person | Stranger | Unread] = dict(zip(ids, people, strict=True))
        if by:
            known[by.id] = by
        writers, accounts = await asyncio.gather(
            self._people.writers(artifact, deadline), self._accounts(about.service, artifact, deadline)
        )
        facts = Facts(
            at=self._clock.now(), policy=self.policy, groups=groups, people={**writers, **known}, artifact=artifact,
            evidence=evidence, accounts=accounts, holidays=holidays, channel=channel,
        )  # fmt: skip
        if isinstance(evidence.work, Span):  # a large release takes a while: beside the loop, and before any transaction
            await asyncio.to_thread(told_by_work, about.service, facts)
        return facts

    async def _of_run(self, ask: Ask, by: Person | None, seconds: float) -> Facts:
        """Everything about each version that a run would bring, bound for production, and about who asks (GNG-04, MAN-06)."""
        asks = await self._store.read(lambda tx: standing.asks_of(tx, ask.run or "", self.policy))
        alone, *own = await asyncio.gather(*(self.outside(each, by, seconds) for each in (replace(ask, go=False), *asks)))
        entries = {(each.service or "", each.version or ""): facts for each, facts in zip(asks, own, strict=True)}
        return replace(alone, go=GoFacts(None, None, (), entries))

    async def _channel(self, channel: str | None, deadline: Deadline) -> Room | Absent | Unread:
        if channel is None:
            return Unread("the train's channel", "nobody asked for it")
        return await deadline.read(f"the channel {channel}", self._directory.channel, channel)

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


def _subject(tx: Tx, ask: Ask) -> Subject:
    if ask.exception:
        return _excepted(tx, exceptions.get(tx, ask.exception))
    if ask.train or ask.run:
        return _ridden(tx, ask)
    change = changes.get(tx, ask.change) if ask.change else None
    place = change.content if change else ask
    running = deployments.running(tx, place.service, place.environment) if place.service and place.environment else None
    if change is None:
        return Subject(ask.service, ask.environment, ask.version, running)
    people = frozenset({change.requester, *(a.by for a in approvals.of(tx, change.id))})
    return Subject(place.service, place.environment, place.version, running, people, change.state in UNDECIDED)


def _excepted(tx: Tx, exemption: Exemption | None) -> Subject:
    """Of an exception for one version, the version in the last environment of its scope: its authors are kept apart (SOD-09)."""
    if exemption is None or exemption.version is None:
        return Subject()
    service, environment = exemption.services[0], exemption.environments[-1]
    return Subject(service, environment, exemption.version, deployments.running(tx, service, environment))


def _ridden(tx: Tx, ask: Ask) -> Subject:
    """Of a train, those who lead it, and its channel where that is about to be written in."""
    run = trains.run(tx, ask.run) if ask.run else None
    train = trains.get(tx, run.train if run else ask.train or "")
    wanted = _wanted(ask, train)
    leading = {*(wanted.captains if wanted else ()), *(train.captains if train else ()), *([run.captain] if run else ())}
    people = leading | ({ask.captain} if ask.captain else set())
    return Subject(people=frozenset(people), channel=wanted.channel if wanted else None)


def _wanted(ask: Ask, train: Train | Absent | None) -> Train | None:
    """The train as it would be defined: anew, or the one that there is, with what is to be otherwise."""
    if ask.defined:
        return ask.defined
    return ask.edit.over(train) if ask.edit is not None and isinstance(train, Train) else None


def inside(tx: Tx, ask: Ask, outside: Facts, *, only_reading: bool = False) -> Facts:
    """The outside facts completed with the database's, read in this transaction.

    Args:
        tx: open.
        ask: what it is about; of a set, each entry's facts are completed too.
        outside: as gathered before.
        only_reading: leaves the rows of the change, the exception or the set unlocked, for a transaction that will not write.
    """
    facts = set_facts(tx, ask, _inside(tx, ask, outside, only_reading=only_reading), only_reading=only_reading)
    whole = facts.set if isinstance(facts.set, SetStanding) and facts.set.promotion else None
    parts = {}
    for one in () if goes_alone(ask, facts) else parts_of(tx, ask, outside.policy):
        # one that nobody read for stays unread: it stops the others, and is never left out
        read = replace(outside.parts.get(key_of(one)) or Facts(outside.at, outside.policy), at=outside.at)
        part = _inside(tx, one, read, only_reading=only_reading)
        parts[key_of(one)] = set_facts(tx, one, part, only_reading=only_reading, whole=whole if one.change else None)
    return replace(facts, parts=parts)


def _inside(tx: Tx, ask: Ask, outside: Facts, *, only_reading: bool) -> Facts:
    """The same without what is known of sets."""
    facts = replace(
        outside,
        freezes=freezes.current(tx, outside.at),
        delegations=delegations.current(tx, outside.at) if outside.policy.delegation else (),
        links=_links(tx, outside.accounts),
    )
    facts = open_incidents(tx, ask, facts)
    service, environment, version = ask.service, ask.environment, ask.version
    if ask.change:
        change = changes.get(tx, ask.change) if only_reading else changes.lock(tx, ask.change)
        facts = replace(facts, change=change or Absent(f"change {ask.change}"))
        if change is None:
            return facts
        facts = replace(facts, approvals=approvals.of(tx, change.id), verification=verifications.of(tx, change.id))
        service, environment, version = change.content.service, change.content.environment, change.content.version
    if ask.freeze:
        facts = replace(facts, freeze=freezes.get(tx, ask.freeze) or Absent(f"freeze {ask.freeze}"))
    if ask.exception:
        exemption = exceptions.get(tx, ask.exception) if only_reading else exceptions.lock(tx, ask.exception)
        facts = replace(facts, exception=exemption or Absent(f"exception {ask.exception}"))
    if ask.delegation:
        facts = replace(facts, delegation=delegations.get(tx, ask.delegation) or Absent(f"delegation {ask.delegation}"))
    if ask.train or ask.run or ask.blocker:
        facts = _train_facts(tx, ask, facts)
    if ask.go and ask.run:
        facts = standing.of_run(tx, ask.run, facts, partial(inside, only_reading=True), lock=not only_reading)
    if ask.after and isinstance(facts.run, TrainRun):
        facts = replace(facts, after=after.of_run(tx, facts.run, facts.policy))
    if ask.obligation:
        facts = replace(facts, obligation=obligations.get(tx, ask.obligation) or Absent(f"follow-up {ask.obligation}"))
    if ask.incident:
        facts = incident_facts(tx, ask, facts, only_reading=only_reading)
    if ask.linking:
        facts = replace(facts, link=links.of(tx, ask.linking), linking=links.attempt(tx, ask.linking))
    if not (service and environment and version):
        return facts
    before = environment_before(facts.policy, service, environment)
    return replace(
        facts,
        registered=artifacts.registered(tx, service, version),
        before=deployments.proof(tx, service, before, version) if before else None,
        running=deployments.running(tx, service, environment),
        in_flight=claims.held(tx, service, environment),
        duplicate=changes.open_like(tx, service, environment, version),
        record=releases.record(tx, service, version),
        notes=releases.notes(tx, service, version),
        promotions=releases.promotions(tx, service, version),
        exceptions=_exceptions(tx, facts, service, environment),
        rides=standing.rides_of(tx, service, version, pin=not only_reading) if environment in facts.policy.production else (),
    )


def _train_facts(tx: Tx, ask: Ask, facts: Facts) -> Facts:
    """The train, its run, and what is known of the run's cut."""
    blocker = (cuts.blocker(tx, ask.blocker) or Absent(f"blocker {ask.blocker}")) if ask.blocker else None
    run_id = blocker.run if isinstance(blocker, Blocker) else ask.run
    run = (trains.run(tx, run_id) or Absent(f"run {run_id} of a train")) if run_id else None
    name = run.train if isinstance(run, TrainRun) else ask.train
    train = trains.get(tx, name) if name else None
    fix = (cuts.fix(tx, run_id or "", ask.fix) or Absent(f"commit {ask.fix[:12]} that was judged")) if ask.fix else None
    return replace(
        facts, run=run, train=train or (Absent(f"train {name}") if name else None), ridden=trains.open_runs(tx, train.id) if train else (),
        blocker=blocker, fix=fix, cuts=cuts.of_run(tx, run_id) if run_id else (),
    )  # fmt: skip


def _exceptions(tx: Tx, facts: Facts, service: str, environment: str) -> tuple[Exemption, ...]:
    """Those that reach the place while people decide; afterwards those that the change went out by."""
    if isinstance(facts.change, Change) and facts.change.state not in UNDECIDED:
        return exceptions.used_by(tx, facts.change.id)
    return exceptions.reaching(tx, service, environment, facts.at)


def _links(tx: Tx, accounts: Mapping[str, int | Absent | Unread]) -> dict[str, str | Unread]:
    """Whose the accounts are that were looked up; one that could not be read stays unread."""
    owners = links.owners(tx, [number for number in accounts.values() if isinstance(number, int)])
    found: dict[str, str | Unread] = {}
    for login, number in accounts.items():
        if isinstance(number, Unread):
            found[login] = number
        elif isinstance(number, int) and number in owners:
            found[login] = owners[number]
    return found


def request_of(action: Action, ask: Ask, by: Person | Stranger | Unread, facts: Facts) -> Request:
    """The request that the guards judge; the place of an existing change is its own, whatever was typed."""
    content = facts.change.content if isinstance(facts.change, Change) else None
    held = facts.freeze if isinstance(facts.freeze, Freeze) else None
    promotion = facts.set.promotion if isinstance(facts.set, SetStanding) else None
    return Request(
        action=action,
        by=by,
        service=content.service if content else ask.service,
        environment=content.environment if content else ask.environment or (promotion.environment if promotion else None),
        version=content.version if content else ask.version,
        digest=content.digest if content else ask.digest,
        change_type=ask.change_type or (content.change_type if content else ChangeType.NORMAL),
        entry=ask.entry if ask.change_type or content is None else content.entry,
        migration=ask.migration or (content.migration if content else None),
        declared=ask.said.over(content.declared if content else UNSAID),
        seen=ask.seen,
        rationale=ask.rationale,
        freeze=ask.declared or held,
        record=ask.record,
        notes=ask.notes,
        exception=ask.wanted,
        until=ask.until,
        delegation=ask.delegated,
        obligation=ask.owed,
        login=ask.login,
        entries=ask.entries,
        breaking=ask.breaking,
        back=ask.back,
        definition=_wanted(ask, facts.train),
        settled=ask.settled,
        moved=ask.moved,
        captain=ask.captain,
        commits=ask.commits,
        answer=ask.answer,
        acceptance=ask.acceptance,
        incident=incident_of(ask, facts),
        moment=ask.moment,
    )


def several(command: AnyCommand, ask: Ask) -> bool:
    """Whether what is asked is judged entry by entry, as a set."""
    return bool(command.whole) and ask.change is None


def cases_of(tx: Tx, command: AnyCommand, ask: Ask, by: Person | Stranger | Unread, facts: Facts) -> tuple[Case, ...]:
    """What is judged of each entry of a set; of one that exists, of those that people still decide (MAN-06).

    Args:
        tx: the transaction in which `facts` were completed.
        command: whose request it is.
        ask, by, facts: as for `request_of`, of the set.
    """
    if not several(command, ask):
        return ()
    asked = [(one, facts.parts[key_of(one)]) for one in parts_of(tx, ask, facts.policy)]
    left = [(one, part) for one, part in asked if not isinstance(part.change, Change) or part.change.state in UNDECIDED]
    cases = tuple((request_of(command.action, one, by, part), part) for one, part in left)
    return tuple(case for case in cases if all(isinstance(guard(*case), Allow) for guard in command.skips)) or cases


_NOTHING = Ask()
"""Nobody types anything at dispatch: all that is judged stands in the change."""


def at_dispatch(change: Change, facts: Facts) -> Request:
    """The promotion as it is judged again when it would go out: asked by its requester as they stand now (CMD-12)."""
    by = facts.people.get(change.requester, Unread(f"the account of {change.requester_name}"))
    return request_of(Action.PROMOTE, _NOTHING, by, facts)
