"""A world for each story, on both databases."""

from collections.abc import AsyncIterator

import pytest

from tests.world.world import World


@pytest.fixture
async def world(database_url: str) -> AsyncIterator[World]:
    """The company at work on a Tuesday morning, inside the change window."""
    async with World(database_url) as made:
        yield made
