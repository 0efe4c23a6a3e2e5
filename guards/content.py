"""What an approver sees of a change, as one hash (RSK-12, GNG-08).

Invariant: when any part that an approver saw moves, the hash moves, and `moved` names the part.
"""

import hashlib
import json
from dataclasses import dataclass, fields
from functools import lru_cache

from guards.assessment import UNSAID, Declared
from guards.vocabulary import ChangeType, Migration


@dataclass(frozen=True, slots=True)
class Content:
    """The parts of a change that approvals bind to.

    Args:
        service, environment, version: what goes where.
        digest, commit: the artifact that the version named when the change was requested.
        change_type, migration: its classification; the migration is None when nobody declared it.
        policy: hash of the policy file that judged it (POL-01).
        base: the commit that runs in the target, from which the pull requests that an approver sees are counted; None when nothing
            runs there, and where nobody reads them. For several repositories also `name:base..head` of each other one.
        record: hash of what people wrote into the release record; None when nobody did (REC-02).
        entry: for a standard change, its name in the policy's catalogue.
        declared: what the requester says about its risk.
        manifest: hash of the manifest that it is an entry of; None for a change that goes alone (MAN-02).
        emergency: id of the emergency by which it goes; None for any other (EMG-05).
    """

    service: str
    environment: str
    version: str
    digest: str
    commit: str
    change_type: ChangeType
    migration: Migration | None
    policy: str
    base: str | None = None
    record: str | None = None
    entry: str | None = None
    declared: Declared = UNSAID
    manifest: str | None = None
    emergency: str | None = None

    @property
    def own_base(self) -> str | None:
        """The part of `base` that is the service's own repository's; None for all of its history."""
        return (self.base or "").partition(" ")[0] or None

    @property
    def hash(self) -> str:
        """sha256 over the canonical JSON of all parts, hex."""
        return _hash(self)

    def moved(self, now: "Content") -> tuple[str, ...]:
        """The names of the parts that differ, in field order."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) != getattr(now, f.name))


@lru_cache(maxsize=1024)  # a content never changes, and is asked for its hash by each judgement and each card
def _hash(content: Content) -> str:
    parts = {name: getattr(content, name) for name in content.__slots__}
    for name in ("manifest", "emergency"):
        if parts[name] is None:
            del parts[name]  # the hash of a change without one stays what stands in the ledger
    return hashlib.sha256(_CANONICAL.encode(parts).encode()).hexdigest()


def _plain(part: object) -> object:
    """A part that JSON does not know, in the one form that is hashed."""
    return {name: getattr(part, name) for name in part.__slots__} if isinstance(part, Declared) else sorted(part)  # type: ignore[call-overload]


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_plain)
"""One for all: making an encoder takes as long as the hash."""
