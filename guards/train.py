"""The nouns of release trains: the rule that a captain defines, one run of it, and the moments of that run (TRN-01, TRN-02).

Invariant: a run's stage is left only along `STAGES`; every writer goes through `storage.trains.move`, which checks it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any


class TrainState(StrEnum):
    """Where a train stands: only a published one runs (TRN-03)."""

    DRAFT = "draft"
    PUBLISHED = "published"
    CLOSED = "closed"


class Milestone(StrEnum):
    """What happens at the moments of a run, in their order."""

    PUBLISH = "publish"
    CUTOFF = "cutoff"
    STABILIZED = "stabilized"
    DECISION = "decision"
    OPENS = "opens"
    CLOSES = "closes"
    RETROSPECTIVE = "retrospective"
    CLOSING = "closing"


class Stage(StrEnum):
    """Where one run of a train stands."""

    PLANNED = "planned"
    PUBLISHED = "published"
    HELD = "held"
    STABILIZING = "stabilizing"
    DECIDING = "deciding"
    GO = "go"
    NO_GO = "no-go"
    DEPARTING = "departing"
    DEPARTED = "departed"
    STOPPED = "stopped"
    SKIPPED = "skipped"
    CLOSED = "closed"


_S = Stage

STAGES: Mapping[Stage, frozenset[Stage]] = {
    _S.PLANNED: frozenset({_S.PUBLISHED, _S.SKIPPED}),
    _S.PUBLISHED: frozenset({_S.STABILIZING, _S.HELD, _S.SKIPPED}),
    # the captain held the cutoff, or the commit could not be cut: it goes on when the captain says so
    _S.HELD: frozenset({_S.PUBLISHED, _S.STABILIZING, _S.SKIPPED}),
    _S.STABILIZING: frozenset({_S.DECIDING, _S.GO, _S.NO_GO, _S.SKIPPED}),
    _S.DECIDING: frozenset({_S.GO, _S.NO_GO, _S.STABILIZING, _S.SKIPPED}),
    # a go dies with any change of what it was given for, or is withdrawn (GNG-08, GNG-13)
    _S.GO: frozenset({_S.DEPARTING, _S.DECIDING, _S.NO_GO, _S.SKIPPED}),
    _S.NO_GO: frozenset({_S.DECIDING, _S.GO, _S.SKIPPED}),
    _S.DEPARTING: frozenset({_S.DEPARTED, _S.STOPPED}),
    _S.STOPPED: frozenset({_S.DEPARTING, _S.DECIDING, _S.CLOSED}),
    _S.DEPARTED: frozenset({_S.CLOSED}),
    _S.SKIPPED: frozenset({_S.PLANNED}),  # taken back before its cutoff
    _S.CLOSED: frozenset(),
}

AHEAD = frozenset({_S.PLANNED, _S.PUBLISHED, _S.HELD})
"""Before the cutoff: the schedule can still be amended (TRN-24)."""

OPEN_RUN = frozenset(Stage) - {Stage.SKIPPED, Stage.CLOSED}
"""Runs that something will still happen to."""


@dataclass(frozen=True, slots=True)
class TrainRule:
    """When a train runs, in its own zone (TRN-02, TRN-05, TRN-21).

    Args:
        cadence: five cron fields that tell each cutoff, `0 12 * * TUE`; "" where `dates` do.
        dates: single days of cutoff, for a train without a cadence.
        cutoff: local time of the cutoff on `dates`; None with a cadence.
        zone: IANA zone in which everything here is meant.
        stabilization: local days from the cutoff to the day of the decision; 0 is the same day.
        decision: local time of the go/no-go on that day; stabilization ends with it.
        window: name of a change window in the policy; the run departs in its first opening after the decision (WIN-11).
        retrospective: local days after the window within which the captain is asked for the retrospective (TRN-17).
        closing: local days after the window within which the run is to be closed (TRN-18).
    """

    cadence: str
    dates: tuple[date, ...]
    cutoff: time | None
    zone: str
    stabilization: int
    decision: time
    window: str
    retrospective: int = 2
    closing: int = 5


@dataclass(frozen=True, slots=True)
class Train:
    """A release train as its captain defined it (TRN-02).

    Args:
        id: its name, lower case, unique for ever.
        rule: when it runs.
        channel: Slack channel id (CMD-18).
        services: names in the policy file, those that others depend on first (MAN-07).
        excluded: services that deliberately do not ride it.
        captains: corporate ids; the rotation takes them in turn, one for each run (TRN-03).
        attendees: area of the go/no-go → corporate ids of those who answer for it.
        manifest_owner: corporate id of who answers for the manifest (MAN-09).
        rollback: what is expected of going back.
        exceptions: how a hotfix or a late change is handled.
        dependencies: how it fits with other trains (TRN-19).
        rationale: why these services ride a train (TRN-20).
        branch: whether a release branch is cut; without one `unbranched` says why (TRN-14).
        unbranched: the reason, or "".
        state: whether it runs.
        revision: 1 for the first definition, one more with each amendment.
        by, by_name: who defined it.
        created, published: UTC.
        impact: what riding it does to lead time and to the share of changes that fail (TRN-20).
    """

    id: str
    rule: TrainRule
    channel: str
    services: tuple[str, ...]
    excluded: tuple[str, ...]
    captains: tuple[str, ...]
    attendees: Mapping[str, tuple[str, ...]]
    manifest_owner: str
    rollback: str
    exceptions: str
    dependencies: str
    rationale: str
    branch: bool
    unbranched: str
    state: TrainState
    revision: int
    by: str
    by_name: str
    created: datetime
    published: datetime | None = None
    impact: str = ""


@dataclass(frozen=True, slots=True)
class TrainEdit:
    """What somebody wants to be otherwise in a train; what is not named stays.

    Args:
        own: fields of `Train` that change.
        rule: fields of its `TrainRule` that change.
    """

    own: Mapping[str, Any] = field(default_factory=dict)
    rule: Mapping[str, Any] = field(default_factory=dict)

    def over(self, train: Train) -> Train:
        """The train with these changes; a cadence takes the place of dates, and dates that of a cadence."""
        return replace(train, **self.own, rule=replace(train.rule, **self.rule))


@dataclass(frozen=True, slots=True)
class Room:
    """A Slack channel, as the bot sees it.

    Args:
        id: `C…`.
        name: as people read it.
        member: whether the bot is in it.
        archived: whether nobody can write there any more.
    """

    id: str
    name: str
    member: bool
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """The moments of one run, each in UTC and in this order (TRN-01).

    Args:
        publish: by when the schedule must be posted.
        cutoff: what is on the branch then rides.
        decision: go/no-go; stabilization lies between cutoff and it.
        opens, closes: the opening in which it departs, half-open.
        retrospective, closing: by when both are to be done.
    """

    publish: datetime
    cutoff: datetime
    decision: datetime
    opens: datetime
    closes: datetime
    retrospective: datetime
    closing: datetime


@dataclass(frozen=True, slots=True)
class TrainRun:
    """One run of a train: from its schedule to its retrospective.

    Args:
        id: `<train>-2026-12-01`, by the local day of the cutoff that was first planned.
        train: the train's id.
        revision: of the train's definition that its schedule follows.
        stage: where it stands.
        captain, captain_name: who leads it, as the rotation or a person said.
        schedule: its moments.
        version: `v1.8.0` or "", the release that it makes, once known.
        why: the last reason that a person should know ("main is red").
    """

    id: str
    train: str
    revision: int
    stage: Stage
    captain: str
    captain_name: str
    schedule: Schedule
    version: str = ""
    why: str = ""
