"""What the machinery needs from the system that deploys; `bot/adapters/github.py` and `generic_ci.py` implement it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from guards.unread import Absent, Unread


@dataclass(frozen=True, slots=True)
class Order:
    """One thing that CI is asked to do. Every field is validated before it gets here (CMD-02).

    Args:
        key: unique for this dispatch, `[A-Za-z0-9.-]{1,64}`; CI must carry it so that the run can be found again.
        change: the change's id, `CR-2026-1121-001`.
        service: name in the policy file.
        environment: canonical name in the policy file.
        version: the release tag, `v1.4.0`; also the git ref at which a workflow is started.
        commit: 40 hex digits.
        digest: `sha256:` and 64 hex digits: what to deploy; CI never rebuilds (PRM-03).
        repository: `owner/name` at the VCS.
        workflow: the preconfigured workflow for this service and environment, from the policy file.
        manifest: for an integration run, the pinned set as JSON, whose hash `digest` then is; None for a deployment (MAN-03).
    """

    key: str
    change: str
    service: str
    environment: str
    version: str
    commit: str
    digest: str
    repository: str
    workflow: str
    manifest: str | None = None


@dataclass(frozen=True, slots=True)
class BranchOrder:
    """One branch that CI is asked to make, of a release or of a hotfix. Every field is validated before it gets here (CMD-02, TRN-08).

    Args:
        key: unique for this order, `[A-Za-z0-9.-]{1,64}`: the cut's id, or the hotfix's.
        run: the train run's id, or the hotfix's.
        service: name in the policy file.
        branch: `release/1.8`, `hotfix/1.4.1-PAY-12`.
        commit: 40 hex digits, where the branch begins.
        repository: `owner/name` at the VCS.
        main: the branch that releases come from; the workflow is taken from it.
        workflow: the preconfigured workflow, from the policy file.
    """

    key: str
    run: str
    service: str
    branch: str
    commit: str
    repository: str
    main: str
    workflow: str


class AccessStep(StrEnum):
    """What is to be done with an access."""

    OPEN = "open"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class AccessOrder:
    """Break-glass access that CI is asked to open or to close. Every field is validated before it gets here (CMD-02, EMG-18).

    Args:
        key: unique for this order, `[A-Za-z0-9.-]{1,64}`: the grant's id and the step.
        grant: the grant's id.
        step: what is to be done.
        service: name in the policy file.
        environment: canonical name in the policy file.
        scope: name of the access in the policy file.
        person: corporate id of who gets it, from the policy file.
        until: when it has to end whatever else happens, UTC, ISO 8601.
        repository: `owner/name` at the VCS.
        main: the branch that releases come from; the workflow is taken from it.
        workflow: the preconfigured workflow, from the policy file.
    """

    key: str
    grant: str
    step: AccessStep
    service: str
    environment: str
    scope: str
    person: str
    until: str
    repository: str
    main: str
    workflow: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """The VCS says that a branch moved; what it names now is read anew, not taken from here.

    Args:
        repository: `owner/name`.
        branch: its name.
    """

    repository: str
    branch: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """The VCS says that a pull request was opened, or has another head or another base.

    Args:
        repository: `owner/name`.
        into: the branch that it is to be merged into.
        pull: its number.
    """

    repository: str
    into: str
    pull: int


@dataclass(frozen=True, slots=True)
class Started:
    """CI took the order.

    Args:
        run: CI's own id of the run, when it told one.
        url: where a person can watch the run, when known.
    """

    run: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Stopping:
    """CI took the request to end a run; how the run ends is told and looked up as ever."""


@dataclass(frozen=True, slots=True)
class TurnedDown:
    """CI certainly did not start anything: the request was refused or never left this machine.

    Args:
        why: a sentence for people.
        retry_after: seconds after which the same order may be tried again (rate limit), else None.
    """

    why: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The request may have arrived. It is looked up by key and never sent again blindly.

    Args:
        why: a sentence for people.
    """

    why: str


