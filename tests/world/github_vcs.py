"""A small GitHub that knows one repository's tags, commits, pull requests, checks and protection, by REST and GraphQL."""

import asyncio
import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

from aiohttp import web

from bot.adapters.answers import Answer
from bot.adapters.transport import Limits, Transport

TOKEN = "ghs_fakeinstallationtoken"
MERGED = "2026-11-20T12:00:00Z"
WEB = {"name": "GitHub", "email": "noreply@github.com", "user": None}
FIRST = {"authors": 25, "associatedPullRequests": 50}  # what the adapter's queries ask for; 100 otherwise


def sha(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def git(login: str | None, email: str | None = None) -> dict:
    """A git identity; GitHub knows the account unless `login` is None."""
    return {"name": (login or "Somebody").title(), "email": email or f"{login}@example.com", "user": {"login": login} if login else None}


def actor(login: str | None) -> dict | None:
    """An account; None when it was deleted."""
    if login is None:
        return None
    kind = "Bot" if login.endswith("[bot]") else "User"
    return {"__typename": kind, "login": login.removesuffix("[bot]")}


def listed(items: list) -> Callable[..., dict]:
    """A GraphQL connection."""

    def page(_: object = None, *, first: int, after: str | None = None, **__: object) -> dict:
        start = int(after or 0)
        more = start + first < len(items)
        return {
            "nodes": items[start : start + first],
            "pageInfo": {"hasNextPage": more, "endCursor": str(start + first) if items[start:] else None},
        }

    return page


class FakeGitHubVcs:
    """Serves `octo/api`, whose branches are lines.

    Attributes:
        history: commit ids of main, oldest first.
        parents, changes: by commit: of all that are on a branch, and their files.
        heads, moves: branch → commit; and when each branch moved, newest first.
        at: the moment of what happens next.
        waiting: open pull requests.
        refs, objects: tags and their tag objects.
        runs, written: check runs and statuses, by commit.
        protected, rules: by branch.
        files: (commit, path) → text.
        moved: former name → number by which the repository is found now.
        lies: (part of the path or the query's name) → what is answered instead, once each time.
        seen: (method, path) of every request.
        unchanged: how many were answered with 304.
        cut: leaves the Link header out, like some proxies.
    """

    def __init__(self) -> None:
        self.name = "octo/api"
        self.history: list[str] = []
        self.parents: dict[str, list[str]] = {}
        self.changes: dict[str, list[dict]] = {}
        self.heads: dict[str, str] = {}
        self.moves: list[dict] = []
        self.waiting: list[dict] = []
        self.at = datetime.fromisoformat(MERGED)
        self.nodes: dict[str, dict] = {}
        self.links: dict[str, list[dict]] = {}
        self.refs: dict[str, dict] = {}
        self.objects: dict[str, dict] = {}
        self.runs: dict[str, list[dict]] = {}
        self.written: dict[str, list[dict]] = {}
        self.protected: dict[str, dict] = {}
        self.branches = {"main"}
        self.rules: list[dict] = []
        self.files: dict[tuple[str, str], str] = {}
        self.moved: dict[str, str] = {}
        self.lies: dict[str, Callable[[], Answer]] = {}
        self.seen: list[tuple[str, str]] = []
        self.asked: list[dict] = []
        self.unchanged = 0
        self.cut = False
        self.execute: Callable[[dict], dict] = self._execute

    # ---- what the tests put in

    def commit(
        self, title: str, author: dict, *others: dict, committer: dict | None = None, signed: bool = True, on: bool | str = True,
        body: str = "", change: tuple[str, str] | None = None,
    ) -> str:  # fmt: skip
        """A commit on the main line, on the branch that is named, or with `on=False` on one that was squashed away."""
        oid = sha(f"{title} {len(self.nodes)}")
        signature = {"__typename": "SshSignature", "isValid": True, "wasSignedByGitHub": committer is WEB} if signed else None
        self.links[oid] = []
        self.nodes[f"C_{oid}"] = {
            "__typename": "Commit",
            "id": f"C_{oid}",
            "oid": oid,
            "url": f"https://github.com/{self.name}/commit/{oid}",
            "messageHeadline": title,
            "parents": lambda _=None, *, first: {"totalCount": 1},
            "message": f"{title}\n\n{body}" if body else title,
            "authors": listed([author, *others]),
            "committer": committer or author,
            "signature": signature,
            "associatedPullRequests": listed(self.links[oid]),
        }
        if on:
            branch = "main" if on is True else on
            path, text = change or (f"file-{len(self.nodes)}", f"{len(self.nodes)}\n")
            lines = text.splitlines()
            patch = f"@@ -0,0 +1,{len(lines)} @@\n" + "\n".join(f"+{line}" for line in lines)
            file = {"filename": path, "status": "added", "sha": sha(text), "additions": len(lines), "deletions": 0, "patch": patch}
            self.parents[oid], self.changes[oid] = [self.heads[branch]] if branch in self.heads else [], [file]
            self.branch(branch, oid)
        if on is True:
            self.history.append(oid)
        return oid

    def branch(self, name: str, commit: str) -> None:
        """Lets a branch name a commit, at `at`."""
        move = {"before": self.heads.get(name, "0" * 40), "after": commit, "ref": f"refs/heads/{name}", "timestamp": self.at.isoformat()}
        self.moves.insert(0, {"id": len(self.moves), "activity_type": "push", **move})
        self.heads[name] = commit
        self.branches.add(name)

    def forget(self, branch: str, moves: int) -> None:
        """Takes the newest moves of a branch out of GitHub's record."""
        for move in [move for move in self.moves if move["ref"] == f"refs/heads/{branch}"][:moves]:
            self.moves.remove(move)

    def waits(self, number: int, author: str | None, *, into: str = "main", title: str = "", labels: list[str] | None = None) -> None:
        """An open pull request."""
        self.waiting.append(
            {
                "number": number, "title": title or f"Change {number}", "html_url": f"https://github.com/{self.name}/pull/{number}",
                "body": None, "user": {"login": author} if author else None, "labels": [{"name": label} for label in labels or []],
                "head": {"ref": f"branch-{number}"}, "base": {"ref": into},
            }
        )  # fmt: skip

    def line(self, oid: str) -> list[str]:
        """A commit and all before it, oldest first."""
        found = [oid]
        while self.parents[found[-1]]:
            found.append(self.parents[found[-1]][0])
        return found[::-1]

    def pull(
        self,
        number: int,
        author: str | None,
        own: list[str],
        merge: str,
        *,
        brought: list[str] | None = None,
        reviews: list[dict] | None = None,
        labels: list[str] | None = None,
        paths: list[str] | None = None,
        **changes: object,
    ) -> dict:
        """A merged pull request.

        Args:
            number, author: as people know it.
            own: commits of its branch.
            merge: the commit that merging made.
            brought: commits on the main line that know it; its own and its merge commit when None.
            reviews, labels, paths: its lists.
            changes: other fields.
        """
        paths = ["src/app.py"] if paths is None else paths
        node = {
            "__typename": "PullRequest",
            "id": f"PR_{number}",
            "number": number,
            "title": f"Change {number}",
            "url": f"https://github.com/{self.name}/pull/{number}",
            "body": "",
            "baseRefName": "main",
            "headRefName": f"branch-{number}",
            "headRefOid": own[-1],
            "merged": True,
            "mergedAt": MERGED,
            "changedFiles": len(paths),
            "mergeCommit": {"oid": merge},
            "baseRepository": {"nameWithOwner": self.name},
            "author": actor(author),
            "mergedBy": actor("merger"),
            "labels": listed([{"name": label} for label in labels or []]),
            "reviews": listed(reviews or []),
            "commits": listed([{"commit": self.nodes[f"C_{oid}"]} for oid in own]),
            "files": listed([{"path": path} for path in paths]),
            **changes,
        }
        self.nodes[node["id"]] = node
        for oid in dict.fromkeys([*own, merge] if brought is None else brought):
            self.links[oid].append(node)
        return node

    def squashed(self, number: int, author: str, **other: Any) -> str:
        """A pull request of one commit, squashed on GitHub's site."""
        own = self.commit(f"work on {number}", git(author), on=False)
        merge = self.commit(f"Change {number} (#{number})", git(author), committer=WEB)
        self.pull(number, author, [own], merge, brought=[merge], **other)
        return merge

    def tag(self, name: str, commit: str, *, verified: bool = True, reason: str = "valid", **changes: Any) -> str:
        """An annotated tag; one of the same name is moved."""
        oid = sha(f"tag {name} {commit} {len(self.objects)}")
        self.objects[oid] = {
            "sha": oid,
            "tag": name,
            "message": name,
            "tagger": {"name": "Release CI", "email": "41898282+release-ci@users.noreply.github.com", "date": MERGED},
            "object": {"type": "tag" if commit in self.objects else "commit", "sha": commit, "url": "u"},
            "verification": {"verified": verified, "reason": reason, "signature": None, "payload": None, "verified_at": None},
            **changes,
        }
        self.point(name, "tag", oid)
        return oid

    def point(self, name: str, kind: str, oid: str) -> None:
        """Lets a tag's reference name any object."""
        url = f"https://api.github.com/repos/{self.name}/git/refs/tags/{name}"
        self.refs[name] = {"ref": f"refs/tags/{name}", "node_id": "r", "url": url, "object": {"type": kind, "sha": oid, "url": "u"}}

    def ran(
        self, commit: str, name: str, conclusion: str | None = "success", *, suite: int = 1, app: str | None = "github-actions"
    ) -> dict:
        """One attempt of a check."""
        runs = self.runs.setdefault(commit, [])
        run = {
            "id": 100 + sum(map(len, self.runs.values())),
            "head_sha": commit,
            "name": name,
            "status": "completed" if conclusion else "in_progress",
            "conclusion": conclusion,
            "html_url": f"https://github.com/{self.name}/runs/{name}",
            "started_at": "2026-11-20T11:00:00Z",
            "completed_at": "2026-11-20T11:05:00Z" if conclusion else None,
            "check_suite": {"id": suite},
            "app": {"slug": app} if app else None,
        }
        runs.insert(0, run)
        return run

    def write(self, commit: str, context: str, state: str, creator: str | None = "ci") -> None:
        """One commit status."""
        statuses = self.written.setdefault(commit, [])
        status = {
            "id": 500 + len(statuses),
            "context": context,
            "state": state,
            "target_url": None,
            "updated_at": "2026-11-20T11:09:00Z",
            "creator": {"login": creator} if creator else None,
        }
        statuses.insert(0, status)

    def protect(self, branch: str, classic: dict | None, rules: list[dict]) -> None:
        """What protects a branch; None for no classic protection."""
        if classic is not None:
            self.protected[branch] = classic
        self.rules = rules

    def add_file(self, path: str, text: str) -> str:
        """A commit that adds one file; its id."""
        known = {where: content for (commit, where), content in self.files.items() if commit == self.history[-1]}
        oid = self.commit(f"Add {path}", git("ada"))
        self.files |= {(oid, where): content for where, content in {**known, path: text}.items()}
        return oid

    # ---- what GitHub answers

    def app(self) -> web.Application:
        async def serve(request: web.Request) -> web.Response:
            answer = self.answer(request.method, request.raw_path, dict(request.headers), await request.read(), str(request.url.origin()))
            return web.Response(status=answer.status, headers=dict(answer.headers), body=answer.body)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", serve)
        return app

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes = b"", origin: str = "http://github.test") -> Answer:
        path, _, query = target.partition("?")
        params = {key: values[0] for key, values in parse_qs(query).items()}
        asked = json.loads(body) if body else {}
        self.seen.append((method, path))
        for part, lie in self.lies.items():
            if part in path or part in asked.get("query", ""):
                return lie()
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return told({"message": "Bad credentials"}, 401)
        if path.endswith("/graphql"):
            self.asked.append(asked)
            return told(self.execute(asked))
        path = path.removeprefix("/api/v3")
        if found := re.fullmatch(r"/repositories/(\d+)/(.*)", path):
            rest = found[2]
        else:
            found = re.fullmatch(r"/repos/([^/]+/[^/]+)/(.*)", path)
            assert found, path
            if found[1] in self.moved:
                location = f"{origin}/repositories/{self.moved[found[1]]}/{found[2]}" + (f"?{urlencode(params)}" if params else "")
                return Answer(301, {"location": location}, b'{"message": "Moved Permanently"}')
            if found[1].lower() != self.name:
                return told({"message": "Not Found"}, 404)
            rest = found[2]
        answer = self._rest(rest, params)
        etag = f'"{hashlib.sha256(answer.body).hexdigest()}"'
        if answer.status == 200 and headers.get("If-None-Match") == etag:
            self.unchanged += 1
            return Answer(304, {"etag": etag}, b"")
        return Answer(answer.status, {**answer.headers, "etag": etag}, answer.body)

    def _rest(self, path: str, params: dict[str, str]) -> Answer:
        page, size = int(params.get("page", 1)), int(params.get("per_page", 30))
        cut = slice((page - 1) * size, page * size)
        match path.split("/"):
            case ["git", "matching-refs", "tags", name]:
                return told([ref for tag, ref in self.refs.items() if tag.startswith(unquote(name))])
            case ["git", "tags", oid]:
                return told(self.objects[oid]) if oid in self.objects else told({"message": "Not Found"}, 404)
            case ["compare", between]:
                base, head = between.split("...")
                if not {base, head} <= set(self.parents):
                    return told({"message": "Not Found"}, 404)
                before, after = self.line(base), self.line(head)
                shared = [oid for oid in after if oid in before]
                if not shared:
                    return told({"message": f"No common ancestor between {base} and {head}."}, 404)
                ours = after[len(shared) :]
                url = f"https://api.github.com/repos/{self.name}/compare/{between}"
                ahead, behind = len(ours), len(before) - len(shared)
                common = {"sha": shared[-1], "node_id": f"C_{shared[-1]}"}
                commits = [{"sha": oid, "node_id": f"C_{oid}"} for oid in ours[cut]]
                base_commit = {"sha": base, "node_id": f"C_{base}"}
                return told(
                    {
                        "url": url,
                        "base_commit": base_commit,
                        "merge_base_commit": common,
                        "behind_by": behind,
                        "total_commits": ahead,
                        "commits": commits,
                        "files": [file for oid in ours for file in self.changes[oid]] if page == 1 else [],
                    }
                )
            case ["commits"]:
                newest = self.line(params["sha"])[::-1]
                return told([{"sha": o, "node_id": f"C_{o}", "parents": [{"sha": p} for p in self.parents[o]]} for o in newest[cut]])
            case ["commits", oid]:
                if oid not in self.parents:
                    return told({"message": f"No commit found for SHA: {oid}"}, 422)
                return told({"sha": oid, "files": self.changes[oid][cut]})
            case ["git", "matching-refs", "heads", name]:
                found = {branch: oid for branch, oid in self.heads.items() if branch.startswith(unquote(name))}
                return told([{"ref": f"refs/heads/{b}", "url": "u", "object": {"type": "commit", "sha": oid}} for b, oid in found.items()])
            case ["activity"]:
                moves, start = [move for move in self.moves if move["ref"] == params["ref"]], int(params.get("after", 0))
                answer = told(moves[start : start + size])
                more = {"link": f'<https://api.github.com/x?after={start + size}&y=1>; rel="next"'} if start + size < len(moves) else {}
                return Answer(200, {**answer.headers, **more}, answer.body)
            case ["pulls"]:
                return self._page([pull for pull in self.waiting if pull["base"]["ref"] == params["base"]], page, size)
            case ["commits", oid, "check-runs"]:
                if oid not in self.parents:
                    return told({"message": f"No commit found for SHA: {oid}"}, 422)
                runs = self.runs.get(oid, [])
                return told({"total_count": len(runs), "check_runs": runs[cut]})
            case ["commits", oid, "statuses"]:
                return self._page(self.written.get(oid, []), page, size)
            case ["branches", branch, "protection"]:
                if unquote(branch) not in self.branches:
                    return told({"message": "Branch not found"}, 404)
                found = self.protected.get(unquote(branch))
                return told(found) if found else told({"message": "Branch not protected"}, 404)
            case ["rules", "branches", _]:
                return self._page(self.rules, page, size)
        raise AssertionError(path)

    def _page(self, items: list, page: int, size: int) -> Answer:
        answer = told(items[(page - 1) * size : page * size])
        more = page * size < len(items) and not self.cut
        return Answer(
            200, {**answer.headers, **({"link": f'<https://api.github.com/x?page={page + 1}>; rel="next"'} if more else {})}, answer.body
        )

    # ---- GraphQL: the values are the same for this small reading of queries and for a real one (tests/peers)

    def root(self) -> dict:
        return {
            "nodes": lambda _, ids: [self.nodes.get(i) for i in ids],
            "node": lambda _, id: self.nodes.get(id),
            "repository": self._repository,
        }

    def _repository(self, _: object, *, owner: str, name: str, **__: object) -> dict | None:
        if f"{owner}/{name}".lower() not in {self.name, *self.moved}:
            return None

        def find(_: object = None, *, oid: str | None = None, expression: str | None = None) -> dict | None:
            if expression:
                commit, _, path = expression.partition(":")
                text = self.files.get((commit, path))
                size = len(text or "")
                return None if text is None else {"__typename": "Blob", "text": text, "byteSize": size, "isTruncated": size > 512_000}
            if oid not in self.history:
                return None
            count = self.history.index(oid) + 1
            return {"__typename": "Commit", "oid": oid, "history": lambda _=None, *, first=None: {"totalCount": count}}

        return {"nameWithOwner": self.name, "object": find}

    def _execute(self, asked: dict) -> dict:
        query, values = asked["query"], asked["variables"]
        if more := re.search(r"page: (\w+)\(", query):
            node = self.nodes[values["id"]]
            page = plain(node[more[1]](first=100, after=values["after"]), within=node["__typename"])
            return {"data": {"node": {"page": page}}}
        if "nodes(ids:" in query:
            return {"data": {"nodes": [plain(self.nodes.get(i)) for i in values["ids"]]}}
        repository = self._repository(None, owner=values["owner"], name=values["name"])
        if repository is None:
            problem = {"type": "NOT_FOUND", "message": "Could not resolve to a Repository with the name 'octo/other'."}
            return {"data": {"repository": None}, "errors": [problem]}
        find = repository["object"]
        if "history" in query:
            return {"data": {"repository": {"nameWithOwner": self.name, "object": plain(find(oid=values["head"]))}}}
        files = {key: find(expression=values[key]) for key in ("first", "second", "third")}
        return {"data": {"repository": plain({"object": find(oid=values["commit"]), **files})}}


