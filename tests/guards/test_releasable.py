"""Which exceptions leave main unreleasable (FRZ-14)."""

from dataclasses import replace

import pytest

from guards.exemption import ExemptionState
from guards.releasable import unreleasable
from guards.unread import Unread
from guards.vocabulary import Blocked, Requirement
from tests.guards.cases import AT, DAY, exemption, facts, freeze

WIDE = exemption(requirement=Requirement.REVIEWS, version=None, until=AT + DAY)
MERGES = freeze(blocks=(Blocked.MERGES,))
LOST = Unread("the freeze calendar")


@pytest.mark.parametrize(
    ("one", "freezes", "found"),
    [
        pytest.param(WIDE, (), ("api",), id="every version, and nothing stands still"),
        pytest.param(WIDE, (MERGES,), (), id="merges stand still"),
        pytest.param(WIDE, (replace(MERGES, services=("web",)),), ("api",), id="those of another service do"),
        pytest.param(WIDE, (replace(MERGES, branches=("release/*",)),), ("api",), id="those of another branch do"),
        pytest.param(WIDE, (replace(MERGES, in_force=None),), ("api",), id="nobody approved that"),
        pytest.param(WIDE, (replace(MERGES, lifted=AT),), ("api",), id="that is over"),
        pytest.param(WIDE, (freeze(),), ("api",), id="deployments stand still"),
        pytest.param(replace(WIDE, version="v1.4.0"), (), (), id="one version"),
        pytest.param(replace(WIDE, requirement=Requirement.NOTES), (), (), id="what main is not asked for"),
        pytest.param(replace(WIDE, environments=("staging",)), (), (), id="not for production"),
        pytest.param(replace(WIDE, state=ExemptionState.REVOKED), (), (), id="revoked"),
        pytest.param(replace(WIDE, until=AT), (), (), id="over"),
        pytest.param(replace(WIDE, until=AT - DAY), (), (), id="over since yesterday"),
        pytest.param(replace(WIDE, services=("gone",)), (), (), id="a service that is gone"),
        pytest.param(WIDE, LOST, LOST, id="freezes unread"),
    ],
)
def test_what_leaves_main_unreleasable(one, freezes, found):
    assert unreleasable(one, facts(freezes=freezes)) == found
