"""A fix that production has is brought to main and each release branch, and no train departs without it (HOT-09, HOT-10).

Invariant: what counts is what is reachable on the branch: the commit itself, one that records it as its source, or one that makes the same
change, and that nobody took back there. A change that was adapted by hand counts by its recorded source only.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from guards.as_hotfix import hotfix_of
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.evidence import asks_for
from guards.facts import Facts, Request
from guards.hotfix import Hotfix, How
from guards.reverts import taken_back
from guards.stabilization import title_of
from guards.unread import Absent, Unread
from guards.vcs import Commit, Pull, Span
from guards.version import Artifact
from guards.vocabulary import Requirement

_PICKED = re.compile(r"^\s*\(cherry picked from commit ([0-9a-f]{40})\)\s*$", re.MULTILINE)

MOST_CANDIDATES = 30
"""Commits of a branch whose changes are compared with the fix's at most; each takes a call."""

Patches = Mapping[str, str | Absent | Unread]
"""Commit → id of what it changes; under `WHOLE` that of the fix as a whole."""

WHOLE = "the fix as a whole"


@dataclass(frozen=True, slots=True)
class Landed:
    """A fix that is on a branch.

    Args:
        commit: the last commit there that brings a part of it.
        how: as what it came.
        pulls: numbers of the pull requests that brought it.
    """

    commit: str
    how: How
    pulls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lacking:
    """A fix that is not there, or not as it has to be.

    Args:
        why: a sentence.
    """

    why: str


def sources_of(commit: Commit) -> frozenset[str]:
    """Every commit that `git cherry-pick -x` recorded; a squash keeps the words of all that went into it."""
    return frozenset(_PICKED.findall(commit.message))


def standing(target: Span) -> dict[str, Commit]:
    """The commits of a branch that nobody took back there; what was taken back twice stands."""
    gone: set[str] = set()
    for commit in reversed(target.commits):
        if commit.sha not in gone:
            gone |= set(taken_back(commit))
    # taking back the merge of a pull request takes back all that it brought
    undone = {pull.number for pull in target.pulls if pull.merged_commit in gone}
    return {c.sha: c for c in target.commits if c.sha not in gone and undone.isdisjoint(c.pulls)}


def parts_of(own: Span) -> tuple[Commit, ...]:
    """The commits of a fix that make a change of their own."""
    return tuple(commit for commit in own.commits if commit.parents == 1)


def to_compare(hotfix: Hotfix, own: Span, target: Span) -> tuple[str, ...]:
    """The commits whose changes have to be read before it can be told whether a fix landed; empty when that is told without.

    Args:
        hotfix: whose fix.
        own: the work of the fix, since what production ran.
        target: what is on the branch and not in what production ran.
    """
    there = standing(target)
    lacking = [part for part in parts_of(own) if _recorded(part, there) is None]
    if not lacking:
        return ()
    return tuple(dict.fromkeys((*(part.sha for part in lacking), *candidates(hotfix, own, target))))


def candidates(hotfix: Hotfix, own: Span, target: Span) -> tuple[str, ...]:
    """The commits of a branch that may be the fix although they do not say so: by its title, its ticket or a pull request that names it."""
    titles = {title_of(part) for part in parts_of(own)}
    naming = {pull.number for pull in target.pulls if _names(pull, hotfix.scope.ticket)}
    found = [
        sha
        for sha, commit in standing(target).items()
        if commit.parents == 1
        and (title_of(commit) in titles or _says(commit.message, hotfix.scope.ticket) or not naming.isdisjoint(commit.pulls))
    ]
    return tuple(found[:MOST_CANDIDATES])


def landed(hotfix: Hotfix, branch: str, own: Span, target: Span, patches: Patches) -> Landed | Lacking | Unread:
    """Whether a fix is on a branch, whole, by pull requests that say what they bring (HOT-09, HOT-10).

    Args:
        hotfix: whose fix.
        branch: which one.
        own, target: as for `to_compare`.
        patches: what was read of these commits; `WHOLE` for a squash of several.
    """
    there, parts = standing(target), parts_of(own)
    if not parts:
        return Unread(f"the commits of {hotfix.id}", "it has none that changes anything")
    same = _by_change(there, hotfix, own, target, patches)
    found: list[tuple[Commit, How]] = []
    for part in parts:
        one = _recorded(part, there) or same.get(part.sha)
        if one is None:
            return _not_told(part, candidates(hotfix, own, target), patches) or Lacking(
                f"{branch} has neither {part.sha[:12]} nor a commit that records it as its source or makes the same change"
            )
        found.append(one)
    brought = [commit for commit, how in found if how is not How.WAS_THERE]
    for commit in brought:
        if said := _unsaid(commit, hotfix, branch, target):
            return Lacking(said)
    order = [commit.sha for commit in target.commits]
    last, how = max(found, key=lambda one: order.index(one[0].sha))
    into = {pull.number for pull in target.pulls if pull.base == branch}
    pulls = tuple(sorted(into & {number for commit, _ in found for number in commit.pulls}))
    return Landed(last.sha, how, pulls)


