"""The part of the policy file about the ledger: how often it is signed, and how long what stands in it is kept (AUD-02, AUD-13).

Invariant: what the file leaves out is kept for seven years, and nothing goes by itself unless the file says so.
"""

from collections.abc import Mapping
from datetime import timedelta

from pydantic import Field

from guards.section import Section
from guards.values import Duration, Name, SlackChannel

SEVEN_YEARS = timedelta(days=2557)
"""With both leap days that they can have."""


class CheckpointRules(Section):
    """How often the ledger is signed; it takes the key in `SIGNALBOX_SIGNING_KEY`."""

    every: Duration = Field(
        default=timedelta(hours=24), description="A ledger that grew is signed so often. It is looked at every five minutes."
    )
    entries: int = Field(default=10_000, ge=1, le=1_000_000, description="One that grew by so many entries is signed at once.")
    channel: SlackChannel | None = Field(
        default=None,
        description="Where each checkpoint is posted, so that others hold what was signed; left out: they are only kept, for "
        "`signalbox audit export --checkpoints`.",
    )


class LegalHold(Section):
    """What nobody may remove while it stands here, however old it is: taken out by a review of the file, like every rule."""

    reason: str = Field(min_length=1, max_length=300, description="The matter, in the words of whoever asked for the hold.")
    services: tuple[Name, ...] | None = Field(
        default=None,
        min_length=1,
        description="What is about one of these, or about none in particular; left out with `records`: everything.",
    )
    records: tuple[str, ...] | None = Field(
        default=None,
        min_length=1,
        description="Ids of changes, incidents, exceptions and the like whose entries are held, like `CR-2026-1124-001`.",
    )


class RetentionRules(Section):
    """How long each class of records is kept at least (AUD-02); what is older can be removed, see operate.md."""

    records: Duration = Field(
        default=SEVEN_YEARS,
        ge=timedelta(days=365),
        description="Entries of the ledger about what was asked, decided, refused and done: all but the next class. At least a year.",
    )
    words: Duration = Field(
        default=SEVEN_YEARS,
        ge=timedelta(days=30),
        description="Entries with what somebody typed that was no command, and about strangers, and messages that never arrived: personal "
        "data that no deed followed from (AUD-13). At least 30 days.",
    )
    logs: Duration = Field(
        default=SEVEN_YEARS, ge=timedelta(days=30), description="Copies of the logs of CI's runs; their hash stays. At least 30 days."
    )
    holds: Mapping[Name, LegalHold] = Field(default={}, description="Name → a legal hold; left out: there is none.")
    by_itself: bool = Field(
        default=False,
        description="Whether the bot removes once a day what is past its time. Left out: only `signalbox audit purge --carry-out` does.",
    )


class LedgerRules(Section):
    """What happens to the ledger itself."""

    checkpoints: CheckpointRules = Field(default=CheckpointRules(), description="When it is signed.")
    retention: RetentionRules = Field(default=RetentionRules(), description="How long it is kept.")
