"""What may get onto a release branch after the cutoff: fixes of blockers, for security or compliance, picked from main (TRN-09, HOT-15).

Invariant: each commit after the cutoff is judged by itself; what could not be read is no judgement, neither good nor bad.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from guards.changelog import Heading, entry_of, type_of
from guards.cut import Flaw, Found, OpenPull
from guards.stabilization_rules import StabilizationRules
from guards.unread import Absent, Unread
from guards.vcs import Commit, Pull, Span
from guards.vocabulary import Risk

_PICKED = re.compile(r"^\(cherry picked from commit ([0-9a-f]{40})\)$", re.MULTILINE)
_NUMBER = re.compile(r"\s*\(#[0-9]+\)$")


@dataclass(frozen=True, slots=True)
class Source:
    """What was read of where a commit was picked from.

    Args:
        commit: 40 hex digits.
        parts: where it and main part; the commit itself when it is on main.
        own, other: the ids of what the source and the picked commit change.
    """

    commit: str
    parts: str | Absent | Unread
    own: str | Absent | Unread
    other: str | Absent | Unread


def picked_from(commit: Commit) -> str | None:
    """The commit that `git cherry-pick -x` names; the last one when it was picked more than once."""
    found = _PICKED.findall(commit.message)
    return str(found[-1]) if found else None


def candidates(commit: Commit, main: Span) -> tuple[str, ...]:
    """Commits of main that may be where a commit was picked from although it does not say so: they have its title, but for a number."""
    return tuple(one.sha for one in main.commits if title_of(one) == title_of(commit))


def title_of(commit: Commit) -> str:
    """Its title, but for the number of a pull request."""
    return _NUMBER.sub("", commit.title)


def merges(commit: Commit, span: Span) -> bool:
    """Whether a commit only merges others that are judged themselves."""
    return commit.parents > 1 and any(other.sha != commit.sha and set(other.pulls) & set(commit.pulls) for other in span.commits)


def flaws(
    commit: Commit, span: Span, source: Source | Unread | None, tickets: Collection[str], rules: StabilizationRules, risk: Risk | None
) -> tuple[Found, ...] | Unread:
    """What is wrong with a commit on a release branch; `Unread` when that cannot be told yet.

    Args:
        commit: of the branch, after the cutoff.
        span: everything on the branch after the cutoff.
        source: where it was picked from; None when it names nothing on main and nothing there is the same.
        tickets: of the run's blockers.
        rules: the policy's.
        risk: the class that its pull requests name; None when they name none.
    """
    if isinstance(source, Unread):
        return source
    pulls = [pull for pull in span.pulls if pull.number in commit.pulls]
    found = list(_of_pulls(commit, pulls, tickets, rules))
    if pulls and risk is None and rules.risk_class:
        found.append(Found(Flaw.NO_RISK, "its pull request names no risk class: neither a label like risk:low nor a level under Risk"))
    if not merges(commit, span):
        of_source = _of_source(commit, source)
        if isinstance(of_source, Unread):
            return of_source
        found += of_source
    return tuple(found)


def _of_pulls(commit: Commit, pulls: Sequence[Pull], tickets: Collection[str], rules: StabilizationRules) -> Iterable[Found]:
    if not pulls:
        yield Found(Flaw.NO_PULL, "no merged pull request brought it")
    word, breaking = type_of(commit.title)
    entries = [entry_of(pull) for pull in pulls]
    if word in rules.features or breaking or any(e.heading is Heading.ADDED or e.breaking for e in entries):
        yield Found(Flaw.FEATURE, "it is a feature or breaks what worked; those ride the next train")
    if pulls and not any(reason(pull.labels, pull.tickets, tickets, rules) for pull in pulls):
        labels = ", ".join(rules.labels)
        yield Found(Flaw.NO_REASON, f"no reason to be here: neither a label ({labels}) nor the ticket of a tracked blocker")
    if lacking := sorted({label for pull in pulls for label in _unlabelled(pull, rules)}):
        yield Found(Flaw.NO_LABEL, f"its pull request lacks the label {' and '.join(lacking)}")
    if pulls and not any(pull.tickets for pull in pulls):
        yield Found(Flaw.NO_TICKET, "its pull request names no ticket")


def _unlabelled(pull: Pull, rules: StabilizationRules) -> Iterable[str]:
    """The labels of a backport that a pull request does not have (HOT-15)."""
    has = {label.lower() for label in pull.labels}
    wanted = (label.replace("{line}", pull.base.rpartition("/")[2]) for label in rules.backport)
    return (label for label in wanted if label.lower() not in has)


def reason(labels: Collection[str], named: Collection[str], tickets: Collection[str], rules: StabilizationRules) -> str | None:
    """Why a pull request may get onto a release branch, None when nothing says so (TRN-09).

    Args:
        labels, named: of the pull request: its labels, and the tickets that it names.
        tickets: of the run's blockers.
        rules: the policy's.
    """
    label = next((label for label in rules.labels if label.lower() in {one.lower() for one in labels}), None)
    ticket = next((ticket for ticket in named if ticket in tickets), None)
    return label or ticket


def _of_source(commit: Commit, source: Source | None) -> list[Found] | Unread:
    if source is None:
        return [Found(Flaw.NO_SOURCE, "it names no commit on main that it was picked from, and none there makes the same change")]
    if isinstance(source.parts, Unread):
        return source.parts
    if source.parts != source.commit:
        return [Found(Flaw.NO_SOURCE, f"{source.commit[:12]}, which it was picked from, is not on main")]
    for read in (source.own, source.other):
        if isinstance(read, Unread):
            return [Found(Flaw.DIFFERS, f"whether it makes the same change as {source.commit[:12]} cannot be told: {read.why}")]
    if source.own != source.other:
        return [Found(Flaw.DIFFERS, f"it makes another change than {source.commit[:12]}, which it was picked from")]
    return []


def rides_later(pull: OpenPull, tickets: Collection[str], rules: StabilizationRules) -> bool:
    """Whether a pull request that wants onto a release branch rides the next train instead: it is no blocker's fix (TRN-16)."""
    word, breaking = type_of(pull.title)
    return word in rules.features or breaking or reason(pull.labels, pull.tickets, tickets, rules) is None
