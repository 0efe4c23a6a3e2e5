"""A company and its page in Chromium; whatever a browser complains of fails the test."""

import os
import shutil
from pathlib import Path

import pytest

from bot.demo.backstage import Backstage
from bot.demo.company import Company
from bot.workspace.page import Page

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "build" / "browser"
"""Where every picture goes."""


@pytest.fixture
async def chromium():
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        # root, as in CI's containers, has no sandbox to run it in
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), chromium_sandbox=os.geteuid() != 0)
        yield browser
        await browser.close()


@pytest.fixture
async def company(tmp_path):
    async with Company(tmp_path) as company:
        await company.first_release("v1.3.2")
        yield company


@pytest.fixture
async def tab(chromium, company, request):
    """`await tab("carla")` opens the demo's page as Carla."""
    complaints = []
    async with Page(company.slack, Backstage(company)) as page:
        context = await chromium.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")

        async def tab(handle: str):
            opened = await context.new_page()
            opened.set_default_timeout(30_000)
            opened.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
            opened.on("pageerror", lambda error: complaints.append(str(error)))
            await opened.goto(f"{page.address}?as={handle}")
            await opened.get_by_role("heading", name="# releases").wait_for()
            return opened

        yield tab
        for number, opened in enumerate(context.pages):
            await opened.screenshot(path=KEPT / f"{request.node.name}-{number}.png")  # where it stood, should it have failed
        await context.close()
    assert complaints == []
