"""How much of the full size a torture test runs; imported by the tests of this folder, set by `make torture TORTURE=…`."""

from __future__ import annotations

import os


def size(full: int, least: int = 1) -> int:
    """How many rounds, cases or steps to run.

    Args:
        full: the number at `TORTURE=1`.
        least: how many at least, however small the part.

    Raises:
        ValueError: `TORTURE` is no number.
    """
    return max(least, round(full * float(os.environ.get("TORTURE") or 1)))
