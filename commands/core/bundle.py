"""The evidence bundle of one version: what is in it, before it is packed (AUD-03, AUD-04, AUD-05).

Invariant: what was looked for is an `Item`, found or not; nothing is left out because it could not be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from commands.core.record import Actor
from guards.unread import Absent, Unread
from storage.audit import Extract


class EvidenceClass(StrEnum):
    """The seven classes of evidence (AUD-05), in the order in which a bundle shows them."""

    PULL_REQUEST = "pull requests"
    CI = "CI logs and checks"
    TAG = "signed tag"
    PROVENANCE = "provenance"
    SBOM = "SBOM"
    DEPLOYMENT = "deployments and approvals"
    MONITORING = "monitoring"


class Trail(StrEnum):
    """The six items of an audit trail (AUD-03), in the order of the way that a change takes."""

    TICKET = "ticket linked in the pull request"
    REVIEW = "pull request with reviewers, approvals and checks"
    MERGE = "merge commit"
    PROVENANCE = "provenance with version and digest"
    PROMOTION = "promotion history"
    MARKER = "signed release marker"


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of evidence, or that it is not to be had.

    Args:
        kind: its class.
        title: a noun phrase for people.
        name: path in the bundle, `[a-z0-9./-]+`, unique there.
        source: the system of record ("GitHub", "Signalbox").
        keys: what it is found by again in that system: name of the key → value.
        url: where a person can read it there, when there is such a place.
        at: when it was read, UTC.
        content: its bytes; `Absent` when the source says that there is none.
        media_type: of the content.
        trail: the items of the audit trail that it carries.
    """

    kind: EvidenceClass
    title: str
    name: str
    source: str
    keys: Mapping[str, str]
    at: datetime
    content: bytes | Absent | Unread
    media_type: str = "application/json"
    url: str | None = None
    trail: frozenset[Trail] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Collection:
    """Everything about one version, read at one moment.

    Args:
        service, version: what it is about.
        repository: `owner/name`.
        digest, commit: what the version named when it was first seen; None when it never was.
        at: when it was collected, UTC.
        by: for whom.
        policy: hash of the policy file in force.
        items: everything that was looked for.
        ledger: all entries about the version, and the chain that proves them up to the ledger's head.
    """

    service: str
    version: str
    repository: str
    digest: str | None
    commit: str | None
    at: datetime
    by: Actor
    policy: str
    items: tuple[Item, ...]
    ledger: Extract

    @property
    def lacking(self) -> tuple[Item, ...]:
        """What is not in it."""
        return tuple(item for item in self.items if not isinstance(item.content, bytes))


@dataclass(frozen=True, slots=True)
class Packed:
    """A bundle as one file.

    Args:
        name: of the file.
        content: its bytes.
        sha256: of the content, 64 hex digits.
        signed: whether its manifest carries a signature.
    """

    name: str
    content: bytes
    sha256: str
    signed: bool


class Packer(Protocol):
    """Makes one file of a collection; `bot/evidence/pack.py` implements it."""

    def pack(self, collection: Collection) -> Packed:
        """The same collection makes the same bytes. It takes a while and waits for nothing: call it in a thread."""
        ...
