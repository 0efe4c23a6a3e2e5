"""`signalbox serve` that is killed at a boundary, for the torture tests alone: `python -m tests.torture.bot_killed_at FOLDER [BOUNDARY]`.

FOLDER holds `environment.json` and the clock that it shares with the world around it; it takes the list of what was passed. It
is the whole program, with three things around it: its clock can be set ahead, it ticks more often, and it is watched.

Invariant: none of this can be switched on in the bot itself; there is no setting for it, and nothing outside of tests/ knows of it.
"""

import functools
import json
import os
import sys
from pathlib import Path

from bot import build, cli, serve, workers
from bot.policy_file import load
from bot.scheduler import Scheduler
from tests.torture.boundaries import Boundary, Course
from tests.torture.clock import SharedClock

_LATER = load  # `serve` imports it when it runs; a fork that has it in memory starts at once
TICK = 0.05


def main() -> None:
    """Be the bot until it is stopped, or gets there."""
    folder, *end = sys.argv[1:]
    root = Path(folder)
    os.environ.clear()
    os.environ.update(json.loads((root / "environment.json").read_bytes()))
    course = Course(root / "passed", Boundary.parse(end[0]) if end else None)
    clock, really = SharedClock(root / "clock"), build.build

    async def built(*words: object) -> build.House:
        house = await really(*words, clock)
        start = house.start

        async def started() -> None:
            await start()
            print(json.dumps({"port": house.ports[0]}), flush=True)

        house.start = started
        return house

    workers.WORKER = str(os.getpid())  # which was another's when the module was imported
    build.TracedStore = course.watch()
    build.Scheduler = functools.partial(Scheduler, seconds=TICK)
    serve.build = built
    sys.argv = ["signalbox", "serve"]
    cli.main()


if __name__ == "__main__":
    main()
