"""Sends the bot what Slack sends it: signed requests to its request URL, or envelopes over Socket Mode.

Invariant: a delivery is answered within the limit or it failed; a redelivery carries the same bytes and says so.
Source: Slack, "Verifying requests from Slack"; "Using Socket Mode"; "The Events API", error handling and retries.
"""

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout, web
from slack_sdk.signature import SignatureVerifier

from bot.workspace.text import Json

SLASH, INTERACTIVE, EVENT = "slash_commands", "interactive", "events_api"
TIMEOUT, FAILED = "operation_timeout", "dispatch_failed"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One delivery and what came back.

    Args:
        kind: `slash_commands`, `interactive` or `events_api`.
        payload: what was delivered. raw: its bytes as sent over HTTP.
        status: HTTP status, 200 for an acknowledged envelope, 0 when nothing came back in time.
        body: the body of the answer.
        seconds: from sending to the whole answer.
        retries: 0 for the first delivery, then as in `X-Slack-Retry-Num`.
        error: None, `operation_timeout` (no answer within the limit) or `dispatch_failed`.
    """

    kind: str
    payload: Json
    raw: bytes
    status: int
    body: str
    seconds: float
    retries: int = 0
    error: str | None = None

    @property
    def answer(self) -> Json | None:
        """The answer as JSON: `{}` when it was empty, `{"text": …}` when it was plain text, None when there was none."""
        if self.error:
            return None
        if not self.body.strip():
            return {}
        try:
            answer = json.loads(self.body)
        except ValueError:
            answer = self.body
        return answer if isinstance(answer, dict) else {"text": str(answer)}


class Courier:
    """Delivers to one bot.

    Args:
        signing_secret: shared with the bot.
        ack_seconds: how long the bot may take; Slack's limit is 3.
        stamps: seconds since 1970, for `X-Slack-Request-Timestamp`.
    """

    def __init__(self, signing_secret: str, ack_seconds: float, stamps: Callable[[], float]) -> None:
        self._signer = SignatureVerifier(signing_secret)
        self._ack_seconds, self._stamps = ack_seconds, stamps
        self._session: ClientSession | None = None
        self._sockets: list[web.WebSocketResponse] = []
        self._pending: dict[str, asyncio.Future[Json]] = {}
        self._numbers = itertools.count(1)
        self.request_url: str | None = None

    @property
    def websockets(self) -> int:
        """How many are connected."""
        return len(self._sockets)

    def aim(self, url: str) -> None:
        """Set the bot's request URL, which must be on this machine."""
        if urlsplit(url).hostname not in {"127.0.0.1", "localhost", "::1"}:
            raise ValueError(f"a request URL must be on this machine, not {url}")
        self.request_url = url

    async def stop(self) -> None:
        """Close the websockets and the client session."""
        for socket in tuple(self._sockets):
            await socket.close()
        if self._session is not None:
            await self._session.close()
            self._session = None

    @contextmanager
    def connected(self, socket: web.WebSocketResponse) -> Iterator[int]:
        """Hold a websocket in use; gives how many there are."""
        self._sockets.append(socket)
        try:
            yield len(self._sockets)
        finally:
            self._sockets.remove(socket)

    def acknowledged(self, answer: Json) -> None:
        """Take an acknowledgement from a websocket; one that comes too late goes nowhere, as in Slack."""
        waiting = self._pending.get(str(answer.get("envelope_id")))
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    async def deliver(self, kind: str, payload: Json, retry: int = 0) -> Exchange:
        """Deliver once, over Socket Mode when the bot is connected, else to the request URL.

        Args:
            kind: `slash_commands`, `interactive` or `events_api`.
            payload: what Slack documents for it.
            retry: number of this redelivery, 0 for the first delivery.
        """
        raw = _body(kind, payload)
        loop = asyncio.get_running_loop()
        start = loop.time()
        status, body, error = 0, "", None
        try:
            async with asyncio.timeout(self._ack_seconds):
                status, body = await (self._by_socket(kind, payload, retry) if self._sockets else self._by_http(kind, raw, retry))
            error = None if status == 200 else FAILED
        except TimeoutError:
            error = TIMEOUT
        except (ClientError, ConnectionError):
            error = FAILED
        return Exchange(kind, payload, raw, status, body, loop.time() - start, retry, error)

    async def _by_http(self, kind: str, raw: bytes, retry: int) -> tuple[int, str]:
        if self.request_url is None:
            raise ConnectionError("the workspace was not told the bot's request URL")
        if self._session is None:
            self._session = ClientSession(timeout=ClientTimeout(total=None))
        stamp = str(int(self._stamps()))
        headers = {
            "Content-Type": "application/json" if kind == EVENT else "application/x-www-form-urlencoded",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": self._signer.generate_signature(timestamp=stamp, body=raw) or "",
        }
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
        async with self._session.post(self.request_url, data=raw, headers=headers, allow_redirects=False) as response:
            return response.status, await response.text()

    async def _by_socket(self, kind: str, payload: Json, retry: int) -> tuple[int, str]:
        number = next(self._numbers)
        envelope_id = f"e{number:08d}"
        envelope: Json = {"envelope_id": envelope_id, "type": kind, "accepts_response_payload": kind != EVENT, "payload": payload}
        if retry:
            envelope |= {"retry_attempt": retry, "retry_reason": "timeout"}
        waiting = self._pending[envelope_id] = asyncio.get_running_loop().create_future()
        try:
            await self._sockets[number % len(self._sockets)].send_json(envelope)
            answer = await waiting
        finally:
            del self._pending[envelope_id]
        return 200, json.dumps(answer["payload"]) if answer.get("payload") else ""


def _body(kind: str, payload: Json) -> bytes:
    match kind:
        case "events_api":
            return json.dumps(payload).encode()
        case "interactive":
            return urlencode({"payload": json.dumps(payload)}).encode()
        case _:
            return urlencode(payload).encode()
