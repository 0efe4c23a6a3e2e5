"""The items of a bundle that version control tells: tag, pull requests, commits, checks and protection (AUD-05, AUD-09, REC-07).

Invariant: read only; what cannot be asked for is an item too, with the reason.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from commands.core.bundle import EvidenceClass, Item, Trail
from commands.core.bundle_records import as_json
from commands.core.deadline import Deadline
from commands.core.ports.clock import Clock
from commands.core.ports.vcs import Vcs
from guards.unread import Absent, Unread
from guards.vcs import Check, Protection, Pull, Span, Tag
from guards.version import Artifact, Beside

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class History:
    """Where the history of one service is read.

    Args:
        vcs: None when the policy names none.
        source: its name for people.
        repository, branch: of the service.
        clock: the present.
        deadline: for all reads together.
    """

    vcs: Vcs | None
    source: str
    repository: str
    branch: str
    clock: Clock
    deadline: Deadline

    def steps(self, version: str, artifact: Artifact | None, base: str | None) -> list[Awaitable[tuple[Item, ...]]]:
        """One read for each part of the history.

        Args:
            version: the tag.
            artifact: what was built from it; None when nobody knows.
            base: the commit from which the work is counted; None for all of it.
        """
        repository, branch = self.repository, self.branch
        commit = {"commit": artifact.commit} if artifact else {}
        tag = self._blank(EvidenceClass.TAG, f"the tag {version}", "tag", {"tag": version, **commit}, Trail.MARKER)
        work = self._blank(
            EvidenceClass.PULL_REQUEST, "the pull requests and commits in it", "commits", commit, Trail.TICKET, Trail.REVIEW, Trail.MERGE
        )
        checks = self._blank(EvidenceClass.CI, "the checks of its commit", "checks", {"tag": version, **commit}, Trail.REVIEW)
        rules = self._blank(EvidenceClass.PULL_REQUEST, f"the protection of branch {branch}", "protection", {"branch": branch})
        if artifact is None:
            built = [self._unknown(work), self._unknown(checks)]
        else:
            built = [
                self._read(work, lambda vcs: vcs.span(repository, base, artifact.commit), _work),
                self._read(checks, lambda vcs: vcs.checks(repository, artifact.commit), _checks),
            ]
        return [
            self._read(tag, lambda vcs: vcs.tag(repository, version), _tag),
            *built,
            self._read(rules, lambda vcs: vcs.protection(repository, branch), _protection),
        ]

    def beside(self, version: str, one: Beside) -> tuple[Item, ...]:
        """What another repository brings into the version, as it was read."""
        keys, folder = {"repository": one.repository, "tag": version}, one.repository.replace("/", "-")
        tag = self._blank(EvidenceClass.TAG, f"the tag {version} of {one.repository}", f"{folder}/tag", keys, Trail.MARKER)
        work = self._blank(
            EvidenceClass.PULL_REQUEST, f"the work of {one.repository} in it", f"{folder}/commits", keys,
            Trail.TICKET, Trail.REVIEW, Trail.MERGE,
        )  # fmt: skip
        found = (*_told(one.tag, tag, _tag), *_told(one.work, work, _work))
        if one.checks is not None:
            blank = self._blank(EvidenceClass.CI, f"the checks of {one.repository}", f"{folder}/checks", keys, Trail.REVIEW)
            found += _told(one.checks, blank, _checks)
        if one.protection is not None:
            blank = self._blank(EvidenceClass.PULL_REQUEST, f"the protection of {one.repository}", f"{folder}/protection", keys)
            found += _told(one.protection, blank, _protection)
        return found

    def _blank(self, kind: EvidenceClass, title: str, name: str, keys: Mapping[str, str], *trail: Trail) -> Item:
        keys = {"repository": self.repository, **keys}
        return Item(kind, title, f"history/{name}.json", self.source, keys, self.clock.now(), Absent(title), trail=frozenset(trail))

    async def _read(
        self, blank: Item, ask: Callable[[Vcs], Awaitable[T | Absent | Unread]], items: Callable[[T, Item], tuple[Item, ...]]
    ) -> tuple[Item, ...]:
        if self.vcs is None:
            return (replace(blank, content=Unread(blank.title, "the policy names no version control for this service")),)
        answer = await self.deadline.read(blank.title, ask, self.vcs)
        return _told(answer, replace(blank, at=self.clock.now()), items)

    async def _unknown(self, blank: Item) -> tuple[Item, ...]:
        return (replace(blank, content=Unread(blank.title, "nobody knows which commit the version was built from")),)


def _told(answer: T | Absent | Unread, blank: Item, items: Callable[[T, Item], tuple[Item, ...]]) -> tuple[Item, ...]:
    return (replace(blank, content=answer),) if isinstance(answer, Absent | Unread) else items(answer, blank)


def _tag(tag: Tag, blank: Item) -> tuple[Item, ...]:
    word = "signed" if tag.verified else f"not verified ({tag.reason})"
    return (replace(blank, title=f"the tag {tag.name}, {word}", keys={**blank.keys, "object": tag.object}, content=as_json(tag)),)


def _work(span: Span, blank: Item) -> tuple[Item, ...]:
    commits = {name: getattr(span, name) for name in ("repository", "base", "head", "commits", "removed")}
    whole = replace(
        blank, title=f"{len(span.commits)} commits of {span.repository}", content=as_json(commits), trail=frozenset({Trail.MERGE})
    )
    if not span.pulls:
        nothing = Absent("merged pull request in it")
        return (whole, replace(blank, title="the pull requests in it", name=_in_folder(blank, "pull-requests"), content=nothing))
    return (whole, *(_pull(pull, blank) for pull in span.pulls))


def _pull(pull: Pull, blank: Item) -> Item:
    keys = {**blank.keys, "pull request": str(pull.number), "commit": pull.merged_commit}
    if pull.tickets:
        keys["tickets"] = ", ".join(pull.tickets)
    record = {name: getattr(pull, name) for name in Pull.__slots__} | {"approvers": pull.approvers}
    title, name = f"{keys['repository']}#{pull.number} {pull.title}", _in_folder(blank, f"pull-request-{pull.number}")
    trail = frozenset({Trail.REVIEW, Trail.MERGE} | ({Trail.TICKET} if pull.tickets else set()))
    return replace(blank, title=title, name=name, keys=keys, url=pull.url, content=as_json(record), trail=trail)


def _in_folder(blank: Item, name: str) -> str:
    return f"{blank.name.rpartition('/')[0]}/{name}.json"


def _checks(checks: tuple[Check, ...], blank: Item) -> tuple[Item, ...]:
    if not checks:
        return (replace(blank, content=Absent("check of its commit")),)
    return (replace(blank, title=f"{len(checks)} checks of its commit", content=as_json(checks)),)


def _protection(protection: Protection, blank: Item) -> tuple[Item, ...]:
    return (replace(blank, content=as_json(protection)),)
