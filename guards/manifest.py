"""The nouns of a manifest: the pinned set of versions that a run of a train makes, and what became of it (MAN-01, MAN-05).

Invariant: a manifest is known by the hash of everything in it; `hash` is computed from what was read, `sealed` is what it was when it was
built, and where they differ somebody edited it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum

from guards.change import Change
from guards.version import Deployment


@dataclass(frozen=True, slots=True)
class Entry:
    """One pinned service of a manifest (MAN-01, TRN-28).

    Args:
        service: name in the policy file.
        repository: `owner/name` at the VCS.
        version: the release tag.
        commit: 40 hex digits; what the tag named when the manifest was built.
        digest: `sha256:` and 64 hex digits.
        artifact: where the artifact lives, with its digest; only the digest where the policy names no coordinates.
        sboms, provenance: addresses of what is attached to the digest, as far as it was read.
        others: other repositories whose work is in it, as `owner/name@commit`.
    """

    service: str
    repository: str
    version: str
    commit: str
    digest: str
    artifact: str
    sboms: tuple[str, ...] = ()
    provenance: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """The version set of one run, in the order in which it is carried out: never edited, only followed by another one (MAN-02, MAN-04).

    Args:
        run, train: whose it is.
        number: 1 for the first of the run.
        entries: each service once, those that others depend on first (MAN-07).
        owner: corporate id of who answers for its publication and approval (MAN-09).
        breaking: what a major step in it asks of its users: how to move, until when the old one works, who was told; else "" (MAN-11).
        by, by_name: who built it.
        at: UTC.
        sealed: its hash when it was built; "" until it is stored.
    """

    run: str
    train: str
    number: int
    entries: tuple[Entry, ...]
    owner: str
    breaking: str
    by: str
    by_name: str
    at: datetime
    sealed: str = ""

    @property
    def hash(self) -> str:
        """sha256 over the canonical JSON of everything but `sealed`, hex (MAN-05)."""
        parts = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "sealed"}
        parts |= {"entries": [entry_body(entry) for entry in self.entries], "at": self.at.timestamp()}
        return hashlib.sha256(_canonical(parts)).hexdigest()

    @property
    def short(self) -> str:
        """Enough of the hash to say and to type."""
        return self.hash[:12]

    def entry(self, service: str) -> Entry | None:
        """What it pins of a service."""
        return next((entry for entry in self.entries if entry.service == service), None)

    @property
    def versions(self) -> Mapping[str, str]:
        """Service → version, in order."""
        return {entry.service: entry.version for entry in self.entries}


def entry_body(entry: Entry) -> dict[str, object]:
    """An entry as JSON has it: for the hash, the database, the ledger and CI."""
    return {f.name: list(value) if isinstance(value := getattr(entry, f.name), tuple) else value for f in fields(entry)}


def _canonical(parts: Mapping[str, object]) -> bytes:
    return json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()


def in_dependency_order(depends_on: Mapping[str, Iterable[str]], services: Iterable[str]) -> tuple[str, ...] | None:
    """The services, each after those of them that it depends on; what nothing orders keeps the order in which it was given (MAN-07).

    Args:
        depends_on: service → services that it needs to be there before it; the others of them do not matter here.
        services: what is to be put into order.

    Returns:
        None when they depend on each other in a circle.
    """
    left, found = list(dict.fromkeys(services)), list[str]()
    behind = {service: needs(service, depends_on) for service in left}
    while left:
        ready = next((s for s in left if not any(other in behind[s] for other in left)), None)
        if ready is None:
            return None
        left.remove(ready)
        found.append(ready)
    return tuple(found)


def needs(service: str, depends_on: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Everything that a service depends on, through others too: one that is not in a set still orders what stands around it."""
    seen, ahead = set[str](), list(depends_on.get(service, ()))
    while ahead:
        if (one := ahead.pop()) not in seen:
            seen.add(one)
            ahead += depends_on.get(one, ())
    return frozenset(seen)