class RunState(StrEnum):
    """Where a run stands, in the words of the change lifecycle."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed-out"


@dataclass(frozen=True, slots=True)
class Run:
    """A run as CI shows it.

    Args:
        key: the order's key, when CI carries it; None for a run known by id alone.
        run: CI's id.
        url: where a person can watch it.
        state: where it stands.
        digest: the digest that CI says it deployed, when it says so.
        commit: the commit that CI says it runs at, when it says so; anybody can name a key, but not at another's commit.
    """

    key: str | None
    run: str
    url: str | None
    state: RunState
    digest: str | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class NoRun:
    """CI answered that it knows no run with this key.

    Args:
        sure: True when the answer is final (CI's look-up is consistent), False when a run could still show up.
    """

    sure: bool


@dataclass(frozen=True, slots=True)
class Deployed:
    """CI says that it put an artifact into an environment by itself, outside any order of ours (PRM-17, PRM-22).

    Args:
        service, environment, version: names in the policy file, as CI wrote them.
        digest: `sha256:` and 64 hex digits.
        commit: 40 hex digits.
        run: CI's id of the run.
        at: when it was finished, UTC.
    """

    service: str
    environment: str
    version: str
    digest: str
    commit: str
    run: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """A callback whose signature was verified.

    Args:
        delivery: CI's id of this delivery; the same id again is the same delivery.
        reports: what it says; empty when it says nothing that matters here.
    """

    delivery: str
    reports: tuple[Run | Deployed | Pushed | Proposed, ...]


@dataclass(frozen=True, slots=True)
class Forged:
    """A callback that does not carry a valid signature, or is too old: answered 401.

    Args:
        why: for the log.
    """

    why: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """A callback with a valid signature whose content is not what the contract says: answered 400.

    Args:
        why: for the sender.
    """

    why: str


@dataclass(frozen=True, slots=True)
class RunLog:
    """What a run wrote, as CI keeps it.

    Args:
        content: its bytes, never interpreted here.
        media_type: `text/plain`, or `application/zip` for an archive.
    """

    content: bytes
    media_type: str


class CI(Protocol):
    """The system that deploys. The bot only ever asks it (CMD-10)."""

    async def start(self, order: Order) -> Started | TurnedDown | Unknown:
        """Ask for one run. Called at most once for each key."""
        ...

    async def branch(self, order: BranchOrder) -> Started | TurnedDown | Unknown:
        """Ask for one release branch. Called at most once for each key; whether the branch is there is for the VCS to say (TRN-08)."""
        ...

    async def access(self, order: AccessOrder) -> Started | TurnedDown | Unknown:
        """Ask for break-glass access to be opened or closed. What it took is never asked again; people confirm the end (EMG-19)."""
        ...

    async def cancel(self, order: Order, run: str | None) -> Stopping | TurnedDown | Unknown:
        """Ask that the run of an order ends before it is done. Asked twice, it does no harm.

        Args:
            order: what was asked.
            run: CI's id, when it was told.

        Returns:
            `TurnedDown` when CI cannot, or the run is over.
        """
        ...

    async def find(self, order: Order, run: str | None, since: datetime) -> Run | NoRun | Unread:
        """Look a run up, by its id when known, else by the order's key.

        Args:
            order: what was asked.
            run: CI's id, when it was told.
            since: no run of this order is older than this, UTC.
        """
        ...

    async def log(self, order: Order, run: str | None) -> RunLog | Absent | Unread:
        """What the run of an order wrote, as long as CI keeps it (AUD-12).

        Args:
            order: what was asked.
            run: CI's id, when it was told.

        Returns:
            `Absent` when CI says that it has none, or no longer.
        """
        ...

    def hear(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Heard | Forged | Malformed:
        """Verify and read a callback (SEC-02).

        Args:
            headers: as received, keys in lower case.
            body: the raw bytes, at most 1 MiB.
            at: now, UTC, to judge the age.
        """
        ...

    async def alive(self) -> Unread | None:
        """None when CI answers, for /health/ready."""
        ...
