"""The demo's neighbours in one process: the CI, its registry and, if there are repositories, the forge.

    python -m bot.demo.servers --root DIR --secret-file F --callback http://127.0.0.1:3000 --name demo

prints one JSON line with its port when it is ready. Its parent may hold its standard input: when that closes, it ends too.

Invariant: it binds the loopback interface only.
"""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

from aiohttp import web
from pydantic import SecretStr
from typing_extensions import override

from bot.demo.ci import DemoCI
from bot.demo.ci_runs import Shop
from bot.demo.clock import StoryClock
from bot.demo.forge import Forge, shared
from bot.demo.forge_controls import ForgeControls
from bot.demo.forge_git import ForgeGit
from bot.demo.forge_store import ForgeStore
from bot.demo.registry import Registry

REPOSITORY = "acme/api"
"""What the registry knows when no repositories are named."""


async def forge(
    app: web.Application, root: Path, repositories: Mapping[str, Path], token: str, clock: StoryClock
) -> dict[str, ForgeStore]:  # fmt: skip
    """Add the forge; what it remembers of each repository.

    Args:
        app: to add it to.
        root: its folder.
        repositories: `owner/name` → what it serves; may be made later.
        token: whom it lets in.
        clock: its own.
    """
    stores, forges = {}, []
    for name, folder in repositories.items():
        stores[name] = store = ForgeStore(root / name)
        controls = ForgeControls(store, name, folder, clock)
        await controls.open()
        forges.append(Forge(store, ForgeGit(folder, store.signers), name, token))
        app.add_routes([*forges[-1].routes(), *controls.routes()])
    app.add_routes(shared(forges, token))
    return stores


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
    repositories: dict[str, Path] = dict(args.repository)
    ci = DemoCI(shop, secret=secret, callback=args.callback, name=args.name, clock=clock, repositories=repositories)
    ci.join(app)
    stores = {name: shop.registry(name.rpartition("/")[2]) for name in repositories or (REPOSITORY,)}
    app.add_routes(Registry(stores, ci.faults.registry_down).routes())
    if repositories:
        await forge(app, args.root / "forge", repositories, secret.get_secret_value(), clock)
    await serve(app, args.port, args.name, leash=args.leash)


def _named(word: str) -> tuple[str, Path]:
    name, _, folder = word.partition("=")
    return name, Path(folder)


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
    parser.add_argument("--repository", action="append", type=_named, default=[], help="owner/name=folder; what the forge serves")
    parser.add_argument("--ahead", type=float, default=0.0, help="seconds that its clock is ahead of the machine's")
    parser.add_argument("--leash", action="store_true", help="end when standard input closes")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
