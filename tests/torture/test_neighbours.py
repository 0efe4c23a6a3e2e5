"""Every fault in the place of every answer of every call, again and again, many at a time (OPS-08, EVD-31)."""

from contextlib import AsyncExitStack

import pytest

from tests.contracts.test_faulty_neighbours import Bench, cells
from tests.torture.size import size
from tests.world.outside import ROWS


@pytest.mark.torture
@pytest.mark.parametrize("row", ROWS, ids=str)
async def test_no_fault_anywhere_is_a_yes(row):
    for _ in range(size(10)):
        async with AsyncExitStack() as stack:
            bench = await Bench.of(row, stack)
            assert await bench.wrong(cells(row, await bench.usual()), at_once=24) == []
