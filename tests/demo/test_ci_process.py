"""The demo CI as the demo holds it: its clock is the story's, it deploys when told to, and it never outlives the demo."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from bot.adapters.generic_ci import GenericArtifacts
from bot.adapters.transport import Transport
from bot.demo.builds import Builds
from bot.demo.ci_process import CIError, CIProcess
from bot.demo.clock import StoryClock
from bot.demo.git import Author
from bot.demo.repository import Repository
from guards.unread import Unread
from guards.version import Artifact

SECRET = "the-secret-of-the-demo-ci-test"
LONG_AHEAD = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
ROB = Author("Rob", "rob@acme.example")


@pytest.fixture
async def ci(tmp_path):
    (tmp_path / "secret").write_text(SECRET)
    repository = await Repository.create(tmp_path / "api", tagger=ROB)
    await repository.commit({"api.py": "x"}, "First", author=ROB, at=LONG_AHEAD)
    await repository.tag("v1.0.0", at=LONG_AHEAD)
    await Builds(repository, tmp_path / "ci", "acme/api", "https://github.com/acme/api", lambda: LONG_AHEAD).build("api", "v1.0.0")
    async with CIProcess(tmp_path / "ci", tmp_path / "secret", StoryClock.starting(LONG_AHEAD), tmp_path / "ci.log") as started:
        yield started


async def test_it_lives_in_the_storys_time(at_once, ci):
    """A signature counts for five minutes, so both sides must agree on the time (SEC-02)."""
    transport = Transport()
    try:
        clock = StoryClock.starting(LONG_AHEAD)
        index = GenericArtifacts(transport, name="demo", base=ci.url, secret=SecretStr(SECRET), clock=clock)
        assert isinstance(await index.find("api", "v1.0.0"), Artifact)

        clock.move(timedelta(hours=2))
        assert isinstance(await index.find("api", "v1.0.0"), Unread)
        ci._clock.ahead = clock.ahead
        await ci.set_clock()
        assert isinstance(await index.find("api", "v1.0.0"), Artifact)
    finally:
        await transport.close()


async def test_it_deploys_what_was_built_and_says_when_it_cannot(at_once, ci):
    assert await ci.standing("api") == []
    await ci.deploy("api", "v1.0.0", "staging")
    (standing,) = await ci.standing("api")
    assert (standing.environment, standing.version) == ("staging", "v1.0.0")
    assert await ci.built("api", "v1.0.0")
    assert not await ci.built("api", "v1.1.0")
    with pytest.raises(CIError, match="answered 404 to deploy"):
        await ci.deploy("api", "v1.1.0", "staging")
    with pytest.raises(CIError, match="answered 422 to faults"):
        await ci.misbehave("explode")
    with pytest.raises(CIError, match="answered 422 to callback"):
        await ci.call_back("https://example.com")


async def test_it_ends_when_its_parent_is_gone(ci):
    """A demo that was killed closes its end of the pipe, whatever else it could not do."""
    process = ci._program._process
    process.stdin.close()
    assert await process.wait() == 0


async def test_one_that_cannot_start_says_where_to_look(tmp_path):
    process = CIProcess(tmp_path / "ci", tmp_path / "no-such-secret", StoryClock(), tmp_path / "ci.log")
    with pytest.raises(CIError, match=r"did not start; its last words are in .*ci\.log"):
        await process.__aenter__()
    assert "no-such-secret" in (tmp_path / "ci.log").read_text()


def test_time_only_goes_forward():
    clock = StoryClock.starting(LONG_AHEAD)
    before = clock.now()
    clock.move(timedelta(hours=2))
    assert clock.now() - before >= timedelta(hours=2)
    with pytest.raises(ValueError, match="forward"):
        clock.move(timedelta(seconds=-1))
