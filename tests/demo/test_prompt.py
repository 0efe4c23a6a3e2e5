"""The prompt after the story: every word does something real, and what is no word is answered with a sentence."""

import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from bot.demo.company import ZONE, Company
from bot.demo.development import SERVICE
from bot.demo.prompt import Prompt
from bot.demo.stage import Stage
from bot.demo.story_asking import HARMLESS

pytestmark = [pytest.mark.demo, pytest.mark.timeout(180)]


class Table:
    """Somebody at the prompt.

    Args:
        company: what they play with.
    """

    def __init__(self, company: Company) -> None:
        self.company = company

    async def play(self, *lines: str) -> str:
        """Type these lines; everything that was shown since the first prompt, in one line of words."""
        out, left = io.StringIO(), iter(lines)
        stage = Stage(ZONE, Console(file=out, width=100, highlight=False, emoji=False, markup=False))

        async def ask(prompt: str) -> str:
            out.write(f"«{prompt}»")
            return _next(left)

        await Prompt(self.company, stage, ask, "http://127.0.0.1:1/page/").play()
        assert list(left) == []
        return " ".join(out.getvalue().partition("«")[2].replace("│", " ").split())


def _next(left: Iterator[str]) -> str:
    for line in left:
        return line
    raise EOFError


@pytest.fixture
async def table(tmp_path, at_once):
    async with Company(tmp_path) as company:
        await company.first_release("v1.4.1")
        yield Table(company)


WRITTEN = (
    'carla> /release record complete api v1.5.0 issues="none known" rollback="promote v1.3.2 again"',
    "carla> /release notes edit api v1.5.0", "", "",
)  # fmt: skip
"""What production takes beside a version: its record and its notes, the draft as it is."""


async def test_a_version_is_built_promoted_and_approved_by_several_people(table):
    shown = await table.play(
        "release v1.5.0",
        "as dev",
        "/release promote api v1.5.0 staging",
        *WRITTEN,
        f"captain> /release promote api v1.5.0 production {HARMLESS}",
        "press approve",
        "rita> press approve CR-2026-1124-002",
        "diff read",
        "folders",
        "verify",
        "quit",
    )
    assert "built sha256:" in shown
    assert "You are Dev Author" in shown
    assert "🟢 api v1.5.0 → staging: deployed" in shown
    assert "Carla Captain was told" not in shown  # she played herself, for one line
    assert "authors never approve their own work" in shown
    assert "«What did you look at" in shown.replace("« ", "«")
    assert "🟢 api v1.5.0 → production: deployed" in shown
    assert "each follows from the one before" in shown

    (run,) = await table.company.ci.runs("CR-2026-1124-002")
    standing = {s.environment: (s.version, s.digest) for s in await table.company.ci.standing(SERVICE)}
    assert standing["production"] == ("v1.5.0", run.order.digest)
    (approval,) = [row for row in await table.company.ledger() if row.tag == "change:approval"]
    assert approval.actor == "rita@acme.example"


async def test_ci_can_fail_fall_silent_and_lose_its_answer_and_every_run_comes_to_its_end(table):
    shown = await table.play(
        "release v1.5.0", "as dev",
        "ci fail", "/release promote api v1.5.0 staging",
        "ci drop_answer", "/release promote api v1.5.0 staging", "",
        "release v1.6.0", "ci silent", "/release promote api v1.6.0 staging", "clock +1m",
        "cards",
    )  # fmt: skip
    assert "🔴 api v1.5.0 → staging: failed" in shown
    assert "CI has not come back yet" in shown
    assert [change.state.value for change in (await table.company.changes())[::-1]] == ["failed", "succeeded", "succeeded"]
    assert len(await table.company.ci.runs()) == 3  # what was lost was looked up, never sent again (PRM-20)


