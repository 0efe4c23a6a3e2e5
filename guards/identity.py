"""The nouns of who somebody is and for whom they act: linked GitHub accounts, and delegations (RBAC-01, RBAC-06).

Invariant: a delegation counts in `[start, end)` and never after it was ended; an attempt to link is no link until both sides said yes.
"""

from dataclasses import dataclass, field
from datetime import datetime

from guards.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Link:
    """A GitHub account that belongs to a person because GitHub and the person said so.

    Args:
        person: corporate id.
        login: as GitHub wrote it when it was linked.
        number: GitHub's own id of the account; it stays when the login is renamed.
        linked: when GitHub said whose it is, UTC.
        confirmed: when the person said so in Slack, UTC.
        unlinked: when it was taken back, UTC.
    """

    person: str
    login: str
    number: int
    linked: datetime
    confirmed: datetime
    unlinked: datetime | None = None


@dataclass(frozen=True, slots=True)
class Linking:
    """A person's attempt to link a GitHub account, as far as it got.

    Args:
        person, name: corporate id, and the name that people read.
        slack: the account that is told how it goes on.
        started: UTC.
        expires: UTC; until then GitHub waits for the code, and after its yes this bot for the person's.
        device: what this bot shows GitHub to learn the outcome; None before GitHub gave it and after it was used.
        interval: seconds between two questions to GitHub.
        login, number, linked: the account that GitHub named, and when; None until then.
        holder: corporate id of somebody else to whom the account is or was linked.
    """

    person: str
    name: str
    slack: str
    started: datetime
    expires: datetime
    device: str | None = field(default=None, repr=False)
    interval: float = 5.0
    login: str | None = None
    number: int | None = None
    linked: datetime | None = None
    holder: str | None = None


@dataclass(frozen=True, slots=True)
class Delegation:
    """A role that one person holds for another, for a while (RBAC-06).

    Args:
        id: `DLG-2026-1121-001`.
        role: what is delegated.
        by, by_name: who delegated it: corporate id, and the name as it was then.
        to, to_name: who acts in their place.
        service, environment: only there; None for all.
        start, end: UTC, half-open `[start, end)`.
        reason: why.
        ended, ended_by: when it was ended early, UTC, and by whom.
    """

    id: str
    role: Role
    by: str
    by_name: str
    to: str
    to_name: str
    service: str | None
    environment: str | None
    start: datetime
    end: datetime
    reason: str
    ended: datetime | None = None
    ended_by: str | None = None

    @property
    def until(self) -> datetime:
        """When it ends to count, UTC: ended early, or by itself."""
        return min(self.end, self.ended or self.end)

    def active(self, at: datetime) -> bool:
        """Whether it counts at a moment."""
        return self.start <= at < self.until

    def covers(self, service: str | None, environment: str | None) -> bool:
        """Whether it reaches this place; one that is scoped does not reach a place without that scope."""
        return self.service in (None, service) and self.environment in (None, environment)


@dataclass(frozen=True, slots=True)
class OnBehalf:
    """Under which delegation a decision was taken, as it was then.

    Args:
        delegation: its id.
        by, by_name: who had delegated the role.
        role: which one.
        until: when the delegation was to end, UTC.
    """

    delegation: str
    by: str
    by_name: str
    role: Role
    until: datetime


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody with a Slack account who is nobody here (RBAC-01, SOD-14).

    Args:
        slack: the Slack user id.
        name: the name that Slack shows, if it told one.
        why: a sentence: a guest, a bot, from another workspace, deactivated, or not in the policy file.
    """

    slack: str
    name: str
    why: str
