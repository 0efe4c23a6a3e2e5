"""The benchmark runs and reports every figure; what the figures say is never tested."""

import json
import sys
from collections import Counter
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from bot import bench
from bot.bench import run
from bot.bench.cedar import RULES
from bot.bench.curves import Curve
from bot.bench.figures import Figure, Report
from bot.bench.judging import compared, judged, refusing
from bot.bench.load import percentile
from bot.bench.promotion import case
from bot.bench.stopped import stopped
from bot.bench.told import request_of
from commands.core.dispatch import GUARDS
from guards.requirements import REQUIREMENT_OF
from guards.vocabulary import Profile


@pytest.mark.parametrize("profile", Profile)
def test_cedar_judges_as_the_guards_do_guard_by_guard(profile):
    """Every guard of a dispatch is turned once, but those that the profile asks for nothing; both say no, and Cedar by the same name."""
    given, cedar = compared(profile)
    assert cedar is not None
    assert judged(given).outcome == "allowed"
    assert cedar.allows(request_of(given))
    changed = stopped(given)
    assert set(changed) == {guard.__name__ for guard in GUARDS} - (set() if profile is Profile.STRICT else set(REQUIREMENT_OF))
    for name, one in changed.items():
        assert name in refusing(one)
        assert not cedar.allows(request_of(one)), name
        assert name in cedar.forbidding(request_of(one))


@pytest.mark.parametrize(("profile", "most"), [(Profile.STARTER, 260), (Profile.STRICT, 740)])
def test_a_judgement_finds_nothing_out_twice(profile, most):
    """Its calls are counted, as its time tells more of the machine."""
    given, called = case(profile), Counter()
    judged(given)  # what the policy alone tells is known from now on
    again = replace(given, facts=replace(given.facts, evidence=replace(given.facts.evidence)))

    def count(frame, event, arg):
        called[event] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        judged(again)
    finally:
        sys.setprofile(before)
    assert 39 < called["call"] < most


def test_a_comparison_of_different_rules_is_refused(monkeypatch):
    monkeypatch.setitem(RULES, "alone", "false")
    with pytest.raises(RuntimeError, match="Cedar does not judge as the guards do: alone"):
        compared(Profile.STARTER)


@pytest.mark.bench
@pytest.mark.timeout(600)  # on a busy machine it starts its servers slowly
@pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR")  # pgserver warns without one
def test_the_short_form_reports_every_figure(tmp_path, capsys):
    file = tmp_path / "figures.json"
    assert run(quick=True, json_file=file, write_docs=False) in {0, 1}
    told = json.loads(file.read_text())
    assert told["skipped"] == []
    groups = {figure["group"] for figure in told["figures"]}
    assert groups == {
        "Judging a production promotion, all guards",
        "Finding the next allowed time: 50 windows, 200 freezes, 5 years",
        "Judging a release of 1,000 pull requests with 10,000 files, under 200 path patterns",
        "`signalbox serve`",
        "Reading what proves a release of 2 pull requests, every answer after 50 ms",
        "Proving the ledger, entry by entry",
        "Approving, until CI has been called (peers answer at once)",
        "200 changes and 2,000 ledger entries, to the empty database",
        "Moments of 20 trains with ten each pending, 3 replicas on PostgreSQL",
        "A tick with 200 rows in the future, to 10",
        "Acknowledging a slash command, 4 connections",
        "Acknowledging while `/release help` is carried out, 4 connections",
    }
    assert all(
        figure["value"] > 0 for figure in told["figures"] if figure["name"] not in {"carried out meanwhile", "second look, other requests"}
    )
    [others] = [figure for figure in told["figures"] if figure["name"] == "second look, other requests"]
    assert (others["target"], others["met"]) == ("< 1 requests", others["value"] == 0)
    assert [figure["target"] for figure in told["figures"] if figure["name"] == "our door to bare Bolt"] == ["≥ 60 %"]
    assert [[entries for entries, _ in curve["points"]] for curve in told["curves"]] == [[0, 20, 200, 2000]] * 5
    assert all(value > 0 for curve in told["curves"] for _, value in curve["points"])
    assert told["machine"]["python"].startswith("CPython 3.")
    assert "start to ready" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("bounds", "value", "target", "met"),
    [
        ({"below": 100}, 99.9, "< 100 ms", True),
        ({"below": 100}, 100, "< 100 ms", False),
        ({"above": 60}, 60, "≥ 60 ms", True),
        ({"above": 60}, 59.9, "≥ 60 ms", False),
        ({}, 1, "", None),
    ],
)
def test_a_figure_meets_its_bound_or_says_so(bounds, value, target, met):
    figure = Figure("g", "n", value, "ms", **bounds)
    assert (figure.target, figure.met) == (target, met)


