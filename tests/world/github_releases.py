"""The releases of a small GitHub, as its REST API documents them; it makes a missing tag, like GitHub does."""

from typing import Any

from aiohttp import web

from tests.world.github import TOKEN


class FakeGitHubReleases:
    """Serves one repository, `octo/api`.

    Attributes:
        tags: those that exist.
        releases: tag → the release as GitHub shows it.
        writes: method and body of every write that was taken.
        next: what the next write is answered with instead: (status, message, headers).
        taken_meanwhile: somebody else makes the release between our look and our write.
    """

    def __init__(self) -> None:
        self.tags = {"v1.4.0"}
        self.releases: dict[str, dict[str, Any]] = {}
        self.writes: list[tuple[str, dict[str, Any]]] = []
        self.next: tuple[int, str, dict[str, str]] | None = None
        self.taken_meanwhile = False

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._known])
        base = "/repos/octo/api"
        app.add_routes(
            [
                web.get(base + "/git/ref/tags/{tag}", self._tag),
                web.get(base + "/releases/tags/{tag}", self._by_tag),
                web.post(base + "/releases", self._create),
                web.patch(base + "/releases/{id}", self._update),
            ]
        )
        return app

    def add(self, tag: str, body: str | None) -> dict[str, Any]:
        """A release that somebody made."""
        number = 100 + len(self.releases)
        url = f"https://github.com/octo/api/releases/tag/{tag}"
        self.releases[tag] = {"id": number, "tag_name": tag, "html_url": url, "body": body, "draft": False}
        return self.releases[tag]

    @web.middleware
    async def _known(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"message": "Bad credentials"}, status=401)
        if request.method != "GET" and self.next:
            (status, message, headers), self.next = self.next, None
            return web.json_response({"message": message}, status=status, headers=headers)
        answer: web.StreamResponse = await handler(request)
        return answer

    async def _tag(self, request: web.Request) -> web.Response:
        tag = request.match_info["tag"]
        if tag not in self.tags:
            return web.json_response({"message": "Not Found"}, status=404)
        return web.json_response({"ref": f"refs/tags/{tag}", "object": {"type": "tag", "sha": "0" * 40}})

    async def _by_tag(self, request: web.Request) -> web.Response:
        found = self.releases.get(request.match_info["tag"])
        return web.json_response(found) if found else web.json_response({"message": "Not Found"}, status=404)

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        if self.taken_meanwhile:
            self.taken_meanwhile = False
            self.add(body["tag_name"], "made by hand")
        if body["tag_name"] in self.releases:
            return web.json_response({"message": "Validation Failed", "errors": [{"code": "already_exists"}]}, status=422)
        self.tags.add(body["tag_name"])
        self.writes.append(("POST", body))
        return web.json_response(self.add(body["tag_name"], body["body"]), status=201)

    async def _update(self, request: web.Request) -> web.Response:
        body = await request.json()
        found = next(r for r in self.releases.values() if str(r["id"]) == request.match_info["id"])
        found["body"] = body["body"]
        self.writes.append(("PATCH", body))
        return web.json_response(found)
