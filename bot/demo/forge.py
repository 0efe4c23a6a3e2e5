"""The demo's forge: as much of GitHub as the bot reads of it, over real git repositories.

Invariant: what git knows is asked of git at each request; only who reviewed, checked and merged stands in the forge's own memory.

Source: GitHub REST API: "Git references", "Git tags", "Compare two commits", "List commits", "Check runs", "Commit statuses",
"Branch protection", "Rules", "List repository activities", "Get a commit", "List pull requests"; "Using conditional requests".
"""

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from aiohttp import web

from bot.demo.forge_git import SHA, ForgeGit
from bot.demo.forge_graphql import Graph, node_id
from bot.demo.forge_store import CheckRun, ForgeStore

T = TypeVar("T")

API = "/api/v3"
"""Where the REST API begins, as on GitHub Enterprise Server; GraphQL is at `/api/graphql`."""

_GOOD = "valid"


Handler = Callable[[web.Request], Awaitable[web.Response]]


def shared(forges: Sequence["Forge"], token: str) -> list[web.RouteDef]:
    """The routes that all repositories share; added after their own.

    Args:
        forges: one for each repository.
        token: the one that it lets in.
    """

    async def graphql(request: web.Request) -> web.Response:
        asked = await request.json()
        graphs = [forge.graph(request) for forge in forges]
        return _told(
            await next((each for each in graphs if each.has(asked["variables"])), graphs[0]).answer(asked["query"], asked["variables"])
        )

    return [web.post("/api/graphql", let_in(token, graphql)), web.get(f"{API}/{{path:.*}}", let_in(token, _not_found))]


