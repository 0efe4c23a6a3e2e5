"""The bot is a process, and is killed at every boundary of a day: nothing acknowledged is lost, CI is asked once (promise 1, PRM-20, OPS-07).

`make torture ARGS=tests/torture/test_killed.py` kills it at each boundary once, and then a hundred days long again and again, on both
databases. TORTURE_SEED chooses others; a failure names the boundaries, and its folder is kept.
"""

import asyncio
import itertools
import os
import random
import shutil
import tempfile
import traceback
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.torture.boundaries import ANY, Boundary
from tests.torture.journey import a_day
from tests.torture.size import size
from tests.torture.town import Town
from tests.world.postgresql import Postgresql

SEED = os.environ.get("TORTURE_SEED", "1")
AT_ONCE = 3
"""Days that are played beside each other."""

DEATHS, LIFE = 12, 250
"""How often the bot dies in one of the hundred days, and after how many boundaries at most."""

MISSED = 0.2
"""Part of the boundaries that a round may miss: how often the bot looks for work is never twice the same."""


class Rounds:
    """Days, each in a folder and on a database of its own.

    Args:
        folder: takes the folders of those that failed.
        template: a migrated SQLite file.
        server: PostgreSQL, where the days are to be played on that.
    """

    def __init__(self, folder: Path, template: Path, server: Postgresql | None) -> None:
        self._folder, self._template, self._server = folder, template, server
        self._numbers = itertools.count(1)

    @asynccontextmanager
    async def _database(self, folder: Path) -> AsyncIterator[str]:
        if self._server:
            url = await asyncio.to_thread(self._server.create)
            yield url
            await asyncio.to_thread(self._server.drop, url)
        else:
            shutil.copy(self._template, folder / "signalbox.db")
            yield f"sqlite:///{folder}/signalbox.db"

    async def day(self, *ends: Boundary, morning: bool = False) -> Town:
        """One of them."""
        folder = self._folder / f"day-{next(self._numbers)}"
        folder.mkdir()
        try:
            async with self._database(folder) as url:
                return await a_day(folder, url, *ends, morning=morning)
        except Exception as error:
            kept = tempfile.mkdtemp(prefix="signalbox-torture-")
            shutil.copytree(folder, kept, dirs_exist_ok=True)
            error.add_note(f"killed at {', '.join(map(str, ends))}; everything of that day is in {kept}")
            raise
        finally:
            shutil.rmtree(folder)

    async def all(self, days: Sequence[Sequence[Boundary]]) -> list[Boundary]:
        """Several beside each other; where bots were killed.

        Raises:
            AssertionError: naming those that failed.
        """
        gate, killed, failed = asyncio.Semaphore(AT_ONCE), [], []

        async def one(ends: Sequence[Boundary]) -> None:
            async with gate:
                try:
                    killed.extend((await self.day(*ends)).killed)
                except Exception as error:
                    failed.append("".join(traceback.format_exception(error)[-12:]))

        await asyncio.gather(*map(one, days))
        assert not failed, f"{len(failed)} of {len(days)} days\n" + "\n\n".join(failed)
        return killed


@pytest.fixture(params=["sqlite", "postgresql"])
def rounds(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> Rounds:
    return Rounds(tmp_path, sqlite_template, request.getfixturevalue("postgresql") if request.param == "postgresql" else None)


def sampled(passed: Sequence[Boundary], part: Callable[[int], int]) -> list[Boundary]:
    """Some of them, or all: each name first, then the others."""
    mixed = random.Random(SEED).sample(passed, len(passed))
    first = {boundary.name: boundary for boundary in mixed}
    chosen = [*first.values(), *(boundary for boundary in mixed if first[boundary.name] != boundary)]
    return chosen[: part(len(passed))]


def deaths(number: int, *, times: int = DEATHS, life: int = LIFE) -> list[Boundary]:
    """Where the bots of one day die, one after the other."""
    chance = random.Random(f"{SEED} {number}")
    return [Boundary(ANY, chance.randint(1, life)) for _ in range(times)]


async def test_a_morning_in_which_the_bot_is_killed_now_and_then(tmp_path, sqlite_template):
    """The short form, for `make test`."""
    ends = deaths(0, times=4, life=100)
    town = await Rounds(tmp_path, sqlite_template, None).day(*ends, morning=True)
    assert len(town.killed) == len(ends)


@pytest.mark.torture
async def test_each_boundary_of_a_day(rounds):
    passed = (await rounds.day()).passed
    chosen = sampled(passed, size)
    killed = await rounds.all([[boundary] for boundary in chosen])
    print(f"{len(passed)} boundaries of {len({b.name for b in passed})} kinds; killed at {len(killed)} of {len(chosen)}")
    assert len(killed) >= len(chosen) * (1 - MISSED)


@pytest.mark.torture
async def test_days_in_which_the_bot_is_killed_again_and_again(rounds):
    killed = await rounds.all([deaths(number) for number in range(1, size(100) + 1)])
    print(f"killed {len(killed)} times, at {len({boundary.name for boundary in killed})} kinds of boundaries")
    assert killed
