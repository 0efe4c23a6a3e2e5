"""The demo's neighbours in one process: the CI, its registry and, if there is a repository, the forge.

    python -m bot.demo.servers --root DIR --secret-file F --callback http://127.0.0.1:3000 --name demo

prints one JSON line with its port when it is ready. Its parent may hold its standard input: when that closes, it ends too.

Invariant: it binds the loopback interface only.
"""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from aiohttp import web
from pydantic import SecretStr
from typing_extensions import override

from bot.demo.ci import DemoCI
from bot.demo.ci_runs import Shop
from bot.demo.clock import StoryClock
from bot.demo.forge import Forge
from bot.demo.forge_controls import ForgeControls
from bot.demo.forge_git import ForgeGit
from bot.demo.forge_store import ForgeStore
from bot.demo.registry import Registry

REPOSITORY = "acme/api"
"""What forge and registry know, by this name."""


async def forge(app: web.Application, root: Path, repository: Path, token: str, clock: StoryClock) -> ForgeStore:
    """Add the forge; what it remembers.

    Args:
        app: to add it to.
        root: its folder.
        repository: what it serves; may be made later.
        token: whom it lets in.
        clock: its own.
    """
    store = ForgeStore(root)
    controls = ForgeControls(store, repository, clock)
    await controls.open()
    app.add_routes([*Forge(store, ForgeGit(repository, store.signers), REPOSITORY, token).routes(), *controls.routes()])
    return store


async def serve(app: web.Application, port: int, name: str, *, leash: bool = False) -> None:
    """Serve on the loopback interface until SIGTERM or SIGINT.

    Args:
        app: what to serve.
        port: 0 for a free one.
        name: told when it is ready.
        leash: also end when standard input closes, so that a killed parent leaves no process behind.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop.set)
    held = await loop.connect_read_pipe(lambda: _Leash(stop.set), sys.stdin) if leash else None
    runner = web.AppRunner(app, shutdown_timeout=2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        print(json.dumps({"ready": True, "name": name, "port": runner.addresses[0][1]}), flush=True)
        await stop.wait()
    finally:
        if held:
            held[0].close()
        await runner.cleanup()


class _Leash(asyncio.Protocol):
    """Watches for the end of standard input."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._ended()


async def _run(args: argparse.Namespace) -> None:
    shop = Shop(args.root, frozenset(args.environment or ("development", "staging", "production")))
    secret = SecretStr(args.secret_file.read_text().strip())
    clock = StoryClock(timedelta(seconds=args.ahead))
    app = web.Application(client_max_size=1024 * 1024)
    ci = DemoCI(shop, secret=secret, callback=args.callback, name=args.name, clock=clock)
    ci.join(app)
    app.add_routes(Registry(shop.registry, REPOSITORY, ci.faults.registry_down).routes())
    if args.repository:
        await forge(app, args.root / "forge", args.repository, secret.get_secret_value(), clock)
    await serve(app, args.port, args.name, leash=args.leash)


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m bot.demo.servers", description="CI, registry and forge of the demo.")
    add = partial(parser.add_argument, required=True)
    add("--root", type=Path)
    add("--secret-file", type=Path, help="shared with the bot; also the forge's token")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--callback", default=None, help="the bot's base URL")
    parser.add_argument("--name", default="demo")
    parser.add_argument("--environment", action="append", default=None, help="may be repeated; development, staging, production")
    parser.add_argument("--repository", type=Path, default=None, help="what the forge serves")
    parser.add_argument("--ahead", type=float, default=0.0, help="seconds that its clock is ahead of the machine's")
    parser.add_argument("--leash", action="store_true", help="end when standard input closes")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
