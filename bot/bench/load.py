"""The load: raw HTTP/1.1 over connections that stay open, each waiting for its answer before it asks again.

Invariant: it costs far less than what it measures: requests are built and signed before the clock runs, and answers are not parsed
beyond their length.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import cast

from typing_extensions import override

LIMIT = 120.0
"""Seconds for one round."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round took.

    Args:
        seconds: from the first request to the last answer.
        latencies: seconds for each request, in the order of the answers.
    """

    seconds: float
    latencies: tuple[float, ...]

    @property
    def rate(self) -> float:
        """Requests in a second."""
        return len(self.latencies) / self.seconds


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that so large a share of all does not exceed (nearest rank).

    Args:
        values: at least one.
        share: above 0, up to 1.
    """
    ordered = sorted(values)
    return ordered[max(0, -(-int(len(ordered) * share * 1000) // 1000) - 1)] if share != 0.5 else median(ordered)


class _Client(asyncio.Protocol):
    def __init__(self, waiting: deque[bytes], latencies: list[float]) -> None:
        self._waiting = waiting
        self._latencies = latencies
        self._heard = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._next()

    def _next(self) -> None:
        if not self._waiting:
            self._end(None)
            self._transport.close()
            return
        request = self._waiting.popleft()
        self._sent = perf_counter()
        self._transport.write(request)

    @override
    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, found, body = self._heard.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._latencies.append(perf_counter() - self._sent)
        self._heard = b""
        if not head.startswith(b"HTTP/1.1 200"):
            self._end(RuntimeError(f"the server answered {head.splitlines()[0].decode()!r}"))
            self._transport.close()
            return
        self._next()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionError("the server closed the connection"))

    def _end(self, error: Exception | None) -> None:
        if self.done.done():
            return
        if error:
            self.done.set_exception(error)
        else:
            self.done.set_result(None)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def fire(port: int, requests: Iterable[bytes], connections: int) -> Round:
    """Send the requests over so many connections, and wait for all answers.

    Args:
        port: on this machine.
        requests: complete ones.
        connections: how many at a time.

    Raises:
        RuntimeError: an answer was not 200.
        TimeoutError: it took longer than `LIMIT`.
    """
    waiting, latencies = deque(requests), list[float]()
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(LIMIT):
        begun = perf_counter()
        made = [await loop.create_connection(lambda: _Client(waiting, latencies), "127.0.0.1", port) for _ in range(connections)]
        await asyncio.gather(*(client.done for _, client in made))
        return Round(perf_counter() - begun, tuple(latencies))