async def test_time_moves_for_everybody_and_closes_the_window(table):
    shown = await table.play(
        "release v1.5.0", "dev> /release promote api v1.5.0 staging", *WRITTEN, f"/release promote api v1.5.0 production {HARMLESS}",
        "clock +6h", "rob> press approve", "Reviewed it, and the run in staging is green", "rita> press approve", "Looked at the diff",
        "card CR-2026-1124-002",
    )  # fmt: skip
    assert "It is Tuesday 24 November 2026, 17:00 in Berlin." in shown
    assert "api v1.5.0 → production: approved, waits" in shown
    assert await table.company.ci.runs("CR-2026-1124-002") == []


async def test_forms_ask_again_for_what_does_not_fit_and_a_dot_closes_them(table):
    shown = await table.play(
        "release v1.5.0",
        "/release", "web", "api", "v1.5.0", "staging", "", "", "", "", "", "no",
        "/release promote api", ".",
        "rita> /release freeze declare", "production", "", "incident", "soon", "2026-11-24T15:00", "", "no",
        "p95 is low", "as usual", "olga@acme.example", "", "", "", "checkout is slow",
    )  # fmt: skip
    assert "'Service' does not offer 'web'" in shown
    (change,) = await table.company.changes()
    assert (change.content.version, change.content.environment) == ("v1.5.0", "staging")
    assert "The form is closed; nothing was sent." in shown
    assert "✘ Until: 'soon' is no moment; write one like 2026-11-25T10:00" in shown
    assert "✘ What is blocked, and why?: Use between 3 and 500 characters; this has 2." in shown
    assert "production stand still" in shown
    assert (await table.company.ledger())[-1].tag == "freeze:declared"


async def test_a_button_that_asks_whether_one_is_sure_can_be_left(table):
    await table.play(
        "release v1.5.0", "dev> /release promote api v1.5.0 staging", *WRITTEN, f"/release promote api v1.5.0 production {HARMLESS}"
    )
    assert "Not pressed." in await table.play("press cancel", "no")
    assert (await table.company.change("CR-2026-1124-002")).state.value == "awaiting-approval"
    await table.play("press cancel", "yes")
    assert (await table.company.change("CR-2026-1124-002")).state.value == "cancelled"


ANSWERS = (
    ("clok", "there is no 'clok' here; did you mean 'clock'?"),
    ("make coffee please", "there is no 'make' here; `help` lists what there is."),
    ("as ritta", "there is nobody called 'ritta'; did you mean 'rita'?"),
    ("as nobody", "there is nobody called 'nobody'; `who` lists everyone."),
    ("ci slo", "CI knows no 'slo'; did you mean 'slow'?"),
    ("ci", "CI knows no ''; say one of slow, down, silent, drop_answer, fail, ok."),
    ("press", "say which button: press approve, press reject, press cancel …"),
    ("press aprove", "no button 'aprove' is on any card; there are: none."),
    ("card CR-2026-1124-009", "CR-2026-1124-009 has no card in #releases."),
    ("card", "there is no card yet."),
    ("release 1.5", "'1.5' is no version; write one like v1.5.0."),
    ("release v1.5.0; rm -rf /", "is no version; write one like v1.5.0."),
    ("clock 2h", "'2h' is no span; write +30m, +2h or +1d."),
    ("clock -2h", "'-2h' is no span; write +30m, +2h or +1d."),
    ("inbox", "Carla Captain was told nothing yet."),
    ("ledger", "# when what who about"),
    ("who", "gus guest a guest in Slack: nobody to the bot"),
    ("help", "press a button on a card"),
    ("page", "if you like: http://127.0.0.1:1/page/"),
    ("guest> /release status", "A guest cannot use releases here."),
    ("/release expalin", "/release explain"),
    ("/release promote api v9.9.9 staging", "Refused: promote api v9.9.9 staging"),
)


async def test_whatever_is_typed_gets_an_answer(table):
    for line, said in ANSWERS:
        shown = await table.play(line)
        assert said in shown, line


async def test_a_version_is_never_built_twice(table):
    shown = await table.play("release v1.5.0", "release v1.5.0")
    assert "v1.5.0 is built already" in shown
