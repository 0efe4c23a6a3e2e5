"""Puts the parts together: with `neighbours`, the only files that name concrete adapters.

Invariant: what is built here is started and stopped in one order; stopping drains what is at work and loses nothing.
"""

import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.breaker import Breaker, Breakers
from bot.adapters.clock import MachineClock
from bot.adapters.directory import NoDirectory, SlackDirectory
from bot.adapters.github_sign_in import GitHubSignIn
from bot.adapters.ical import ICal
from bot.adapters.transport import Transport
from bot.connections import Port
from bot.evidence.pack import Zip
from bot.health import Health, Probe, program_version
from bot.log import log, quiet
from bot.neighbours import Neighbours, names_of, neighbours_of, sign_in_of
from bot.scheduler import Scheduler
from bot.settings import Settings
from bot.slack.chat import SlackChat
from bot.slack.intake import Intake
from bot.slack.session import slack_session
from bot.tracing import TracedCI, TracedGather, TracedStore
from bot.web import Doors
from bot.workers import Workers
from commands import COMMANDS
from commands.core.bundle import Packer
from commands.core.collect import Collect
from commands.core.feeds import Feeds
from commands.core.gather import Gather
from commands.core.hand_over import HandOver
from commands.core.mirror import Mirror
from commands.core.ports.ci import CI
from commands.core.ports.clock import Clock
from commands.core.ports.vcs import Vcs
from commands.core.publish import Publish
from commands.core.road import Road
from commands.core.send import Send
from commands.core.unasked import carriers
from guards.neighbours import GitHubCI
from guards.policy import Policy
from storage import inbox, open_work, outbox
from storage.database import Store
from storage.open_work import OpenWork

if TYPE_CHECKING:
    from bot.evidence.keys import Ed25519Signer
    from bot.slack.socket import SocketMode

SLACK_LIMIT = 10
"""Seconds for one call of Slack's Web API."""


class CannotListen(Exception):  # noqa: N818 - named for what happened
    """A port is in use, or the address is not this machine's; its text is a sentence."""


@dataclass
class House:
    """The running bot.

    Args:
        settings, policy: what it was built from.
        store, gather, collect, packer, inbox, road, workers, scheduler, health, doors, intake, directory, sign_in, histories: its parts.
        transport, session: shared connections.
        socket: when Slack is reached over Socket Mode.
        ports: the public and the internal one, once it listens.
    """

    settings: Settings
    policy: Policy
    store: Store
    gather: Gather
    collect: Collect
    packer: Packer
    inbox: inbox.Inbox
    road: Road
    workers: Workers
    scheduler: Scheduler
    health: Health
    doors: Doors
    intake: Intake
    transport: Transport
    session: aiohttp.ClientSession
    directory: SlackDirectory | NoDirectory
    sign_in: GitHubSignIn
    histories: tuple[Vcs, ...] = ()
    socket: "SocketMode | None" = None
    ports: tuple[int, int] = (0, 0)
    _runners: list[web.AppRunner] = field(default_factory=list)

    async def start(self) -> None:
        """Listen, connect, and begin to work; what an earlier process left is taken up again.

        Raises:
            CannotListen: a port is in use, or the address is not this machine's; `stop` closes what was opened so far.
            StorageError: the database does not answer.
        """
        listening: list[int] = []
        for app, port in ((self.doors.app(), self.settings.port), (self.doors.internal(), self.settings.internal_port)):
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=5)
            self._runners.append(runner)
            await runner.setup()
            try:
                await Port(runner, self.settings.host, port).start()
            except OSError as error:
                why = os.strerror(error.errno) if error.errno else "there is no such address"
                raise CannotListen(f"cannot listen on {self.settings.host}:{port}: {why}") from error
            listening.append(int(runner.addresses[0][1]))
        self.ports = (listening[0], listening[1])
        await self.road.refresh()
        if self.socket:
            self.socket.start()
        self.workers.start()
        self.scheduler.start()
        self.health.started = True
        log.info("started", port=self.ports[0], internal_port=self.ports[1], socket_mode=bool(self.socket), policy=self.policy.hash[:12])

    async def stop(self, seconds: float = 20.0) -> None:
        """Take nothing more in, finish what is at work, close.

        Args:
            seconds: how long deliveries and messages at work may take; what is not done then is taken up at the next start.
        """
        self.health.stopping = True
        if self.socket:
            await self.socket.close()
        for runner in self._runners[:1]:
            await runner.cleanup()
        self.scheduler.stop()
        await self.inbox.close()
        await self.workers.drain(seconds)
        for runner in self._runners[1:]:
            await runner.cleanup()
        await self.close()
        log.info("stopped")

    async def close(self) -> None:
        """Give the connections back; alone only for a house that was never started."""
        await self.directory.close()
        await self.sign_in.close()
        for history in self.histories:
            await history.close()
        await self.session.close()
        await self.transport.close()
        await self.store.close()


