"""What GitHub knows about branches comes whole, or not at all: heads now and earlier, where they part, what is the same change (TRN-06…-09)."""

from datetime import UTC, datetime, timedelta

import pytest

from guards.unread import Absent, Unread
from tests.contracts.test_github_vcs import REPO, bench, hub
from tests.world.github_vcs import WEB, git, told

__all__ = ["bench", "hub"]

THEN = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


# ---------------------------------------------------------------- heads


async def test_a_branch_names_its_newest_commit_and_is_asked_anew_each_time(hub):
    assert await hub.vcs.head(hub.name, "main") == hub.base
    newer = hub.fake.commit("newer", git("ada"))
    assert await hub.vcs.head(hub.name, "main") == newer


async def test_a_branch_whose_name_only_begins_alike_is_another_one(hub):
    hub.fake.branch("release/1.40", hub.base)
    assert await hub.vcs.head(hub.name, "release/1.4") == Absent(f"branch release/1.4 in {hub.name}")
    assert await hub.vcs.head(hub.name, "release/1.40") == hub.base


async def test_what_a_branch_named_earlier_is_told_by_when_it_moved(hub):
    commits = [hub.base]
    for hour in (1, 2, 3):
        hub.fake.at = THEN + hour * HOUR
        commits.append(hub.fake.commit(f"at {hour}", git("ada")))
    for minutes, wanted in ((0, 0), (59, 0), (60, 1), (61, 1), (179, 2), (180, 3), (600, 3)):
        at = THEN + timedelta(minutes=minutes)
        assert await hub.vcs.head(hub.name, "main", at) == commits[wanted], minutes


async def test_a_commit_that_is_dated_back_does_not_change_what_the_branch_named_then(hub):
    """Git's dates are whatever the writer says; only the record of the pushes counts."""
    hub.fake.at = THEN + HOUR
    hub.fake.commit("dated 12:00, pushed at 13:00", git("eve"))
    assert await hub.vcs.head(hub.name, "main", THEN + HOUR / 2) == hub.base


async def test_before_a_branch_was_made_there_was_none(hub):
    hub.fake.at = THEN + HOUR
    hub.fake.branch("release/1.4", hub.base)
    assert await hub.vcs.head(hub.name, "release/1.4", THEN) == Absent(f"branch release/1.4 in {hub.name} at that time")
    assert await hub.vcs.head(hub.name, "gone", THEN) == Absent(f"branch gone in {hub.name}")


async def test_a_record_with_a_gap_proves_nothing(hub):
    hub.fake.at = THEN + HOUR
    hub.fake.commit("seen", git("ada"))
    hub.fake.commit("not in the record", git("ada"))
    hub.fake.forget("main", 1)
    got = await hub.vcs.head(hub.name, "main", THEN)
    assert got == Unread(f"the head of branch main of {hub.name} at 2026-11-20 12:00 UTC", "GitHub's record of its moves has a gap")
    assert isinstance(await hub.vcs.head(hub.name, "main"), str)


async def test_a_record_that_does_not_reach_back_proves_nothing(bench):
    bench.fake.at = THEN + HOUR
    bench.fake.commit("newer", git("ada"))
    bench.fake.moves[1:] = []  # GitHub keeps its record for a while only
    assert (await bench.vcs.head(REPO, "main", THEN)).why == "GitHub's record of its moves does not reach back to then"


async def test_a_long_record_is_followed_page_by_page(bench):
    for number in range(250):
        bench.fake.at = THEN + timedelta(minutes=number)
        bench.fake.commit(f"at {number}", git("ada"))
    # the fake's first commit is history[0], made at 12:00 like the next one
    assert await bench.vcs.head(REPO, "main", THEN + timedelta(minutes=20)) == bench.fake.history[21]
    assert [path for _, path in bench.fake.seen].count("/repos/octo/api/activity") == 3


# ---------------------------------------------------------------- where branches part, and their line