def test_the_page_shows_what_was_missed(tmp_path):
    from datetime import UTC, datetime

    figures = (Figure("g", "fast", 3, "ms", below=5), Figure("g", "slow", 7, "ms", below=5, note="a reason"))
    page = Report(datetime(2026, 11, 24, tzinfo=UTC), "signalbox bench", figures, ("x: y is not installed",)).page()
    assert "| fast | 3.00 ms | < 5 ms | yes |" in page
    assert "| slow | 7.00 ms | < 5 ms | **no** |" in page
    assert "- slow: a reason" in page
    assert "Not measured: x: y is not installed" in page


@pytest.mark.parametrize(("share", "value"), [(0.5, 50.5), (0.99, 99), (1.0, 100)])
def test_percentiles_are_by_nearest_rank(share, value):
    assert percentile(range(1, 101), share) == value


# ---------------------------------------------------------------- growth

GROWN = Curve("form sent → CI called, p50", "ms", ((0, 16.5), (10_000, 16.9), (100_000, 17.0), (1_000_000, 1234.5)), "a note")


def test_a_curve_is_a_picture_that_says_its_values_and_is_the_same_each_time():
    picture = GROWN.svg()
    assert picture == GROWN.svg()
    root = ElementTree.fromstring(picture)
    texts = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"empty", "10,000", "100,000", "1,000,000", "16.5", "16.9", "17.0", "1,234"} <= set(texts)
    assert texts[0] == "form sent → CI called, p50 (ms), by ledger entries"
    heights = [float(node.get("cy")) for node in root.iter("{http://www.w3.org/2000/svg}circle")]
    assert heights == sorted(heights, reverse=True)
    assert 44 < heights[-1] < heights[0] < 208
    assert GROWN.file == "growth-form-sent-ci-called-p50.svg"
    assert len(picture) < 4096


@pytest.mark.parametrize("points", [(), ((0, 0.0),), ((0, 0.0), (10, 0.0)), ((0, 1e-9), (10, 1e9))])
def test_a_curve_of_nothing_or_of_extremes_is_a_picture_too(points):
    ElementTree.fromstring(Curve("x < y & z", "s", points).svg())


def test_the_page_and_its_pictures_are_written_by_one_run(tmp_path, monkeypatch):
    async def measured(*_):
        return [Figure("Group", "name", 2.0, "ms", below=1)], [GROWN], ["PostgreSQL: no"]

    monkeypatch.setattr(bench, "measure", measured)
    monkeypatch.setattr(bench, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(bench, "PICTURES", tmp_path)
    assert run(quick=True, json_file=tmp_path / "figures.json", write_docs=True) == 1
    page = (tmp_path / "page.md").read_text()
    assert "| ledger entries | empty | 10,000 | 100,000 | 1,000,000 |" in page
    assert "| form sent → CI called, p50 | 16.5 ms | 16.9 ms | 17.0 ms | 1,234 ms |" in page
    assert f"](pictures/{GROWN.file})" in page
    assert (tmp_path / GROWN.file).read_text() == GROWN.svg()
    assert json.loads((tmp_path / "figures.json").read_text())["curves"][0]["points"][1] == [10_000, 16.9]
