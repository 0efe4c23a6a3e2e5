"""The candidate of a run is the newest commit of its release branch: refused beside allowed (TRN-09, TRN-12, TRN-16)."""

from dataclasses import replace
from typing import Any

import pytest

from guards.cut import Cut, CutState, Rider, Stabilization
from guards.decision import Allow, Refusal, Unsure
from guards.of_cut import entries_of_the_cut, of_the_cut
from guards.unread import Absent, Unread
from guards.version import Artifact
from tests.guards.cases import FACTS, Expected, again, request, said, told
from tests.guards.test_go import API, CUT, NO_CANDIDATE, NOWHERE, run_facts

OTHER = "0f" * 20
UNBRANCHED: dict[str, Any] = {"branch": "", "commit": API.commit}


def cut(names: str | None = API.commit, **changed: Any) -> Any:
    """One cut, and what its branch names now; nobody read it where that is None."""
    made: Cut = replace(CUT, **changed)
    return run_facts(stabilization=Stabilization((made,), (), ()), heads={} if names is None else {CUT.repository: names})


def unread(answer: Absent | Unread) -> Any:
    return replace(cut(), go=replace(cut().go, heads={CUT.repository: answer}))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(cut(), Allow, id="the newest commit of the branch"),
        pytest.param(cut(commit=OTHER, head=API.commit), Allow, id="with a fix that came after the cutoff"),
        pytest.param(cut(OTHER, head=OTHER), Refusal.NOT_OF_THE_CUT, id="a fix came after what was tagged"),
        pytest.param(cut(OTHER), Refusal.NOT_OF_THE_CUT, id="the same, and nobody looked at it yet"),
        pytest.param(cut(again(API.commit)), Allow, id="the newest commit, read anew"),
        pytest.param(cut(head="f" * 40), Unsure, id="looked at was one that sorts behind it"),
        pytest.param(cut(head=OTHER), Unsure, id="it is the newest commit, and nobody looked at it yet"),
        pytest.param(cut(None), Unsure, id="nobody asked what the branch names"),
        pytest.param(unread(Unread("the branch", "no answer")), Unsure, id="the branch unread"),
        pytest.param(unread(Absent("branch release/1.4")), Refusal.NOT_OF_THE_CUT, id="the branch is gone"),
        pytest.param(cut(None, **UNBRANCHED), Allow, id="without a branch, what was cut"),
        pytest.param(cut(None, branch="", commit=OTHER), Refusal.NOT_OF_THE_CUT, id="without a branch, what was merged later"),
        pytest.param(cut(services=("web",)), Refusal.NOT_OF_THE_CUT, id="the service was not cut"),
        pytest.param(cut(state=CutState.ORDERED), Refusal.NOT_OF_THE_CUT, id="its branch is not there yet"),
        pytest.param(cut(OTHER, commit=OTHER, head=OTHER, base=API.commit), Allow, id="production runs it, and nothing is new"),
        pytest.param(
            cut(OTHER, commit=OTHER, head=OTHER, base=API.commit, included=(Rider(7, "refunds", "https://x"),)),
            Refusal.NOT_OF_THE_CUT, id="production runs it, and something new was cut",
        ),
        pytest.param(cut(OTHER, head=OTHER, base=API.commit), Refusal.NOT_OF_THE_CUT, id="production runs it, and a fix came since"),
        pytest.param(run_facts(stabilization=None), Unsure, id="nobody asked what was cut"),
        pytest.param(run_facts(**NO_CANDIDATE), Allow, id="nothing is pinned"),
        pytest.param(run_facts(**NOWHERE), Allow, id="no such run"),
    ],
)  # fmt: skip
def test_the_candidate_is_what_the_branch_names(given: Any, expected: Expected):
    assert said(of_the_cut(request(), given)) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(cut(), Allow, id="what was cut"),
        pytest.param(cut(OTHER, head=OTHER), Refusal.NOT_OF_THE_CUT, id="another commit"),
        pytest.param(cut(None), Unsure, id="nobody asked what the branch names"),
        pytest.param(replace(cut(), go=None), Unsure, id="nothing was asked"),
        pytest.param(run_facts(**NOWHERE), Allow, id="no such run"),
    ],
)
def test_a_manifest_pins_what_was_cut(given: Any, expected: Expected):
    made = given.go.stabilization.cuts if given.go and given.go.stabilization else (CUT,)
    part = replace(FACTS, artifact=Artifact("api", "v1.4.0", "sha256:" + "1" * 64, API.commit))
    lost = replace(FACTS, artifact=Absent("artifact"))
    assert said(entries_of_the_cut(request(), replace(given, cuts=made, parts={"api": part, "web": lost}))) == expected


def test_it_names_both_commits_and_what_to_tag():
    no = of_the_cut(request(), cut(OTHER, head=OTHER))
    assert said(no) == Refusal.NOT_OF_THE_CUT
    assert (
        (no.why, no.remedy)
        == (  # type: ignore[union-attr]
            f"v1.4.0 is {API.commit[:12]}; release/1.4 names {OTHER[:12]}.",
            f"Have CI tag {OTHER[:12]}, and make that the candidate; what came later rides the next train.",
        )
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param(cut(), f"release/1.4 is {API.commit[:12]}", id="on a branch"),
        pytest.param(cut(None, **UNBRANCHED), f"what was cut is {API.commit[:12]}", id="without a branch"),
        pytest.param(cut(head=OTHER), f"could not read what came onto release/1.4 since {OTHER[:12]}", id="not looked at yet"),
    ],
)
def test_what_people_read_of_the_newest_commit(given: Any, sentence: str):
    assert told(of_the_cut(request(), given))[0] == sentence
