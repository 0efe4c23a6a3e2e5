"""The pages that are made from the code are complete, and say what the guards do."""

import inspect
import re
from pathlib import Path

import pytest

from bot import docs
from bot.docs_chat import WORDS, commands_page, lifecycle_drawing, refusals_page
from bot.refusals import MEANINGS
from commands import COMMANDS
from commands.core import dispatch
from guards import (
    artifact,
    authorization,
    cutoff,
    emergencies,
    exceptions,
    freeze,
    hotfixing,
    moments,
    of_cut,
    readiness,
    record,
    set_promotion,
    timetable,
)
from guards.decision import Refusal
from guards.lifecycle import MOVES

GUARDS = {guard.__name__: guard for command in COMMANDS for guard in (*command.guards, *command.whole, *dispatch.GUARDS)}
GUARDS |= {
    "cuttable": cutoff.cuttable,
    "begun": cutoff.begun,
    "stabilized": readiness.stabilized,
    "of_the_cut": of_cut.of_the_cut,
}  # of what no person asks for

HELPERS = {
    "authorized": [record, freeze, exceptions, set_promotion, timetable], "independent": [exceptions], "timely": [moments], "open_blocker": [authorization],
    "verifiable": [record], "looks_after": [record],
    "composed": [set_promotion], "approved": [emergencies, authorization], "apart": [artifact, authorization], "same_version": [artifact, authorization],
    **{name: [authorization] for name in ("known_emergency", "undecided_emergency", "withdrawable_emergency", "heard", "spoke", "closable_emergency", "accessible", "pending_grant", "grants_to_others", "endable_grant")},
    **{name: [hotfixing] for name in ("shipped", "closable_hotfix")},
    **{name: [timetable] for name in ("known_run", "not_cut_yet", "open_run", "captained", "able_captains", "by_captain", "accountable")},
}  # fmt: skip
"""Guards that ask another file for an answer."""


def test_every_refusal_has_its_heading_and_its_remedy():
    assert set(MEANINGS) == set(Refusal)
    headings = re.findall(r"^## (\S+)$", refusals_page(), flags=re.MULTILINE)
    assert headings == list(MEANINGS)
    assert all(meaning.guards and meaning.means.endswith(".") and meaning.next.endswith(".") for meaning in MEANINGS.values())


@pytest.mark.parametrize("code", Refusal)
def test_the_guards_that_are_named_give_the_code(code):
    for name in MEANINGS[code].guards:
        sources = [inspect.getmodule(GUARDS[name]), *HELPERS.get(name, [])]
        assert any(f"Refusal.{code.name}" in inspect.getsource(source) for source in sources), name


def test_every_command_word_and_guard_is_explained():
    page = commands_page()
    for command in COMMANDS:
        assert f"\n## /release {command.name}\n" in page
        assert set(command.arguments.model_fields) <= set(WORDS)
    assert all(inspect.getdoc(guard) for guard in GUARDS.values())
    assert WORDS.keys() == {name for command in COMMANDS for name in command.arguments.model_fields}


def test_every_move_is_drawn():
    drawn = set(re.findall(r"^    (\w+) --> (\w+)$", lifecycle_drawing(), flags=re.MULTILINE))
    assert drawn == {(a.replace("-", "_"), b.replace("-", "_")) for a, onward in MOVES.items() for b in onward}


def test_a_drawing_is_put_between_its_marks_and_leaves_the_rest_alone(tmp_path: Path):
    page = next(page for page in docs.PAGES if page.part == "lifecycle")
    written = page.text("# Ours\n\nbefore\n")
    assert written.startswith("# Ours\n\nbefore\n")
    assert page.text(written) == written
    stale = written.replace("stateDiagram-v2", "old drawing") + "after\n"
    assert page.text(stale) == written + "after\n"
