"""What the machinery needs from outside, as small Protocols; `bot/adapters` and `bot/slack` implement them.

Invariant: a port never raises for a failed outside call (only `CancelledError` passes through). It answers `Unread`,
`TurnedDown` or `Unknown`, so that no caller can mistake a failure for an answer. Every call has its own time limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from commands.core.text import Card, Form
from guards.facts import Absent, Artifact, Unread
from guards.provenance import Proof


class Clock(Protocol):
    """The only source of the present moment; tests and the demo move it."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


# ---------------------------------------------------------------- CI


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
    reports: tuple[Run | Deployed, ...]


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


# ---------------------------------------------------------------- artifacts


class Artifacts(Protocol):
    """Where built versions are known by digest: a registry or a build index."""

    async def find(self, service: str, version: str) -> Artifact | Absent | Unread:
        """The artifact that this version names now.

        Args:
            service: name in the policy file; the adapter was made for the services it knows.
            version: `v1.4.0`, validated.
        """
        ...


class Proofs(Protocol):
    """What is attached to an artifact to prove where it comes from and what is in it."""

    async def find(self, service: str, version: str, digest: str) -> Proof | Absent | Unread:
        """What is attached to exactly this digest, verified (EVD-09, EVD-10, EVD-11).

        Args:
            service: name in the policy file; the adapter was made for the services it knows.
            version: `v1.4.0`, validated; a signer's identity may name it.
            digest: `sha256:` and 64 hex digits.

        Returns:
            `Absent` when the artifact itself is not there; an empty `Proof` when nothing is attached to it.
        """
        ...

    async def document(self, service: str, hash: str) -> bytes | Absent | Unread:  # noqa: A002
        """The bytes of something that `find` told of, unchanged (AUD-05).

        Args:
            service: name in the policy file.
            hash: of an `Sbom`, `Provenance` or `Signature`.
        """
        ...

    async def retrievable(self, service: str, digest: str) -> bool | Unread:
        """Whether an artifact can still be pulled whole, such as the previous known-good one (RBK-14).

        Args:
            service: name in the policy file.
            digest: `sha256:` and 64 hex digits.
        """
        ...


# ---------------------------------------------------------------- people


@dataclass(frozen=True, slots=True)
class Account:
    """A Slack account as Slack describes it (users.info).

    Args:
        user: `U…` or `W…`.
        team: the workspace or organisation it belongs to.
        name: the name people see.
        email: verified by Slack, or None.
        zone: IANA name of the person's own time zone, or None.
        deleted, bot, guest, external: facts that refuse (RBAC-01); guest covers single- and multi-channel guests.
    """

    user: str
    team: str
    name: str
    email: str | None
    zone: str | None
    deleted: bool = False
    bot: bool = False
    guest: bool = False
    external: bool = False


class Directory(Protocol):
    """Who people are, from Slack; short-lived caches are the adapter's business."""

    async def account(self, user: str) -> Account | Absent | Unread:
        """The account behind a Slack user id."""
        ...

    async def members(self, group: str) -> frozenset[str] | Unread:
        """The Slack user ids in a user group (`S…`)."""
        ...

    async def holder(self, address: str) -> str | Absent | Unread:
        """The Slack user id of the working account with this e-mail address.

        Args:
            address: in lower case.
        """
        ...


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What GitHub hands out when somebody shall sign in elsewhere (OAuth device flow, RFC 8628).

    Args:
        device: what the bot shows GitHub to learn the outcome.
        user: what the person types at `address`.
        address: GitHub's own page.
        interval: seconds between two questions at least.
        lasts: seconds until both codes end.
    """

    device: str = field(repr=False)
    user: str
    address: str
    interval: float
    lasts: float


@dataclass(frozen=True, slots=True)
class StillWaiting:
    """The person has not answered GitHub yet.

    Args:
        slower: it was asked too often.
        interval: seconds that it wants between two questions from now on, when it said so.
    """

    slower: bool = False
    interval: float | None = None


@dataclass(frozen=True, slots=True)
class NotGiven:
    """The sign-in came to an end without an account.

    Args:
        why: a sentence for people.
    """

    why: str


@dataclass(frozen=True, slots=True)
class VcsAccount:
    """A person's account at the version control system.

    Args:
        number: its own id, which stays when the login is renamed.
        login: as it is written now.
    """

    number: int
    login: str


class SignIn(Protocol):
    """Lets a person prove which account is theirs. No token leaves the adapter, and none is kept."""

    async def begin(self) -> DeviceCode | Unread:
        """Ask for the codes of one sign-in."""
        ...

    async def outcome(self, device: str) -> VcsAccount | StillWaiting | NotGiven | Unread:
        """What became of a sign-in; `Unread` may be asked again.

        Args:
            device: of `DeviceCode`.
        """
        ...

    async def account(self, login: str, repository: str) -> VcsAccount | Absent | Unread:
        """The account that has this login now.

        Args:
            login: in any case.
            repository: `owner/name`, whose credentials may be used to ask.
        """
        ...


# ---------------------------------------------------------------- telling


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that stands in a channel.

    Args:
        channel: `C…` or `D…`.
        ts: Slack's name of the message there.
    """

    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class Unposted:
    """A message that certainly or possibly was not posted.

    Args:
        why: for the log.
        maybe: True when it may stand there all the same; it is looked for before it is posted again.
        retry_after: seconds to wait (rate limit), else None.
        final: True when trying again cannot help (channel gone, bot not in it).
    """

    why: str
    maybe: bool = False
    retry_after: float | None = None
    final: bool = False


class Chat(Protocol):
    """How people are told."""

    async def post(self, channel: str, card: Card, *, subject: str, thread: str | None = None) -> Posted | Unposted:
        """Post a card; `subject` is stored beside the message, so that `find` can tell it again."""
        ...

    async def find(self, channel: str, *, subject: str, thread: str | None = None) -> Posted | Absent | Unread:
        """Look for a card that was posted for this subject, among the newest of the channel or thread."""
        ...

    async def update(self, place: Posted, card: Card) -> Posted | Unposted:
        """Draw a card anew, in place."""
        ...

    async def tell(self, user: str, card: Card, *, channel: str | None = None, answer_to: str | None = None) -> Posted | Unposted:
        """Tell one person privately.

        Args:
            user: Slack user id.
            card: what to tell.
            channel: where the person is looking, if known; else it goes into their direct messages.
            answer_to: the response URL of a command or click that is answered; used first while it is young.
        """
        ...

    async def upload(self, channel: str, name: str, content: bytes, *, title: str) -> Unposted | None:
        """Put a file into a conversation; None when it stands there.

        Args:
            channel: `C…` or `D…`.
            name: of the file.
            content: its bytes, at least one.
            title: shown above it.
        """
        ...

    async def ask(self, trigger: str, form: Form, *, channel: str | None = None) -> Unposted | None:
        """Open a form for whoever holds the trigger (3 s); None when it stands.

        Args:
            trigger: Slack's trigger id.
            form: what to ask.
            channel: where the person looks; its answer is told there.
        """
        ...

    async def alive(self) -> Unread | None:
        """None when Slack answers, for /health/ready."""
        ...
