"""Reads everything that lies between two commits at GitHub: commits, people, pull requests, reviews.

First the list of commits (REST), then the commits' people and pull requests, then the pull requests themselves (GraphQL), each step
in concurrent batches: a release of 100 pull requests takes 5 round trips one after the other. Read again, it is what people write on merged
pull requests that can have changed: labels, texts and reviews, in one round trip.

Invariant: a list that is not whole ends in `UnreadError`; a pull request counts for a commit only when it was merged into this
repository and its own merge commit lies in the span too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TypeVar

from bot.adapters.github_api import PER_PAGE, GitHubApi, named
from bot.adapters.github_graphql import (
    COMMITS,
    HISTORY,
    MORE_FILES,
    MORE_LINKS,
    MORE_PARTS,
    MORE_REVIEWS,
    PULLS,
    WORDS,
    CommitNode,
    FilePath,
    History,
    Link,
    Nodes,
    Page,
    Part,
    PullNode,
    Rest,
    ReviewNode,
    WordsNode,
)
from bot.adapters.github_people import commit, pull, reworded
from bot.adapters.github_vcs_wire import Commits, Comparison, Listed
from bot.adapters.reading import UnreadError, both, parsed, together
from guards.unread import Absent, Unread
from guards.vcs import Pull, Span

T = TypeVar("T")

MOST_COMMITS = 2_000
COMMITS_AT_ONCE, PULLS_AT_ONCE, WORDS_AT_ONCE = 50, 10, 50  # GitHub gives a query 10 s


@dataclass(frozen=True, slots=True)
class Known:
    """A span that was read.

    Args:
        span: as it was then.
        ids: GitHub's id of each of its pull requests → the number.
    """

    span: Span
    ids: Mapping[str, int]


class SpanReading:
    """One span being read.

    Args:
        api: where from.
        what: a noun phrase that fits "could not read …".
        repository: `owner/name`.
        base, head: 40 hex digits; see `Vcs.span`.
        key: as for `tickets`.
    """

    def __init__(self, api: GitHubApi, what: str, repository: str, base: str | None, head: str, key: str) -> None:
        self._api, self._what, self._asked, self._base, self._head, self._key = api, what, repository, base, head, key
        self._name = repository

    async def again(self, known: Known) -> Span:
        """The same span with what stands on its pull requests now.

        Raises:
            UnreadError: when a part cannot be read.
        """
        self._name = known.span.repository
        nodes = await self._nodes(WORDS, WordsNode, list(known.ids), WORDS_AT_ONCE)
        if [(node.id, node.number) for node in nodes] != list(known.ids.items()):
            raise self._unread("it told other pull requests than were asked for")
        reviews = await together(self._reviews(node) for node in nodes)
        before = {pull.number: pull for pull in known.span.pulls}
        now = [reworded(before[n.number], self._name, n, given, self._key) for n, given in zip(nodes, reviews, strict=True)]
        return replace(known.span, pulls=tuple(sorted(now, key=lambda one: one.number)))

    async def read(self) -> Known | Absent:
        """All of it.

        Raises:
            UnreadError: when a part cannot be read.
        """
        listed = await (self._since(self._base) if self._base else self._all())
        if isinstance(listed, Absent):
            return listed
        order, removed = listed
        nodes = await self._nodes(COMMITS, CommitNode, [one.node_id for one in order], COMMITS_AT_ONCE)
        if [node.oid for node in nodes] != [one.sha for one in order]:
            raise self._unread("it told other commits than were asked for")
        inside = {node.oid for node in nodes}
        links = await together(self._links(node, inside) for node in nodes)
        ids = list(dict.fromkeys(link.id for link in chain.from_iterable(links)))
        found = await self._nodes(PULLS, PullNode, ids, PULLS_AT_ONCE)
        if [node.id for node in found] != ids or any(node.merge_commit.oid not in inside for node in found):
            raise self._unread("it told other pull requests than were asked for")
        pulls = dict(zip(ids, await together(self._pull(node) for node in found), strict=True))
        commits = tuple(commit(node, sorted(pulls[link.id].number for link in mine)) for node, mine in zip(nodes, links, strict=True))
        by_number = tuple(sorted(pulls.values(), key=lambda pull: pull.number))
        span = Span(self._name, self._base, self._head, commits, by_number, removed)
        return Known(span, {id_: one.number for id_, one in pulls.items()})

    # ------------------------------------------------------------ which commits

    async def _since(self, base: str) -> tuple[list[Listed], int]:
        async def page(number: int) -> Comparison:
            params: dict[str, str | int] = {"per_page": PER_PAGE, "page": number}
            answer = await self._api.get(self._what, self._asked, f"compare/{base}...{self._head}", params)
            return parsed(Comparison, self._what, answer)

        first = await page(1)
        self._name = named(first.url, self._asked)
        if first.base_commit.sha != base:
            raise self._unread("it compared with another commit")
        rest = await together(page(number) for number in self._rest(first.total_commits))
        return self._whole([one for part in (first, *rest) for one in part.commits], first.total_commits), first.behind_by

    async def _all(self) -> tuple[list[Listed], int] | Absent:
        owner, _, name = self._asked.partition("/")
        told = await self._api.query(self._what, self._asked, History, HISTORY, {"owner": owner, "name": name, "head": self._head})
        self._name = told.repository.name_with_owner
        if told.repository.object is None:
            return Absent(f"commit {self._head[:12]} in {self._asked}")
        total = told.repository.object.history.total_count

        async def page(number: int) -> list[Listed]:
            params: dict[str, str | int] = {"sha": self._head, "per_page": PER_PAGE, "page": number}
            return parsed(Commits, self._what, await self._api.get(self._what, self._asked, "commits", params)).root

        pages = await together(page(number) for number in (1, *self._rest(total)))
        return self._whole(list(chain.from_iterable(pages)), total)[::-1], 0

    def _rest(self, total: int) -> range:
        if total > MOST_COMMITS:
            raise self._unread(f"{total} commits are more than the {MOST_COMMITS} that are read at once")
        return range(2, -(-total // PER_PAGE) + 1)

    def _whole(self, listed: list[Listed], total: int) -> list[Listed]:
        shas = {one.sha for one in listed}
        if not len(shas) == len(listed) == total or (total and self._head not in shas):
            raise self._unread("its list of commits is not complete")
        return listed

    # ------------------------------------------------------------ what they are

    async def _nodes(self, query: str, kind: type[T], ids: Sequence[str], at_once: int) -> list[T]:
        batches = [ids[start : start + at_once] for start in range(0, len(ids), at_once)]
        shape = Nodes[kind]  # type: ignore[valid-type]
        told = await together(self._api.query(self._what, self._asked, shape, query, {"ids": batch}) for batch in batches)
        if any(len(one.nodes) != len(batch) for one, batch in zip(told, batches, strict=True)):
            raise self._unread("it told less than was asked for")
        return [node for one in told for node in one.nodes]

    async def _to_the_end(self, query: str, kind: type[T], node: str, page: Page[T]) -> list[T]:
        """All of a list whose first part is here."""
        found, shape = list(page.nodes), Rest[kind]  # type: ignore[valid-type]
        seen: set[str | None] = set()
        while page.page_info.has_next_page:
            after = page.page_info.end_cursor
            if after is None or after in seen:
                raise self._unread("one of its lists does not go on")
            seen.add(after)
            page = (await self._api.query(self._what, self._asked, shape, query, {"id": node, "after": after})).node.page
            found += page.nodes
        return found

    async def _links(self, node: CommitNode, inside: set[str]) -> list[Link]:
        links = await self._to_the_end(MORE_LINKS, Link, node.id, node.associated_pull_requests)
        return [link for link in links if self._counts(link, inside)]

    def _counts(self, link: Link, inside: set[str]) -> bool:
        here = link.base_repository is not None and link.base_repository.name_with_owner.lower() == self._name.lower()
        return here and link.merged and link.merge_commit is not None and link.merge_commit.oid in inside

    async def _pull(self, node: PullNode) -> Pull:
        reviews, (parts, paths) = await both(
            self._reviews(node), both(self._to_the_end(MORE_PARTS, Part, node.id, node.commits), self._paths(node))
        )
        return pull(self._name, node, reviews, [part.commit for part in parts], paths, self._key)

    async def _reviews(self, node: WordsNode) -> list[ReviewNode]:
        if node.labels.page_info.has_next_page:
            raise self._unread(f"pull request #{node.number} has more labels than GitHub lists")
        return await self._to_the_end(MORE_REVIEWS, ReviewNode, node.id, node.reviews)

    async def _paths(self, node: PullNode) -> tuple[str, ...] | None:
        """GitHub lists at most 3,000 changed files of a pull request."""
        if node.files is None:
            return None
        files = await self._to_the_end(MORE_FILES, FilePath, node.id, node.files)
        return tuple(file.path for file in files) if len(files) == node.changed_files else None

    def _unread(self, why: str) -> UnreadError:
        return UnreadError(Unread(self._what, why))
