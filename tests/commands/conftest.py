"""A world for each story, on both databases."""

import json
import os
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.world.world import World

HERE = Path(__file__).parent
GOLDEN = Path(__file__).parent.parent / "golden"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A story is the same on both databases; what differs is SQL and locks, and each statement's own tests run on both. So the main road
    and those that race for rows are played on PostgreSQL by `make test`, and all others by a target of their own."""
    for item in items:
        case = getattr(item, "callspec", None)
        if case and case.params.get("database_url") == "postgresql" and item.path.parent == HERE and not item.get_closest_marker("both"):
            item.add_marker("postgresql")


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """The company at work on a Tuesday morning, inside the change window."""
    async with World(database_url) as made:
        yield made


@pytest.fixture
def golden() -> Callable[[str, Any], None]:
    """Compares what was drawn with `tests/golden/<name>.json`; `UPDATE_GOLDEN=1` writes it instead.

    Hashes and correlation ids are masked: the one moves with each new key of the policy file, the other is drawn by lot (a commit is not).
    """

    def compare(name: str, drawn: Any) -> None:
        text = json.dumps(drawn, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        text = re.sub(r"\b[0-9a-f]{64}\b(?<!a1a1)(?<!b2b2)", "<hash>", text)
        text = re.sub(r"policy [0-9a-f]{12}\b", "policy <hash>", text)
        text = re.sub(r'"(?!c0ffee)[0-9a-f]{12}"', '"<correlation>"', text)
        text = re.sub(r"id `[0-9a-f]{12}`", "id `<correlation>`", text)
        file = GOLDEN / f"{name}.json"
        if os.environ.get("UPDATE_GOLDEN"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8")

    return compare
