"""What several stories of the demo begin with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo import ci_process
from bot.demo.company import Company
from tests.world import forked


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's servers are a process of their own here too, but one that has imported everything before it begins."""
    forked.ready()
    monkeypatch.setattr(ci_process, "started", forked.started)


@pytest.fixture
async def company(tmp_path: Path, at_once: None) -> AsyncIterator[Company]:
    """The demo's company after its first release."""
    async with Company(tmp_path) as company:
        await company.first_release("v1.3.2")
        yield company
