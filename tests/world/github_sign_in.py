"""GitHub's part of the OAuth device flow, and its accounts, as GitHub documents them."""

import asyncio
import itertools
from urllib.parse import parse_qs

from aiohttp import web

CLIENT = "Iv1.8a61f9b3a7aba766"
_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class FakeGitHubSignIn:
    """Serves the site and the API at one address.

    Attributes:
        accounts: login → number.
        answers: device code → what the person did: None for nothing yet, a login, or one of GitHub's error codes.
        codes: user code → device code.
        interval, lasts: what new codes say, in seconds.
        polls: every device code that was asked about.
        asked: the path of every other request.
        tokens: token → login, good for one question each.
        instead: path → an answer for what GitHub says there instead.
        verification: address of the page where people type the code.
        held: what the next answer about a sign-in waits for; `reached` is set when it does.
    """

    def __init__(self) -> None:
        self.accounts: dict[str, int] = {}
        self.answers: dict[str, str | None] = {}
        self.codes: dict[str, str] = {}
        self.interval, self.lasts = 5, 900
        self.polls: list[str] = []
        self.asked: list[str] = []
        self.tokens: dict[str, str] = {}
        self.instead: dict[str, tuple[int, object]] = {}
        self.verification = "https://github.example/login/device"
        self.seen: set[str] = set()
        self.held: asyncio.Event | None = None
        self.reached = asyncio.Event()
        self._numbers = itertools.count(1)

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.post("/login/device/code", self._code),
                web.post("/login/oauth/access_token", self._token),
                web.get("/user", self._user),
                web.get("/users/{login}", self._account),
            ]
        )
        return app

    def types(self, code: str, answer: str) -> None:
        """Somebody types a code on GitHub's page, signed in as this login, or makes it answer an error."""
        self.answers[self.codes[code]] = answer

    def newest(self) -> str:
        """The user code that was handed out last."""
        return next(reversed(self.codes))

    def _other(self, request: web.Request) -> web.Response | None:
        found = self.instead.get(request.path)
        return web.json_response(found[1], status=found[0]) if found else None

    async def _code(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        form = parse_qs(await request.text())
        if other := self._other(request):
            return other
        if form.get("client_id") != [CLIENT] or "application/json" not in request.headers.get("Accept", ""):
            return web.json_response({"error": "Not Found"}, status=404)
        number = next(self._numbers)
        device, user = f"{number:040d}", f"WDJB-{number:04d}"
        self.codes[user], self.answers[device] = device, None
        return web.json_response(
            {
                "device_code": device,
                "user_code": user,
                "verification_uri": self.verification,
                "expires_in": self.lasts,
                "interval": self.interval,
            }
        )

    async def _token(self, request: web.Request) -> web.Response:
        form = parse_qs(await request.text())
        [device] = form.get("device_code", [""])
        self.polls.append(device)
        if self.held:
            self.reached.set()
            await self.held.wait()
        if other := self._other(request):
            return other
        if form.get("client_id") != [CLIENT]:
            return web.json_response({"error": "incorrect_client_credentials"})
        if form.get("grant_type") != [_GRANT]:
            return web.json_response({"error": "unsupported_grant_type"})
        if device not in self.answers:
            return web.json_response({"error": "incorrect_device_code"})
        answer = self.answers[device]
        if answer is None:
            return web.json_response({"error": "authorization_pending", "error_description": "The authorization request is still pending."})
        if answer not in self.accounts:
            return web.json_response({"error": answer, **({"interval": self.interval + 5} if answer == "slow_down" else {})})
        del self.answers[device]
        token = f"gho_{next(self._numbers):036d}"
        self.tokens[token] = answer
        self.seen.add(token)
        return web.json_response({"access_token": token, "token_type": "bearer", "scope": ""})

    async def _user(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        login = self.tokens.pop(request.headers.get("Authorization", "").removeprefix("Bearer "), None)
        if other := self._other(request):
            return other
        if login is None:
            return web.json_response({"message": "Bad credentials"}, status=401)
        return web.json_response({"login": login, "id": self.accounts[login], "type": "User"})

    async def _account(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if other := self._other(request):
            return other
        wanted = request.match_info["login"].lower()
        login = next((name for name in self.accounts if name.lower() == wanted), None)
        if login is None:
            return web.json_response({"message": "Not Found", "status": "404"}, status=404)
        return web.json_response({"login": login, "id": self.accounts[login], "type": "User"})
