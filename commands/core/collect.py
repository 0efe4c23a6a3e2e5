"""Collects the evidence of one version: what is on record here, and what version control, CI and registry know of it now (AUD-05, AUD-12).

Invariant: everything is looked for at the same time and within one time limit; what cannot be read stands in the bundle with the reason.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime

from commands.core import keep_log
from commands.core.bundle import Collection, EvidenceClass, Item
from commands.core.bundle_attached import Registry
from commands.core.bundle_history import History
from commands.core.bundle_records import OURS, Recorded, as_json, records
from commands.core.deadline import Deadline
from commands.core.hotfixes.evidence import pieces_of
from commands.core.orders import key_of, order_of
from commands.core.ports.artifacts import Artifacts, Proofs
from commands.core.ports.ci import CI, RunLog
from commands.core.ports.clock import Clock
from commands.core.ports.vcs import Vcs
from commands.core.prove import Prove
from commands.core.record import Actor
from commands.core.release_past import past_of
from commands.core.trains.tracking import runs_with, tracking
from guards.change import Change
from guards.facts import Facts, Request
from guards.policy import Policy
from guards.release_checklist import Past, release_checklist
from guards.run_log import KeptLog
from guards.unread import Absent, Unread
from guards.version import Artifact
from guards.vocabulary import Action
from storage import (
    approvals,
    artifacts,
    audit,
    changes,
    deployments,
    exceptions,
    hotfixes,
    incidents,
    obligations,
    releases,
    run_logs,
    verifications,
)
from storage.database import Store, Tx

Told = Callable[[int, int], None]
"""Hears how many of how many steps are done."""

_ARCHIVE = "application/zip"


class Collect:
    """Knows where evidence is read.

    Args:
        policy: in force.
        store: the database.
        ci: name in the policy's `ci` → the system that deploys.
        sources, histories, proofs: as in `Gather`.
        clock: the present.
    """

    def __init__(
        self, policy: Policy, store: Store, ci: Mapping[str, CI], sources: Mapping[str, Artifacts], histories: Mapping[str, Vcs],
        proofs: Mapping[str, Proofs], clock: Clock,
    ) -> None:  # fmt: skip
        self._policy = policy
        self._store = store
        self._ci = ci
        self._sources = sources
        self._histories = histories
        self._proofs = proofs
        self._clock = clock
        self._prove = Prove(policy, sources, histories, proofs)

    async def read(self, service: str, version: str, by: Actor, *, seconds: float, told: Told = lambda done, of: None) -> Collection:
        """Everything about a version.

        Args:
            service: name in the policy file.
            version: validated.
            by: for whom.
            seconds: for all reads outside together.
            told: hears of each step that is done.

        Raises:
            StorageError: the database cannot be read.
        """
        entry = self._policy.services[service]
        recorded, logs = await self._store.read(lambda tx: _recorded(tx, service, version, self._policy))
        at, deadline = self._clock.now(), Deadline(seconds)
        now, item = await self._artifact(service, version, deadline)
        artifact = recorded.registered or now
        vcs = self._histories[entry.history] if entry.history else None
        history = History(vcs, entry.history or "version control", entry.repository, entry.branch, self._clock, deadline)
        registry = Registry(self._proofs.get(entry.artifacts), entry.artifacts, self._clock, deadline)
        found = await _counted(
            [
                *(self._log(change, logs.get(key_of(change)), deadline) for change, _ in recorded.changes if change.attempt),
                *history.steps(version, artifact, recorded.into.content.own_base if recorded.into else None),
                *([self._beside(history, service, version, artifact, recorded, deadline)] if entry.repositories else []),
                registry.items(service, version, artifact),
            ],
            told,
        )
        ours = (*records(recorded, service, version, at), self._checklist(recorded, service, version, at))
        items = (*ours, item, *found, *self._monitoring(recorded))
        in_order = sorted(items, key=lambda each: tuple(EvidenceClass).index(each.kind))
        digest, commit = (artifact.digest, artifact.commit) if artifact else (None, None)
        return Collection(service, version, entry.repository, digest, commit, at, by, self._policy.hash, tuple(in_order), recorded.ledger)

    async def _artifact(self, service: str, version: str, deadline: Deadline) -> tuple[Artifact | None, Item]:
        """What the version names now at its source."""
        source = self._policy.services[service].artifacts
        read = await deadline.read(f"the artifact of {service} {version}", self._sources[source].find, service, version)
        content = as_json(replace(read, authors=None, reviewers=None)) if isinstance(read, Artifact) else read
        title, name, keys = "what the version names now", "deployments/artifact.json", {"service": service, "version": version}
        item = Item(EvidenceClass.DEPLOYMENT, title, name, source, keys, self._clock.now(), content)
        return read if isinstance(read, Artifact) else None, item

    async def _beside(
        self, history: History, service: str, version: str, artifact: Artifact | None, recorded: Recorded, deadline: Deadline
    ) -> tuple[Item, ...]:
        """The work of the other repositories that go out with the service (SOD-13)."""
        environment = recorded.into.content.environment if recorded.into else self._policy.chain(service)[-1]
        known = artifact or Artifact(service, version, "", "")  # what they bring is found by the version's tag alone
        found = await self._prove.beside(known, environment, recorded.before, deadline)
        return tuple(item for one in found for item in history.beside(version, one))

    async def _log(self, change: Change, kept: KeptLog | None, deadline: Deadline) -> tuple[Item, ...]:
        """The log of a change's newest run: the copy that was made when it ended, else what CI still has (AUD-12)."""
        service, content = self._policy.services[change.content.service], change.content
        what = f"the log of {change.id}"
        if kept and kept.packed is not None:
            return (self._kept(change, kept, await asyncio.to_thread(keep_log.unpacked, kept)),)
        answer: RunLog | Absent | Unread = Unread(what, f"the policy names no workflow for {content.environment} any more")
        if content.environment in service.workflows:
            answer = await deadline.read(what, self._ci[service.ci].log, order_of(change, self._policy), change.run)
        kind = answer.media_type if isinstance(answer, RunLog) else "text/plain"
        name = f"ci/{change.id.lower()}.{'zip' if kind == _ARCHIVE else 'txt'}"
        keys = {"change": change.id, "commit": content.commit, "tag": content.version} | ({"run": change.run} if change.run else {})
        title = f"the log of the deployment to {content.environment} ({change.id})"
        found = answer.content if isinstance(answer, RunLog) else answer
        if kept and not isinstance(found, bytes):
            now = found.why if isinstance(found, Unread) else f"there is no {found.what}"
            found = Unread(what, f"no copy was kept: {kept.why}; and now: {now}")
        return (Item(EvidenceClass.CI, title, name, service.ci, keys, self._clock.now(), found, kind, change.run_url),)

    def _kept(self, change: Change, kept: KeptLog, content: bytes | Unread) -> Item:
        name = f"ci/{change.id.lower()}.{'zip' if kept.media_type == _ARCHIVE else 'txt'}"
        keys = {"change": change.id, "commit": change.content.commit, "tag": change.content.version, "hash": kept.hash}
        title = f"the log of the deployment to {change.content.environment} ({change.id}), as it was copied when the run ended"
        keys |= {"run": kept.run} if kept.run else {}
        source = self._policy.services[change.content.service].ci
        return Item(EvidenceClass.CI, title, name, source, keys, kept.at, content, kept.media_type, change.run_url)

    def _checklist(self, recorded: Recorded, service: str, version: str, at: datetime) -> Item:
        """The release checklist, as it was judged when CI got the order; without one there is nothing that was judged (REC-13)."""
        title, name, keys = "release checklist", "deployments/checklist.json", {"service": service, "version": version}
        content: bytes | Absent = Absent(f"change of {service} {version} that was handed to CI")
        if recorded.past.judged:
            request = Request(Action.READ, Unread("who asks"), service, self._policy.bound_for(service), version)
            content = as_json(release_checklist(request, Facts(at, self._policy), recorded.past))
        return Item(EvidenceClass.DEPLOYMENT, title, name, OURS, keys, at, content)

    def _monitoring(self, recorded: Recorded) -> tuple[Item, ...]:
        """What people saw after the deployment (REC-10): each verification, or that somebody still owes it."""
        what, at = "the verification after the deployment", self._clock.now()
        found = []
        for change, _ in recorded.changes:
            if seen := recorded.afterwards[change.id][0]:
                title, name, keys = f"{what} ({change.id})", f"monitoring/{change.id.lower()}.json", {"change": change.id}
                content = as_json(seen) if seen.at else Absent(f"verification of {change.id} yet; it is owed")
                found.append(Item(EvidenceClass.MONITORING, title, name, OURS, keys, at, content))
        missing = Unread(what, "nobody was asked to verify it, and no monitoring is connected")
        return tuple(found) or (Item(EvidenceClass.MONITORING, what, "monitoring/verification.json", "monitoring", {}, at, missing),)