async def test_where_a_release_branch_left_main(hub):
    cut = hub.fake.commit("cut here", git("ada"))
    hub.fake.branch("release/1.4", cut)
    fix = hub.fake.commit("fix", git("ada"), on="release/1.4")
    later = hub.fake.commit("later", git("ada"))
    assert await hub.vcs.merge_base(hub.name, later, fix) == cut
    assert await hub.vcs.merge_base(hub.name, cut, later) == cut
    assert await hub.vcs.merge_base(hub.name, fix, fix) == fix


async def test_commits_without_a_common_history(bench):
    other = bench.fake.commit("orphan", git("ada"), on="island")
    bench.fake.parents[other] = []
    got = await bench.vcs.merge_base(REPO, bench.base, other)
    assert got == Absent(f"common history of {bench.base[:12]} and {other[:12]} in octo/api")
    assert (await bench.vcs.merge_base(REPO, bench.base, "f" * 40)).why == "it answered with status 404: Not Found"
    assert isinstance(await bench.vcs.merge_base(REPO, "main", bench.base), Unread)


async def test_the_line_of_main_is_told_newest_first(hub):
    made = [hub.base, *(hub.fake.commit(f"no {n}", git("ada")) for n in range(4))]
    assert await hub.vcs.line(hub.name, made[-1], 3) == tuple(made[:1:-1])
    assert await hub.vcs.line(hub.name, made[-1], 100) == tuple(made[::-1])
    assert isinstance(await hub.vcs.line(hub.name, "main", 3), Unread)


async def test_another_history_than_was_asked_for_is_none(bench):
    other = bench.fake.commit("other", git("ada"))
    bench.fake.lies["/commits"] = lambda: told([{"sha": bench.base, "parents": []}])
    assert (await bench.vcs.line(REPO, other, 3)).why == "it told another history than it was asked for"


# ---------------------------------------------------------------- the same change


async def test_a_cherry_pick_makes_the_same_change_as_its_source(hub):
    cut = hub.fake.commit("cut here", git("ada"))
    hub.fake.branch("release/1.4", cut)
    source = hub.fake.commit("fix: limit", git("ada"), change=("limit.txt", "one\ntwo\n"))
    picked = hub.fake.commit("fix: limit", git("ada"), on="release/1.4", change=("limit.txt", "one\ntwo\n"))
    other = hub.fake.commit("fix: limit", git("eve"), on="release/1.4", change=("limits.txt", "one\ntwo\nthree\n"))
    same, again, not_same = [await hub.vcs.patch(hub.name, oid) for oid in (source, picked, other)]
    assert isinstance(same, str)
    assert same == again != not_same
    assert await hub.vcs.patch(hub.name, "f" * 40) == Absent(f"commit ffffffffffff in {hub.name}")
    assert isinstance(await hub.vcs.patch(hub.name, "main"), Unread)


async def test_line_numbers_and_blanks_do_not_count_but_lines_do(bench):
    oids = [bench.fake.commit(f"c{n}", git("ada")) for n in range(3)]
    for oid, patch in zip(oids, ("@@ -1 +1 @@\n-a b\n+c", "@@ -90 +90 @@ def f():\n-a  b\n+c ", "@@ -1 +1 @@\n-a b\n+d"), strict=True):
        bench.fake.changes[oid] = [
            {"filename": "x", "status": "modified", "sha": None, "additions": 1, "deletions": 1, "patch": patch}
        ]  # fmt: skip
    ids = [await bench.vcs.patch(REPO, oid) for oid in oids]
    assert ids[0] == ids[1] != ids[2]


async def test_binary_files_are_the_same_when_they_become_the_same(bench):
    oids = [bench.fake.commit(f"c{n}", git("ada")) for n in range(3)]
    for oid, blob in zip(oids, ("a" * 40, "a" * 40, "b" * 40), strict=True):
        bench.fake.changes[oid] = [{"filename": "logo.png", "status": "modified", "sha": blob, "additions": 0, "deletions": 0}]
    ids = [await bench.vcs.patch(REPO, oid) for oid in oids]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("patch", [None, "@@ -1 +1 @@\n+only the first line"])
async def test_a_change_that_is_told_in_part_is_compared_with_nothing(bench, patch):
    oid = bench.fake.commit("large", git("ada"))
    bench.fake.changes[oid][0] |= {"filename": "big.sql", "additions": 9000, "patch": patch}
    assert (await bench.vcs.patch(REPO, oid)).why == "GitHub does not tell all lines of big.sql"


