"""What the text of a pull request declares, whoever typed it (REC-15, DBM-01)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from guards.declarations import LONGEST, Topic, declared_in
from guards.vocabulary import Migration, Risk

TEMPLATE = """\
## What and why
It rounds sums. Risk: of course.

## Risk
<!-- low, medium, high -->
Medium: it touches money
but only its last digit.

### Tests
- [x] unit tests
- [ ] load tests

**Security**
none

## Database migration
Expand only: adds a column

## Rollout and rollback
Deploy the old digest again.

## Screenshots
nothing to see
"""


def test_a_template_that_somebody_filled_in() -> None:
    told = declared_in(TEMPLATE)
    assert (told.migration, told.risk) == (Migration.EXPAND, Risk.MEDIUM)
    assert {topic.value: text for topic, text in told.said.items()} == snapshot(
        {
            "risk": "Medium: it touches money but only its last digit.",
            "tests": "unit tests",
            "security": "none",
            "database": "Expand only: adds a column",
            "rollout": "Deploy the old digest again.",
            "rollback": "Deploy the old digest again.",
        }
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("Database: none", Migration.NONE, id="none"),
        pytest.param("DB migration: **no**", Migration.NONE, id="marked up"),
        pytest.param("## Database\nNo migration", Migration.NONE, id="none under a heading"),
        pytest.param("- Migrations: n/a", Migration.NONE, id="not applicable"),
        pytest.param("Database: additive", Migration.EXPAND, id="additive"),
        pytest.param("Database: expand/contract", Migration.CONTRACT, id="both: the weightier"),
        pytest.param("Database: contracts the old table", Migration.CONTRACT, id="contract"),
        pytest.param("Database: expand; contract tests pass", Migration.EXPAND, id="contract tests are tests"),
        pytest.param("Database: other, see the ticket", Migration.OTHER, id="other"),
        pytest.param("Database: expanding, irreversible", Migration.OTHER, id="irreversible"),
        pytest.param("Database: none / expand / contract", None, id="a template that nobody filled in"),
        pytest.param("## Database\n- [ ] none\n- [x] expand\n- [ ] contract", Migration.EXPAND, id="one box ticked"),
        pytest.param("## Database\n- [x] none\n- [ ] expand", Migration.NONE, id="the box for none"),
        pytest.param("## Database\n- [ ] none\n- [ ] expand", None, id="no box ticked"),
        pytest.param("Database:\nexpand", Migration.EXPAND, id="on the line after"),
        pytest.param("Database: see the ticket", None, id="neither"),
        pytest.param("## Database\n", None, id="an empty section"),
        pytest.param("## Database\n## Risk\nexpand", None, id="under another heading"),
        pytest.param("<!-- Database: expand -->", None, id="in a comment"),
        pytest.param("<!-- a\nDatabase: expand", None, id="in a comment that never ends"),
        pytest.param("```\nDatabase: expand\n```", None, id="in a block of code"),
        pytest.param("~~~\n```\nDatabase: expand\n~~~\nDatabase: none", Migration.NONE, id="after a block of code"),
        pytest.param("> Database: expand", None, id="in a quote"),
        pytest.param("The database is old: expand", None, id="in a sentence"),
        pytest.param("database expand", None, id="in passing"),
        pytest.param("x" * LONGEST + "\nDatabase: expand", None, id="after all that GitHub lets a text have"),
    ],
)
def test_which_migration_is_declared(body: str, expected: Migration | None) -> None:
    assert declared_in(body).migration is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param("Risk: low", Risk.LOW, id="low"),
        pytest.param("Risk level: **Critical** for billing", Risk.CRITICAL, id="marked up"),
        pytest.param("## Risks\nHigh\nbut low elsewhere", Risk.HIGH, id="the first line decides"),
        pytest.param("Risk: low / medium / high / critical", None, id="a template that nobody filled in"),
        pytest.param("Risk: highly unlikely", None, id="another word"),
        pytest.param("Risk: none", None, id="no level"),
        pytest.param("", None, id="no text"),
    ],
)
def test_which_risk_is_declared(body: str, expected: Risk | None) -> None:
    assert declared_in(body).risk is expected


def test_what_is_kept_is_short_and_holds_nothing_that_is_not_seen() -> None:
    told = declared_in("Rollback: " + "<!channel> \u202egnp.\x07 " + "a" * 500)
    text = told.said[Topic.ROLLBACK]
    assert text.startswith("<!channel> gnp. aaa")  # data: cards never read it as markup
    assert len(text) == 200
    assert text.endswith("…")


@given(st.text(st.sampled_from("#*-<>![]x` ~:\n\r\t\u2028aDatbsenorik\u202e"), max_size=300) | st.text(max_size=200))
def test_whatever_is_typed_is_read(body: str) -> None:
    told = declared_in(body)
    assert all(text == " ".join(text.split()) and 0 < len(text) <= 200 for text in told.said.values())


@pytest.mark.parametrize("part", ["<!--", "**", "- [x] ", "## Risk\n", "Risk: ", "`" * 3 + "\n", "* " * 9 + "Risk:", "#" * 6 + " "])
def test_a_hostile_text_is_read_in_no_time(part: str) -> None:
    """Each pattern looks at a character a bounded number of times; one that did not would hang here until the time-out."""
    declared_in(part * LONGEST)
