"""What a person says of an item of evidence: that it holds, does not apply, or fails (EVD-02, EVD-30)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from guards.vocabulary import Role


class Word(StrEnum):
    """What can be said of an item."""

    HOLDS = "holds"
    NOT_APPLICABLE = "not-applicable"
    FAILS = "fails"


@dataclass(frozen=True, slots=True)
class Attestation:
    """One person's word about one item; the newest about an item counts.

    Args:
        id: `ATT-2026-1121-001`.
        service, version, digest: what was looked at.
        item: its name in the policy file.
        word: what is said.
        why: what was looked at, or why it does not apply.
        by, name: corporate id, and the name as it was then.
        roles: held then, for the service.
        at: UTC.
        until: UTC; of an item that lasts, until when it counts for each version; None: for this digest alone.
    """

    id: str
    service: str
    version: str
    digest: str
    item: str
    word: Word
    why: str
    by: str
    name: str
    roles: frozenset[Role]
    at: datetime
    until: datetime | None = None

    def is_about(self, digest: str, at: datetime) -> bool:
        """Whether it speaks of an artifact at a moment."""
        return self.digest == digest if self.until is None else self.at <= at < self.until
