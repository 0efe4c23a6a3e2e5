"""The changelog from pull requests, the draft of the notes, and what notes must say (REC-03, REC-05, REC-14, REC-18, NAM-08)."""

from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot

from guards.changelog import Heading, backport_of, entries_of, entry_of
from guards.decision import Allow, Refusal, Unsure
from guards.facts import Facts
from guards.notes import LONGEST, comparable, draft, lacking, noted, notes_or_draft, publishable, unmoved, worded
from guards.unread import Absent, Unread
from guards.vcs import Contributor, Pull, Span
from guards.version import Beside
from tests.guards.cases import AT, FACTS, REQUEST, RUNNING, request, said, told
from tests.guards.proofs import NOTES, SPAN, TAG, commit, proven, pull, worked

LOST = Unread("what was asked for", "no answer within 5 s")
WHOLE = NOTES.text


def known(**parts: Any) -> Facts:
    return replace(proven(), **parts)


def labelled(*labels: str, **parts: Any) -> Pull:
    return pull(labels=frozenset(labels), **parts)


# ---------------------------------------------------------------- the changelog


@pytest.mark.parametrize(
    ("given", "heading", "text", "unsorted"),
    [
        pytest.param(pull(title="feat: round sums"), "Added", "round sums", False, id="feat"),
        pytest.param(pull(title="feat(pay)!: round sums"), "Added", "round sums", False, id="feat with scope and bang"),
        pytest.param(pull(title="FIX: a cent"), "Fixed", "a cent", False, id="capitals"),
        *(
            pytest.param(pull(title=f"{kind}: a thing"), "Changed", "a thing", False, id=kind)
            for kind in ("docs", "style", "refactor", "perf", "test", "chore")
        ),
        pytest.param(pull(title="wip: a thing"), "Changed", "wip: a thing", True, id="a type that nobody knows"),
        pytest.param(pull(title="Round sums"), "Changed", "Round sums", True, id="no type"),
        pytest.param(pull(title="feat:round sums"), "Changed", "feat:round sums", True, id="no blank"),
        pytest.param(labelled("Enhancement", title="Round sums"), "Added", "Round sums", False, id="a label instead"),
        pytest.param(labelled("bug", title="Round sums"), "Fixed", "Round sums", False, id="a bug by its label"),
        pytest.param(labelled("bug", title="feat: sums"), "Added", "sums", False, id="the type goes before such a label"),
        pytest.param(labelled("security", title="fix: sums"), "Security", "sums", False, id="security by its label"),
        pytest.param(pull(title="fix(security): sums"), "Security", "sums", False, id="security by its scope"),
        pytest.param(labelled("deprecation", title="chore: old sums"), "Deprecated", "old sums", False, id="deprecated"),
    ],
)
def test_where_a_pull_request_stands(given: Pull, heading: str, text: str, unsorted: bool) -> None:
    """REC-05, NAM-08: unknown types stand under Changed and are flagged."""
    entry = entry_of(given)
    assert (entry.heading, entry.text, entry.unsorted) == (heading, text, unsorted)


@pytest.mark.parametrize(
    ("given", "mark"),
    [
        pytest.param(pull(title="feat!: sums"), "breaking", id="a bang"),
        pytest.param(labelled("breaking-change"), "breaking", id="breaking by its label"),
        pytest.param(pull(body="Sums.\n\nBREAKING CHANGE: cents"), "breaking", id="breaking by its footer"),
        pytest.param(labelled("data-migration"), "migration", id="migration by its label"),
        pytest.param(pull(paths=("db/migrations/20260101000000_sums.sql",)), "migration", id="migration by its path"),
        pytest.param(labelled("feature-flag"), "behind_flag", id="behind a flag"),
    ],
)
def test_what_a_reader_must_see_is_marked(given: Pull, mark: str) -> None:
    """REC-05, REC-14."""
    plain = entry_of(pull(paths=("docs/migrations.md",)))
    assert not any(getattr(plain, name) for name in ("breaking", "migration", "behind_flag"))
    assert [name for name in ("breaking", "migration", "behind_flag") if getattr(entry_of(given), name)] == [mark]


