"""The company with the bot's own adapters: GitHub, registry, CI and Slack are small servers, each behind a proxy that can go dark.

Invariant: nothing of the bot is replaced; what a story switches is between it and its neighbours.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from pydantic import SecretStr
from typing_extensions import override

from bot import build
from bot.adapters.breaker import Breakers
from bot.adapters.transport import Limits, Transport
from bot.neighbours import Neighbours
from bot.settings import Settings
from commands.core.ports.ci import Run, RunState
from tests.world import ci, github_vcs
from tests.world.company import policy_data
from tests.world.faults import FAULTS, FaultyProxy
from tests.world.github_vcs import FakeGitHubVcs
from tests.world.registry import FakeRegistry
from tests.world.stands import SmallCI
from tests.world.world import World

DARK = "fails with 503"


class RealWorld(World):
    """A story's company.

    Args:
        database_url: a fresh, migrated database.
        data: the policy.
        ways: neighbour → the proxy before it: github, registry, ci, slack.
        digest, commit: of api v1.4.0.
        runs: the CI.
    """

    def __init__(
        self, database_url: str, data: dict[str, Any], ways: dict[str, FaultyProxy], digest: str, commit: str, runs: SmallCI
    ) -> None:
        super().__init__(database_url, data)
        self.ways, self.digest, self.commit, self.runs = ways, digest, commit, runs

    @override
    def settings(self) -> Settings:
        self.ways["slack"].behind = self.slack.url.removesuffix("/api/")
        return super().settings().model_copy(update={
            "github_api_url": self.ways["github"].url, "github_token": SecretStr(github_vcs.TOKEN),
            "slack_api_url": f"{self.ways['slack'].url}/api",
        })  # fmt: skip

    @override
    def beside(self, settings: Settings) -> Neighbours | None:
        return None

    def dark(self, name: str, fault: str = DARK) -> None:
        """From now on this neighbour answers like that."""
        self.ways[name].fault = FAULTS[fault]

    def light(self, name: str) -> None:
        """It is back."""
        self.ways[name].fault = None

    async def built(self) -> None:
        """CI brought the version to dev and staging by itself."""
        for environment in ("dev", "staging"):
            await self.runs_in(environment, digest=self.digest, commit=self.commit)

    async def ends(self, key: str) -> None:
        """CI says that a run ended well."""
        await self.callback(Run(key, f"run-of-{key}", "https://ci.test/runs/1", RunState.SUCCEEDED, self.digest, self.commit))


@asynccontextmanager
async def real_world(database_url: str, patch: pytest.MonkeyPatch) -> AsyncIterator[RealWorld]:
    """The company and its small neighbours.

    Args:
        database_url: a fresh, migrated database.
        patch: for the shared secret, and for waits between two attempts of a read that no story needs.
    """
    patch.setenv("FAKE_CI_SECRET", ci.SECRET.get_secret_value())

    def transport(breakers: Breakers) -> Transport:
        return Transport(Limits(wait=0.001), breakers=breakers)

    patch.setattr(build, "Transport", transport)
    github, registry, runs = FakeGitHubVcs(), FakeRegistry(), SmallCI()
    github.commit("what runs", github_vcs.git("olga"))
    commit = github.squashed(1, "rob")
    github.ran(commit, "build")
    digest = registry.image("v1.4.0", annotation=commit)
    async with AsyncExitStack() as stack:
        ways = {"slack": FaultyProxy("http://127.0.0.1:1")}
        for name, place in (("github", github), ("registry", registry), ("ci", runs)):
            server = await stack.enter_async_context(TestServer(place.app(), host="127.0.0.1"))
            ways[name] = FaultyProxy(f"http://127.0.0.1:{server.port}")
        for way in ways.values():
            await stack.enter_async_context(way.standing())
        data = policy_data()
        data["services"] = {"api": {
            **data["services"]["api"], "repository": "octo/api", "history": "github", "artifacts": "registry", "coordinates": "team/api",
        }}  # fmt: skip
        data["evidence"] = {"profile": "starter", "checks": ["build"], "environments": {"production": {"add": ["checks"]}}}
        data["ci"] = {"fake": {"kind": "http", "url": ways["ci"].url, "secret": "FAKE_CI_SECRET"}}
        data["artifacts"] = {"registry": {"kind": "oci", "url": ways["registry"].url}}
        yield await stack.enter_async_context(RealWorld(database_url, data, ways, digest, commit, runs))
