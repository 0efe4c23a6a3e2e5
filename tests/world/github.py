"""A small GitHub: workflow dispatches, runs and App tokens, as GitHub's REST API documents them."""

import asyncio
import hashlib
import hmac
import itertools
import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import jwt
from aiohttp import web

from tests.world.keys import RSA_PUBLIC
from tests.world.neighbours import COMMIT

TOKEN = "ghs_fakeinstallationtoken"
SECRET = "a-webhook-secret-of-the-test"


class FakeGitHub:
    """Serves one repository, `octo/api`, with one workflow, `deploy.yml`, whose run-name carries the key.

    Attributes:
        details: answer 200 with the run's id when asked for it; False answers 204, like GitHub did before February 2026.
        knows_details: False refuses `return_run_details` as an unknown field, as an older GitHub Enterprise Server may.
        next: what the next dispatch does instead: "refuse", "lose", "limit", "no scope".
        dispatches: every accepted body.
        installed: the App's installation at each owner.
        suspended: the installations that get no token.
        looked_up: every repository whose installation was asked for.
        minted: the installation of every token that was made.
        held_back: for an installation, the event that its tokens wait for.
        proofs: what the App said of itself, one JWT for each of these requests.
        queries: the query of every listing.
    """

    def __init__(self) -> None:
        self.details, self.knows_details = True, True
        self.next: str | None = None
        self.dispatches: list[dict] = []
        self.tried = 0
        self.installed = {"octo": 7}
        self.suspended: set[int] = set()
        self.looked_up: list[str] = []
        self.minted: list[int] = []
        self.held_back: dict[int, asyncio.Event] = {}
        self.proofs: list[dict] = []
        self.queries: list[dict[str, str]] = []
        self.runs: list[dict] = []
        self.tokens = {TOKEN}
        self._ids = itertools.count(30_433_642)
        self.expires = datetime.now(UTC) + timedelta(hours=1)

    def app(self) -> web.Application:
        app = web.Application()
        base = "/repos/octo/api/actions"
        app.add_routes(
            [
                web.post(base + "/workflows/deploy.yml/dispatches", self._dispatch),
                web.get(base + "/workflows/deploy.yml/runs", self._list),
                web.get(base + "/runs/{id}", self._run),
                web.post(base + "/runs/{id}/cancel", self._cancel),
                web.get("/rate_limit", self._rate),
                web.get("/repos/{owner}/{name}/installation", self._installation),
                web.post("/app/installations/{id}/access_tokens", self._mint),
            ]
        )
        return app

    def add(self, **changes: object) -> dict:
        """A run as GitHub shows it."""
        number = next(self._ids)
        run = {
            "id": number,
            "name": "Deploy",
            "event": "workflow_dispatch",
            "status": "queued",
            "conclusion": None,
            "head_sha": COMMIT,
            "path": ".github/workflows/deploy.yml",
            "html_url": f"https://github.com/octo/api/actions/runs/{number}",
            "display_title": "Deploy",
            **changes,
        }
        self.runs.insert(0, run)
        return run

    def move(self, key: str, status: str, conclusion: str | None = None) -> dict:
        """The run with this key goes on."""
        run = next(run for run in self.runs if run["display_title"].endswith(f"[signalbox {key}]"))
        run.update(status=status, conclusion=conclusion)
        return run

    def count(self, key: str) -> int:
        return Counter(body["inputs"]["key"] for body in self.dispatches)[key]

    def webhook(self, run: dict, action: str = "completed", **changes: object) -> tuple[dict[str, str], bytes]:
        """A signed `workflow_run` event: headers in lower case, raw body."""
        body = json.dumps({"action": action, "workflow_run": run, "repository": {"full_name": "octo/api"}, **changes}).encode()
        return signed(body), body

    # ---- what GitHub answers

    def _refusal(self, request: web.Request) -> web.Response | None:
        if request.headers.get("Authorization", "").removeprefix("Bearer ") in self.tokens:
            return None
        return web.json_response({"message": "Bad credentials"}, status=401)

    async def _dispatch(self, request: web.Request) -> web.Response:
        self.tried += 1
        if refused := self._refusal(request):
            return refused
        body, plan, self.next = await request.json(), self.next, None
        if plan == "refuse":
            return web.json_response({"message": "No ref found for: refs/tags/v1.4.0"}, status=422)
        if plan == "limit":
            return web.json_response({"message": "You have exceeded a secondary rate limit"}, status=403)
        if plan == "no scope":
            return web.json_response({"message": "Resource not accessible by integration"}, status=403)
        if plan == "primary limit":
            reset = str(int(datetime(2026, 11, 21, 10, 5, tzinfo=UTC).timestamp()))
            return web.json_response({"message": "limit"}, status=403, headers={"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset})
        if "return_run_details" in body and not self.knows_details:
            return web.json_response({"message": 'Invalid request. "return_run_details" is not a permitted key.'}, status=422)
        self.dispatches.append(body)
        inputs = body["inputs"]
        run = self.add(display_title=f"Deploy {inputs['service']} [signalbox {inputs['key']}]")
        if plan == "lose":
            assert request.transport is not None
            request.transport.abort()
        if not (body.get("return_run_details") and self.details):
            return web.Response(status=204)
        url = f"https://api.github.com/repos/octo/api/actions/runs/{run['id']}"
        return web.json_response({"workflow_run_id": run["id"], "run_url": url, "html_url": run["html_url"]})

    async def _list(self, request: web.Request) -> web.Response:
        if refused := self._refusal(request):
            return refused
        self.queries.append(dict(request.query))
        page, size = int(request.query.get("page", 1)), int(request.query.get("per_page", 30))
        found = self.runs[(page - 1) * size : page * size]
        return web.json_response({"total_count": len(self.runs), "workflow_runs": found})

    async def _run(self, request: web.Request) -> web.Response:
        if refused := self._refusal(request):
            return refused
        found = [run for run in self.runs if str(run["id"]) == request.match_info["id"]]
        return web.json_response(found[0]) if found else web.json_response({"message": "Not Found"}, status=404)

    async def _cancel(self, request: web.Request) -> web.Response:
        if refused := self._refusal(request):
            return refused
        found = [run for run in self.runs if str(run["id"]) == request.match_info["id"]]
        if not found:
            return web.json_response({"message": "Not Found"}, status=404)
        if found[0]["status"] == "completed":
            return web.json_response({"message": "Cannot cancel a workflow run that is completed."}, status=409)
        found[0].update(status="completed", conclusion="cancelled")
        return web.json_response({}, status=202)

    async def _rate(self, request: web.Request) -> web.Response:
        if refused := self._refusal(request):
            return refused
        return web.json_response({"resources": {}, "rate": {}})

    def _proved(self, request: web.Request) -> bool:
        """Whether the App's own key signed this request's JWT; its times are those of the test's clock."""
        proof = request.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(proof, RSA_PUBLIC, algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False})
        except jwt.InvalidTokenError:
            return False
        self.proofs.append(claims)
        return True

    async def _installation(self, request: web.Request) -> web.Response:
        if not self._proved(request):
            return web.json_response({"message": "A JSON web token could not be decoded"}, status=401)
        owner = request.match_info["owner"]
        self.looked_up.append(f"{owner}/{request.match_info['name']}")
        if (number := self.installed.get(owner.lower())) is None:
            return web.json_response({"message": "Not Found", "status": "404"}, status=404)
        return web.json_response({"id": number, "account": {"login": owner}, "suspended_at": None})

    async def _mint(self, request: web.Request) -> web.Response:
        if not self._proved(request):
            return web.json_response({"message": "A JSON web token could not be decoded"}, status=401)
        number = int(request.match_info["id"])
        if number in self.held_back:
            await self.held_back[number].wait()
        if number not in self.installed.values():
            return web.json_response({"message": "Not Found", "status": "404"}, status=404)
        if number in self.suspended:
            return web.json_response({"message": "This installation has been suspended"}, status=403)
        self.minted.append(number)
        token = f"{TOKEN}{len(self.minted)}"
        self.tokens.add(token)
        return web.json_response({"token": token, "expires_at": self.expires.strftime("%Y-%m-%dT%H:%M:%SZ")}, status=201)


def signed(body: bytes, event: str = "workflow_run", delivery: str = "d-1", secret: str = SECRET) -> dict[str, str]:
    """The headers of a GitHub webhook, keys in lower case."""
    digits = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "x-hub-signature-256": f"sha256={digits}",
        "x-github-delivery": delivery,
        "x-github-event": event,
        "content-type": "application/json",
    }
