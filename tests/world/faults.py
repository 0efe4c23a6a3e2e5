"""A proxy between an adapter and a small neighbour that spoils what comes back: it delays, drops, resets, truncates, refuses and lies.

Invariant: it passes on what it is asked byte by byte, and counts; whatever it spoils, the neighbour behind it did what its fault says.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Reply:
    """What the neighbour really answered.

    Args:
        status: of HTTP.
        headers: without those that belong to the connection.
        body: whole, unchunked.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def bytes(self, body: bytes | None = None, *, status: int | None = None, length: int | None = None) -> bytes:
        """As it goes over the wire.

        Args:
            body, status: instead of the real one.
            length: what Content-Length says instead of the truth.
        """
        body = self.body if body is None else body
        head = [f"HTTP/1.1 {status or self.status} X", *(f"{name}: {value}" for name, value in self.headers)]
        if self.status not in {204, 304} or status:
            head.append(f"Content-Length: {len(body) if length is None else length}")
        return "\r\n".join([*head, "Connection: close", "", ""]).encode("latin-1") + body


@dataclass
class Call:
    """One request on its way.

    Args:
        head, body: as they came.
        writer: to whoever asked.
        proxy: that it goes through.
    """

    head: bytes
    body: bytes
    writer: asyncio.StreamWriter
    proxy: "FaultyProxy"

    @property
    def target(self) -> str:
        """Path and query."""
        return self.head.split(b" ", 2)[1].decode()

    @property
    def headers(self) -> dict[str, str]:
        """As they came, keys in lower case."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}

    async def taken(self) -> Reply:
        """Have the neighbour carry it out; its answer."""
        self.proxy.passed += 1
        reader, writer = await asyncio.open_connection(self.proxy.host, self.proxy.port)
        head = b"\r\n".join(line for line in self.head.rstrip().split(b"\r\n") if not line.lower().startswith(b"connection:"))
        try:
            writer.write(head + b"\r\nConnection: close\r\n\r\n" + self.body)
            await writer.drain()
            return _reply(await reader.read())
        finally:
            await _closed(writer)

    async def say(self, raw: bytes) -> None:
        """Write to whoever asked."""
        self.writer.write(raw)
        await self.writer.drain()

    async def answer(self, status: int, body: bytes = b"", *headers: str) -> None:
        """Answer instead of the neighbour."""
        await self.say(Reply(status, [tuple(h.split(": ", 1)) for h in headers], body).bytes())  # type: ignore[misc]


Fault = Callable[[Call], Awaitable[None]]


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


def _reply(raw: bytes) -> Reply:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    if any(name.lower() == "transfer-encoding" for name, _ in headers):
        body = _unchunked(body)
    own = {"connection", "content-length", "transfer-encoding", "keep-alive"}
    return Reply(int(first.split(" ", 2)[1]), [(n, v) for n, v in headers if n.lower() not in own], body)


def _unchunked(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        whole, body = whole + body[: int(size, 16)], body[int(size, 16) + 2 :]
    return whole


# ---------------------------------------------------------------- faults


async def silent(call: Call) -> None:
    await call.taken()
    await asyncio.Event().wait()


async def late(call: Call) -> None:
    reply = await call.taken()
    await asyncio.sleep(call.proxy.late)
    await call.say(reply.bytes())


async def dropped(call: Call) -> None:
    call.writer.transport.abort()


async def taken_and_dropped(call: Call) -> None:
    await call.taken()
    call.writer.transport.abort()


async def reset(call: Call) -> None:
    reply = await call.taken()
    await call.say(reply.bytes(reply.body[: len(reply.body) // 2], status=200, length=len(reply.body) or 2))
    call.writer.transport.abort()


async def cut(call: Call) -> None:
    reply = await call.taken()
    await call.say(reply.bytes(reply.body[: len(reply.body) // 2], status=200, length=len(reply.body) or 2))


async def cut_unnoticed(call: Call) -> None:
    """The length fits what is left."""
    reply = await call.taken()
    await call.say(reply.bytes(reply.body[: len(reply.body) // 2]))


async def drips(call: Call) -> None:
    reply = await call.taken()
    await call.say(reply.bytes(b"", status=200, length=1_000_000))
    while not call.writer.is_closing():
        await call.say(b" ")
        await asyncio.sleep(call.proxy.late / 20)


async def garbage(call: Call) -> None:
    await call.taken()
    await call.say(b"\x16\x03\x01\x02\x00 this is no HTTP\r\n\r\n")


async def empty(call: Call) -> None:
    await call.taken()
    await call.answer(200, b"", "Content-Type: application/json")


async def html(call: Call) -> None:
    await call.taken()
    await call.answer(200, b"<html><body>Please sign in to the guest network</body></html>", "Content-Type: text/html")


async def other_types(call: Call) -> None:
    """Every value has another type, and every key is there."""
    reply = await call.taken()
    try:
        value = json.loads(reply.body)
    except ValueError:
        value = {"message": 1}
    await call.say(reply.bytes(json.dumps(_twisted(value)).encode(), status=200))


async def not_there(call: Call) -> None:
    await call.answer(404, b"<html>404 page not found</html>", "Content-Type: text/html")


async def compressed(call: Call) -> None:
    await call.taken()
    await call.answer(200, b"\x1f\x8b\x08", "Content-Encoding: gzip")


async def moved(call: Call) -> None:
    """To where everything would be told to a stranger."""
    await call.answer(302, b"", f"Location: {call.proxy.elsewhere}{call.target}")


async def lying(call: Call) -> None:
    """It answers about something else than it was asked for."""
    reply = await call.taken()
    body = reply.body
    for word, other in call.proxy.lies.items():
        body = body.replace(word.encode(), other.encode())
    call.proxy.lied |= body != reply.body
    await call.say(reply.bytes(body))


async def telltale(call: Call) -> None:
    """It repeats in its words all that it was told, our credentials too."""
    told = " ".join(call.headers.values()) + " " + call.body.decode("utf-8", "replace")
    words = json.dumps({"message": told, "error": told, "errors": [{"code": "UNKNOWN", "message": told}]})
    await call.answer(400, words.encode(), "Content-Type: application/json")


def refuses(status: int, *headers: str, taken: bool = False) -> Fault:
    """A status, with the neighbour's work done or not."""

    async def fault(call: Call) -> None:
        if taken:
            await call.taken()
        await call.answer(
            status, b'{"message": "try later", "error": "try later", "ok": false}', "Content-Type: application/json", *headers
        )

    return fault


