"""A look at what a run would bring takes the place of the one before; one that failed only says so (TRN-13)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from guards.cut import Rider
from guards.prospect import Prospect
from tests.guards.cases import AT

WAS = Prospect("weekly-2026-12-01", "example/repo", AT, "a" * 40, (Rider(7, "limit", "https://x/7"),))
LATER = AT + timedelta(hours=1)
NOW = replace(WAS, at=LATER, head="b" * 40)
LOST = Prospect(WAS.run, WAS.repository, LATER, None, lost="could not read the head of main")
MORE = replace(NOW, included=(*WAS.included, Rider(9, "more", "https://x/9")))


@pytest.mark.parametrize(
    ("look", "was", "stands", "same"),
    [
        pytest.param(NOW, WAS, NOW, True, id="nothing new"),
        pytest.param(MORE, WAS, MORE, False, id="merged meanwhile"),
        pytest.param(replace(NOW, waiting=WAS.included), WAS, replace(NOW, waiting=WAS.included), False, id="opened meanwhile"),
        pytest.param(LOST, WAS, replace(WAS, lost=LOST.lost), False, id="unread: what was read stays"),
        pytest.param(LOST, replace(WAS, lost=LOST.lost), replace(WAS, lost=LOST.lost), True, id="unread again"),
        pytest.param(NOW, replace(WAS, lost=LOST.lost), NOW, False, id="read again"),
    ],
)
def test_what_stands_after_a_look(look: Prospect, was: Prospect, stands: Prospect, same: bool):
    assert look.over(was) == stands
    assert look.over(was).same(was) is same
