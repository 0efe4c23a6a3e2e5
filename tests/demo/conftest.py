"""What several stories of the demo begin with."""

import pytest

from bot.demo.company import Company


@pytest.fixture
async def company(tmp_path):
    """The demo's company after its first release."""
    async with Company(tmp_path) as company:
        await company.first_release("v1.3.2")
        yield company
