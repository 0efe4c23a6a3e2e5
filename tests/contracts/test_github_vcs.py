"""What GitHub knows about a release comes whole, or not at all (EVD-01, EVD-11…-16, SOD-02, SOD-12, PRM-05, REC-15, RSK-09)."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from aiohttp.test_utils import TestServer
from inline_snapshot import snapshot
from pydantic import SecretStr

from bot.adapters.answers import Answer
from bot.adapters.etags import Tagged
from bot.adapters.github_api import GitHubApi
from bot.adapters.github_auth import TokenAuth
from bot.adapters.github_vcs import GitHubVcs
from bot.adapters.tickets import tickets
from bot.adapters.transport import Limits, Transport
from guards.naming import Naming
from guards.unread import Absent, Unread
from guards.vcs import CheckState, Contributor, Protection, Review, ReviewState
from tests.world.forge import FilledForge
from tests.world.github_vcs import TOKEN, WEB, FakeGitHubVcs, RoundTrips, actor, git, listed, sha, told
from tests.world.moments import StillClock
from tests.world.neighbours import BAD, answer, raw_server

REPO = "octo/api"
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


class Bench:
    """A GitHub, the way to it, and the adapter."""

    def __init__(self):
        self.fake, self.clock = FakeGitHubVcs(), StillClock(NOW)
        self.way = RoundTrips(self.fake)
        self.vcs = self.adapter()
        self.base = self.fake.commit("what runs", git("ada"))

    def adapter(self, **other):
        auth = TokenAuth(SecretStr(TOKEN))
        return GitHubVcs(GitHubApi(self.way, auth, clock=self.clock, api_url="http://github.test", **other))

    async def span(self, base="", head=None):
        return await self.vcs.span(REPO, self.base if base == "" else base, head or self.fake.history[-1])


@pytest.fixture
async def bench():
    made = Bench()
    yield made
    await made.vcs.close()
    await made.way.close()


@pytest.fixture(params=["fake", "demo"])
async def hub(request, tmp_path):
    """A GitHub with one commit: the small one of these tests, and the forge of the demo, which reads a real repository.

    What is said of a `hub` therefore holds for git itself, and not only for what somebody thought that GitHub answers.
    """
    fake = FakeGitHubVcs() if request.param == "fake" else await FilledForge.create(tmp_path)
    transport, auth = Transport(Limits(wait=0.001)), TokenAuth(SecretStr(TOKEN))
    base = fake.commit("what runs", git("ada"))
    async with TestServer(fake.app if request.param == "demo" else fake.app(), host="127.0.0.1") as server:
        vcs = GitHubVcs(GitHubApi(transport, auth, clock=StillClock(NOW), api_url=str(server.make_url("/api/v3"))))
        yield Hub(fake, vcs, base)
        await vcs.close()
    await transport.close()


class Hub(NamedTuple):
    """See `hub`."""

    fake: FakeGitHubVcs | FilledForge
    vcs: GitHubVcs
    base: str

    @property
    def name(self):
        return self.fake.name

    async def span(self, base="", head=None):
        return await self.vcs.span(self.name, self.base if base == "" else base, head or self.fake.history[-1])


# ---------------------------------------------------------------- tags


async def test_a_signed_tag_tells_its_commit_and_who_made_it(hub):
    oid = hub.fake.tag("v1.4.0", hub.base)
    hub.fake.tag("v1.4.0-rc.1", hub.base)
    tag = await hub.vcs.tag(hub.name, "v1.4.0")
    assert (tag.object, tag.commit, tag.annotated, tag.verified, tag.reason) == (oid, hub.base, True, True, "valid")
    assert tag.tagger == Contributor("release-ci", "41898282+release-ci@users.noreply.github.com", "Release CI")
    assert (tag.repository, tag.name, tag.at) == (hub.name, "v1.4.0", datetime(2026, 11, 20, 12, 0, tzinfo=UTC))


@pytest.mark.parametrize("reason", ["unsigned", "unknown_key", "bad_email", "invalid"])
async def test_an_unsigned_or_forged_tag_is_told_as_such(hub, reason):
    hub.fake.tag("v1.4.0", hub.base, verified=False, reason=reason)
    tag = await hub.vcs.tag(hub.name, "v1.4.0")
    assert (tag.annotated, tag.verified, tag.reason, tag.commit) == (True, False, reason, hub.base)


async def test_a_lightweight_tag_has_no_signature_and_no_tagger(hub):
    hub.fake.point("v1.4.0", "commit", hub.base)
    tag = await hub.vcs.tag(hub.name, "v1.4.0")
    assert (tag.commit, tag.annotated, tag.verified, tag.reason, tag.tagger) == (hub.base, False, False, "not_annotated", None)


async def test_a_tag_that_is_moved_is_seen_at_once(hub):
    hub.fake.tag("v1.4.0", hub.base)
    assert (await hub.vcs.tag(hub.name, "v1.4.0")).commit == hub.base
    other = hub.fake.commit("other", git("eve"))
    hub.fake.tag("v1.4.0", other)
    assert (await hub.vcs.tag(hub.name, "v1.4.0")).commit == other


async def test_a_signed_tag_under_another_name_is_not_verified(hub):
    oid = hub.fake.tag("v1.3.0", hub.base)
    hub.fake.point("v1.4.0", "tag", oid)
    assert (await hub.vcs.tag(hub.name, "v1.3.0")).verified
    tag = await hub.vcs.tag(hub.name, "v1.4.0")
    assert (tag.verified, tag.reason) == (False, "made_for_another_name")


async def test_no_tag_is_absent_and_one_that_names_no_commit_is_unread(hub):
    hub.fake.tag("v1.4.0-rc.1", hub.base)
    assert await hub.vcs.tag(hub.name, "v1.4.0") == Absent(f"tag v1.4.0 in {hub.name}")
    hub.fake.point("v1.4.0", "tree", hub.base)
    assert await hub.vcs.tag(hub.name, "v1.4.0") == Unread(f"the tag v1.4.0 of {hub.name}", "it names a tree, not a commit")
    inner = hub.fake.tag("inner", hub.base)
    hub.fake.tag("v1.4.0", inner)
    assert await hub.vcs.tag(hub.name, "v1.4.0") == Unread(f"the tag v1.4.0 of {hub.name}", "it names a tag, not a commit")


async def test_a_signature_that_github_could_not_check_now_is_unread_and_not_forged(bench):
    bench.fake.tag("v1.4.0", bench.base, verified=False, reason="gpgverify_unavailable")
    assert isinstance(await bench.vcs.tag(REPO, "v1.4.0"), Unread)


async def test_a_repository_that_we_may_not_see_has_no_absent_tags(hub):
    got = await hub.vcs.tag("octo/other", "v1.4.0")
    assert got == Unread("the tag v1.4.0 of octo/other", "it answered with status 404: Not Found")


# ---------------------------------------------------------------- spans: whose work


async def test_a_squashed_pull_request_names_everybody_who_worked_on_it(bench):
    fake = bench.fake
    first = fake.commit("draft", git("ada"), on=False)
    second = fake.commit("help", git("bob"), git("cleo"), committer=git("dan"), on=False)
    merge = fake.commit("Change 7 (#7)", git("ada"), git("bob"), committer=WEB)
    fake.pull(7, "ada", [first, second], merge, brought=[merge], labels=["risk:low"], paths=["src/pay.py", "docs/x.md"])

    span = await bench.span()
    (commit,), (pull,) = span.commits, span.pulls
    assert (span.repository, span.base, span.head, span.removed) == (REPO, bench.base, merge, 0)
    assert (commit.author.id, [who.id for who in commit.co_authors], commit.pulls, commit.verified) == ("ada", ["bob"], (7,), True)
    assert commit.committer == Contributor(None, "noreply@github.com", "GitHub", bot=True)
    assert [who.id for who in pull.committers] == ["ada", "bob", "cleo", "dan"]
    assert (pull.author.login, pull.merged_by.login, pull.base, pull.head, pull.merged_commit) == ("ada", "merger", "main", second, merge)
    assert (pull.labels, pull.paths) == ({"risk:low"}, ("src/pay.py", "docs/x.md"))
    assert {who.id for who in span.contributors if not who.bot} == {"ada", "bob", "cleo", "dan"}
    assert span.unlinked == ()


async def test_merge_commits_and_rebased_commits_belong_to_their_pull_requests(bench):
    fake = bench.fake
    own = [fake.commit(f"part {n}", git("ada")) for n in range(2)]
    merge = fake.commit("Merge pull request #7", git("bob"), committer=WEB)
    fake.pull(7, "ada", own, merge)
    old = [fake.commit(f"before rebase {n}", git("cleo"), on=False) for n in range(2)]
    new = [fake.commit(f"rebased {n}", git("cleo"), committer=git("bob")) for n in range(2)]
    fake.pull(8, "cleo", old, new[-1], brought=new)

    span = await bench.span()
    assert [(commit.title, commit.pulls) for commit in span.commits] == [
        ("part 0", (7,)),
        ("part 1", (7,)),
        ("Merge pull request #7", (7,)),
        ("rebased 0", (8,)),
        ("rebased 1", (8,)),
    ]
    assert [pull.number for pull in span.pulls] == [7, 8]


async def test_a_revert_is_work_of_its_own_and_what_it_reverts_stays_in(hub):
    hub.fake.squashed(7, "ada")
    hub.fake.squashed(8, "bob", title='Revert "Change 7"')
    assert [(pull.number, pull.author.login) for pull in (await hub.span()).pulls] == [(7, "ada"), (8, "bob")]


async def test_a_commit_that_was_pushed_directly_belongs_to_no_pull_request(hub):
    hub.fake.squashed(7, "ada")
    pushed = hub.fake.commit("quick fix", git("eve"), signed=False)
    span = await hub.span()
    assert [(commit.sha, commit.author.id, commit.verified) for commit in span.unlinked] == [(pushed, "eve", False)]
    assert "eve" in {who.id for who in span.contributors}


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"merged": False},
        {"baseRepository": {"nameWithOwner": "eve/api"}},
        {"baseRepository": None},
        {"mergeCommit": {"oid": sha("on another branch")}},
        {"mergeCommit": None},
    ],
    ids=["open", "of a fork", "of a deleted fork", "merged elsewhere", "merge unknown"],
)
async def test_a_pull_request_that_did_not_bring_a_commit_here_is_no_evidence_for_it(bench, elsewhere):
    pushed = bench.fake.commit("smuggled", git("eve"))
    node = bench.fake.pull(9, "eve", [pushed], pushed)
    assert (await bench.span()).unlinked == ()
    node |= elsewhere
    span = await bench.adapter().span(REPO, bench.base, pushed)
    assert [commit.sha for commit in span.unlinked] == [pushed]
    assert span.pulls == ()


async def test_people_without_an_account_keep_their_address_and_deleted_accounts_are_nobody(bench):
    fake = bench.fake
    own = fake.commit("work", git(None, "Someone@Example.com"), on=False)
    merge = fake.commit("Change 7", git(None, "Someone@Example.com"), {"name": None, "email": None, "user": None}, committer=WEB)
    gone = {"author": None, "state": "APPROVED", "submittedAt": "2026-11-20T10:00:00Z", "commit": {"oid": own}}
    fake.pull(7, None, [own], merge, brought=[merge], reviews=[gone], mergedBy=None)
    (pull,) = (await bench.span()).pulls
    assert (pull.author, pull.merged_by) == (None, None)
    assert [who.id for who in pull.committers] == ["someone@example.com"]
    assert pull.reviews[0].login is None
    assert pull.approvers == frozenset()


async def test_a_machine_is_known_by_githubs_signature_and_not_by_its_address(bench):
    fake = bench.fake
    address = git(None, "49699333+dependabot[bot]@users.noreply.github.com")
    genuine = fake.commit("Bump", address, committer=WEB)
    forged = fake.commit("Bump", address, committer=address)  # signed with somebody's own key
    unsigned = fake.commit("Bump", address, committer=git(None, "noreply@github.com"), signed=False)
    fake.pull(7, "dependabot[bot]", [genuine], genuine)
    span = await bench.span()
    assert [(commit.sha, commit.author.bot, commit.committer.bot) for commit in span.commits] == [
        (genuine, True, True),
        (forged, False, False),
        (unsigned, False, False),
    ]
    assert span.pulls[0].author == Contributor("dependabot[bot]", name="dependabot", bot=True)


async def test_an_imported_stand_in_is_nobodys_account(bench):
    own = bench.fake.commit("work", git("ada"))
    bench.fake.pull(7, "ada", [own], own)["author"] = {"__typename": "Mannequin", "login": "ada"}
    assert (await bench.span()).pulls[0].author == Contributor(None, name="ada")


# ---------------------------------------------------------------- spans: who reviewed what


def review(login, state, commit, hour):
    return {
        "author": actor(login),
        "state": state,
        "submittedAt": f"2026-11-20T{hour:02}:00:00Z",
        "commit": {"oid": commit} if commit else None,
    }


async def test_an_approval_counts_while_it_stands_and_is_on_the_last_commit(bench):
    fake = bench.fake
    early, late = (fake.commit(title, git("ada"), on=False) for title in ("early", "late"))
    merge = fake.commit("Change 7", git("ada"), committer=WEB)
    reviews = [
        review("stale", "APPROVED", early, 8),
        review("gone", "APPROVED", None, 8),
        review("dismissed", "DISMISSED", late, 9),
        review("commenter", "COMMENTED", late, 9),
        review("pending", "PENDING", late, 9) | {"submittedAt": None},
        review("changed-mind", "APPROVED", late, 9),
        review("changed-mind", "CHANGES_REQUESTED", late, 10),
        review("convinced", "CHANGES_REQUESTED", early, 8),
        review("convinced", "APPROVED", late, 11),
        review("good", "APPROVED", late, 9),
        review("good", "COMMENTED", late, 12),
        review("robot[bot]", "APPROVED", late, 9),
    ]
    fake.pull(7, "ada", [early, late], merge, brought=[merge], reviews=reviews[::-1])
    (pull,) = (await bench.span()).pulls
    assert pull.approvers == {"good", "convinced", "robot[bot]"}
    assert pull.verdicts["stale"] == Review("stale", ReviewState.APPROVED, early, datetime(2026, 11, 20, 8, tzinfo=UTC))
    assert pull.verdicts["dismissed"].state is ReviewState.DISMISSED
    assert [given.login for given in pull.reviews if given.bot] == ["robot[bot]"]
    assert len(pull.reviews) == 11


@pytest.mark.parametrize(
    ("title", "branch", "body", "wanted"),
    [
        ("PAY-12: limit", "x", "", ("PAY-12",)),
        ("limit", "feature/PAY-13-limit", "", ()),
        ("limit", "PAY-13", "See OPS-7 and PAY-13.", ("PAY-13", "OPS-7")),
        ("limit", "x", "Fixes #7, closes octo/web#8\nrefs #9", ("octo/api#7", "octo/web#8")),
        ("limit", "x", "<!-- write the ticket here, like PAY-1 -->", ()),
        ("limit", "x", "<!-- never closed, PAY-1", ()),
        ("use SHA-256 and UTF-8, XPAY-1x, pay-1", "x", "", ()),
    ],
)
async def test_ticket_references_come_from_title_branch_and_body(bench, title, branch, body, wanted):
    assert tickets(REPO, title, branch, body, key=Naming().ticket) == wanted
    bench.fake.squashed(7, "ada", title=title, headRefName=branch, body=body)
    (pull,) = (await bench.span()).pulls
    assert (pull.tickets, pull.body) == (wanted, body)


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        (r"PAY-[0-9]+", ("PAY-12", "octo/api#7")),
        (r"^PAY-[0-9]+$", ("PAY-12", "octo/api#7")),
        (r"INC-?[0-9]{5}", ("INC12345", "INC-54321", "octo/api#7")),
        (r"[A-Z]*", ("INC", "octo/api#7")),
        (r"\$[0-9]+\$", ("$9$", "octo/api#7")),
    ],
)
async def test_what_a_ticket_looks_like_is_for_the_policy_to_say(bench, key, wanted):
    """NAM-07: `naming.ticket` counts in titles and texts as it does in commands."""
    bench.fake.squashed(7, "ada", title="PAY-12 and OPS-7, INC12345", body="INC-54321, $9$ INC; fixes #7")
    vcs = GitHubVcs(bench.vcs._api, ticket=key)
    (pull,) = (await vcs.span(REPO, bench.base, bench.fake.history[-1])).pulls
    assert pull.tickets == wanted


async def test_paths_that_github_does_not_list_are_none(bench):
    bench.fake.squashed(7, "ada", changedFiles=3001)
    bench.fake.squashed(8, "ada", files=None)
    assert [pull.paths for pull in (await bench.span()).pulls] == [None, None]


# ---------------------------------------------------------------- spans: which commits


async def test_a_rollback_removes_and_adds_nothing(hub):
    for number in range(3):
        hub.fake.squashed(number, "ada")
    span = await hub.span(base=hub.fake.history[-1], head=hub.base)
    assert (span.commits, span.pulls, span.removed) == ((), (), 3)
    same = await hub.span(base=hub.base, head=hub.base)
    assert (same.commits, same.removed) == ((), 0)


async def test_where_nothing_runs_all_history_counts(hub):
    hub.fake.squashed(7, "ada")
    for number in range(120):
        hub.fake.commit(f"later {number}", git("bob"))
    span = await hub.span(base=None)
    assert [commit.sha for commit in span.commits] == hub.fake.history
    assert await hub.span(base=None, head="f" * 40) == Absent(f"commit ffffffffffff in {hub.name}")


async def test_a_span_that_is_too_long_is_unread_and_not_cut(bench):
    for number in range(2001):
        bench.fake.commit(str(number), git("ada"))
    got = await bench.span()
    assert got.why == "2001 commits are more than the 2000 that are read at once"


@pytest.mark.parametrize(("base", "head"), [("main", "a" * 40), ("a" * 40, "v1.4.0"), (None, "HEAD"), ("A" * 40, "a" * 40), ("", "a" * 40)])
async def test_only_commits_are_asked_for(bench, base, head):
    assert (await bench.vcs.span(REPO, base, head)).why == "it is not asked for by commits"
    assert bench.fake.seen == []


@pytest.mark.parametrize("name", ["octo", "../x", "octo/..", "octo/a/b", "octo/a?x", ""])
async def test_only_repositories_are_asked_for(bench, name):
    for got in (await bench.vcs.tag(name, "v1"), await bench.vcs.span(name, None, bench.base), await bench.vcs.checks(name, bench.base)):
        assert isinstance(got, Unread)
    assert bench.fake.seen == []


async def test_names_with_slashes_and_blanks_stay_one_part_of_the_path(bench):
    bench.fake.branches.add("release/1.4")
    assert await bench.vcs.protection(REPO, "release/1.4") == Absent("protection of branch release/1.4 in octo/api")
    assert isinstance(await bench.vcs.tag(REPO, "../../v1?x#y"), Absent)
    assert {path.rpartition("/")[2] for _, path in bench.fake.seen if "matching" in path} == {"..%2F..%2Fv1%3Fx%23y"}


# ---------------------------------------------------------------- whole or not at all, and how fast


def big_release(fake):
    """100 pull requests with merge commits, some with more of everything than one page holds."""
    for number in range(1, 101):
        own = [fake.commit(f"work {number}.{part}", git("ada"), git(f"helper-{number}")) for part in range(2)]
        merge = fake.commit(f"Merge #{number}", git("ada"), committer=WEB)
        own += [fake.commit(f"more {number}.{part}", git(f"many-{part}"), on=False) for part in range(118 if number == 50 else 0)]
        reviews = [review("rob", "COMMENTED", own[-1], 9)] * 249 if number == 60 else []
        paths = [f"src/{n}.py" for n in range(210 if number == 70 else 1)]
        fake.pull(
            number, "ada", own, merge, brought=[*own[:2], merge], reviews=[*reviews, review("rob", "APPROVED", own[-1], 10)], paths=paths
        )
    first = fake.history[1]
    fake.links[first][:0] = [fake.pull(1000 + n, "x", [first], first, brought=[], merged=False) for n in range(60)]


async def test_a_release_of_100_pull_requests_takes_at_most_12_round_trips_one_after_the_other(bench):
    big_release(bench.fake)
    span = await bench.span()
    assert len(span.commits) == 300
    assert [pull.number for pull in span.pulls] == list(range(1, 101))
    assert span.unlinked == ()
    by_number = {pull.number: pull for pull in span.pulls}
    assert "many-117" in {who.id for who in by_number[50].committers}
    assert len(by_number[60].reviews) == 250
    assert by_number[60].approvers == {"rob"}
    assert len(by_number[70].paths) == 210
    assert bench.way.rounds == snapshot(8)
    assert bench.way.rounds <= 12
    assert bench.way.calls == snapshot(25)


async def test_all_facts_of_that_release_together_take_no_more(bench):
    big_release(bench.fake)
    head = bench.fake.history[-1]
    bench.fake.tag("v1.4.0", head)
    for number in range(250):
        bench.fake.ran(head, f"check {number}")
        bench.fake.write(head, f"status {number}", "success")
    bench.fake.files[head, "CODEOWNERS"] = "* @octo/everybody"
    bench.fake.rules = [{"type": "deletion"}] * 150
    vcs = bench.vcs
    facts = await asyncio.gather(
        vcs.tag(REPO, "v1.4.0"), bench.span(), vcs.checks(REPO, head), vcs.protection(REPO, "main"), vcs.codeowners(REPO, head)
    )
    assert not [fact for fact in facts if isinstance(fact, Unread | Absent)]
    assert len(facts[2]) == 500
    assert bench.way.rounds <= 12


async def test_a_second_look_within_a_minute_costs_conditional_requests_and_one_for_what_people_wrote(hub):
    """GraphQL knows no conditional requests, and by REST it would be two requests for each pull request."""
    fake = hub.fake
    fake.squashed(7, "ada")
    head = fake.add_file("CODEOWNERS", "* @a")
    fake.tag("v1.4.0", head)
    fake.ran(head, "test")
    fake.protect("main", {"enforce_admins": {"enabled": True}}, [])

    async def look():
        vcs = hub.vcs
        return [
            await vcs.tag(hub.name, "v1.4.0"),
            await hub.span(),
            await vcs.checks(hub.name, head),
            await vcs.protection(hub.name, "main"),
            await vcs.codeowners(hub.name, head),
        ]

    first = await look()
    assert fake.unchanged == 0
    fake.seen.clear()
    assert await look() == first
    assert fake.unchanged == 6
    assert [method for method, _ in fake.seen].count("POST") == 1
    assert len(fake.seen) == 7


async def test_what_people_write_on_a_merged_pull_request_is_seen_at_once(bench):
    """EVD-14, RSK-09, RSK-10: the commits are kept; a label, a ticket, a review and a dismissal of a moment ago count."""
    fake = bench.fake
    own = fake.commit("work", git("ada"), on=False)
    merge = fake.commit("Change 7", git("ada"), committer=WEB)
    fake.pull(7, "ada", [own], merge, brought=[merge], reviews=[review("rob", "APPROVED", own, 9)], paths=["src/pay.py"])
    fake.squashed(8, "ada")
    before = await bench.span()
    fake.seen.clear()

    late = [
        *([review("mara", "COMMENTED", own, 9)] * 120),
        review("rob", "DISMISSED", own, 9),
        review("olga", "CHANGES_REQUESTED", own, 12),
    ]
    node = fake.nodes["PR_7"]
    node |= {"title": "PAY-7: more", "body": "See OPS-8.", "reviews": listed(late), "labels": listed([{"name": "risk:high"}])}
    now = await bench.span()
    (pull, other) = now.pulls
    assert (pull.title, pull.body, pull.labels, pull.tickets) == ("PAY-7: more", "See OPS-8.", {"risk:high"}, ("PAY-7", "OPS-8"))
    assert (pull.approvers, pull.verdicts["olga"].state, len(pull.reviews)) == (frozenset(), ReviewState.CHANGES_REQUESTED, 122)
    assert (pull.paths, pull.committers, pull.merged_commit) == (("src/pay.py",), before.pulls[0].committers, merge)
    assert other == before.pulls[1]
    assert len(fake.seen) == 2  # one for both pull requests, one for the rest of a long list


async def test_what_cannot_be_read_again_is_not_taken_from_before(bench):
    bench.fake.squashed(7, "ada")
    await bench.span()
    bench.fake.lies["query Words"] = lambda: told({"message": "Bad gateway"}, 502)
    assert "502" in (await bench.span()).why
    bench.fake.lies.clear()
    bench.fake.nodes["PR_7"]["labels"] = listed([{"name": f"label-{n}"} for n in range(101)])
    assert (await bench.span()).why == "pull request #7 has more labels than GitHub lists"
    bench.fake.nodes["PR_7"]["number"] = 8
    assert (await bench.span()).why == "it told other pull requests than were asked for"


async def test_what_changed_in_between_is_seen_through_the_conditional_request(bench):
    head = bench.fake.squashed(7, "ada")
    bench.fake.ran(head, "test", "failure")
    assert [check.state for check in await bench.vcs.checks(REPO, head)] == [CheckState.FAILED]
    bench.fake.ran(head, "test", "success")
    assert [check.state for check in await bench.vcs.checks(REPO, head)] == [CheckState.PASSED]


async def test_questions_at_the_same_time_are_one_question(bench):
    bench.fake.squashed(7, "ada")
    spans = await asyncio.gather(*(bench.span() for _ in range(5)))
    assert all(span == spans[0] for span in spans)
    assert len(bench.fake.seen) == 3 + 4  # the commits once; what people wrote is as new as each question


async def test_whoever_stops_waiting_for_a_span_takes_it_from_nobody_else(bench):
    bench.fake.squashed(7, "ada")
    hurried, patient = asyncio.create_task(bench.span()), asyncio.create_task(bench.span())
    await asyncio.sleep(0)
    hurried.cancel()
    assert (await patient).pulls
    assert hurried.cancelled()


def short(page):
    """The same answer with its last item gone."""
    body = json.loads(page.body)
    body["commits" if "commits" in body else "check_runs"].pop()
    return Answer(200, {}, json.dumps(body).encode())


async def test_a_list_that_lacks_something_is_unread(bench):
    fake = bench.fake
    head = fake.squashed(7, "ada")
    fake.ran(head, "test")
    whole = {part: fake.answer("GET", f"/repos/{REPO}/{part}", {"Authorization": f"Bearer {TOKEN}"}) for part in
             (f"compare/{bench.base}...{head}", f"commits/{head}/check-runs")}  # fmt: skip
    for part, page in whole.items():
        fake.lies[part] = lambda page=page: short(page)
    assert (await bench.span()).why == "its list of commits is not complete"
    assert (await bench.vcs.checks(REPO, head)).why == "its list of check runs is not complete"


async def test_an_answer_about_something_else_is_unread(bench):
    fake = bench.fake
    head, other = fake.squashed(7, "ada"), fake.squashed(8, "ada")
    fake.tag("v1.4.0", head)

    def instead(part, path):
        fake.lies.clear()
        answer = fake.answer("GET", f"/repos/{REPO}/{path}", {"Authorization": f"Bearer {TOKEN}"})
        fake.lies[part] = lambda: Answer(200, {}, answer.body)

    instead("git/tags/", f"git/tags/{fake.tag('other', head)}")
    assert (await bench.vcs.tag(REPO, "v1.4.0")).why == "GitHub told another tag object than it was asked for"
    instead("compare/", f"compare/{head}...{other}")
    assert (await bench.span(head=other)).why == "it compared with another commit"
    instead("compare/", f"compare/{bench.base}...{head}")
    assert (await bench.span(head=other)).why == "its list of commits is not complete"


async def test_lists_that_are_too_long_are_unread(bench):
    head = bench.base
    bench.fake.lies["/check-runs"] = lambda: told({"total_count": 2001, "check_runs": []})
    assert (await bench.vcs.checks(REPO, head)).why == "there are more than 2000"
    bench.fake.lies.clear()
    for number in range(2000):
        bench.fake.write(head, f"s{number}", "success")
    assert (await bench.vcs.checks(REPO, head)).why == "there are more than 2000"
    bench.fake.written[head].pop()
    assert len(await bench.vcs.checks(REPO, head)) == 1999


async def test_a_commit_that_github_refuses_for_another_reason_is_unread(bench):
    bench.fake.lies["/check-runs"] = lambda: told({"message": "Validation failed"}, 422)
    assert (await bench.vcs.checks(REPO, bench.base)).why == "it answered with status 422: Validation failed"


@pytest.mark.parametrize(
    ("query", "spoil", "why"),
    [
        ("query Commits", lambda d: d["nodes"].clear(), "it told less than was asked for"),
        ("query Commits", lambda d: d["nodes"].__setitem__(0, None), "“data.nodes.0” in its answer is not what was agreed"),
        ("query Commits", lambda d: d["nodes"][0].update(oid="f" * 40), "it told other commits than were asked for"),
        ("query Commits", lambda d: d["nodes"][0].update(authors=None), "“data.nodes.0.authors” in its answer is not what was agreed"),
        ("query Commits", lambda d: d["nodes"][0]["authors"]["pageInfo"].update(hasNextPage=True), "GitHub does not list them all"),
        ("query Commits", lambda d: d["nodes"][0]["authors"]["nodes"].clear(), "GitHub does not list them all"),
        ("query Pulls", lambda d: d["nodes"][0].pop("reviews"), "its answer lacks “data.nodes.0.reviews”"),
        ("query Pulls", lambda d: d["nodes"][0].update(labels=None), "“data.nodes.0.labels” in its answer is not what was agreed"),
        (
            "query Pulls",
            lambda d: d["nodes"][0]["labels"]["pageInfo"].update(hasNextPage=True),
            "pull request #7 has more labels than GitHub lists",
        ),
        (
            "query Pulls",
            lambda d: d["nodes"][0]["reviews"]["pageInfo"].update(hasNextPage=True, endCursor=None),
            "one of its lists does not go on",
        ),
        (
            "query Rest",
            lambda d: d["node"]["page"]["pageInfo"].update(hasNextPage=True, endCursor="100"),
            "one of its lists does not go on",
        ),
    ],
)
async def test_a_span_with_a_gap_is_unread(bench, query, spoil, why):
    own = bench.fake.commit("work", git("ada"))
    bench.fake.pull(7, "ada", [own], own, reviews=[review("rob", "COMMENTED", own, 9)] * 101)
    honest = bench.fake.execute

    def spoiled(asked):
        told = honest(asked)
        if query in asked["query"]:
            spoil(told["data"])
        return told

    bench.fake.execute = spoiled
    got = await bench.span()
    assert isinstance(got, Unread)
    assert got.why == why
    bench.fake.execute = honest
    assert len((await bench.span()).pulls[0].reviews) == 101  # a failure is not kept


async def test_half_an_answer_with_an_error_is_none(bench):
    bench.fake.squashed(7, "ada")
    honest = bench.fake.execute
    bench.fake.execute = lambda asked: (
        honest(asked) | {"errors": [{"type": "FORBIDDEN", "message": "Resource not accessible by integration"}]}
    )
    assert (await bench.span()).why == "Resource not accessible by integration"
    bench.fake.execute = lambda asked: {"data": None, "errors": None}
    assert (await bench.span()).why == "“data” in its answer is not what was agreed"


# ---------------------------------------------------------------- checks


async def test_the_newest_attempt_of_each_check_stands_and_attempts_are_counted(bench):
    fake, head = bench.fake, bench.base
    for conclusion in ("failure", "cancelled", "success"):
        fake.ran(head, "test", conclusion)
    fake.ran(head, "test", "failure", suite=2)
    fake.ran(head, "lint", None)
    for state in ("pending", "failure", "pending", "success"):
        fake.write(head, "ci/build", state)
    fake.write(head, "ci/deploy", "pending", creator=None)
    fake.ran(fake.commit("later", git("ada")), "elsewhere")

    checks = await bench.vcs.checks(REPO, head)
    assert [(c.name, c.state, c.attempts, c.by, c.suite) for c in checks] == [
        ("ci/build", CheckState.PASSED, 2, "ci", None),
        ("ci/deploy", CheckState.WAITING, 0, None, None),
        ("lint", CheckState.WAITING, 1, "github-actions", 1),
        ("test", CheckState.PASSED, 3, "github-actions", 1),
        ("test", CheckState.FAILED, 1, "github-actions", 2),
    ]
    assert checks[3].url == "https://github.com/octo/api/runs/test"
    assert checks[3].at == datetime(2026, 11, 20, 11, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("conclusion", "wanted"),
    [
        ("success", CheckState.PASSED),
        ("neutral", CheckState.SKIPPED),
        ("skipped", CheckState.SKIPPED),
        ("failure", CheckState.FAILED),
        ("timed_out", CheckState.FAILED),
        ("startup_failure", CheckState.FAILED),
        ("stale", CheckState.FAILED),
        ("action_required", CheckState.WAITING),
    ],
)
async def test_what_githubs_conclusions_mean(bench, conclusion, wanted):
    bench.fake.ran(bench.base, "test", conclusion)
    assert [check.state for check in await bench.vcs.checks(REPO, bench.base)] == [wanted]


@pytest.mark.parametrize("odd", [{"conclusion": "splendid"}, {"conclusion": None}, {"head_sha": "f" * 40}, {"status": "on fire"}])
async def test_a_check_that_github_does_not_document_is_unread(bench, odd):
    bench.fake.ran(bench.base, "test").update(odd)
    assert isinstance(await bench.vcs.checks(REPO, bench.base), Unread)


async def test_no_checks_are_an_empty_list_and_no_commit_is_absent(hub):
    assert await hub.vcs.checks(hub.name, hub.base) == ()
    assert await hub.vcs.checks(hub.name, "f" * 40) == Absent(f"commit ffffffffffff in {hub.name}")
    assert isinstance(await hub.vcs.checks(hub.name, "main"), Unread)


@pytest.mark.parametrize("cut", [False, True], ids=["with Link headers", "without"])
async def test_statuses_are_read_to_the_last_page(bench, cut):
    bench.fake.cut = cut
    for number in range(200):
        bench.fake.write(bench.base, f"s{number:03}", "failure" if number == 0 else "success")
    checks = await bench.vcs.checks(REPO, bench.base)
    assert len(checks) == 200
    assert checks[0].state is CheckState.FAILED


# ---------------------------------------------------------------- protection

CLASSIC = {
    "required_status_checks": {"contexts": ["test"], "strict": True},
    "required_pull_request_reviews": {
        "dismiss_stale_reviews": True,
        "require_code_owner_reviews": False,
        "required_approving_review_count": 1,
    },
    "enforce_admins": {"url": "u", "enabled": True},
}
RULES = [
    {
        "type": "pull_request",
        "parameters": {"dismiss_stale_reviews_on_push": False, "require_code_owner_review": True, "required_approving_review_count": 2},
    },
    {"type": "required_status_checks", "parameters": {"required_status_checks": [{"context": "sbom"}]}},
    {"type": "commit_message_pattern", "parameters": {"operator": "starts_with", "pattern": "x"}},
]


@pytest.mark.parametrize(
    ("classic", "rules", "wanted"),
    [
        (CLASSIC, [], Protection("main", frozenset({"test"}), 1, False, True, True)),
        ({}, [], Protection("main")),
        (CLASSIC | {"enforce_admins": {"enabled": False}}, [], Protection("main", frozenset({"test"}), 1, False, True, False)),
        (None, RULES, Protection("main", frozenset({"sbom"}), 2, True, False, None)),
        (CLASSIC, RULES, Protection("main", frozenset({"test", "sbom"}), 2, True, True, None)),
        (CLASSIC | {"enforce_admins": {"enabled": False}}, RULES, Protection("main", frozenset({"test", "sbom"}), 2, True, True, False)),
        (None, [], None),
    ],
    ids=["classic", "classic that asks for nothing", "not for administrators", "rulesets", "both", "both, not for administrators", "none"],
)
async def test_branch_protection_and_rulesets_count_together(hub, classic, rules, wanted):
    hub.fake.protect("main", classic if classic is None else {"url": "u", **classic}, rules)
    found = await hub.vcs.protection(hub.name, "main")
    assert found == (wanted or Absent(f"protection of branch main in {hub.name}"))


async def test_no_branch_is_absent_and_no_permission_is_unread(bench):
    assert await bench.vcs.protection(REPO, "gone") == Absent("branch gone in octo/api")
    bench.fake.lies["/protection"] = lambda: told({"message": "Not Found"}, 404)
    assert (await bench.vcs.protection(REPO, "main")).why == "it answered with status 404: Not Found"
    bench.fake.lies["/protection"] = lambda: told({"message": "Resource not accessible by integration"}, 403)
    assert (await bench.vcs.protection(REPO, "main")).why == "it answered with status 403: Resource not accessible by integration"


async def test_a_rule_with_other_parameters_is_never_overlooked(bench):
    bench.fake.rules = [{"type": "pull_request", "parameters": {"required_approving_review_count": "two"}}]
    assert isinstance(await bench.vcs.protection(REPO, "main"), Unread)


# ---------------------------------------------------------------- CODEOWNERS


@pytest.mark.parametrize("place", [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"])
async def test_the_first_codeowners_file_counts(hub, place):
    for path in (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")[::-1]:
        commit = hub.fake.add_file(path, f"* @{path.partition('/')[0].strip('.').lower()}")
        if path == place:
            break
    owners = await hub.vcs.codeowners(hub.name, commit)
    assert owners.path == place
    assert owners.owners("x") == (f"@{place.partition('/')[0].strip('.').lower()}",)


async def test_no_codeowners_file_and_no_commit_are_absent(hub):
    assert await hub.vcs.codeowners(hub.name, hub.base) == Absent(f"CODEOWNERS file at {hub.base[:12]} in {hub.name}")
    assert await hub.vcs.codeowners(hub.name, "f" * 40) == Absent(f"commit ffffffffffff in {hub.name}")
    assert isinstance(await hub.vcs.codeowners(hub.name, "main"), Unread)
    assert isinstance(await hub.vcs.codeowners("octo/other", hub.base), Unread)


async def test_a_huge_codeowners_file_is_unread(bench):
    other = bench.fake.commit("x", git("ada"))
    bench.fake.files[other, "CODEOWNERS"] = "#" * 600_000
    assert (await bench.vcs.codeowners(REPO, other)).why == "CODEOWNERS is too large, or no text"


# ---------------------------------------------------------------- renames, limits, bad neighbours


async def ask_all(vcs, repository=REPO):
    a, b = "a" * 40, "b" * 40
    questions = {
        "tag": vcs.tag(repository, "v1.4.0"),
        "span": vcs.span(repository, a, b),
        "history": vcs.span(repository, None, b),
        "checks": vcs.checks(repository, a),
        "protection": vcs.protection(repository, "main"),
        "codeowners": vcs.codeowners(repository, a),
        "head": vcs.head(repository, "main"),
        "head then": vcs.head(repository, "main", NOW),
        "merge base": vcs.merge_base(repository, a, b),
        "line": vcs.line(repository, a, 5),
        "patch": vcs.patch(repository, a),
        "open pulls": vcs.open_pulls(repository, "main"),
    }
    return dict(zip(questions, await asyncio.gather(*questions.values()), strict=True))


async def test_a_renamed_repository_is_read_and_its_new_name_is_told():
    fake = FakeGitHubVcs()
    base = fake.commit("base", git("ada"))
    for number in range(7, 160):
        head = fake.squashed(number, "ada")
    fake.tag("v1.4.0", head)
    fake.moved["octo/former"] = "1300192"
    transport = Transport(Limits(wait=0.001))
    async with TestServer(fake.app(), host="127.0.0.1") as server:
        api = GitHubApi(transport, TokenAuth(SecretStr(TOKEN)), clock=StillClock(NOW), api_url=str(server.make_url("/")))
        vcs = GitHubVcs(api)
        tag, span = await vcs.tag("octo/former", "v1.4.0"), await vcs.span("octo/former", base, head)
        history = await vcs.span("octo/former", None, head)
        await vcs.close()
    await transport.close()
    assert (tag.repository, tag.verified, tag.commit) == (REPO, True, head)
    assert (span.repository, len(span.commits), span.unlinked) == (REPO, 153, ())
    assert (history.repository, len(history.commits)) == (REPO, 154)


@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_neighbour_never_raises_and_never_looks_like_an_answer(bad):
    transport = Transport(Limits(connect=1, read=0.2, total=1, wait=0.001))
    async with raw_server(BAD[bad]) as url:
        vcs = GitHubVcs(GitHubApi(transport, TokenAuth(SecretStr(TOKEN)), clock=StillClock(NOW), api_url=url, deadline=3))
        for method, got in (await ask_all(vcs)).items():
            assert isinstance(got, Unread), (method, got)
            assert "octo/api" in got.what
            assert got.why
            assert TOKEN not in repr(got)
        await vcs.close()
    await transport.close()


@pytest.mark.parametrize(
    ("lie", "wait"),
    [
        (lambda: Answer(429, {"retry-after": "120"}, b""), 120),
        (lambda: Answer(403, {"retry-after": "30"}, b"{}"), 30),
        (lambda: told({"message": "You have exceeded a secondary rate limit"}, 403), 60),
        (lambda: Answer(429, {}, b""), 60),
        (lambda: Answer(429, {"retry-after": "²", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "²"}, b""), 60),
        (lambda: Answer(403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW.timestamp()) + 300)}, b"{}"), 300),
        (lambda: told({"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}), 60),
    ],
    ids=["429 that says when", "403 that says when", "secondary", "429 that says nothing", "429 that says nonsense", "primary", "GraphQL"],
)
async def test_while_github_asks_us_to_wait_nothing_is_asked(bench, lie, wait):
    head = bench.fake.squashed(7, "ada")
    bench.fake.lies["query"] = lie
    got = await bench.vcs.codeowners(REPO, head)
    assert f"wait {wait} s" in got.why
    bench.fake.lies.clear()
    bench.fake.seen.clear()

    bench.clock.move(seconds=wait - 1)
    assert {type(got) for got in (await ask_all(bench.vcs)).values()} == {Unread}
    until = NOW + timedelta(seconds=wait)
    assert (await bench.span()).why == f"GitHub asked us to wait until {until:%H:%M:%S} UTC"
    assert bench.fake.seen == []
    bench.clock.move(seconds=1)
    assert (await bench.span()).pulls


async def test_answers_are_kept_for_conditional_requests_up_to_a_size():
    kept = Tagged(room=10)
    for key in "abc":
        kept.put(key, Answer(200, {"etag": key}, b"1234"))
        kept.get("a")
    assert [key for key in "abc" if kept.get(key)] == ["a", "c"]
    kept.put("c", Answer(200, {}, b"no tag"))
    kept.put("d", Answer(200, {"etag": "d"}, b"123456"))
    assert [key for key in "abcd" if kept.get(key)] == ["a", "d"]


async def test_a_refusal_that_is_no_rate_limit_stops_nobody_else(bench):
    bench.fake.lies["/protection"] = lambda: told({"message": "Resource not accessible by integration"}, 403)
    assert isinstance(await bench.vcs.protection(REPO, "main"), Unread)
    assert await bench.vcs.checks(REPO, bench.base) == ()


async def test_one_deadline_ends_everything(bench):
    never = asyncio.Event()

    async def wait(*_):
        await never.wait()

    bench.way._exchange = wait
    got = await bench.adapter(deadline=0.01).tag(REPO, "v1.4.0")
    assert got == Unread("the tag v1.4.0 of octo/api", "GitHub did not tell all of it within 0.01 s")


async def test_without_a_token_nothing_is_asked(bench):
    class NoAuth:
        async def token(self, repository):
            return Unread("a token for the GitHub App", "the App is not installed there")

        def refused(self, repository):
            raise AssertionError

    vcs = GitHubVcs(GitHubApi(bench.way, NoAuth(), clock=bench.clock, api_url="http://github.test"))
    got = await vcs.tag(REPO, "v1.4.0")
    assert got == Unread("the tag v1.4.0 of octo/api", "could not get a token for the GitHub App: the App is not installed there")
    assert bench.fake.seen == []


async def test_a_token_that_github_refuses_is_given_back():
    given_back = []

    class Auth:
        async def token(self, repository):
            return TOKEN

        def refused(self, repository):
            given_back.append(repository)

    transport = Transport(Limits(wait=0.001))
    async with raw_server(answer(401, b'{"message": "Bad credentials"}')) as url:
        vcs = GitHubVcs(GitHubApi(transport, Auth(), clock=StillClock(NOW), api_url=url))
        assert (await vcs.tag(REPO, "v1.4.0")).why == "it answered with status 401: Bad credentials"
    await transport.close()
    assert given_back == [REPO]


@pytest.mark.parametrize(
    ("api", "wanted"),
    [
        ("https://api.github.com", "/graphql"),
        ("https://ghes.example/api/v3", "/api/graphql"),
        ("https://ghes.example/api/v3/", "/api/graphql"),
    ],
)
async def test_graphql_has_its_own_place_on_enterprise_servers(bench, api, wanted):
    bench.fake.lies["graphql"] = lambda: told({"message": "stop"}, 403)
    vcs = GitHubVcs(GitHubApi(bench.way, TokenAuth(SecretStr(TOKEN)), clock=bench.clock, api_url=api))
    await vcs.codeowners(REPO, bench.base)
    assert bench.fake.seen == [("POST", wanted)]


@pytest.mark.parametrize("url", ["api.github.com", "https://token@api.github.com", "https://api.github.com?x=1"])
async def test_an_address_that_cannot_be_right_is_refused_at_once(bench, url):
    with pytest.raises(ValueError, match="API URL"):
        GitHubApi(bench.way, TokenAuth(SecretStr(TOKEN)), clock=bench.clock, api_url=url)
