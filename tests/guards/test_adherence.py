"""What a period says about change windows (WIN-17)."""

from dataclasses import replace

import pytest

from guards.adherence import Deployed, Kept, adherence
from tests.guards.cases import AT

ONE = Deployed(AT, "api", "production", "v1.4.0", "CR-1", Kept.INSIDE, "weekdays")


def kept(*how: Kept) -> list[Deployed]:
    return [replace(ONE, kept=each, change=f"CR-{number}") for number, each in enumerate(how)]


@pytest.mark.parametrize(
    ("how", "share", "counts"),
    [
        pytest.param((), "nothing to judge", (0, 0, 0, 0), id="nothing"),
        pytest.param((Kept.INSIDE,) * 3, "100 %", (3, 3, 0, 0), id="all"),
        pytest.param((*(Kept.INSIDE,) * 299, Kept.OUTSIDE), "99 %", (299, 300, 1, 0), id="one of many is never rounded away"),
        pytest.param((Kept.INSIDE, Kept.OVERRIDDEN), "50 %", (1, 2, 1, 0), id="an emergency is outside too"),
        pytest.param((Kept.INSIDE, Kept.UNKNOWN), "100 %", (1, 1, 0, 1), id="what is not known is not judged"),
        pytest.param((Kept.UNKNOWN,), "nothing to judge", (0, 0, 0, 1), id="only what is not known"),
    ],
)
def test_what_a_period_says(how, share, counts):
    found = adherence(kept(*how))
    assert found.share == share
    assert (found.inside, found.judged, len(found.outside), len(found.unknown)) == counts