async def _counted(steps: list[Awaitable[tuple[Item, ...]]], told: Told) -> list[Item]:
    """What all steps found, in their order; each one that is done is told of."""
    done = 0

    async def counted(step: Awaitable[tuple[Item, ...]]) -> tuple[Item, ...]:
        nonlocal done
        found = await step
        done += 1
        told(done, len(steps))
        return found

    told(0, len(steps))
    return [item for items in await asyncio.gather(*map(counted, steps)) for item in items]


def _recorded(tx: Tx, service: str, version: str, policy: Policy) -> tuple[Recorded, dict[str, KeptLog]]:
    """What the database knows of a version, and the copies of its runs' logs by order."""
    recorded = recorded_of(tx, service, version, policy)
    return recorded, {log.key: log for change, _ in recorded.changes for log in run_logs.of(tx, change.id)}


def recorded_of(tx: Tx, service: str, version: str, policy: Policy) -> Recorded:
    """What the database knows of a version, all of one moment."""
    found = changes.of_version(tx, service, version)
    way = [moment for change in found for moment in (change.requested, change.finished or change.requested)]
    known = exceptions.about(tx, service, version, min(way, default=None), max(way, default=None))
    used = {e.id: e for e in (*known, *(e for change in found for e in exceptions.used_by(tx, change.id)))}
    shown = audit.about(tx, service, version, {change.id for change in found}, used)
    into = next(reversed([c for c in found if c.content.environment in policy.production] or found), None)
    base = into.content.own_base if into else None
    past = past_of(tx, service, version, into.content.environment) if into else Past()
    return Recorded(
        stabilized={run.id: tracking(tx, run, policy) for run in runs_with(tx, service, version)},
        past=past,
        changes=tuple((change, approvals.of(tx, change.id)) for change in found),
        afterwards={change.id: (verifications.of(tx, change.id), obligations.about(tx, change.id)) for change in found},
        record=releases.record(tx, service, version),
        notes=releases.notes(tx, service, version),
        exceptions=tuple(used.values()),
        incidents=tuple({one.reference: one for change in found for one in incidents.of_record(tx, change.id)}.values()),
        hotfixes=tuple((one, pieces_of(tx, one, policy), hotfixes.ports(tx, one.id)) for one in hotfixes.of_version(tx, service, version)),
        deployments=tuple(deployments.of_version(tx, service, version)),
        registered=artifacts.registered(tx, service, version),
        into=into,
        before=deployments.of_commit(tx, service, into.content.environment, base) if into and base else None,
        ledger=audit.extract(tx, shown),
    )
