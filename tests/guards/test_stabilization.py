"""What may get onto a release branch: refused beside allowed (TRN-09, TRN-16, HOT-15)."""

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest

from guards.cut import Acceptance, Fix, Flaw, Found, OpenPull, flawed
from guards.stabilization import Source, candidates, flaws, merges, picked_from, rides_later
from guards.stabilization_rules import StabilizationRules, Supported
from guards.unread import Absent, Unread
from guards.vcs import Commit, Span
from guards.vocabulary import Risk
from tests.guards.cases import AT, again
from tests.guards.proofs import pull

SHA, FROM, OTHER = "f1" * 20, "50" * 20, "07" * 20
RULES = StabilizationRules()
LOST = Unread("the patch", "no answer within 5 s")
COMMIT = Commit(SHA, "fix: PAY-1 refunds", "https://x", None, None, (), True, (12,), "fix: PAY-1 refunds")
PULL = replace(
    pull(), number=12, title="fix: PAY-1 refunds", labels=frozenset({"Release-Blocker"}), tickets=("PAY-1",), body="", base="release/1.8"
)
BACKPORT = frozenset({"Backport", "backport:1.8"})
PULL = replace(PULL, labels=PULL.labels | BACKPORT)
SPAN = Span("example/repo", OTHER, SHA, (COMMIT,), (PULL,))
PICKED = Source(FROM, FROM, "same", "same")


def judged(
    commit: Commit = COMMIT, source: Any = PICKED, span: Span | None = None, rules: StabilizationRules = RULES, risk: Risk | None = Risk.LOW, **changed: Any
) -> Any:  # fmt: skip
    """The flaws of one commit, with another pull request."""
    found = flaws(commit, span or replace(SPAN, pulls=(replace(PULL, **changed),)), source, (), rules, risk)
    return found if isinstance(found, Unread) else {one.flaw for one in found}


@pytest.mark.parametrize(
    ("judge", "wanted"),
    [
        pytest.param(judged, set(), id="a blocker's fix from main"),
        pytest.param(partial(judged, labels=BACKPORT | {"security"}), set(), id="for security"),
        pytest.param(partial(judged, labels=BACKPORT, tickets=()), {Flaw.NO_TICKET, Flaw.NO_REASON}, id="no label, no ticket"),
        pytest.param(partial(judged, labels=BACKPORT), {Flaw.NO_REASON}, id="no reason"),
        pytest.param(partial(judged, labels=frozenset({"security"})), {Flaw.NO_LABEL}, id="no label of a backport"),
        pytest.param(partial(judged, labels=frozenset({"security", "backport", "backport:1.7"})), {Flaw.NO_LABEL}, id="the label of another branch"),
        pytest.param(partial(judged, labels=frozenset({"security"}), rules=StabilizationRules(backport=())), set(), id="the policy asks for no labels"),
        pytest.param(partial(flaws, COMMIT, replace(SPAN, pulls=(replace(PULL, labels=BACKPORT),)), PICKED, ("PAY-1",), RULES, Risk.LOW), (), id="a blocker's ticket"),
        pytest.param(partial(judged, risk=None), {Flaw.NO_RISK}, id="no risk class"),
        pytest.param(partial(judged, risk=None, rules=StabilizationRules(risk_class=False)), set(), id="the policy asks for no risk class"),
        pytest.param(partial(judged, replace(COMMIT, title="feat: more")), {Flaw.FEATURE}, id="a feature by its commit"),
        pytest.param(partial(judged, replace(COMMIT, title="fix(api)!: more")), {Flaw.FEATURE}, id="breaking by its commit"),
        pytest.param(partial(judged, title="feat: more"), {Flaw.FEATURE}, id="a feature by its pull request"),
        pytest.param(partial(judged, body="BREAKING CHANGE: all of it"), {Flaw.FEATURE}, id="breaking by its pull request"),
        pytest.param(partial(judged, replace(COMMIT, pulls=())), {Flaw.NO_PULL}, id="no pull request"),
        pytest.param(partial(judged, source=None), {Flaw.NO_SOURCE}, id="no source"),
        pytest.param(partial(judged, source=replace(PICKED, parts=OTHER)), {Flaw.NO_SOURCE}, id="its source is not on main"),
        pytest.param(partial(judged, source=replace(PICKED, parts=Absent("common history"))), {Flaw.NO_SOURCE}, id="its source is nowhere"),
        pytest.param(partial(judged, source=replace(PICKED, own="other")), {Flaw.DIFFERS}, id="another change"),
        pytest.param(partial(judged, source=replace(PICKED, own=LOST)), {Flaw.DIFFERS}, id="its source cannot be compared"),
        pytest.param(partial(judged, source=replace(PICKED, other=LOST)), {Flaw.DIFFERS}, id="it cannot be compared"),
        pytest.param(partial(judged, source=replace(PICKED, parts=LOST)), LOST, id="where its source is cannot be told"),
        pytest.param(partial(judged, source=LOST), LOST, id="nothing could be read"),
    ],
)  # fmt: skip
def test_what_may_get_onto_a_release_branch(judge: Any, wanted: Any):
    found = judge()
    if isinstance(found, tuple):
        found = {one.flaw for one in found}
    assert found == (set() if wanted == () else wanted)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        pytest.param(
            replace(PICKED, own="other"), "it makes another change than 505050505050, which it was picked from", id="another change"
        ),
        pytest.param(
            replace(PICKED, parts=OTHER), "505050505050, which it was picked from, is not on main", id="its source is not on main"
        ),
        pytest.param(
            replace(PICKED, own=LOST), "whether it makes the same change as 505050505050 cannot be told: no answer within 5 s", id="unread"
        ),
    ],
)
def test_a_source_is_named_by_twelve_digits(source: Source, sentence: str):
    assert [one.why for one in flaws(COMMIT, SPAN, source, (), RULES, Risk.LOW)] == [sentence]