@pytest.mark.parametrize(
    ("given", "source"),
    [
        pytest.param(pull(), None, id="no backport"),
        pytest.param(pull(title="fix: make backports of invoices faster"), None, id="a word in a title"),
        pytest.param(labelled("backport"), "", id="by its label"),
        pytest.param(labelled("Backport:1.6"), "", id="by its label, with the line"),
        pytest.param(pull(title="[Backport 1.6] sums"), "", id="by its title"),
        pytest.param(pull(body="Backport of #9"), "#9", id="of a pull request"),
        pytest.param(pull(body="backports PR octo/api#9"), "octo/api#9", id="of another repository's"),
        pytest.param(pull(body="(cherry picked from commit " + "ab12" * 10 + ")"), "ab12ab12ab12", id="of a commit"),
    ],
)
def test_backports_are_told_apart_with_their_source(given: Pull, source: str | None) -> None:
    """REC-05, REC-18."""
    assert backport_of(given) == source
    assert entry_of(given).backport == source


def test_entries_stand_by_heading_and_none_is_lost() -> None:
    pulls = [(None, pull(number=n, title=f"{kind}: x")) for n, kind in enumerate(("fix", "feat", "chore", "fix", "odd"))]
    pulls.append(("example/config", pull(number=2, title="fix: y")))
    assert [(e.heading.value, e.name) for e in entries_of(pulls)] == [
        ("Added", "#1"),
        ("Changed", "#2"),
        ("Changed", "#4"),
        ("Fixed", "#0"),
        ("Fixed", "#3"),
        ("Fixed", "example/config#2"),
    ]
    assert {e.heading for e in entries_of(pulls)} <= set(Heading)


def test_a_deleted_account_has_no_name() -> None:
    assert entry_of(pull(author=None)).author is None
    assert entry_of(pull(author=Contributor(None, "a@example.com"))).author == "a@example.com"


# ---------------------------------------------------------------- the draft


def beside(work: Span | Absent | Unread) -> Facts:
    """What another repository of the service brings."""
    return proven(beside=(Beside("example/config", TAG, work),))


def test_a_draft() -> None:
    facts = worked(
        pull(title="feat(pay)!: round sums", labels=frozenset({"feature-flag"})),
        pull(number=13, title="fix: a cent", body="Backport of #9", author=None),
        pull(number=14, title="Tidy up", paths=("migrations/1.sql",), tickets=()),
        pull(number=15, title="fix: bits", labels=frozenset({"backport"})),
        commits=(commit(), commit(pulls=())),
    )
    assert draft(REQUEST, facts) == snapshot("""\
# api v1.4.0

4 pull requests since v1.3.0.

## Breaking changes and migrations

- round sums ([#12](https://git.test/12), PAY-12) by Dana-D (**breaking**; behind a flag)
- Tidy up ([#14](https://git.test/12)) by Dana-D (**migration**; type not said)

## Added

- round sums ([#12](https://git.test/12), PAY-12) by Dana-D (**breaking**; behind a flag)

## Changed

- Tidy up ([#14](https://git.test/12)) by Dana-D (**migration**; type not said)

## Fixed

- a cent ([#13](https://git.test/12), PAY-12) by a deleted account (backport of #9)
- bits ([#15](https://git.test/12), PAY-12) by Dana-D (backport)

Commits without a pull request: 1.

## Known issues

none known; watch the error rate

## Rollback

Back to v1.3.0 (`sha256:9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c9c`). promote v1.3.0 again

## Artifacts

`sha256:1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f`, built from `9fceb02d0ae598e95dc970b74767f19372d61af8`
""")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        pytest.param(replace(FACTS, record=None), "What changed is not read from version control for this service.", id="no history"),
        pytest.param(replace(worked(pull()), running=None), "1 pull request; the first version in production.", id="the first version"),
        pytest.param(
            replace(worked(pull()), running=None), "Nothing runs in production yet. promote v1.3.0 again", id="nothing to go back to"
        ),
        pytest.param(replace(worked(pull()), running=LOST), "1 pull request; the first version", id="unread"),
        pytest.param(worked(), "0 pull requests since v1.3.0.", id="nothing new"),
        pytest.param(
            replace(proven(), running=replace(RUNNING, version="v1.4.0")), "## Rollback\n\npromote v1.3.0 again\n", id="it runs already"
        ),
        pytest.param(replace(proven(), record=None), "## Known issues\n\n\n\n## Rollback\n\nBack to v1.3.0", id="nothing written"),
        pytest.param(
            replace(proven(), running=replace(RUNNING, version="v1.4.0"), record=None), "## Rollback\n\n\n", id="it runs, nothing written"
        ),
        pytest.param(replace(proven(), running=None, record=None), "Nothing runs in production yet.\n", id="first, nothing written"),
        pytest.param(replace(proven(), artifact=LOST), "## Rollback", id="no artifact"),
        pytest.param(beside(SPAN), "([example/config#12](https://git.test/12), PAY-12)", id="another repository"),
        pytest.param(beside(SPAN), "2 pull requests since v1.3.0.", id="all of them are counted"),
        pytest.param(beside(LOST), "What changed in example/config could not be read.", id="another repository that is not read"),
    ],
)
def test_a_draft_says_what_is_known(facts: Facts, says: str) -> None:
    assert says in draft(REQUEST, facts)
    assert ("## Artifacts" in draft(REQUEST, facts)) == (facts.artifact is not LOST)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(beside(SPAN), Allow, id="read"),
        pytest.param(beside(LOST), Unsure, id="unread"),
        pytest.param(beside(Absent("tag v1.4.0 in example/config")), Allow, id="not tagged there, which the card says"),
    ],
)
def test_versions_are_comparable_when_each_repository_was_read(facts: Facts, expected: object) -> None:
    """REC-07, SOD-13."""
    assert said(comparable(REQUEST, facts)) is expected


