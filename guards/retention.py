"""What keeps an entry of the ledger from being removed (AUD-02, AUD-13).

Invariant: whatever is not past the period of its class stays; what is on legal hold, or belongs to something that is not over, stays
however old it is; and what the ledger says of itself stays for ever.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from guards.ledger_rules import LegalHold, RetentionRules

OF_THE_LEDGER = "ledger:"
"""Tags of what the ledger says of itself begin so; a tombstone needs the entry that answers for it."""

WORDS = ("words:", "stranger:")
"""Tags of entries of the class `words` begin with one of these."""


class Kind(StrEnum):
    """Classes of what is kept, each with its own period in the policy file."""

    RECORDS = "records"
    WORDS = "words"
    LOGS = "logs"


class Keeps(StrEnum):
    """Why something is not removed."""

    ITSELF = "what the ledger says of itself"
    PERIOD = "inside its period"
    HOLD = "on legal hold"
    OPEN = "of something that is not over"


@dataclass(frozen=True, slots=True)
class Old:
    """What is known of something that may be removed.

    Args:
        kind: its class.
        at: when it was written, UTC.
        service: None when it is about none in particular.
        subject: id of the record that it is about, or None.
        tag: of an entry; "" of a log.
    """

    kind: Kind
    at: datetime
    service: str | None
    subject: str | None
    tag: str = ""


def kind_of(tag: str) -> Kind:
    """The class of an entry."""
    return Kind.WORDS if tag.startswith(WORDS) else Kind.RECORDS


def period_of(kind: Kind, rules: RetentionRules) -> timedelta:
    """How long a class is kept."""
    return {Kind.RECORDS: rules.records, Kind.WORDS: rules.words, Kind.LOGS: rules.logs}[kind]


def kept_by(one: Old, rules: RetentionRules, unfinished: Collection[str], at: datetime) -> Keeps | None:
    """Why something stays; None when it may be removed.

    Args:
        one: what it is.
        rules: the policy's.
        unfinished: ids of everything that is owed, under way, in force or running.
        at: now, UTC.
    """
    if one.tag.startswith(OF_THE_LEDGER):
        return Keeps.ITSELF
    if at - one.at < period_of(one.kind, rules):
        return Keeps.PERIOD
    if any(_holds(hold, one) for hold in rules.holds.values()):
        return Keeps.HOLD
    if one.subject in unfinished:
        return Keeps.OPEN
    return None


def _holds(hold: LegalHold, one: Old) -> bool:
    """What is about no service in particular may be about one that is held."""
    by_service = hold.services is not None and (one.service is None or one.service in hold.services)
    by_record = hold.records is not None and one.subject in hold.records
    return by_service or by_record or (hold.services is None and hold.records is None)
