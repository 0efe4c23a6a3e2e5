"""The nouns of a cutoff and of the stabilization after it (TRN-06, TRN-09, TRN-12, TRN-13).

Invariant: a cut names one commit of one repository; it counts once its state is `cut`, and a run is cut when each of its newest cuts is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from guards.vocabulary import Risk


@dataclass(frozen=True, slots=True)
class OpenPull:
    """A pull request that is neither merged nor closed (TRN-13, TRN-16).

    Args:
        number, title, url, body: as people know it.
        author: its login; None when the account was deleted.
        labels: their names.
        tickets: references in title, branch and body, each once.
    """

    number: int
    title: str
    url: str
    body: str
    author: str | None
    labels: frozenset[str]
    tickets: tuple[str, ...]


class CutState(StrEnum):
    """Where the cut of one repository stands."""

    ORDERED = "ordered"
    CUT = "cut"
    FAILED = "failed"


class Gates(StrEnum):
    """How the required checks of a release branch's newest commit stand (TRN-11)."""

    PASSED = "passed"
    LACKING = "lacking"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Rider:
    """A pull request that is in, or out (TRN-13).

    Args:
        number, title, url: as people know it.
        why: why it is out; "" for one that is in.
        merged: when it was merged, UTC; None for one that is open, and of a cut from before that was kept.
    """

    number: int
    title: str
    url: str
    why: str = ""
    merged: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """The cutoff of one repository for one run (TRN-06, record shape 14).

    Args:
        id: `CUT-2026-1121-001`; CI carries it as the key of the order that makes the branch.
        run: of which train run.
        repository: `owner/name`.
        services: whose work is in it.
        commit: 40 hex digits, on the main branch.
        due: the moment of the cutoff, UTC; the commit is what main named then, or what a person chose.
        taken: when it was recorded, UTC.
        late: recorded later than its moment (TRN-22).
        captain, captain_name: who leads the run.
        by: who had it cut: the captain's corporate id, or `signalbox` at its moment.
        base: the commit that production ran, from which what is in is counted; None when nothing ran.
        version: `v1.8.0`, the release that it makes.
        branch: `release/1.8`; "" for a train that cuts none, and then `unbranched` says why (TRN-14).
        unbranched: the reason, or "".
        state: whether it counts.
        why: what a person should know of it ("CI turned the order down: …").
        checks: the checks of the commit as they were seen, `name: state`.
        included, excluded: pull requests that ride, and that do not.
        head: the newest commit of the branch that was looked at; the cutoff commit at first.
        gates: how that commit's required checks stand, and `gates_why` in words.
        warned: whether it was told that the branch lives too long (TRN-26).
    """

    id: str
    run: str
    repository: str
    services: tuple[str, ...]
    commit: str
    due: datetime
    taken: datetime
    late: bool
    captain: str
    captain_name: str
    by: str
    base: str | None
    version: str
    branch: str
    unbranched: str
    state: CutState
    why: str
    checks: tuple[str, ...]
    included: tuple[Rider, ...]
    excluded: tuple[Rider, ...]
    head: str
    gates: Gates
    gates_why: str
    warned: bool = False


class Flaw(StrEnum):
    """What is wrong with a commit on a release branch (TRN-09)."""

    FEATURE = "feature"
    NO_REASON = "no-reason"
    NO_SOURCE = "no-source"
    DIFFERS = "differs"
    NO_TICKET = "no-ticket"
    NO_PULL = "no-pull-request"
    NO_LABEL = "no-backport-label"
    REWRITTEN = "rewritten"
    NO_RISK = "no-risk-class"


@dataclass(frozen=True, slots=True)
class Found:
    """One flaw of one commit.

    Args:
        flaw: which.
        why: a sentence.
    """

    flaw: Flaw
    why: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Why a fix may be on the release branch as it is (TRN-15, HOT-16).

    Args:
        reason: why it cannot come from main.
        plan: how main gets it.
        by, by_name: who accepted it.
        at: UTC.
    """

    reason: str
    plan: str
    by: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Fix:
    """A commit on a release branch after its cutoff (TRN-09, TRN-10).

    Args:
        run, repository, sha: which commit.
        title, url: as people know it.
        authors: what its authors are found by: logins and addresses.
        pull: number of the pull request that brought it.
        tickets: work items that the pull request names.
        source: the commit on main that it was picked from.
        origin: the pull request that brought that commit to main; None where none since the cutoff did.
        risk: the class that the pull request names, or whoever accepted it; None while nobody did.
        flaws: what is wrong with it; empty when nothing is.
        at: when it was judged, UTC.
        accepted: set once somebody who may accepted it as it is.
    """

    run: str
    repository: str
    sha: str
    title: str
    url: str
    authors: tuple[str, ...]
    pull: int | None
    tickets: tuple[str, ...]
    source: str | None
    flaws: tuple[Found, ...]
    at: datetime
    accepted: Acceptance | None = None
    risk: Risk | None = None
    origin: Rider | None = None


@dataclass(frozen=True, slots=True)
class Blocker:
    """What must be mended before the run may go (TRN-12).

    Args:
        id: `BLK-2026-1121-001`.
        run: which one it holds up.
        ticket: the work item.
        title: what it is.
        by, by_name: who opened it.
        opened: UTC.
        resolution: how it was mended, "" while it is open.
        resolved: UTC; None while it is open.
        resolved_by: corporate id.
    """

    id: str
    run: str
    ticket: str
    title: str
    by: str
    by_name: str
    opened: datetime
    resolution: str = ""
    resolved: datetime | None = None
    resolved_by: str | None = None


@dataclass(frozen=True, slots=True)
class LateChange:
    """A pull request to a release branch that is no blocker's fix: it rides the next train (TRN-16).

    Args:
        run, repository, pull: which one.
        title, url: as people know it.
        to: the run that it rides; "" while none is planned.
        at: when that was recorded, UTC.
    """

    run: str
    repository: str
    pull: int
    title: str
    url: str
    to: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Stabilization:
    """What happened to a run since its cutoff (TRN-12).

    Args:
        cuts: one for each repository.
        fixes: the commits on its release branches that were judged.
        blockers: open and resolved ones.
    """

    cuts: tuple[Cut, ...]
    fixes: tuple[Fix, ...]
    blockers: tuple[Blocker, ...]


def flawed(fixes: Iterable[Fix]) -> tuple[Fix, ...]:
    """Those with a flaw that nobody accepted: what a go/no-go has to see."""
    return tuple(fix for fix in fixes if fix.flaws and fix.accepted is None)


def unseen(cut: Cut) -> bool:
    """Whether the last look at its release branch failed: what was pushed there since is not known (TRN-09)."""
    return cut.state is CutState.CUT and cut.why != ""
