"""A world for the edges, on SQLite alone: what is tested here does not reach as far as the database's kind."""

import hashlib
import hmac
import io
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from tests.world.world import World


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite database at the newest schema."""
    shutil.copy(sqlite_template, tmp_path / "signalbox.db")
    return f"sqlite:///{tmp_path}/signalbox.db"


@pytest.fixture
async def world(sqlite_url: str) -> AsyncIterator[World]:
    """The company at work on a Tuesday morning."""
    async with World(sqlite_url) as made:
        yield made


@dataclass
class Answer:
    status: int
    text: str
    headers: dict[str, str] = field(default_factory=dict)


Send = Callable[..., Awaitable[Answer]]
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@pytest.fixture
async def send(world: World) -> AsyncIterator[Send]:
    """`await send(body)` posts a signed request as Slack would; arguments replace its parts, None leaves a header out."""
    async with aiohttp.ClientSession() as session:

        async def post(
            body: bytes | str,
            kind: str | None = FORM,
            *,
            ago: float = 0,
            timestamp: str | None = "",
            signature: str | None = "",
            path: str = "/slack/events",
            method: str = "POST",
            **headers: str,
        ) -> Answer:
            raw = body.encode() if isinstance(body, str) else body
            stamp = str(int(world.clock.now().timestamp() - ago)) if timestamp == "" else timestamp
            mac = hmac.new(world.slack.signing_secret.encode(), b"v0:" + (stamp or "").encode() + b":" + raw, hashlib.sha256)
            seal = f"v0={mac.hexdigest()}" if signature == "" else signature
            sent = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": seal, "Content-Type": kind}
            given = {key: value for key, value in sent.items() if value is not None} | headers
            skip = {"Content-Type"} if kind is None else None
            assert world.house
            url = f"http://127.0.0.1:{world.house.ports[0]}{path}"
            async with session.request(method, url, data=io.BytesIO(raw), headers=given, skip_auto_headers=skip) as answer:
                return Answer(answer.status, await answer.text(), dict(answer.headers))

        yield post


async def tags(world: World) -> list[str]:
    """The whole ledger's tags, oldest first."""
    return [row.tag for row in await world.ledger()]