async def test_a_change_of_many_files_is_read_to_the_last_page_and_a_huge_one_is_unread(bench):
    oid, other = bench.fake.commit("many", git("ada")), bench.fake.commit("others", git("ada"))
    file = bench.fake.changes[oid][0]
    bench.fake.changes[oid] = [file | {"filename": f"{n:04}"} for n in range(150)]
    bench.fake.changes[other] = [*bench.fake.changes[oid][:-1], file | {"filename": "another"}]
    assert await bench.vcs.patch(REPO, oid) != await bench.vcs.patch(REPO, other)
    bench.fake.changes[oid] = [file | {"filename": f"{n:04}"} for n in range(1000)]
    assert (await bench.vcs.patch(REPO, oid)).why == "it changes more than 1000 files"


async def test_a_squash_makes_the_change_of_all_that_went_into_it(hub):
    begin = hub.base
    hub.fake.branch("hotfix/1.4.1-PAY-12", begin)
    first = hub.fake.commit("fix: one", git("ada"), on="hotfix/1.4.1-PAY-12", change=("one.py", "one\n"))
    last = hub.fake.commit("fix: two", git("ada"), on="hotfix/1.4.1-PAY-12", change=("two.py", "two\n"))
    whole = await hub.vcs.patch(hub.name, last, begin)
    assert isinstance(whole, str)
    assert whole not in {await hub.vcs.patch(hub.name, oid) for oid in (first, last)}
    assert await hub.vcs.patch(hub.name, first, begin) == await hub.vcs.patch(hub.name, first)
    elsewhere = hub.fake.commit("on main meanwhile", git("ada"))
    assert isinstance(await hub.vcs.patch(hub.name, elsewhere, last), Unread)
    assert (await hub.vcs.patch(hub.name, last, "main")).why == "it is not asked for by commit"


async def test_a_comparison_of_too_many_files_is_unread(bench):
    begin = bench.fake.commit("before", git("ada"))
    oid = bench.fake.commit("many", git("ada"))
    file = bench.fake.changes[oid][0]
    bench.fake.changes[oid] = [file | {"filename": f"{n:04}"} for n in range(299)]
    assert isinstance(await bench.vcs.patch(REPO, oid, begin), str)
    bench.fake.changes[oid] = [file | {"filename": f"{n:04}"} for n in range(300)]
    assert (await bench.vcs.patch(REPO, oid, begin)).why == "it changes 300 files or more, and GitHub compares no more"


async def test_a_commit_tells_its_whole_message(hub):
    hub.fake.commit("fix: limit", git("ada"), committer=WEB, body="Why.\n\n(cherry picked from commit " + "a" * 40 + ")")
    (commit,) = (await hub.span()).commits
    assert (commit.title, commit.message) == ("fix: limit", "fix: limit\n\nWhy.\n\n(cherry picked from commit " + "a" * 40 + ")")


# ---------------------------------------------------------------- what is still open


async def test_open_pull_requests_are_told_by_the_branch_that_they_are_for(hub):
    hub.fake.squashed(7, "ada")
    hub.fake.branch("release/1.4", hub.base)
    hub.fake.waits(8, "bob", title="feat: PAY-8 limit", labels=["risk:low"])
    hub.fake.waits(9, "cleo", into="release/1.4")
    (one,) = await hub.vcs.open_pulls(hub.name, "main")
    assert (one.number, one.title, one.author, one.labels, one.tickets) == (8, "feat: PAY-8 limit", "bob", {"risk:low"}, ("PAY-8",))
    assert one.url.endswith("/pull/8")
    assert [pull.number for pull in await hub.vcs.open_pulls(hub.name, "release/1.4")] == [9]
    assert await hub.vcs.open_pulls(hub.name, "release/1.5") == ()


async def test_all_pages_of_open_pull_requests_are_read(bench):
    for number in range(230, 0, -1):
        bench.fake.waits(number, None)
    found = await bench.vcs.open_pulls(REPO, "main")
    assert [pull.number for pull in found] == list(range(1, 231))
    assert found[0].author is None