def test_what_a_decision_has_to_see():
    bad = Fix("weekly-2026-11-24", "example/repo", SHA, "x", "https://x", (), None, (), None, (Found(Flaw.NO_PULL, "none"),), AT)
    accepted = replace(bad, accepted=Acceptance("why", "how", "mara@example.com", "Mara", AT))
    assert flawed((bad, accepted, replace(bad, flaws=()))) == (bad,)


def test_a_merge_is_judged_by_what_it_merges():
    merge = replace(COMMIT, sha=OTHER, parents=2)
    span = replace(SPAN, commits=(COMMIT, merge))
    assert merges(merge, span)
    assert judged(merge, None, span=span) == set()
    assert not merges(replace(merge, pulls=(99,)), span)
    assert not merges(COMMIT, span)
    assert judged(replace(merge, pulls=()), None, span=span) == {Flaw.NO_SOURCE, Flaw.NO_PULL}


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (f"fix: x\n\n(cherry picked from commit {FROM})", FROM),
        (f"fix: x\n\n(cherry picked from commit {OTHER})\n(cherry picked from commit {FROM})", FROM),
        (f"fix: x, (cherry picked from commit {FROM}) says who", None),
        ("fix: x\n\n(cherry picked from commit 9fceb02)", None),
        ("fix: x", None),
    ],
)
def test_what_a_pick_names(message: str, wanted: str | None):
    assert picked_from(replace(COMMIT, message=message)) == wanted


def test_commits_of_main_with_the_same_title_may_be_the_source():
    main = replace(
        SPAN, commits=tuple(replace(COMMIT, sha=s * 40, title=t) for s, t in (("1", "fix: PAY-1 refunds (#9)"), ("2", "fix: other")))
    )
    assert candidates(replace(COMMIT, title="fix: PAY-1 refunds (#12)"), main) == ("1" * 40,)


@pytest.mark.parametrize(
    ("title", "labels", "ticket", "later"),
    [
        ("fix: hole", {"security"}, "PAY-4", False),
        ("fix: small", set(), "PAY-1", False),
        ("fix: small", set(), "PAY-4", True),
        ("feat: late", {"security"}, "PAY-4", True),
        ("fix!: late", {"security"}, "PAY-4", True),
        ("small", {"compliance"}, "PAY-4", False),
    ],
)
def test_what_rides_the_next_train(title: str, labels: set[str], ticket: str, later: bool):
    waiting = OpenPull(7, title, "https://x", "", "dev", frozenset(labels), (ticket,))
    assert rides_later(waiting, ("PAY-1",), RULES) is later


KEPT = Supported(branch="release/1.8", services=("api",), owner="olga@acme.example", until=date(2026, 12, 10), backports="security only")


@pytest.mark.parametrize(
    ("branch", "services", "kept"),
    [
        ("release/1.8", ("api",), KEPT),
        ("release/1.8", ("web", "api"), KEPT),
        ("release/1.8", ("web",), None),
        ("release/1.9", ("api",), None),
        (again("release/1.8"), ("api",), KEPT),
        ("release/2.0", ("web",), KEPT.model_copy(update={"branch": "release/2.0", "services": None})),
    ],
)
def test_which_release_branches_are_kept_on_purpose(branch, services, kept):
    """TRN-26."""
    rules = StabilizationRules(supported=(KEPT, KEPT.model_copy(update={"branch": "release/2.0", "services": None})))
    assert rules.keeps(branch, services) == kept