@pytest.mark.parametrize("many", [1, 40, 400])
def test_a_draft_is_never_too_long_and_counts_what_it_leaves_out(many: int) -> None:
    facts = worked(*(pull(number=n, title=f"feat!: {'long ' * 12}{n}") for n in range(many)))
    text = draft(REQUEST, facts)
    assert len(text) <= LONGEST
    named = text.partition("## Added")[2].count("- long")
    assert (f"And {many - named} more pull requests." in text) == (named < many)
    assert lacking(text, "v1.3.0") == ()


def test_a_draft_with_room_for_all_leaves_none_out() -> None:
    facts = worked(*(pull(number=n, title=f"fix: {n}") for n in range(300)))
    text = draft(REQUEST, facts, longest=100_000)
    assert text.count("](https://git.test/12)") == 300
    assert "more pull requests" not in text


@pytest.mark.parametrize("room", range(1_500, 6_000, 500))
def test_a_draft_leaves_out_a_twentieth_too_many_at_most(room: int) -> None:
    facts = worked(*(pull(number=n, title=f"fix: {n}") for n in range(100, 200)))
    line = "- 100 ([#100](https://git.test/12), PAY-12) by Dana-D\n"
    assert line.replace("100", "199") in draft(REQUEST, facts, longest=99_999)
    assert room - 5 * len(line) < len(draft(REQUEST, facts, longest=room)) <= room


def test_notes_that_are_written_are_shown_instead_of_a_draft() -> None:
    assert notes_or_draft(REQUEST, proven()) == (NOTES.whole, NOTES)
    assert notes_or_draft(REQUEST, known(notes=None)) == (draft(REQUEST, proven()), None)
    assert notes_or_draft(REQUEST, known(notes=LOST))[1] is None


# ---------------------------------------------------------------- what notes must say


@pytest.mark.parametrize(
    ("text", "target", "short_of"),
    [
        pytest.param(WHOLE, "v1.3.0", (), id="whole"),
        pytest.param(WHOLE, None, (), id="nothing to go back to"),
        pytest.param(WHOLE.lower(), "v1.3.0", (), id="in lower case"),
        pytest.param(WHOLE.replace("None known.", "later"), "v1.3.0", ("Known issues",), id="later"),
        pytest.param(WHOLE.replace("None known.", ""), "v1.3.0", ("Known issues",), id="an empty section"),
        pytest.param(WHOLE.replace("## Known issues", "Known issues"), "v1.3.0", ("Known issues",), id="no heading"),
        pytest.param(WHOLE.replace("Back to v1.3.0.", ""), "v1.3.0", ("Rollback",), id="no rollback"),
        pytest.param(WHOLE, "v1.2.9", ("Rollback (to v1.2.9)",), id="another version to go back to"),
        pytest.param("", None, ("Known issues", "Rollback"), id="nothing"),
    ],
)
def test_sections_that_say_nothing_are_named(text: str, target: str | None, short_of: tuple[str, ...]) -> None:
    """REC-03."""
    assert lacking(text, target) == short_of