def _twisted(value: Any) -> Any:
    match value:
        case dict():
            return {key: _twisted(inner) for key, inner in value.items()}
        case list():
            return {"0": [_twisted(inner) for inner in value]}
        case bool() | None:
            return ["yes"]
        case str():
            return {"text": 7}
        case _:
            return [str(value)]


FAULTS: Mapping[str, Fault] = {
    "takes it and never answers": silent,
    "answers after the time limit": late,
    "drops the connection": dropped,
    "takes it and drops the connection": taken_and_dropped,
    "resets in the middle of the answer": reset,
    "ends in the middle of the answer": cut,
    "truncates, with a length that fits": cut_unnoticed,
    "drips": drips,
    "talks no HTTP": garbage,
    "is empty": empty,
    "is a web page": html,
    "has other types": other_types,
    "is compressed": compressed,
    "is a page that says 404": not_there,
    "redirects elsewhere": moved,
    "asks to wait": refuses(429),
    "asks to wait for seven seconds": refuses(429, "Retry-After: 7"),
    "fails with 500, its work done": refuses(500, taken=True),
    "fails with 502, its work done": refuses(502, taken=True),
    "fails with 503": refuses(503),
    "fails with 503 for an hour": refuses(503, "Retry-After: 3600"),
    "answers about something else": lying,
    "repeats our credentials": telltale,
}


# ---------------------------------------------------------------- the proxy


@dataclass
class FaultyProxy:
    """What the adapter takes for its neighbour.

    Args:
        behind: the neighbour's URL.
        fault: what becomes of answers; None passes them on.
        spare: how many requests are passed on before.
        late: seconds after which a late answer comes.
        lies: words in answers → what stands there instead.
        elsewhere: where it redirects to.

    Attributes:
        asked: requests that came.
        passed: those that the neighbour got.
        lied: whether a lie changed anything.
    """

    behind: str
    fault: Fault | None = None
    spare: int = 0
    late: float = 1.0
    lies: Mapping[str, str] = field(default_factory=dict)
    elsewhere: str = "http://localhost:1"
    asked: int = 0
    passed: int = 0
    lied: bool = False
    url: str = ""
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def host(self) -> str:
        return urlsplit(self.behind).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.behind).port or 80

    @asynccontextmanager
    async def standing(self) -> AsyncIterator["FaultyProxy"]:
        """Listens on loopback until it is left."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=2**20)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            call = Call(head, b"", writer, self)
            if length := int(call.headers.get("content-length", 0)):
                call.body = await reader.readexactly(length)
            self.asked += 1
            if self.fault and self.asked > self.spare:
                await self.fault(call)
            else:
                await call.say((await self._own(await call.taken())).bytes())
        await _closed(writer)

    async def _own(self, reply: Reply) -> Reply:
        """Where the neighbour names its own address, it names this one."""
        own = f"{self.host}:{self.port}".encode()
        mine = urlsplit(self.url).netloc.encode()
        if dict(reply.headers).get("Content-Type", "").startswith("application/json"):
            reply.body = reply.body.replace(own, mine)
        return reply
