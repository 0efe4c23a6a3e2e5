"""The demo's forge answers GraphQL: exactly the queries that the bot asks, each known by its text.

Invariant: a list says whether it goes on, and a query that is not known gets an error and no data.

Source: GitHub, "GraphQL API reference".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.adapters import github_graphql as asked
from bot.demo.forge_git import SHA, ForgeGit, GitCommit
from bot.demo.forge_store import FORGE, Memory, PullRequest

_LISTS = ("authors", "associatedPullRequests", "labels", "reviews", "commits", "files")
_FIRST = {"authors": 25, "associatedPullRequests": 50}  # what the queries ask for; 100 of all others
_REST = {
    asked.MORE_LINKS: "associatedPullRequests",
    asked.MORE_REVIEWS: "reviews",
    asked.MORE_PARTS: "commits",
    asked.MORE_FILES: "files",
}

Json = dict[str, Any]


def node_id(repository: str, kind: str, name: object) -> str:
    """An id that is unique over all repositories: `C` of a commit, `PR` of a pull request."""
    return f"{kind}_{repository}_{name}"


class Graph:
    """Answers one query.

    Args:
        memory: the forge's.
        git: the repository.
        name: `owner/name`.
        url: of the repository's pages.
    """

    def __init__(self, memory: Memory, git: ForgeGit, name: str, url: str) -> None:
        self._memory, self._git, self._name, self._url = memory, git, name, url

    def has(self, variables: Mapping[str, Any]) -> bool:
        """Whether a query is about this repository, by what it names."""
        ids = [*variables.get("ids", ()), *([variables["id"]] if "id" in variables else [])]
        named = f"{variables['owner']}/{variables['name']}".lower() == self._name.lower() if "owner" in variables else False
        return named or any(each.partition("_")[2].startswith(f"{self._name}_") for each in ids)

    async def answer(self, query: str, variables: Mapping[str, Any]) -> Json:
        """The body of the answer.

        Args:
            query: one of `bot.adapters.github_graphql`.
            variables: its own.
        """
        if query in {asked.COMMITS, asked.PULLS, asked.WORDS}:
            return {"data": {"nodes": [_first_pages(node) for node in await self._nodes(variables["ids"])]}}
        if query in _REST:
            (node,) = await self._nodes([variables["id"]])
            return {"data": {"node": {"page": _page(node[_REST[query]], 100, int(variables["after"]))}}}
        if query not in {asked.HISTORY, asked.OWNERS}:
            return _problem("SOME_ERROR", "This forge does not know that query.")
        if f"{variables['owner']}/{variables['name']}".lower() != self._name.lower():
            return _problem("NOT_FOUND", "Could not resolve to a Repository with that name.")
        return {"data": {"repository": await (self._history(variables) if query == asked.HISTORY else self._owners(variables))}}

    # ------------------------------------------------------------ a repository

    async def _history(self, variables: Mapping[str, Any]) -> Json:
        head = variables["head"]
        known = SHA.fullmatch(head) and await self._git.knows(head)
        count = len(await self._git.between(None, head)) if known else 0
        return {"nameWithOwner": self._name, "object": {"history": {"totalCount": count}} if known else None}

    async def _owners(self, variables: Mapping[str, Any]) -> Json:
        commit = variables["commit"]
        if not SHA.fullmatch(commit) or not await self._git.knows(commit):
            return {"object": None, "first": None, "second": None, "third": None}
        texts = {key: await self._git.text(commit, variables[key].partition(":")[2]) for key in ("first", "second", "third")}
        blobs = {
            key: None if text is None else {"text": text, "byteSize": len(text.encode()), "isTruncated": False}
            for key, text in texts.items()
        }
        return {"object": {"oid": commit}, **blobs}

    # ------------------------------------------------------------ commits and pull requests

    async def _nodes(self, ids: Sequence[str]) -> list[Json]:
        """What these ids name, in that order; lists are whole."""
        oids = [each.rpartition("_")[2] for each in ids if each.startswith(self._id("C", ""))]
        commits = {self._id("C", commit.oid): commit for commit in await self._git.commits([oid for oid in oids if SHA.fullmatch(oid)])}
        pulls = {self._id("PR", pull.number): pull for pull in self._memory.pulls}
        own = {pull.number: await self._git.between(pull.base, pull.head) for pull in pulls.values()}
        found = []
        for each in ids:
            if each in commits:
                links = [self._link(p) for p in pulls.values() if commits[each].oid in {p.merge_commit, *own[p.number]}]
                found.append(self._commit(commits[each]) | {"associatedPullRequests": links})
            elif each in pulls:
                found.append(await self._pull(pulls[each], own[pulls[each].number]))
        return found

    def _id(self, kind: str, name: object) -> str:
        return node_id(self._name, kind, name)

    def _link(self, pull: PullRequest) -> Json:
        return {
            "id": self._id("PR", pull.number),
            "merged": pull.merged is not None,
            "baseRepository": {"nameWithOwner": self._name},
            "mergeCommit": pull.merge_commit and {"oid": pull.merge_commit},
        }

    def _commit(self, commit: GitCommit) -> Json:
        signature = {"isValid": commit.signer == commit.committer[1], "wasSignedByGitHub": commit.signer == FORGE}
        return {
            "id": self._id("C", commit.oid),
            "oid": commit.oid,
            "url": f"{self._url}/commit/{commit.oid}",
            "messageHeadline": commit.title,
            "message": commit.message,
            "parents": {"totalCount": commit.parents},
            "authors": [self._actor(*who) for who in commit.authors],
            "committer": self._actor(*commit.committer),
            "signature": signature if commit.signed else None,
        }

    async def _pull(self, pull: PullRequest, own: Sequence[str]) -> Json:
        paths = await self._git.changed(pull.base, pull.head)
        return {
            "id": self._id("PR", pull.number),
            "number": pull.number,
            "title": pull.title,
            "url": f"{self._url}/pull/{pull.number}",
            "body": pull.body,
            "baseRefName": pull.into,
            "headRefName": pull.branch,
            "headRefOid": pull.head,
            "mergedAt": pull.merged and pull.merged.isoformat(),
            "changedFiles": len(paths),
            "mergeCommit": pull.merge_commit and {"oid": pull.merge_commit},
            "author": _account(pull.author),
            "mergedBy": pull.merged_by and _account(pull.merged_by),
            "labels": [{"name": label} for label in pull.labels],
            "reviews": [
                {"author": _account(r.by), "state": r.state, "submittedAt": r.at.isoformat(), "commit": {"oid": r.commit}}
                for r in pull.reviews
            ],
            "commits": [{"commit": _first_pages(self._commit(commit))} for commit in await self._git.commits(own)],
            "files": [{"path": path} for path in paths],
        }

    def _actor(self, name: str, email: str) -> Json:
        login = self._memory.login(email)
        return {"name": name, "email": email, "user": {"login": login} if login else None}


def _account(login: str) -> Json:
    return {"__typename": "User", "login": login}


def _first_pages(node: Json) -> Json:
    return {key: _page(value, _FIRST.get(key, 100), 0) if key in _LISTS else value for key, value in node.items()}


def _page(items: Sequence[Json], size: int, start: int) -> Json:
    end = start + size
    return {"nodes": items[start:end], "pageInfo": {"hasNextPage": end < len(items), "endCursor": str(end)}}


def _problem(kind: str, message: str) -> Json:
    return {"data": None, "errors": [{"type": kind, "message": message}]}
