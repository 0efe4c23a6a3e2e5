"""Whose work a version is, read from its history: authors and reviewers of real pull requests never let it go alone (SOD-02…-04, -12)."""

from dataclasses import replace

import pytest

from guards.lifecycle import State
from guards.unread import Unread
from guards.vcs import Commit, Contributor, Pull, Review, ReviewState, Span
from tests.world.company import COMMIT, TUESDAY, policy_data
from tests.world.world import World

DEV, ROB, OLGA = (Contributor(login) for login in ("dev", "rob", "olga"))


def pull(number: int, author: Contributor | None, *approvers: str) -> Pull:
    reviews = tuple(Review(login, ReviewState.APPROVED, "head", TUESDAY) for login in approvers)
    committers = (author,) if author else ()
    return Pull(
        number, f"Work {number}", f"https://git.test/acme/api/pull/{number}", "main", COMMIT, TUESDAY, "head", author, committers, reviews,
        frozenset(), "", author, (f"PAY-{number}",), ("api.py",),
    )  # fmt: skip


def commit(number: int, author: Contributor | None, *pulls: int) -> Commit:
    return Commit(f"{number:040x}", f"Commit {number}", f"https://git.test/c/{number}", author, author, (), verified=True, pulls=pulls)


SPAN = Span("acme/api", None, COMMIT, (commit(1, DEV, 12), commit(2, OLGA, 13)), (pull(12, DEV, "rob"), pull(13, OLGA, "rob")))


@pytest.fixture
async def world(database_url):
    data = policy_data()
    data["services"]["api"] = {**data["services"]["api"], "history": "github"}
    async with World(database_url, data) as made:
        # the artifact index itself tells no people: they come from the history alone
        made.artifacts.add(replace(await made.artifacts.find("api", "v1.4.0"), authors=None, reviewers=None))
        made.vcs.spans["acme/api", None, COMMIT] = SPAN
        await made.on_staging()
        await made.say("carla", "/release promote api v1.4.0 production")
        yield made


async def test_the_card_shows_what_changes_and_who_may_not_approve_it(world):
    card = world.card().as_text()
    assert "Work 12, by dev (PAY-12)" in card
    assert "Work 13, by olga (PAY-13)" in card
    assert "May not: Olga Owner wrote a part of api v1.4.0" in card


async def test_an_owner_who_wrote_a_part_is_refused_and_a_manager_who_did_not_is_let(world):
    await world.press("olga", "Approve")
    assert "own-work" in world.told("olga")
    assert (await world.change()).state is State.AWAITING

    await world.approve("rita")
    assert [order.environment for order in world.ci.started] == ["staging", "production"]


async def test_who_reviewed_the_code_does_not_let_it_go_alone(world):
    await world.approve("rob")
    assert (await world.change()).state is State.AWAITING
    assert "Rob Second already approved the code" in world.card().as_text()

    await world.approve("rita")
    assert [order.environment for order in world.ci.started] == ["staging", "production"]


@pytest.mark.parametrize(
    "given",
    [
        (Review("rob", ReviewState.APPROVED, "an earlier commit", TUESDAY),),
        (Review("rob", ReviewState.APPROVED, None, TUESDAY),),
        (Review("rob", ReviewState.DISMISSED, "head", TUESDAY),),
        (Review("rob", ReviewState.APPROVED, "head", TUESDAY), Review("rob", ReviewState.CHANGES_REQUESTED, "head", TUESDAY)),
    ],
    ids=["stale", "its commit is gone", "dismissed", "changed their mind"],
)
async def test_whoever_approved_the_code_once_does_not_let_it_go_alone(world, given):
    """SOD-03, SOD-04: their approval is no review any more, and they are still not independent."""
    world.vcs.spans["acme/api", None, COMMIT] = replace(SPAN, pulls=(replace(pull(12, DEV), reviews=given),), commits=SPAN.commits[:1])
    await world.approve("rob")
    assert (await world.change()).state is State.AWAITING
    assert "Rob Second already approved the code" in world.card().as_text()
    await world.approve("rita")
    assert [order.environment for order in world.ci.started] == ["staging", "production"]


async def test_an_app_or_a_comment_is_no_reviewer(world):
    """With an app's approval and Rob's comment alone, Rob may let it go."""
    given = (
        Review("copilot[bot]", ReviewState.APPROVED, "head", TUESDAY, bot=True), Review("rob", ReviewState.COMMENTED, "head", TUESDAY),
    )  # fmt: skip
    world.vcs.spans["acme/api", None, COMMIT] = replace(SPAN, pulls=(replace(pull(12, DEV), reviews=given),), commits=SPAN.commits[:1])
    await world.approve("rob")
    assert len(world.ci.started) == 2


@pytest.mark.parametrize(
    ("span", "said"),
    [
        (Unread("the work in c0ffee of acme/api", "GitHub answered 502"), "GitHub answered 502"),
        (replace(SPAN, commits=(*SPAN.commits, commit(3, Contributor("stranger-7"), 12))), "stranger-7"),
        (replace(SPAN, pulls=(*SPAN.pulls, pull(14, None)), commits=(commit(3, Contributor(None), 14),)), "a deleted account"),
    ],
    ids=["history unread", "an author whom nobody knows", "an author whose account is gone"],
)
async def test_nobody_approves_while_it_is_not_known_whose_work_it_is(world, span, said):
    world.vcs.spans["acme/api", None, COMMIT] = span
    await world.press("rita", "Approve")

    assert "Cannot verify" in world.told("rita")
    assert said in world.told("rita")
    assert (await world.news())[-1] == "approve:unsure"
    assert len(world.ci.started) == 1


async def test_apps_are_nobody(world):
    world.vcs.spans["acme/api", None, COMMIT] = replace(SPAN, commits=(commit(3, Contributor("renovate[bot]", bot=True), 12),))
    await world.approve("rita")
    assert len(world.ci.started) == 2


async def test_commits_without_a_pull_request_are_shown(world):
    world.vcs.spans["acme/api", None, COMMIT] = replace(SPAN, commits=(*SPAN.commits, commit(3, DEV)))
    await world.say("carla", "/release cancel CR-2026-1124-002 asked again")
    await world.say("carla", "/release promote api v1.4.0 production")
    assert "1 commit without a pull request" in world.card().as_text()


async def test_reads_that_are_under_way_end_with_the_bot(world):
    assert not world.vcs.closed
    await world.close()
    assert world.vcs.closed
