"""The release record, the release notes and the changes of a version, from the first word to the GitHub page (REC-01 … REC-05, REC-17)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands.core.ports.chat import Unposted
from commands.notes import INPUTS, LEAST, PIECE, pieces
from guards.lifecycle import State
from guards.notes import LONGEST
from guards.unread import Unread
from guards.vcs import Tag
from tests.world.company import COMMIT, TUESDAY
from tests.world.strict import DECLARED, DEV, OLD_COMMIT, REPOSITORY, TAG, commit, prove, pull, strict_policy
from tests.world.world import World

RECORD = '/release record complete api v1.4.0 issues="none known" rollback="promote v1.3.2 again"'


@pytest.fixture
async def world(database_url):
    """Everything is proven of v1.4.0, and it ran in staging; nobody has written a word."""
    policy = strict_policy()
    policy["services"]["api"]["publish"] = "github"
    async with World(database_url, policy) as made:
        await prove(made, written=False)
        made.releases.tags.add((REPOSITORY, "v1.4.0"))
        await made.on_staging()
        await made.news()
        yield made


async def promote(world: World) -> None:
    await world.say("carla", f"/release promote api v1.4.0 production {DECLARED}")


async def notes(world: World, who: str = "rita") -> None:
    """Save the draft as it is, with what is still to be said."""
    await world.say(who, "/release notes edit api v1.4.0")
    await world.fill(who)


# ---------------------------------------------------------------- the record


async def test_nothing_is_promoted_while_a_field_of_the_release_record_is_empty(world):
    """REC-01, REC-02."""
    await promote(world)
    assert "record-incomplete" in await world.codes()
    assert "The release record of api v1.4.0 lacks: rollback plan, known issues and risks." in world.told("carla")

    await world.say("carla", RECORD)
    await promote(world)
    assert "record-incomplete" not in await world.codes()
    assert "no-release-notes" in await world.codes()


async def test_the_card_shows_all_twelve_fields_and_a_form_asks_for_what_people_know(world):
    """REC-01, REC-07, PRM-12."""
    await world.say("audrey", "/release record api v1.4.0")
    shown = world.told("audrey")
    assert "⛔ 2 empty" in shown
    assert "✅ tickets: PAY-12" in shown
    assert "✅ pull requests: #12" in shown
    assert "✅ build provenance: run run-9 of https://ci.test/builder" in shown
    assert "✅ required checks: lint passed, unit-test passed" in shown
    assert "⛔ rollback plan: empty" in shown
    assert "✅ promotion log: dev 2026-11-24 10:00 UTC; staging 2026-11-24 10:00 UTC by CR-2026-1124-001" in shown

    await world.say("carla", "/release record complete api v1.4.0")
    await world.fill("carla", issues="Slow search; watch p95.", rollback="promote v1.3.2 again")
    assert "✅ The release record of api v1.4.0 is complete" in world.told("carla")
    assert "back to v1.3.2 (sha256:0d0d0d0d0d0d…): promote v1.3.2 again" in world.told("carla")
    assert (await world.body("record:written"))["issues"] == "Slow search; watch p95."

    await world.say("carla", "/release record complete api v1.4.0")
    view = world.form("carla")
    assert view
    assert [i.value for i in view.inputs] == ["Slow search; watch p95.", "promote v1.3.2 again"]


async def test_later_is_no_answer_and_a_word_on_it_is(world):
    """REC-03: "later" is not accepted."""
    await world.say("carla", '/release record complete api v1.4.0 issues=later rollback="promote v1.3.2 again"')
    view = world.form("carla")
    assert view
    assert "Not given yet: known issues and risks." in view.as_text()
    assert [i.value for i in view.inputs] == ["later", "promote v1.3.2 again"]
    await world.fill("carla", issues="Later")
    assert await world.codes() == ["incomplete"]
    assert "record:written" not in await world.tags()
    await world.say("carla", RECORD)
    assert "record:written" in await world.tags()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_version_that_takes_something_back_is_asked_why(world):
    """HOT-18: a revert is work like any other, and its record says more."""
    place = (REPOSITORY, OLD_COMMIT, COMMIT)
    span, message = world.vcs.spans[place], f'Revert "Round sums"\n\nThis reverts commit {"0d" * 20}.'
    world.vcs.spans[place] = replace(span, commits=(*span.commits, replace(span.commits[-1], sha="ba" * 20, message=message)))
    await world.say("carla", RECORD)
    view = world.form("carla")
    assert view
    assert "↩️ babababababa takes back 0d0d0d0d0d0d" in view.as_text()
    assert "reason of the revert" in view.as_text()
    await world.fill("carla", reverted="it pays twice", impact="nobody notices", verification="refunds for an hour", flags="none touched")
    assert "✅ reverts: babababababa takes back 0d0d0d0d0d0d. Why: it pays twice." in world.told("carla")
    assert (await world.body("record:written"))["revert"] == {
        "reason": "it pays twice", "impact": "nobody notices", "verification": "refunds for an hour", "flags": "none touched",
    }  # fmt: skip
    await notes(world)
    await promote(world)
    assert "Takes back: it pays twice; impact: nobody notices" in world.shown()


async def test_only_those_whom_the_policy_names_write_the_record(world):
    await world.say("dev", RECORD)
    assert await world.codes() == ["not-permitted"]
    await world.say("rita", RECORD)
    assert "is complete" in world.told("rita")


async def test_a_record_that_was_edited_after_the_approval_goes_back_to_the_approvers(world):
    """The written part is what was approved: when it moves, the approvals are void (RSK-12, REC-17)."""
    await world.say("carla", RECORD)
    await notes(world)
    await world.wait(until=TUESDAY.replace(hour=17))
    await promote(world)
    await world.approve("rita")
    change = await world.change()
    assert change.state is State.WAITING
    assert "Known issues and risks: none known" in world.shown()

    await world.say("carla", RECORD)  # the same words change nothing
    await world.wait(seconds=1)
    assert (await world.change()).state is State.WAITING

    await world.say("carla", RECORD.replace("none known", "it loses orders"))
    await world.wait(seconds=1)
    now = await world.change()
    assert now.state is State.AWAITING
    assert now.why == "The release record moved, so earlier approvals are void."
    assert now.content.record != change.content.record
    assert "Known issues and risks: it loses orders" in world.shown()
    assert len(world.ci.started) == 1


async def test_who_opened_the_form_earlier_does_not_overwrite_what_came_since(world):
    await world.say("carla", "/release record complete api v1.4.0")
    await world.say("rita", RECORD)
    await world.fill("carla", issues="old news", rollback="old news")
    assert await world.codes() == ["stale-card"]
    await world.say("carla", "/release record complete api v1.4.0")
    await world.fill("carla", issues="new words", rollback="new words")
    assert "is complete" in world.told("carla")


async def test_a_record_that_cannot_be_read_is_not_called_empty(world):
    await world.say("carla", RECORD)
    world.vcs.away = Unread("acme/api", "GitHub answered 502")
    await world.say("audrey", "/release record api v1.4.0")
    assert "⚠️ tickets: could not read acme/api (GitHub answered 502)" in world.told("audrey")
    assert "⚠️ not all could be read" in world.told("audrey")
    assert "empty" not in world.told("audrey")


async def test_nothing_is_written_about_a_version_that_was_never_built(world):
    await world.say("carla", RECORD.replace("v1.4.0", "v9.9.9"))
    assert await world.codes() == ["no-artifact"]
    assert "record:written" not in await world.tags()


async def test_what_the_policy_does_not_ask_for_says_so_in_the_record(database_url):
    """In a company that begins, the record says what nobody asks for instead of being empty."""
    async with World(database_url) as world:
        await world.on_staging()
        await world.say("carla", '/release record complete api v1.4.0 issues="none known" rollback="promote again"')
        shown = world.told("carla")
        assert "✅ The release record of api v1.4.0 is complete" in shown
        assert shown.count("⚪") == 5
        assert "⚪ SBOM: not required by policy" in shown


# ---------------------------------------------------------------- the notes


async def test_notes_are_drafted_from_the_pull_requests_edited_and_asked_for_before_production(world):
    """REC-03, REC-05, REC-18."""
    pulls = (
        replace(pull(12, DEV, "rob", "olga"), title="feat(pay): round sums", labels=frozenset({"breaking", "risk:low"})),
        replace(pull(13, DEV, "rob", "olga"), title="fix: a cent too much", body="(cherry picked from commit " + "9" * 40 + ")"),
        replace(pull(14, DEV, "rob", "olga"), title="Tidy up", paths=("migrations/0042_sums.py",)),
    )
    history = tuple(commit(n, DEV, n) for n in (12, 13, 14))
    span = world.vcs.spans[REPOSITORY, OLD_COMMIT, COMMIT]
    world.vcs.spans[REPOSITORY, OLD_COMMIT, COMMIT] = replace(span, commits=history, pulls=pulls)
    await world.say("audrey", "/release notes api v1.4.0")
    draft = world.told("audrey")
    assert "drafted by the bot, not saved" in draft
    assert "Still to be said: Known issues" in draft
    assert "3 pull requests since v1.3.2." in draft
    assert "- round sums ([#12](https://git.test/acme/api/pull/12), PAY-12) by dev (**breaking**)" in draft
    assert "- a cent too much ([#13](https://git.test/acme/api/pull/13), PAY-13) by dev (backport of 999999999999)" in draft
    assert "- Tidy up ([#14](https://git.test/acme/api/pull/14), PAY-14) by dev (**migration**; type not said)" in draft
    assert draft.index("## Breaking changes and migrations") < draft.index("## Added") < draft.index("## Changed") < draft.index("## Fixed")

    await world.say("carla", RECORD)
    await notes(world)
    assert "Release notes of api v1.4.0: saved" in world.told("rita")
    assert "none known" in world.told("rita")
    await promote(world)
    assert (await world.change()).state is State.AWAITING
    assert "Release notes: by Rita Manager, a draft" in world.shown()


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        pytest.param("# api", "Known issues, Rollback", id="no sections"),
        pytest.param("## Known issues\n\nlater\n\n## Rollback\n\nv1.3.2", "Known issues", id="later"),
        pytest.param("## Known issues\n\nnone\n\n## Rollback\n\nas always", "Rollback (to v1.3.2)", id="no version to go back to"),
    ],
)
async def test_notes_that_do_not_say_what_they_must_are_kept_but_let_nothing_through(world, text, lacks):
    """REC-03: what was written is not lost, and is not enough."""
    await world.say("carla", RECORD)
    await world.say("carla", f'/release notes edit api v1.4.0 text="{text}"')
    assert f"⛔ Still to be said: {lacks}" in world.told("carla")
    await promote(world)
    assert "no-release-notes" in await world.codes()
    await world.say("carla", "/release notes publish api v1.4.0")
    assert await world.codes() == ["no-release-notes"]
    assert world.releases.sent == 0


def test_the_longest_notes_fit_into_the_form():
    for text in ("x" * LONGEST, "\n" * LONGEST, ("word " * LONGEST)[:LONGEST], ("a line of some length\n" * LONGEST)[:LONGEST]):
        assert len(pieces(text)) <= len(INPUTS)


async def test_long_notes_are_edited_in_several_inputs_and_come_back_whole(world):
    pulls = tuple(
        replace(pull(n, DEV, "rob", "olga"), title=f"feat: work of some kind that has a rather long title, number {n}")
        for n in range(1, 71)
    )
    span = world.vcs.spans[REPOSITORY, OLD_COMMIT, COMMIT]
    world.vcs.spans[REPOSITORY, OLD_COMMIT, COMMIT] = replace(span, pulls=pulls)
    await world.say("carla", RECORD)
    await world.say("carla", "/release notes edit api v1.4.0")
    view = world.form("carla")
    assert view
    typed = {name: text for name, text in view.values.items() if text}
    assert len(typed) >= 3
    assert all(len(text) <= 2_900 for text in typed.values())
    await world.fill("carla")
    await world.say("carla", "/release notes publish api v1.4.0")
    page = world.releases.pages[REPOSITORY, "v1.4.0"]
    assert all(f"number {n} (" in page for n in range(1, 71))
    assert page == "\n".join(typed.values()).rstrip()


@given(st.text(st.sampled_from("ab \n"), max_size=3 * PIECE))
def test_a_text_in_pieces_is_the_same_text(text):
    found = pieces(text)
    assert all(len(piece) <= PIECE for piece in found)
    assert all(len(piece) >= LEAST for piece in found[:-1])
    assert "\n".join(found).split() == text.split() or max(map(len, text.split())) > PIECE - LEAST


async def test_published_notes_stand_at_github_and_are_corrected_by_errata_only(world):
    """REC-04, REC-17: nothing that was published is overwritten."""
    await world.say("carla", RECORD)
    await notes(world)
    await world.say("rita", "/release notes publish api v1.4.0")
    page = world.releases.pages[REPOSITORY, "v1.4.0"]
    assert "Back to v1.3.2" in page
    assert "are published" in world.told("rita")
    assert (await world.body("notes:stand"))["url"] == "https://git.test/acme/api/releases/v1.4.0"

    await world.say("carla", "/release notes edit api v1.4.0")
    view = world.form("carla")
    assert view
    assert [(i.label, i.value) for i in view.inputs] == [("Erratum", None)]
    await world.wait(days=1)
    await world.fill("carla", text="The search is slow on Mondays.")
    assert world.releases.pages[REPOSITORY, "v1.4.0"] == page + "\n\n## Erratum 2026-11-25\n\nThe search is slow on Mondays."
    await world.say("audrey", "/release notes api v1.4.0")
    assert "published" in world.told("audrey")
    assert "## Erratum 2026-11-25" in world.told("audrey")
    assert (await world.tags()).count("notes:published") == 1


async def test_publishing_twice_is_publishing_once(world):
    await world.say("carla", RECORD)
    await notes(world)
    await world.say("rita", "/release notes publish api v1.4.0")
    page = world.releases.pages[REPOSITORY, "v1.4.0"]
    await world.say("carla", "/release notes publish api v1.4.0")
    assert world.releases.pages[REPOSITORY, "v1.4.0"] == page


async def test_a_github_that_is_away_blocks_no_release_and_gets_the_notes_later(world):
    """REC-04: publishing never stands in the way."""
    await world.say("carla", RECORD)
    await notes(world)
    world.releases.away = Unposted("GitHub answered 502", maybe=True)
    await world.say("rita", "/release notes publish api v1.4.0")
    assert world.releases.pages == {}
    await promote(world)
    await world.approve("rita")
    assert len(world.ci.started) == 2

    world.releases.away = None
    await world.wait(minutes=3)
    assert (REPOSITORY, "v1.4.0") in world.releases.pages


async def test_notes_that_cannot_be_published_are_told_with_the_reason(world):
    await world.say("carla", RECORD)
    await notes(world)
    world.releases.tags.clear()
    await world.say("rita", "/release notes publish api v1.4.0")
    assert "are not published" in world.card("alerts").as_text()
    assert "there is no tag v1.4.0 in acme/api" in world.card("alerts").as_text()
    assert "notes:not-published" in await world.tags()


async def test_without_a_place_to_publish_the_notes_are_handed_out_as_a_file(database_url):
    """CF-50: `docs/releases/` in the repository."""
    async with World(database_url) as world:
        await world.on_staging()
        text = "# api v1.4.0\n\n## Known issues\n\nnone\n\n## Rollback\n\nv1.3.2"
        await world.say("carla", f'/release notes edit api v1.4.0 text="{text}"')
        await world.say("carla", "/release notes publish api v1.4.0")
        assert "docs/releases/v1.4.0.md" in world.told("carla")
        assert text in world.told("carla")
        assert world.releases.sent == 0


# ---------------------------------------------------------------- the changes between two versions


OLD_TAG = Tag(REPOSITORY, "v1.3.2", "7a8" + "0" * 37, OLD_COMMIT, True, True, "valid", TAG.tagger, TUESDAY)


async def test_what_lies_between_two_versions_with_authors_tickets_and_the_diff(world):
    """REC-07."""
    world.vcs.tags[REPOSITORY, "v1.3.2"] = OLD_TAG
    span = world.vcs.spans[REPOSITORY, OLD_COMMIT, COMMIT]
    world.vcs.spans[REPOSITORY, OLD_COMMIT, COMMIT] = replace(span, commits=(*span.commits, commit(2, DEV)), removed=1)
    await world.say("audrey", "/release changes api v1.3.2 v1.4.0")
    shown = world.told("audrey")
    assert "api v1.3.2 → v1.4.0" in shown
    assert "2 commits by 1 pull request" in shown
    assert "#12 (https://git.test/acme/api/pull/12) Work 12, by dev (PAY-12)" in shown
    assert "https://github.com/acme/api/compare/v1.3.2...v1.4.0" in shown
    assert "Without a pull request" in shown
    assert "Commit 2, by dev" in shown
    assert "1 commit of v1.3.2 is not in v1.4.0" in shown


async def test_versions_that_cannot_be_compared_say_why(world):
    await world.say("audrey", "/release changes api v1.0.0 v1.4.0")
    assert "There is no tag v1.0.0 in acme/api." in world.told("audrey")
    assert await world.codes() == ["no-history"]
    world.vcs.away = Unread("acme/api", "GitHub answered 502")
    await world.say("audrey", "/release changes api v1.3.2 v1.4.0")
    assert "Cannot verify" in world.told("audrey")


async def test_a_service_without_a_history_has_no_changes_to_list(database_url):
    async with World(database_url) as world:
        await world.say("audrey", "/release changes api v1.3.2 v1.4.0")
        assert await world.codes() == ["no-history"]
