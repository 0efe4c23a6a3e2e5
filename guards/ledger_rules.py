"""The part of the policy file about the ledger: how often it is signed, and how long what stands in it is kept (AUD-02, AUD-13).

Invariant: what the file leaves out is kept for seven years.
"""

from datetime import timedelta

from pydantic import Field

from guards.section import Section
from guards.values import Duration, SlackChannel


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


class LedgerRules(Section):
    """What happens to the ledger itself."""

    checkpoints: CheckpointRules = Field(default=CheckpointRules(), description="When it is signed.")