def _recorded(part: Commit, there: Mapping[str, Commit]) -> tuple[Commit, How] | None:
    """What is on the branch by the records of git: the commit itself, the one that it was picked from, or one that was picked from it."""
    if part.sha in there:
        return there[part.sha], How.MERGED
    if source := next((sha for sha in sources_of(part) if sha in there), None):
        return there[source], How.WAS_THERE
    picked = next((commit for commit in there.values() if part.sha in sources_of(commit)), None)
    return (picked, How.PICKED) if picked else None


def _by_change(
    there: Mapping[str, Commit], hotfix: Hotfix, own: Span, target: Span, patches: Patches
) -> dict[str, tuple[Commit, How]]:  # fmt: skip
    """Part of the fix → the commit on the branch that makes the same change; a squash makes that of all of them."""
    made = {patch: there[sha] for sha in candidates(hotfix, own, target) if isinstance(patch := patches.get(sha), str)}
    whole = patches.get(WHOLE)
    if isinstance(whole, str) and whole in made:
        return {part.sha: (made[whole], How.SAME_CHANGE) for part in parts_of(own)}
    return {
        part.sha: (made[patch], How.SAME_CHANGE)
        for part in parts_of(own)
        if isinstance(patch := patches.get(part.sha), str) and patch in made
    }


def _not_told(part: Commit, others: Iterable[str], patches: Patches) -> Unread | None:
    """What could not be read of what had to be compared; with nothing to compare with, nothing had to be read."""
    compared = tuple(others)
    wanted = (part.sha, *compared) if compared else ()
    return next((lost for sha in wanted if isinstance(lost := patches.get(sha), Unread)), None)


def _unsaid(commit: Commit, hotfix: Hotfix, branch: str, target: Span) -> str | None:
    """What the pull request that brought the fix does not say (HOT-10)."""
    pulls = [pull for pull in target.pulls if pull.number in commit.pulls and pull.base == branch]
    if not pulls:
        return f"no merged pull request into {branch} brought {commit.sha[:12]}"
    wanted = (hotfix.scope.ticket, hotfix.version)
    if any(all(_names(pull, word) for word in wanted) for pull in pulls):
        return None
    names = " and ".join(f"#{pull.number}" for pull in pulls)
    return f"{names} brought it to {branch}, and its text does not name both {hotfix.scope.ticket} and {hotfix.version}"


def _names(pull: Pull, word: str) -> bool:
    return word in pull.tickets or _says(f"{pull.title}\n{pull.body}", word)


def _says(text: str, word: str) -> bool:
    """Whether a text has a word as a whole: `PAY-12` does not name `PAY-1`, nor `v1.4.10` `v1.4.1`."""
    return bool(word) and re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-])(?!\.\w)", text) is not None


@asks_for(Requirement.FORWARD_PORTS)
def forward_ported(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether each fix that production has is on every branch that needs it, before another version takes its place (HOT-09)."""
    known = facts.hotfixes
    if isinstance(known, Unread):
        return Unsure(known.what, known.why)
    owed = [port for port in known.ports if port.service == request.service]
    if not owed:
        return Allow("every hotfix is on main and on the release branches")
    if hotfix_of(request, facts):
        return Allow("a hotfix is built from what production runs, with all fixes that it has")
    if isinstance(facts.promotions, Unread):
        return Unsure(facts.promotions.what, facts.promotions.why)
    if any(p.environment == request.environment and p.digest == artifact.digest for p in facts.promotions):
        return Allow(f"{request.version} ran in {request.environment} before; going back leaves nothing out")
    said = "; ".join(f"{port.branch} lacks {port.hotfix}{f' ({port.why})' if port.why else ''}" for port in owed)
    return Refuse(
        Refusal.NOT_PORTED,
        f"A fix that production has is not everywhere yet: {said}.",
        f"Bring it there; `/release hotfix show {owed[0].hotfix}` says how it is found.",
    )
