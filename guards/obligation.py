"""The noun of what somebody owes until a moment: reviews, records, follow-ups (EMG-08 … EMG-11, TRN-17).

Invariant: an obligation ends only by being done, with evidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from guards.sections import ObligationRule


class Owed(StrEnum):
    """What is owed."""

    FOLLOW_UP = "follow-up"
    CORRECTIVE_ACTION = "corrective-action"
    CHANGE_RECORD = "change-record"
    BACKFILL = "backfill"
    REVIEW = "review"
    POSTMORTEM = "postmortem"
    CREDENTIAL_ROTATION = "credential-rotation"
    RECONCILIATION = "reconciliation"
    RETROSPECTIVE = "retrospective"
    RELEASE_NOTES = "release-notes"
    BRANCH_REMOVAL = "branch-removal"
    FORWARD_PORT = "forward-port"
    VERIFICATION = "verification"
    NOTIFICATION = "notification"
    DOCUMENTATION = "documentation"
    CLEANUP = "cleanup"


SEEN_BY_THE_BOT = frozenset({
    Owed.RETROSPECTIVE, Owed.RELEASE_NOTES, Owed.BRANCH_REMOVAL, Owed.FORWARD_PORT, Owed.VERIFICATION,
})  # fmt: skip
"""Done when the bot finds it done, never by somebody's word; a retrospective and a verification when their own command recorded it."""


TO_BE_FOUND = frozenset({Owed.CHANGE_RECORD, Owed.BACKFILL, Owed.RECONCILIATION})
"""Done when what shows it can be looked up: a word alone is no record, no way back, no later run (EMG-08, EMG-09, EMG-12)."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """Something that somebody owes.

    Args:
        id: `OBL-2026-1121-001`.
        kind: what it is.
        about: id of the record that it belongs to: a change, an emergency, a run of a train, an incident.
        service: whose release managers and owners hear of it; None for all.
        text: what is to be done, in people's words.
        owner, owner_name: corporate id of who owes it, and the name as it was then.
        due: UTC.
        created: UTC.
        by: corporate id of who recorded it, or `signalbox`.
        done: when it was done, UTC; None while it is open.
        done_by: corporate id, or `signalbox`.
        evidence: what shows that it is done: a link, a number, a sentence.
    """

    id: str
    kind: Owed
    about: str
    service: str | None
    text: str
    owner: str
    owner_name: str
    due: datetime
    created: datetime
    by: str
    done: datetime | None = None
    done_by: str | None = None
    evidence: str = ""

    def overdue(self, at: datetime) -> bool:
        """Whether it is still open at a moment by which it was due."""
        return self.done is None and self.due <= at


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What is known of a run of a train when it is looked back on (TRN-17, TRN-18, MET-08).

    Args:
        cut: when the first repository was cut, UTC; None when nothing was.
        decided: the newest go, UTC; None when there was none.
        departed: when everything was in production, UTC; None when it never was.
        called: when the areas were asked about what then went, UTC; None when nobody was asked.
        fixes: commits on the release branches after the cutoff.
        late: pull requests that wanted in after it, and ride another run.
        blockers: what held it up.
        merged: pull request that rode from the cutoff on (`octo/api#7`), and when it was merged, UTC.
        refusals: what was refused about the run and what it brought: ledger tag → how often.
        owed: what is or was owed for it.
    """

    cut: datetime | None = None
    decided: datetime | None = None
    departed: datetime | None = None
    called: datetime | None = None
    fixes: int = 0
    late: int = 0
    blockers: int = 0
    merged: tuple[tuple[str, datetime], ...] = ()
    refusals: Mapping[str, int] = field(default_factory=dict)
    owed: tuple[Obligation, ...] = ()


def reminder(one: Obligation, step: int, rule: ObligationRule) -> datetime:
    """When a reminder is due, UTC.

    Args:
        step: 0 is before it is due, 1 when it is due, and each later one the policy's span after the one before.
        rule: of the policy.
    """
    if step == 0:
        return max(one.due - rule.before, one.created)
    return one.due + (step - 1) * rule.again
