"""The demo as somebody starts it after cloning: its own process, the address that it prints, a browser (run by `make test-browser`)."""

import asyncio
import os
import re
import signal
import sys
from contextlib import asynccontextmanager

import pytest

from bot.demo.trial import MARK
from tests.browser.conftest import KEPT, ROOT
from tests.browser.page import card, types

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@asynccontextmanager
async def started(*words: str):
    """The console script: the address that it printed, and `tells(line, answer)`, which types a line at its prompt and waits for an answer.

    It ends when nobody types any more.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", *words, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1", "SIGNALBOX_LOG_LEVEL": "verbose", "COLUMNS": "200"},
    )  # fmt: skip

    async def printed(pattern: str) -> str:
        said = ""
        async with asyncio.timeout(90):
            while not (found := re.search(pattern, said)):
                line = await process.stdout.readline()
                assert line, f"it ended after:\n{said}"
                said += line.decode()
        return found[0]

    async def tells(line: str, answer: str) -> None:
        process.stdin.write(f"{line}\n".encode())
        await printed(answer)

    try:
        yield await printed(r"http://127\.0\.0\.1:\d+/\S*"), tells
        process.stdin.close()
        async with asyncio.timeout(30):
            await process.stdout.read()
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
            await process.wait()


@pytest.fixture
async def opened(chromium):
    """`await opened(address)` is a tab there; whatever the browser complains of fails the test."""
    complaints = []
    context = await chromium.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")

    async def opened(address: str, handle: str):
        tab = await context.new_page()
        tab.set_default_timeout(30_000)
        tab.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        await tab.goto(f"{address}?as={handle}")
        return tab

    yield opened
    await context.close()
    assert complaints == []


async def test_a_newcomer_promotes_something_within_minutes(opened):
    async with started() as (address, tells):
        page = await opened(address, "carla")
        await page.get_by_role("heading", name="# releases").wait_for()
        assert await page.locator("#marked").inner_text() == ""
        await tells("release v1.5.0", r"deployed it\s+to\s+dev")
        await types(page, "/release promote api v1.5.0 staging migration=no")
        await card(page, "api v1.5.0 → staging: deployed").wait_for()
        await page.close()  # before its server is gone, which it would complain of


async def test_a_policy_of_ones_own_is_played_and_marked(opened):
    async with started("--policy", str(ROOT / "examples" / "signalbox.yaml")) as (address, _):
        page = await opened(address, "linus")
        await page.get_by_text(MARK).wait_for()
        await types(page, "/release promote billing-api v1.1.0 development migration=no")
        await card(page, "billing-api v1.1.0 → development: deployed").wait_for()
        await page.screenshot(path=KEPT / "policy.png")
        await page.close()