def let_in(token: str, handler: Handler) -> Handler:
    """Nobody without the token; whoever has the answer already is told that it is the same."""

    async def handle(request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {token}":
            return _told({"message": "Bad credentials"}, 401)
        answer = await handler(request)
        assert isinstance(answer.body, bytes)
        answer.etag = hashlib.sha256(answer.body).hexdigest()
        if answer.status == 200 and request.headers.get("If-None-Match") == answer.headers["ETag"]:
            return web.Response(status=304, headers={"ETag": answer.headers["ETag"]})
        return answer

    return handle


class Forge:
    """One repository of the server.

    Args:
        store: what it remembers.
        git: what it reads.
        name: `owner/name` of the repository.
        token: the one that it lets in.
    """

    def __init__(self, store: ForgeStore, git: ForgeGit, name: str, token: str) -> None:
        self._store, self._git, self._name, self._token = store, git, name, token

    def routes(self) -> list[web.RouteDef]:
        """To be added to an application."""
        base = f"{API}/repos/{self._name}"
        return [
            web.get(f"{base}/git/matching-refs/tags/{{prefix:.*}}", self._let_in(self._refs)),
            web.get(f"{base}/git/tags/{{oid}}", self._let_in(self._tag)),
            web.get(f"{base}/git/matching-refs/heads/{{prefix:.*}}", self._let_in(self._heads)),
            web.get(f"{base}/activity", self._let_in(self._activity)),
            web.get(f"{base}/commits/{{oid}}", self._let_in(self._files)),
            web.get(f"{base}/pulls", self._let_in(self._open)),
            web.get(f"{base}/compare/{{base}}...{{head}}", self._let_in(self._compare)),
            web.get(f"{base}/commits", self._let_in(self._history)),
            web.get(f"{base}/commits/{{oid}}/check-runs", self._let_in(self._check_runs)),
            web.get(f"{base}/commits/{{oid}}/statuses", self._let_in(self._statuses)),
            web.get(f"{base}/branches/{{branch:.+}}/protection", self._let_in(self._protection)),
            web.get(f"{base}/rules/branches/{{branch:.+}}", self._let_in(self._rules)),
        ]

    def graph(self, request: web.Request) -> Graph:
        """What answers GraphQL about this repository."""
        return Graph(self._store.memory, self._git, self._name, f"{request.url.origin()}/{self._name}")

    def _let_in(self, handler: Handler) -> Handler:
        return let_in(self._token, handler)

    # ------------------------------------------------------------ tags and histories

    async def _refs(self, request: web.Request) -> web.Response:
        found = await self._git.tags(request.match_info["prefix"])
        return _told(
            [
                {"ref": f"refs/tags/{name}", "url": self._url(request, f"git/refs/tags/{name}"), "object": {"type": kind, "sha": oid}}
                for name, kind, oid in found
            ]
        )

    async def _tag(self, request: web.Request) -> web.Response:
        oid = _sha(request.match_info["oid"])
        tag = await self._git.tag(oid)
        if tag is None:
            return await _not_found(request)
        reason = await self._git.judge(oid, tag)
        return _told(
            {
                "sha": oid,
                "tag": tag.name,
                "tagger": {"name": tag.tagger, "email": tag.email, "date": datetime.fromtimestamp(tag.at, UTC).isoformat()},
                "object": {"type": tag.kind, "sha": tag.target},
                "verification": {"verified": reason == _GOOD, "reason": reason},
            }
        )

    async def _compare(self, request: web.Request) -> web.Response:
        base, head = _sha(request.match_info["base"]), _sha(request.match_info["head"])
        if not (await self._git.knows(base) and await self._git.knows(head)):
            return await _not_found(request)
        ours, theirs = await self._git.between(base, head), await self._git.between(head, base)
        common = await self._git.merge_base(base, head)
        if common is None:
            return _told({"message": f"No common ancestor between {base} and {head}."}, 404)
        return _told(
            {
                "url": self._url(request, f"compare/{base}...{head}"),
                "base_commit": self._listed(base),
                "merge_base_commit": self._listed(common),
                "behind_by": len(theirs),
                "total_commits": len(ours),
                "commits": [self._listed(oid) for oid in _page(request, ours)],
                "files": [await self._file(head, *each, base=common) for each in await self._git.touched(head, common)]
                if request.query.get("page", "1") == "1"
                else [],
            }
        )

    async def _history(self, request: web.Request) -> web.Response:
        head = _sha(request.query.get("sha", ""))
        if not await self._git.knows(head):
            return await _not_found(request)
        newest = (await self._git.between(None, head))[::-1]
        return _told(
            [
                {**self._listed(oid), "parents": [{"sha": parent} for parent in await self._git.parents(oid)]}
                for oid in _page(request, newest)
            ]
        )

    # ------------------------------------------------------------ branches

    async def _heads(self, request: web.Request) -> web.Response:
        found = await self._git.branches(request.match_info["prefix"])
        return _told(
            [
                {"ref": f"refs/heads/{name}", "url": self._url(request, f"git/refs/heads/{name}"), "object": {"type": "commit", "sha": oid}}
                for name, oid in found
            ]
        )

    async def _activity(self, request: web.Request) -> web.Response:
        ref, size, start = request.query["ref"], int(request.query["per_page"]), int(request.query.get("after", 0))
        moves = await self._git.moves(ref.removeprefix("refs/heads/"))
        told = [{"before": was, "after": now, "ref": ref, "timestamp": at.isoformat()} for was, now, at in moves[start : start + size]]
        answer = _told(told)
        if start + size < len(moves):
            answer.headers["Link"] = f'<{request.url.origin()}{request.path}?after={start + size}>; rel="next"'
        return answer

    async def _files(self, request: web.Request) -> web.Response:
        oid = request.match_info["oid"]
        if not SHA.fullmatch(oid) or not await self._git.knows(oid):
            return _told({"message": f"No commit found for SHA: {oid}"}, 422)
        return _told({"sha": oid, "files": [await self._file(oid, *each) for each in _page(request, await self._git.touched(oid))]})

    async def _file(self, oid: str, path: str, letter: str, blob: str, base: str | None = None) -> dict[str, object]:
        patch = await self._git.patch(oid, path, base)
        lines = patch.splitlines()
        added, removed = (sum(line.startswith(sign) for line in lines) for sign in "+-")
        words = {"A": "added", "D": "removed", "M": "modified"}
        told = {"filename": path, "status": words.get(letter, "changed"), "sha": blob, "additions": added, "deletions": removed}
        return told | ({"patch": patch} if patch else {})

    async def _open(self, request: web.Request) -> web.Response:
        found = [pull for pull in self._store.memory.pulls if not pull.merged and pull.into == request.query["base"]]
        url = f"{request.url.origin()}/{self._name}/pull"
        return _told(
            [
                {
                    "number": pull.number, "title": pull.title, "html_url": f"{url}/{pull.number}", "body": pull.body,
                    "user": {"login": pull.author}, "labels": [{"name": label} for label in pull.labels], "head": {"ref": pull.branch},
                    "base": {"ref": pull.into},
                }
                for pull in _page(request, found)
            ]
        )  # fmt: skip

    # ------------------------------------------------------------ checks

    async def _check_runs(self, request: web.Request) -> web.Response:
        oid = request.match_info["oid"]
        if not SHA.fullmatch(oid) or not await self._git.knows(oid):
            return _told({"message": f"No commit found for SHA: {oid}"}, 422)
        runs = [run for run in self._store.memory.runs[::-1] if run.commit == oid]
        return _told({"total_count": len(runs), "check_runs": [self._run(request, run) for run in _page(request, runs)]})

    def _run(self, request: web.Request, run: CheckRun) -> dict[str, object]:
        over = run.conclusion is not None
        return {
            "id": run.id,
            "head_sha": run.commit,
            "name": run.name,
            "status": "completed" if over else "in_progress",
            "conclusion": run.conclusion,
            "html_url": f"{request.url.origin()}/{self._name}/runs/{run.id}",
            "started_at": run.at.isoformat(),
            "completed_at": run.at.isoformat() if over else None,
            "check_suite": {"id": 1},
            "app": {"slug": "demo-ci"},
        }

    async def _statuses(self, _: web.Request) -> web.Response:
        return _told([])  # the demo's CI is an app, which reports check runs; nobody writes statuses

    # ------------------------------------------------------------ protection

    async def _protection(self, request: web.Request) -> web.Response:
        branch = request.match_info["branch"]
        if await self._git.branch(branch) is None:
            return _told({"message": "Branch not found"}, 404)
        known = self._store.memory.protects(branch)
        return _told({"message": "Branch not protected"}, 404) if known is None or known.classic is None else _told(known.classic)

    async def _rules(self, request: web.Request) -> web.Response:
        known = self._store.memory.protects(request.match_info["branch"])
        return _told(_page(request, known.rules if known else []))

    def _listed(self, oid: str) -> dict[str, str]:
        return {"sha": oid, "node_id": node_id(self._name, "C", oid)}

    def _url(self, request: web.Request, path: str) -> str:
        return f"{request.url.origin()}{API}/repos/{self._name}/{path}"


async def _not_found(_: web.Request) -> web.Response:
    return _told({"message": "Not Found"}, 404)


def _told(body: object, status: int = 200) -> web.Response:
    return web.Response(body=json.dumps(body).encode(), status=status, content_type="application/json")


def _sha(given: str) -> str:
    """An id from a URL, which git may be asked for."""
    if not SHA.fullmatch(given):
        raise web.HTTPUnprocessableEntity(text=json.dumps({"message": "No commit found for that"}), content_type="application/json")
    return given


def _page(request: web.Request, items: Sequence[T]) -> list[T]:
    """The part of a list that was asked for. No Link header says whether it goes on: some proxies drop it."""
    size, number = int(request.query.get("per_page", 30)), int(request.query.get("page", 1))
    return list(items[(number - 1) * size : number * size])
