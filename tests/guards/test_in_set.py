"""What a manifest pins goes to production as its set, never by its go alone (MAN-02, MAN-03, MAN-07)."""

from dataclasses import replace
from typing import Any

import pytest

from guards.decision import Allow, Refusal, Unsure
from guards.go import Candidate, GoDecision, Outcome, Pinned
from guards.hotfix import HotfixFacts, Ships
from guards.in_set import in_its_set
from guards.unread import Unread
from guards.vocabulary import ChangeType
from tests.guards.cases import CHANGE, Expected, emergency, request, said
from tests.guards.test_go import API, BEFORE, GO, VALID, entry, riding
from tests.guards.test_hotfix import HOTFIX

WEB = Pinned("web", "v2.0.0", API.commit, API.digest)
ADS = replace(WEB, service="ads")
SET = replace(GO, candidate=Candidate((WEB, API), "a1" * 32))
"""A go for a manifest of two."""


def pinned(go: GoDecision = SET, **parts: Any) -> Any:
    return riding((go, go.candidate.hash), **{"promotions": (), **parts})


def change(manifest: str | None) -> Any:
    return pinned(change=replace(CHANGE, content=replace(CHANGE.content, manifest=manifest)))


@pytest.mark.parametrize(
    ("asked", "given", "expected"),
    [
        pytest.param(request(), pinned(), Refusal.OF_A_SET, id="alone, by the go for its set"),
        pytest.param(request(), change(None), Refusal.OF_A_SET, id="a change that goes alone"),
        pytest.param(request(), change("a1" * 32), Allow, id="an entry of the set"),
        pytest.param(request(), pinned(replace(SET, candidate=Candidate((API,), "a1" * 32))), Refusal.OF_A_SET, id="a manifest of one service"),
        pytest.param(request(), riding(VALID), Allow, id="a train of one service, without a manifest"),
        pytest.param(request(), pinned(replace(SET, outcome=Outcome.NO_GO)), Allow, id="no go: what is decided says so"),
        pytest.param(request(), entry(rides=()), Allow, id="no train"),
        pytest.param(request(environment="staging"), pinned(), Allow, id="not production"),
        pytest.param(request(), entry(rides=Unread("the trains")), Unsure, id="the trains unread"),
        pytest.param(request(), pinned(**BEFORE), Allow, id="going back with one of a set"),
        pytest.param(request(), pinned(promotions=Unread("the log")), Unsure, id="whether it ran there is unread"),
        pytest.param(request(change_type=ChangeType.EMERGENCY), replace(pinned(), emergency=emergency()), Allow, id="an emergency"),
        pytest.param(request(change_type=ChangeType.EMERGENCY), pinned(), Refusal.OF_A_SET, id="a word makes no emergency"),
        pytest.param(request(), pinned(hotfixes=HotfixFacts(of_version=HOTFIX)), Allow, id="a hotfix that rides alone"),
        pytest.param(
            request(), pinned(hotfixes=HotfixFacts(of_version=replace(HOTFIX, scope=replace(HOTFIX.scope, ships=Ships.TRAIN)))),
            Refusal.OF_A_SET, id="a hotfix that rides the train",
        ),
        pytest.param(request(), pinned(hotfixes=Unread("the hotfixes")), Unsure, id="whether it is a hotfix is unread"),
    ],
)  # fmt: skip
def test_what_a_manifest_pins_goes_as_its_set(asked: Any, given: Any, expected: Expected):
    assert said(in_its_set(asked, given)) == expected


@pytest.mark.parametrize(("entries", "beside"), [((WEB, API), " with web v2.0.0"), ((ADS, API), " with ads v2.0.0"), ((API,), "")])
def test_it_names_what_goes_with_it_and_what_to_type(entries: tuple[Pinned, ...], beside: str):
    no = in_its_set(request(), pinned(replace(SET, candidate=Candidate(entries, "a1" * 32))))
    assert (no.why, no.remedy) == (  # type: ignore[union-attr]
        f"api v1.4.0 goes to production{beside}, as the set of {GO.run}.", f"Ask for the set: `/release train promote {GO.run} production`."
    )  # fmt: skip


def test_of_two_sets_that_bring_it_the_first_is_named():
    later = replace(SET, run="weekly-2026-12-01", candidate=Candidate((API,), "b2" * 32))
    no = in_its_set(request(), riding((SET, "a1" * 32), (later, "b2" * 32), promotions=()))
    assert no.why == f"api v1.4.0 goes to production with web v2.0.0, as the set of {GO.run}."  # type: ignore[union-attr]
