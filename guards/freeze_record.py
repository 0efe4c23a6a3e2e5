"""A freeze: a time in which some things stand still in some places, and what it holds (FRZ-01, FRZ-02, FRZ-04).

Invariant: what nobody classified is held (FRZ-05); what is not in force holds nothing (FRZ-07).
"""

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from guards.vocabulary import Blocked, ChangeType, Fate, Risk


@dataclass(frozen=True, slots=True)
class Freeze:
    """A time in which a place stands still.

    Args:
        id: `FRZ-2026-1121-001`.
        kind: a name from the policy's `freeze_kinds`.
        blocks: what stands still (FRZ-02).
        passes: types of change that it lets pass, copied from the kind when it was declared (FRZ-04).
        services: None for all.
        environments: canonical names.
        start, end: UTC, half-open `[start, end)`.
        reason, exit_criteria, plan: why; what must be true to lift it; how work resumes.
        by, by_name: who declared it.
        approver: who answers for it (corporate id).
        fate: what becomes of work that CI is at when it begins.
        branches: patterns of the branches that take no merges; None for all protected ones.
        in_force: since when it counts, UTC: from its declaration or from its approval; None while it waits for that.
        lapses: when it holds nothing any more unless somebody approved it, UTC; None for one that counts by its approval only.
        passes_risk: changes whose risk is known and not higher pass, copied from the kind; None when none does by its risk.
        approved, approved_by: when it was approved, UTC, and by whom (corporate id).
        lifted: when it was lifted early, UTC.
        lifted_by: by whom: a corporate id, or its calendar.
        calendar, uid: the shared calendar that it comes from, and what names it there; None for one that people declared.
    """

    id: str
    kind: str
    blocks: tuple[Blocked, ...]
    passes: tuple[ChangeType, ...]
    services: tuple[str, ...] | None
    environments: tuple[str, ...]
    start: datetime
    end: datetime
    reason: str
    exit_criteria: str
    plan: str
    by: str
    by_name: str
    approver: str
    fate: Fate
    branches: tuple[str, ...] | None = None
    in_force: datetime | None = None
    approved: datetime | None = None
    approved_by: str | None = None
    lifted: datetime | None = None
    lifted_by: str | None = None
    calendar: str | None = None
    uid: str | None = None
    lapses: datetime | None = None
    passes_risk: Risk | None = None

    def reaches(self, service: str | None, environment: str | None) -> bool:
        """Whether a place is in its scope, whatever it holds there."""
        return environment in self.environments and (self.services is None or service in self.services)

    def holds_merges(self, service: str, branch: str) -> bool:
        """Whether a branch of a service takes no merges while it is active."""
        named = self.branches is None or any(fnmatchcase(branch, pattern) for pattern in self.branches)
        return self.in_force is not None and Blocked.MERGES in self.blocks and (self.services is None or service in self.services) and named

    @property
    def until(self) -> datetime:
        """When it ends to count, UTC: lifted, by itself, or because nobody approved it in time (FRZ-07)."""
        lapses = self.lapses if self.lapses and self.approved is None else self.end
        return min(self.end, self.lifted or self.end, lapses)

    @property
    def begins(self) -> datetime | None:
        """When it begins to count, UTC; None while it waits for approval."""
        return None if self.in_force is None else max(self.start, self.in_force)

    def active(self, at: datetime) -> bool:
        """Whether it counts at a moment."""
        begins = self.begins
        return begins is not None and begins <= at < self.until

    def lapsed(self, at: datetime) -> bool:
        """Whether it holds nothing because nobody approved it in time; it may still be approved."""
        return self.approved is None and self.lapses is not None and self.lapses <= at


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """What stands in a shared calendar of freezes.

    Args:
        uid: names it there; of what repeats, the occurrence.
        start, end: UTC, half-open.
        summary, text: its title, and what it says below.
    """

    uid: str
    start: datetime
    end: datetime
    summary: str
    text: str = ""