CASES = [
    pytest.param(proven(), Allow, id="written"),
    pytest.param(known(notes=None), Refusal.NO_RELEASE_NOTES, id="none"),
    pytest.param(known(notes=replace(NOTES, text="later")), Refusal.NO_RELEASE_NOTES, id="later"),
    pytest.param(known(running=replace(RUNNING, version="v1.3.1")), Refusal.NO_RELEASE_NOTES, id="another version runs now"),
    pytest.param(known(running=replace(RUNNING, version="v1.4.0")), Allow, id="it runs already"),
    pytest.param(known(running=None), Allow, id="nothing runs"),
    pytest.param(known(running=replace(RUNNING, version="v1.3.1"), notes=replace(NOTES, published=AT)), Allow, id="published before that"),
    pytest.param(known(notes=LOST), Unsure, id="unread"),
    pytest.param(known(running=LOST), Unsure, id="what runs is unread"),
]


@pytest.mark.parametrize(("facts", "expected"), CASES)
def test_notes_before_production_and_before_publishing(facts: Facts, expected: Any) -> None:
    """REC-03, REC-04."""
    assert said(noted(REQUEST, facts)) == expected
    assert said(publishable(REQUEST, facts)) == expected


def test_what_the_policy_does_not_ask_for_is_still_needed_to_publish() -> None:
    loose = replace(FACTS, notes=None)
    assert told(noted(REQUEST, loose)) == ("release-notes: not required by policy",)
    assert said(publishable(REQUEST, loose)) is Refusal.NO_RELEASE_NOTES
    assert said(publishable(REQUEST, replace(loose, artifact=LOST))) is Allow  # `built` turns it away


def test_what_people_read() -> None:
    assert told(noted(REQUEST, known(notes=None))) == snapshot(
        (
            "There are no release notes of api v1.4.0.",
            "Write them: `/release notes edit api v1.4.0` begins with a draft. Or ask for an exception: `/release exception request`.",
        )
    )
    assert told(noted(REQUEST, known(notes=replace(NOTES, text="## Rollback\n\nas always")))) == snapshot(
        (
            "The release notes of api v1.4.0 do not say: Known issues, Rollback (to v1.3.0).",
            "Complete them: `/release notes edit api v1.4.0`. Or ask for an exception: `/release exception request`.",
        )
    )
    assert told(noted(REQUEST, proven())) == snapshot(("release notes of 2026-11-24 10:00 UTC by Mara",))
    assert told(noted(REQUEST, known(notes=replace(NOTES, published=AT)))) == snapshot(
        ("release notes of 2026-11-24 10:00 UTC by Mara, published",)
    )


@pytest.mark.parametrize(
    ("seen", "facts", "expected"),
    [
        pytest.param(None, proven(), Allow, id="typed"),
        pytest.param(NOTES.hash, proven(), Allow, id="opened on what is there"),
        pytest.param("none", known(notes=None), Allow, id="opened on a draft of the bot"),
        pytest.param("none", proven(), Refusal.STALE_CARD, id="somebody saved meanwhile"),
        pytest.param(NOTES.hash, known(notes=replace(NOTES, published=AT)), Refusal.STALE_CARD, id="published meanwhile"),
        pytest.param(NOTES.hash, known(notes=None), Refusal.STALE_CARD, id="gone"),
        pytest.param(None, known(notes=LOST), Unsure, id="unread"),
    ],
)
def test_nobody_overwrites_what_they_did_not_see(seen: str | None, facts: Facts, expected: Any) -> None:
    """REC-17."""
    assert said(unmoved(request(seen=seen), facts)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(None, Refusal.INCOMPLETE, id="nothing"),
        pytest.param("later", Refusal.INCOMPLETE, id="later"),
        pytest.param("x" * LONGEST, Allow, id="as long as it may be"),
        pytest.param("x" * (LONGEST + 1), Refusal.TOO_LONG, id="too long"),
    ],
)
def test_the_text_of_notes(text: str | None, expected: Any) -> None:
    assert said(worded(request(notes=text), FACTS)) == expected


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        pytest.param(proven().evidence.work, Allow, id="read"),
        pytest.param(None, Refusal.NO_HISTORY, id="no history"),
        pytest.param(Absent("tag v1.0.0 in octo/api"), Refusal.NO_HISTORY, id="no such tag"),
        pytest.param(LOST, Unsure, id="unread"),
    ],
)
def test_two_versions_can_be_compared(work: Any, expected: Any) -> None:
    """REC-07."""
    assert said(comparable(REQUEST, proven(work=work))) == expected