def told(value: object, status: int = 200) -> Answer:
    return Answer(status, {"content-type": "application/json"}, json.dumps(value).encode())


def plain(value: Any, *, within: str = "") -> Any:
    """A node with its lists' first parts; a commit's pull requests come without lists, and a pull request's commits without theirs."""
    if isinstance(value, list):
        return [plain(one, within=within) for one in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("__typename", "")
    if kind == "PullRequest" and within:
        return {key: one for key, one in value.items() if not callable(one)}
    left_out = {"associatedPullRequests"} if kind == "Commit" and within else set()
    within = kind if kind in {"Commit", "PullRequest"} else within
    return {
        key: plain(one(first=FIRST.get(key, 100)) if callable(one) else one, within=within)
        for key, one in value.items()
        if key not in left_out
    }


class RoundTrips(Transport):
    """Reaches a fake without a network and counts how many round trips come one after the other.

    A round holds every request that was asked for before the answers of the round are given; nothing here depends on time.
    """

    def __init__(self, fake: FakeGitHubVcs) -> None:
        super().__init__(Limits(wait=0.001))
        self.rounds, self.calls, self._fake = 0, 0, fake
        self._waiting: list[tuple[asyncio.Future[Answer], tuple[str, str, dict[str, str], bytes]]] = []
        self._conductor: asyncio.Task[None] | None = None

    async def _exchange(
        self, method: str, url: str, params: dict[str, str | int], headers: dict[str, str], body: bytes, size: int
    ) -> Answer:
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        target = "/" + url.split("/", 3)[3] + (f"?{urlencode(params)}" if params else "")
        self._waiting.append((future, (method, target, headers, body)))
        if self._conductor is None or self._conductor.done():
            self._conductor = asyncio.create_task(self._conduct())
        return await future

    async def _conduct(self) -> None:
        while self._waiting:
            before = -1
            while before != len(self._waiting):  # until nobody has anything more to ask
                before = len(self._waiting)
                for _ in range(100):
                    await asyncio.sleep(0)
            round_, self._waiting = self._waiting, []
            self.rounds += 1
            self.calls += len(round_)
            for future, request in round_:
                try:
                    answer = self._fake.answer(*request)
                except Exception as error:  # a defect of a test, which must show there
                    future.set_exception(error)
                    continue
                if not future.done():
                    future.set_result(answer)
            for _ in range(100):  # whoever got an answer may ask again
                await asyncio.sleep(0)
