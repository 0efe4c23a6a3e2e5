"""Servers that misbehave on purpose, and orders to send them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from commands.core.ports.ci import Order

CONTENT = b"the bytes of api v1.4.0"
DIGEST = "sha256:d1d9af53e84c90119196d09ff648083f800189819a9cfcb49d784bb89673f1ac"  # of the manifest under which the demo pushes them
COMMIT = "9fceb02d0ae598e95dc970b74767f19372d61af8"


def order(key: str = "CR-2026-1121-001.1", **other: str) -> Order:
    """A valid order."""
    fields = {
        "change": "CR-2026-1121-001",
        "service": "api",
        "environment": "production",
        "version": "v1.4.0",
        "commit": COMMIT,
        "digest": DIGEST,
        "repository": "octo/api",
        "workflow": "deploy.yml",
    }
    return Order(key=key, **{**fields, **other})


Reply = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_server(reply: Reply) -> AsyncIterator[str]:
    """A server on loopback that answers each request with `reply`; yields its base URL."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await reader.readuntil(b"\r\n\r\n")
            await reply(reader, writer)
        writer.close()
        tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


def answer(status: int, body: bytes = b"", *headers: str) -> Reply:
    """Answers with this status, body and header lines."""

    async def reply(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close", *headers]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        await writer.drain()

    return reply


async def silence(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.Event().wait()


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Drops the connection."""
    writer.transport.abort()


async def broken_off(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Promises more bytes than it sends."""
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"key": ')
    await writer.drain()


async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """50 MB of answer."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
    for _i in range(50):
        writer.write(b" " * 1_000_000)
        await writer.drain()


BAD: dict[str, Reply] = {
    "timeout": silence,
    "reset": reset,
    "401": answer(401, b'{"message": "Bad credentials"}'),
    "403": answer(403, b'{"message": "Resource not accessible"}'),
    "404": answer(404, b"<html>nothing here</html>"),
    "429": answer(429),
    "429 with Retry-After": answer(429, b"", "Retry-After: 120"),
    "500": answer(500, b"oops"),
    "HTML": answer(200, b"<html><body>Please log in</body></html>", "Content-Type: text/html"),
    "truncated JSON": answer(200, b'{"key": "CR-'),
    "broken off": broken_off,
    "50 MB": endless,
    "empty": answer(200),
    "missing field": answer(200, b"{}"),
    "null": answer(200, b"null"),
    "null field": answer(200, b'{"key": null, "run": null, "id": null, "total_count": null, "digest": null}'),
    "another host": answer(302, b"", "Location: http://localhost:1/elsewhere"),
    "circle": answer(302, b"", "Location: /again"),
    "compressed": answer(200, b"\x1f\x8b", "Content-Encoding: gzip"),
    "bytes": answer(200, b"\xff\xfe\x00"),
    "deep": answer(200, b"[" * 100_000),
}
