"""What a version takes back: reverts are recognised by what git and the VCS write into them, and the record says why (HOT-18).

Invariant: a revert is work like any other, by a reviewed pull request and under a new version. What never ran in the target is taken back
from nobody: such a revert needs no words.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from guards.facts import Facts
from guards.unread import Unread
from guards.vcs import Commit, Pull, Span
from guards.work import work_of

_COMMIT = re.compile(r"\bThis reverts commit ([0-9a-f]{7,40})\b")
_TITLE = re.compile(r'^Revert "')
_PULL = re.compile(r"^Reverts (?:[\w.-]+/[\w.-]+)?#([0-9]+)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Revert:
    """A commit that takes others back.

    Args:
        commit: 40 hex digits.
        title: its first line.
        of: the commits that it takes back, as it names them; empty when it names none.
    """

    commit: str
    title: str
    of: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """For people: `0123456789ab takes back ba9876543210`."""
        what = ", ".join(sha[:12] for sha in self.of)
        return f"{self.commit[:12]} takes back {what}" if what else f"{self.commit[:12]} ({self.title}) does not name what it takes back"


def taken_back(commit: Commit) -> tuple[str, ...]:
    """The commits that a commit takes back, as `git revert` names them."""
    return tuple(dict.fromkeys(_COMMIT.findall(commit.message)))


def reverts_in(span: Span) -> tuple[Revert, ...]:
    """The commits of a span that take back what was there before it."""
    pulls = {pull.number: pull for pull in span.pulls}
    found = (_revert(commit, [pulls[number] for number in commit.pulls if number in pulls]) for commit in span.commits)
    return tuple(one for one in found if one and not (one.of and all(_in(sha, span) for sha in one.of)))


def _revert(commit: Commit, pulls: Iterable[Pull]) -> Revert | None:
    of = taken_back(commit)
    said = _TITLE.match(commit.title) or any(_PULL.search(pull.body) for pull in pulls)
    return Revert(commit.sha, commit.title, of) if of or (said and commit.parents < 2) else None


def _in(named: str, span: Span) -> bool:
    return any(commit.sha.startswith(named) for commit in span.commits)


def reverts_of(service: str, facts: Facts) -> tuple[Revert, ...] | Unread:
    """What a version of a service takes back in any of its repositories; `Unread` while its work is not known."""
    works = work_of(service, facts)
    if isinstance(works, Unread):
        return works
    return facts.evidence.memo.once(
        (reverts_of, service, facts.policy.hash), lambda: tuple(one for work in works for one in reverts_in(work.span))
    )