async def build(
    settings: Settings,
    policy: Policy,
    clock: Clock | None = None,
    neighbours: Neighbours | None = None,
) -> House:
    """Build the bot; nothing listens or works until `start`.

    Args:
        settings: from the environment.
        policy: from the policy file.
        clock: another clock, for tests and the demo.
        neighbours: others than those that the policy names, for tests.

    Raises:
        StorageError: the database is not at this program's schema, or does not answer.
        SettingsError: a secret that the policy names is missing.
        ValueError: an address or a key that cannot be right, or the policy lost a place in which something is not over.
    """
    clock = clock or MachineClock()
    store = await TracedStore.open(settings.database_url.get_secret_value())
    transport = Transport(breakers=Breakers(clock, names=names_of(settings, policy)))
    session = slack_session(SLACK_LIMIT)
    try:
        await _nothing_lost(policy, store)
        beside = neighbours or neighbours_of(settings, policy, transport, clock)
        return _put_together(settings, policy, clock, beside, store, transport, session)
    except BaseException:  # whoever called gets no house to close
        await session.close()
        await transport.close()
        await store.close()
        raise


def _put_together(
    settings: Settings, policy: Policy, clock: Clock, beside: Neighbours, store: Store, transport: Transport, session: aiohttp.ClientSession
) -> House:
    client = _slack(settings, session)
    remembered = inbox.Inbox(store, clock.now)
    ci: dict[str, CI] = {name: TracedCI(name, one) for name, one in beside.ci.items()}
    slack = Breaker("slack", clock, label="slack")
    chat = SlackChat(client, session, breaker=slack)
    directory = SlackDirectory(client, breaker=slack) if settings.slack_bot_token else NoDirectory("SLACK_BOT_TOKEN is not set")
    sign_in = sign_in_of(settings, transport, clock)
    gather = TracedGather(
        policy, store, directory, beside.sources, clock, beside.histories, beside.proofs, sign_in, beside.calendars, beside.freeze_calendars
    )
    signer = _signer(settings)
    unasked = carriers(policy, store, gather, clock, ci, beside.histories, beside.links, sign_in, signer)
    road = Road(policy, store, gather, chat, clock, COMMANDS, unasked)
    collect = Collect(policy, store, ci, beside.sources, beside.histories, beside.proofs, clock)
    packer = Zip(signer, program_version())
    hand_over = HandOver(policy, store, collect, packer, chat, clock)
    publish = Publish(policy, store, beside.releases, clock)
    mirror = Mirror(policy, store, beside.statuses, clock)
    send = Send(policy, store, gather, chat, ci, clock, hand_over, publish, mirror)
    workers = Workers(store, road, send, clock)

    async def slack_alive() -> str | None:
        lost = await chat.alive()
        return lost.why if lost else None

    probes: dict[str, Probe] = {name: partial(transport.lost, url) for name, url in transport.breakers.names.items()}
    probes |= {"database": store.alive, "slack": slack_alive, **{f"ci {name}": _probe(one) for name, one in ci.items()}}
    secret = settings.slack_signing_secret.get_secret_value() if settings.slack_signing_secret else None
    intake = Intake(client, remembered, secret or secrets.token_hex(16))
    over_websocket = None
    if settings.slack_app_token:
        from bot.slack.socket import SocketMode

        over_websocket = SocketMode(intake.bolt, settings.slack_app_token.get_secret_value())
        probes["socket mode"] = over_websocket.alive

    async def backlog() -> Mapping[str, int]:
        return await store.read(lambda tx: {"inbox": inbox.backlog(tx), "outbox": outbox.pending(tx)})

    health = Health(probes, clock, backlog, policy.hash, settings.git_sha)
    over_http = None if settings.socket_mode else secret
    routes: dict[str, dict[str, CI]] = {}
    for name, one in ci.items():
        routes.setdefault("github" if isinstance(policy.ci[name], GitHubCI) else f"ci/{name}", {})[name] = one
    feeds = Feeds(policy, store, gather, ICal())
    doors = Doors(intake.bolt, over_http, routes, remembered, clock, health, feeds, beside.incidents)
    return House(
        settings, policy, store, gather, collect, packer, remembered, road, workers, Scheduler(workers.tick), health, doors, intake,
        transport, session, directory, sign_in, tuple(beside.histories.values()), over_websocket,
    )  # fmt: skip


async def _nothing_lost(policy: Policy, store: Store) -> None:
    if lost := unknown_places(policy, await store.read(open_work.all_of)):
        raise ValueError(lost)


def unknown_places(policy: Policy, work: Iterable[OpenWork]) -> str:
    """What a policy file does not know any more although something there is not over; "" when it knows everything.

    Args:
        policy: about to be in force.
        work: what is not over.
    """
    lost = [
        f"{one.id} is not over in {' '.join(filter(None, (one.service, one.environment)))}"
        for one in work
        if one.service not in policy.services or (one.environment and one.environment not in policy.services[one.service].workflows)
    ]
    if not lost:
        return ""
    more = f", and {len(lost) - 5} more" if len(lost) > 5 else ""
    return f"the policy file has lost a place: {'; '.join(lost[:5])}{more}. Put it back until that is over, or cancelled"


def _slack(settings: Settings, session: aiohttp.ClientSession) -> AsyncWebClient:
    """Slack's Web API without its own retries: a post could appear twice, and our outbox knows better when to try again."""
    token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
    base = settings.slack_api_url.rstrip("/") + "/"
    return AsyncWebClient(token=token, base_url=base, timeout=SLACK_LIMIT, session=session, retry_handlers=[], logger=quiet("slack_sdk"))


def _signer(settings: Settings) -> "Ed25519Signer | None":
    if not settings.signing_key:
        return None
    from bot.evidence.keys import signer_of  # what signs is heavy

    return signer_of(settings.signing_key)


def _probe(ci: CI) -> Probe:
    async def probe() -> str | None:
        lost = await ci.alive()
        return lost.why if lost else None

    return probe
