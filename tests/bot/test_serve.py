"""`signalbox serve` as the process that a bank runs: how it starts, what keeps it from starting, and how it stops (OPS-14, promise 1)."""

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from bot import garbage
from bot.adapters.generic_ci import GenericCI
from bot.adapters.transport import Transport
from bot.serve import prepare
from bot.workspace import Workspace
from commands.core.ports.ci import Run
from storage import engines
from storage.database import Store
from storage.engines import HEAD
from storage.errors import StorageError, WrongSchema
from tests.world.demo_ci import SECRET, Process, demo_ci
from tests.world.hush import heard
from tests.world.moments import RealClock
from tests.world.neighbours import order
from tests.world.world import policy_data

ROOT = Path(__file__).parents[2]


class Serve:
    """A running `signalbox serve`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[dict] = []

    async def line(self, event: str) -> dict:
        """The next log line that says this."""
        assert self.process.stderr
        async with asyncio.timeout(30):
            while raw := await self.process.stderr.readline():
                heard(raw.decode(errors="replace"))
                try:
                    self.lines.append(json.loads(raw))
                except ValueError:
                    self.lines.append({"event": raw.decode()})
                if self.lines[-1]["event"] == event:
                    return self.lines[-1]
        raise AssertionError(f"it ended without {event!r}: {self.lines}")

    async def end(self) -> tuple[int, str]:
        """Its exit code and what else it wrote."""
        async with asyncio.timeout(30):
            out, err = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, heard((out + err).decode())


@asynccontextmanager
async def serving(folder: Path, policy: dict | str, **environment: str) -> AsyncIterator[Serve]:
    """The bot as a process, with this policy and nothing of ours in its environment but what is given."""
    file = folder / "signalbox.yaml"
    file.write_text(policy if isinstance(policy, str) else json.dumps(policy))  # JSON is YAML
    mine = {k: v for k, v in os.environ.items() if not k.startswith(("SIGNALBOX_", "SLACK_", "GITHUB_", "OTEL_"))}
    given = {
        "SIGNALBOX_POLICY": str(file), "SIGNALBOX_DATABASE_URL": f"sqlite:///{folder}/signalbox.db", "SIGNALBOX_PORT": "0",
        "SIGNALBOX_INTERNAL_PORT": "0", "FAKE_CI_SECRET": SECRET, "SLACK_BOT_TOKEN": "xoxb-signalbox-x", "SLACK_SIGNING_SECRET": "s" * 32,
        "SLACK_API_URL": "http://127.0.0.1:1/api", "PYTHONWARNINGS": "error", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "serve", cwd=folder, env={**mine, **given, **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Serve(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


def policy_for(ci: str) -> dict:
    neighbour = {"kind": "http", "url": ci, "secret": "FAKE_CI_SECRET"}
    data = policy_data(ci={"demo": neighbour}, artifacts={"index": neighbour})
    services = {name: {**service, "ci": "demo"} for name, service in data["services"].items() if name == "api"}
    text = json.dumps({**data, "services": services})
    return json.loads(text.replace('"dev":', '"development":').replace('"name": "dev"', '"name": "development"'))


def settings_for(slack: Workspace) -> dict[str, str]:
    return {"SLACK_API_URL": slack.url.rstrip("/"), "SLACK_BOT_TOKEN": slack.bot_token, "SLACK_SIGNING_SECRET": slack.signing_secret}


async def ready(port: int) -> dict:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/health/ready") as answer:
        return {"status_code": answer.status, **await answer.json()}


async def taken(ci: Process, key: str) -> bool:
    """Whether CI has an order of this key."""
    transport = Transport()
    try:
        adapter = GenericCI(transport, name="demo", base=ci.url, secret=SecretStr(SECRET), clock=RealClock())
        return isinstance(await adapter.find(order(key), None, RealClock().now() - timedelta(minutes=5)), Run)
    finally:
        await transport.close()


@pytest.fixture
def migrated(tmp_path, sqlite_template):
    """The bot's database is there already: making it takes as long as all the rest of a start."""
    shutil.copy(sqlite_template, tmp_path / "signalbox.db")


@pytest.fixture
async def slack():
    async with Workspace() as workspace:
        yield workspace


async def test_a_stop_in_the_middle_of_work_carries_out_what_was_acknowledged(slack, tmp_path):
    """On a database that did not exist: the embedded one is made at the first start."""
    (tmp_path / "ci").mkdir()
    async with demo_ci(tmp_path / "ci") as ci, serving(tmp_path, policy_for(ci.url), **settings_for(slack)) as bot:
        started = await bot.line("started")
        assert (await ready(started["port"]))["status"] == "ready"
        slack.aim(f"http://127.0.0.1:{started['port']}/slack/events")
        dev = slack.add_person("dev", name="Dev", email="dev@acme.example")
        releases = slack.add_channel("releases", members=[dev])
        slack.add_group("release-managers")
        hang = slack.faults.hang("users.info")
        exchange = await slack.say(dev, releases, "/release promote api v1.4.0 development")
        assert exchange.status == 200
        async with asyncio.timeout(10):
            await hang.reached.wait()
        bot.process.send_signal(signal.SIGTERM)
        bot.process.send_signal(signal.SIGINT)  # a second one does not hurry the first
        hang.release()
        code, rest = await bot.end()
        assert (code, "Traceback" in rest) == (0, False)
        assert '"event": "stopped"' in rest
        change = _changes(tmp_path)
        assert len(change) == 1
        assert await taken(ci, f"{change[0]}.1")


