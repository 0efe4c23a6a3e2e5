"""Every table, with its constraints and its indexes. The rows stay in this room; other rooms see the nouns.

Invariant: what must never be true cannot be stored. The schema is made by `migrations`; a test holds both equal (OPS-10).
Whoever needs all tables imports this package; whoever needs one, its file.
"""

from storage.tables import (
    accesses,
    attestations,
    cadence,
    changes,
    cuts,
    decisions,
    emergencies,
    feeds,
    homes,
    hotfixes,
    incidents,
    ledger,
    machinery,
    moments,
    obligations,
    people,
    prospects,
    record_links,
    rules,
    sets,
    trains,
    verifications,
    versions,
)
from storage.tables.base import metadata

__all__ = [
    "accesses", "attestations", "cadence", "changes", "cuts", "decisions", "emergencies", "feeds", "homes", "hotfixes", "incidents",
    "ledger", "machinery", "metadata", "moments", "obligations", "people", "prospects", "record_links", "rules", "sets", "trains",
    "verifications", "versions",
]  # fmt: skip