class SuiteState(StrEnum):
    """Where a run of the integration suite stands; an end is never left."""

    ORDERED = "ordered"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"


UNDER_WAY = frozenset({SuiteState.ORDERED, SuiteState.RUNNING})
"""One of a manifest at a time."""


@dataclass(frozen=True, slots=True)
class Integration:
    """One run of the integration suite against exactly one manifest (MAN-03, MAN-08).

    Args:
        id: `INT-2026-1124-001`; CI carries it as the order's key.
        manifest: the hash that it was ordered for.
        service: whose repository holds the suite; it runs at the tag that the manifest pins.
        state: where it stands.
        by, by_name: who ordered it.
        at, finished: UTC.
        run, url: CI's run, once known.
        why: what a person should know of its end.
    """

    id: str
    manifest: str
    service: str
    state: SuiteState
    by: str
    by_name: str
    at: datetime
    finished: datetime | None = None
    run: str | None = None
    url: str | None = None
    why: str = ""


class SetState(StrEnum):
    """Where a set promotion stands."""

    OPEN = "open"
    SUCCEEDED = "succeeded"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class SetPromotion:
    """One request to bring a manifest into an environment; each entry that does not run there yet is a change of its own (MAN-07, MAN-10).

    Args:
        id: `SET-2026-1124-001`.
        manifest: hash.
        run, train: whose manifest it is.
        environment: canonical name.
        channel: Slack channel of its card, the train's (CMD-18).
        back: whether it goes back to what ran well before: then in the reverse order.
        state: where it stands; `stopped` covers every end but success.
        requester, requester_name: corporate id, and the name as it was then.
        requested, finished: UTC.
        why: why it stopped.
    """

    id: str
    manifest: str
    run: str
    train: str
    environment: str
    channel: str
    back: bool
    state: SetState
    requester: str
    requester_name: str
    requested: datetime
    finished: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class SetStanding:
    """What the database knows of a manifest and of its way into an environment.

    Args:
        manifest: the one in question; None when the run has none.
        newest: hash of the run's newest manifest; None when it has none.
        promotion: the set promotion in question; None while it is only asked for.
        changes: its changes in the order in which they go out.
        integration: the newest run of the suite against exactly this manifest.
        running: service → what runs of it in the environment, for each entry.
        open: id of the set promotion of the same train that is open there.
        good: the manifest that last went out whole there, if it is another one: what one can go back to (MAN-10).
        candidates: service of the train → the newest version known of it; only where a manifest is to be built.
    """

    manifest: Manifest | None
    newest: str | None = None
    promotion: SetPromotion | None = None
    changes: tuple[Change, ...] = ()
    integration: Integration | None = None
    running: Mapping[str, Deployment | None] = field(default_factory=dict)
    open: str | None = None
    good: Manifest | None = None
    candidates: Mapping[str, str] = field(default_factory=dict)

    def stands(self, entry: Entry) -> bool:
        """Whether exactly this entry runs there now."""
        now = self.running.get(entry.service)
        return now is not None and (now.version, now.digest) == (entry.version, entry.digest)

    @property
    def left(self) -> tuple[Entry, ...]:
        """The entries that do not run there yet, in manifest order."""
        return () if self.manifest is None else tuple(entry for entry in self.manifest.entries if not self.stands(entry))

    @property
    def begun(self) -> bool:
        """Whether CI was asked for any of it."""
        return any(change.attempt for change in self.changes)

    @property
    def seen(self) -> str:
        """Hash of everything that an approver of the set sees: the manifest and the content of each change."""
        parts = {"manifest": self.manifest.hash if self.manifest else None, "changes": [change.content.hash for change in self.changes]}
        return hashlib.sha256(_canonical(parts)).hexdigest()

    def ahead_of(self, change: str) -> tuple[Change, ...]:
        """The changes that go out before one of them."""
        ids = [each.id for each in self.changes]
        return self.changes[: ids.index(change)] if change in ids else ()