def _changes(folder: Path) -> list[str]:
    engine = sa.create_engine(f"sqlite:///{folder}/signalbox.db")
    try:
        with engine.connect() as connection:
            return list(connection.execute(sa.text('SELECT id FROM "change"')).scalars())
    finally:
        engine.dispose()


async def test_without_slack_it_starts_and_readiness_says_so(tmp_path, migrated):
    async with serving(tmp_path, policy_for("http://127.0.0.1:1")) as bot:
        started = await bot.line("started")
        told = await ready(started["port"])
        assert told["status_code"] == 503
        assert told["failing"]["slack"] == "Slack cannot be reached (ClientConnectorError)"
        assert set(told["failing"]) == {"slack", "ci demo"}
        bot.process.terminate()
        assert (await bot.end())[0] == 0


AT_THE_END = """
import atexit, gc, sys

def tell():
    heavy = [name for name in ("cryptography", "icalendar", "jwt", "sigstore", "slack_sdk", "typer") if name in sys.modules]
    print("gc", gc.isenabled(), gc.get_freeze_count(), gc.get_threshold()[0], *heavy, file=sys.stderr)

atexit.register(tell)
"""


async def test_it_loads_what_it_needs_and_does_not_look_through_it_for_garbage_while_people_wait(tmp_path, migrated):
    """It signs nothing and no calendar is named; it speaks with Slack."""
    (tmp_path / "sitecustomize.py").write_text(AT_THE_END)
    async with serving(tmp_path, policy_for("http://127.0.0.1:1"), PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}") as bot:
        await bot.line("started")
        bot.process.terminate()
        code, said = await bot.end()
    collects, stays, young, *loaded = said.rpartition("gc ")[2].split()
    assert (code, collects, young) == (0, "True", str(garbage.YOUNG))
    assert int(stays) > 100_000
    assert loaded == ["slack_sdk", "typer"]


async def test_socket_mode_connects_once_slack_is_there(tmp_path, migrated):
    """Slack is away when the bot starts, and comes back."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = "xapp-signalbox-1"
    given = {"SLACK_API_URL": f"http://127.0.0.1:{port}/api", "SLACK_APP_TOKEN": token, "SLACK_BOT_TOKEN": "xoxb-signalbox-x"}
    async with serving(tmp_path, policy_for("http://127.0.0.1:1"), **given) as bot:
        started = await bot.line("started")
        assert "socket mode" in (await ready(started["port"]))["failing"]
        slack = Workspace(bot_token="xoxb-signalbox-x", app_token=token)
        await slack.start(port)
        try:
            assert await slack.until(lambda: slack.websockets, timeout=25)
            bot.process.terminate()
            code, rest = await bot.end()
        finally:
            await slack.stop()
        assert (code, "Traceback" in rest, token in rest) == (0, False, False)
        assert "Failed to connect" not in rest  # the SDK's own lines hold addresses with their tickets


async def test_a_port_that_is_taken_is_one_sentence(tmp_path, migrated):
    with socket.socket() as taken_already:
        taken_already.bind(("127.0.0.1", 0))
        taken_already.listen()
        port = str(taken_already.getsockname()[1])
        async with serving(tmp_path, policy_for("http://127.0.0.1:1"), SIGNALBOX_INTERNAL_PORT=port) as bot:
            code, said = await bot.end()
    assert code == 1
    assert f"signalbox: cannot listen on 127.0.0.1:{port}: Address already in use\n" in said
    assert "Traceback" not in said


async def test_an_invalid_policy_or_setting_never_starts_it(tmp_path):
    async with serving(tmp_path, "version: 2\n", SLACK_BOT_TOKEN="nonsense") as bot:
        code, said = await bot.end()
    assert code == 2
    assert "SLACK_BOT_TOKEN" in said
    assert "signalbox.yaml" in said
    assert "Traceback" not in said
    assert not (tmp_path / "signalbox.db").exists()


async def test_a_postgresql_database_is_only_migrated_by_hand(tmp_path, postgresql):
    url = postgresql.create(migrated=False)
    try:
        async with serving(tmp_path, policy_for("http://127.0.0.1:1"), SIGNALBOX_DATABASE_URL=url) as bot:
            code, said = await bot.end()
        assert code == 1
        assert "signalbox: the database has no tables yet: run `signalbox db upgrade` first\n" in said
        assert "Traceback" not in said
        assert await asyncio.to_thread(engines.current, url) is None
    finally:
        postgresql.drop(url)


async def test_a_database_that_cannot_be_used_is_one_sentence(tmp_path):
    url = f"sqlite:///{tmp_path}/nowhere/signalbox.db"
    async with serving(tmp_path, policy_for("http://127.0.0.1:1"), SIGNALBOX_DATABASE_URL=url) as bot:
        code, said = await bot.end()
    assert code == 1
    assert f"signalbox: the database's folder {tmp_path}/nowhere does not exist\n" in said
    assert "Traceback" not in said


def test_an_embedded_database_is_made_and_brought_up_to_date(tmp_path):
    url = f"sqlite:///{tmp_path}/signalbox.db"
    prepare(url)
    assert engines.current(url) == HEAD
    prepare(url)  # and then left alone
    Store(url)._close()


def test_a_database_of_a_newer_program_is_left_alone(tmp_path):
    url = f"sqlite:///{tmp_path}/signalbox.db"
    prepare(url)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    prepare(url)
    with pytest.raises(WrongSchema, match="run the newer program"):
        Store(url)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "signalbox.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(StorageError):
        prepare(f"sqlite:///{tmp_path}/signalbox.db")


def test_a_database_that_others_share_is_never_touched():
    prepare("postgresql://nobody@127.0.0.1:1/nowhere")  # it would not even answer
