"""Nothing reaches production unproven: the strict profile, from the request to CI (EVD-01 … EVD-16, EVD-31, PRM-05, PRM-11, RBK-14, CMD-08)."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from bot.adapters.github_api import GitHubApi
from bot.adapters.github_auth import TokenAuth
from bot.adapters.github_vcs import GitHubVcs
from bot.adapters.transport import Limits, Transport
from commands.core.ports.ci import RunState
from guards.codeowners import CodeOwners
from guards.lifecycle import State
from guards.unread import Unread
from guards.vcs import CheckState, Protection, Span
from tests.world.company import COMMIT, DIGEST
from tests.world.moments import StillClock
from tests.world.neighbours import BAD, raw_server
from tests.world.strict import (
    DECLARED,
    DEV,
    NOTES,
    OLD_COMMIT,
    OLD_DIGEST,
    OLGA,
    REPOSITORY,
    TAG,
    commit,
    proof,
    prove,
    pull,
    strict_policy,
)
from tests.world.world import World

AWAY = Unread("acme/api", "GitHub answered 502")


@pytest.fixture
async def world(database_url):
    async with World(database_url, strict_policy()) as made:
        await prove(made)
        await made.on_staging()
        await made.news()
        yield made


async def ask(world: World) -> None:
    await world.say("carla", f"/release promote api v1.4.0 production {DECLARED}")


async def test_an_honest_version_goes_and_its_card_and_its_record_say_what_was_proven(world):
    await ask(world)
    card = world.card().as_text()
    assert "✅ signed-tag: tag v1.4.0 at c0ffee000000 is signed by Release CI" in card
    assert "✅ checks: 2 checks passed on c0ffee000000" in card
    assert "✅ sbom: CycloneDX 1.6 with 41 components" in card
    assert "✅ rollback-target: back to v1.3.2" in card
    assert "Not required by policy: verified-before, soak, evidence-items" in card  # see test_soak.py

    await world.approve("rita")
    assert [order.environment for order in world.ci.started] == ["staging", "production"]
    seen = (await world.body("dispatch:ordered"))["seen"]["evidence"]
    assert seen["not_required"] == ["verified-before", "soak", "evidence-items"]
    assert seen["tag"] == {
        "name": "v1.4.0", "object": TAG.object, "commit": COMMIT, "signature": "valid", "tagger": "ci@acme.example",
    }  # fmt: skip
    assert [check["name"] for check in seen["checks"]] == ["lint", "unit-test"]
    assert seen["work"]["pulls"] == [12]
    assert [seen[kind][0]["hash"][7:9] for kind in ("sboms", "provenance", "signatures")] == ["b0", "c0", "d0"]


def moved_tag(world: World) -> None:
    world.vcs.tags[REPOSITORY, "v1.4.0"] = replace(TAG, commit="bad" + "0" * 37)


def remade_tag(world: World) -> None:
    world.vcs.tags[REPOSITORY, "v1.4.0"] = replace(TAG, object="bad" + "0" * 37)


def hand_made_tag(world: World) -> None:
    world.vcs.tags[REPOSITORY, "v1.4.0"] = replace(TAG, tagger=DEV)


def failed_check(world: World) -> None:
    lint, tests = world.vcs.checked[REPOSITORY, COMMIT]
    world.vcs.checked[REPOSITORY, COMMIT] = (lint, replace(tests, state=CheckState.FAILED))


def work(**parts: Any) -> Callable[[World], None]:
    def spoil(world: World) -> None:
        world.vcs.spans[REPOSITORY, OLD_COMMIT, COMMIT] = replace(world.vcs.spans[REPOSITORY, OLD_COMMIT, COMMIT], **parts)

    return spoil


def attached(**parts: Any) -> Callable[[World], None]:
    return lambda world: world.proofs.add("api", replace(proof(DIGEST), **parts))


def unprotected(world: World) -> None:
    del world.vcs.protected[REPOSITORY, "main"]


def no_owners(world: World) -> None:
    del world.vcs.owned[REPOSITORY, COMMIT]


def no_way_back(world: World) -> None:
    world.proofs.gone.add(OLD_DIGEST)


SPOILED = [
    pytest.param(moved_tag, "pointer-moved", id="the tag was moved"),
    pytest.param(remade_tag, "pointer-moved", id="the tag was made again"),
    pytest.param(hand_made_tag, "untrusted-tag", id="a person made the tag"),
    pytest.param(failed_check, "checks-not-passed", id="a check failed"),
    pytest.param(work(commits=(commit(1, DEV, 12), commit(2, DEV))), "no-pull-request", id="a commit came in by itself"),
    pytest.param(work(pulls=(replace(pull(12, DEV, "rob", "olga"), tickets=()),)), "no-ticket", id="no ticket"),
    pytest.param(work(pulls=(pull(12, DEV, "rob"),)), "not-reviewed", id="one review"),
    pytest.param(work(pulls=(pull(12, DEV, "olga", "carla"),)), "no-owner-review", id="no owner's review"),
    pytest.param(no_owners, "no-owner-review", id="no CODEOWNERS"),
    pytest.param(unprotected, "unprotected-branch", id="an unprotected branch"),
    pytest.param(attached(sboms=proof(OLD_DIGEST).sboms), "no-sbom", id="the SBOM of another digest"),
    pytest.param(attached(sboms=(replace(proof(DIGEST).sboms[0], signer=None),)), "no-sbom", id="an SBOM that nobody signed"),
    pytest.param(attached(provenances=proof(DIGEST, OLD_COMMIT).provenances), "no-provenance", id="built from another commit"),
    pytest.param(attached(provenances=(), signatures=()), "not-signed", id="nobody signed it"),
    pytest.param(no_way_back, "no-rollback-target", id="there is no way back"),
]


@pytest.mark.parametrize(("spoil", "code"), SPOILED)
async def test_what_is_not_proven_is_refused_with_its_reason(world, spoil, code):
    spoil(world)
    await ask(world)
    assert await world.news() == ["promote:refused"]
    assert code in await world.codes()
    assert code in world.told("carla")
    assert len(world.ci.started) == 1
    assert any("fixed pointer moved" in m.as_text() for m in world.cards("alerts")) == (code == "pointer-moved")


async def test_a_move_is_alerted_once_for_what_it_names_now(world):
    """PRM-05: whoever asks again learns it, and whoever watches is told once for each move."""

    def told() -> int:
        return sum("fixed pointer moved" in m.as_text() for m in world.cards("alerts"))

    moved_tag(world)
    await ask(world)
    await ask(world)
    await world.say("carla", "/release promote api v1.4.0 staging")
    assert (await world.tags()).count("promote:refused") == 3
    assert told() == 1
    remade_tag(world)
    await ask(world)
    await ask(world)
    assert told() == 2


async def test_an_exact_list_of_reasons_each_once_when_much_is_wrong(world):
    for spoil in (failed_check, no_way_back, unprotected):
        spoil(world)
    await ask(world)
    assert sorted(await world.codes()) == [
        "checks-not-passed",
        "no-rollback-target",
        "not-approved",
        "unprotected-branch",
    ]


@pytest.mark.parametrize(("spoil", "code"), [SPOILED[0].values, SPOILED[3].values, SPOILED[10].values], ids=["tag", "checks", "sbom"])
async def test_what_is_spoiled_after_the_approval_is_refused_at_dispatch(world, spoil, code):
    """An approval in the evening waits for the window of the next day; what is true then counts (CMD-12)."""
    await world.wait(until=datetime(2026, 11, 24, 17, 0, tzinfo=UTC))
    await ask(world)
    await world.approve("rita")
    assert (await world.change()).state is State.WAITING

    spoil(world)
    await world.wait(until=datetime(2026, 11, 25, 9, 30, tzinfo=UTC))
    assert (await world.change()).state is State.REFUSED
    assert code in await world.codes()
    assert len(world.ci.started) == 1
    if code == "pointer-moved":
        assert "fixed pointer moved" in world.card("alerts").as_text()


async def test_what_is_security_sensitive_was_reviewed_by_who_may_judge_that(world):
    """RSK-06: two approvals and an owner's are not enough; with Rita's, who holds security, it goes."""
    marked = frozenset({"risk:low", "security"})
    work(pulls=(replace(pull(12, DEV, "rob", "olga"), labels=marked),))(world)
    await ask(world)
    assert "no-specialist" in await world.codes()
    assert "#12 (security) lacks an approval of security" in world.told("carla")
    work(pulls=(replace(pull(12, DEV, "rob", "rita"), labels=marked),))(world)
    await ask(world)
    assert (await world.change()).state is State.AWAITING


async def test_a_branch_that_is_named_oddly_is_named_on_the_card_or_refused(world):
    """NAM-01: `naming.misnamed` says which."""
    work(pulls=(replace(pull(12, DEV, "rob", "olga"), branch="patch-1"),))(world)
    await ask(world)
    assert "came in by 1 pull request; no pattern of `naming` fits the branch of #12 (patch-1)" in world.card().as_text()
    await world.say("carla", f"/release cancel {(await world.change()).id} later")
    await world.restart(type(world.policy).model_validate(strict_policy() | {"naming": {"misnamed": "refuse"}}))
    await ask(world)
    assert "bad-branch-name" in await world.codes()
    work(pulls=(replace(pull(12, DEV, "rob", "olga"), branch="feature/PAY-12-sums"),))(world)
    await ask(world)
    assert (await world.change()).state is State.AWAITING


async def test_a_pull_request_does_not_choose_its_own_judges(world):
    """EVD-13: in what runs the path is Olga's; the pull request gives it to Rob, and Rob approves. With Olga's approval it goes."""
    world.vcs.owned[REPOSITORY, OLD_COMMIT] = CodeOwners.read("CODEOWNERS", "* @olga\n")
    work(pulls=(pull(12, DEV, "rob", "carla"),))(world)
    await ask(world)
    assert "no owner of api.py in what runs (@olga) approved #12" in world.told("carla")
    work(pulls=(pull(12, DEV, "rob", "olga"),))(world)
    await ask(world)
    assert (await world.change()).state is State.AWAITING


@pytest.mark.parametrize("lost", ["vcs", "proofs"])
async def test_what_cannot_be_read_is_neither_a_yes_nor_a_no(world, lost):
    getattr(world, lost).away = AWAY
    await ask(world)
    assert await world.news() == ["promote:unsure"]
    told = world.told("carla")
    assert "Cannot verify" in told
    assert "GitHub answered 502" in told
    assert told.count("GitHub answered 502") == 1
    assert len(world.ci.started) == 1

    getattr(world, lost).away = None
    await ask(world)
    assert (await world.change()).state is State.AWAITING


class Through:
    """Stands for the real adapter, another one for each fault: what one learned of its neighbour is nothing to the next."""

    adapter: GitHubVcs

    def __getattr__(self, name: str) -> Any:
        return getattr(self.adapter, name)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_whatever_is_wrong_with_github_nothing_is_promoted_and_one_entry_says_what_could_not_be_read(world):
    """The real adapter, in at the front door: each kind of bad answer, from silence over HTML and 50 MB to another host."""
    honest, world.vcs = world.vcs, Through()
    await world.restart()
    for fault, reply in BAD.items():
        transport = Transport(Limits(total=0.5, attempts=1))
        async with raw_server(reply) as url:
            world.vcs.adapter = GitHubVcs(GitHubApi(transport, TokenAuth(SecretStr("t")), clock=StillClock(), api_url=url, deadline=0.5))
            await ask(world)
        await transport.close()
        assert await world.news() == ["promote:unsure"], fault
        assert "Cannot verify: promote api v1.4.0 production" in world.told("carla"), fault
        assert "Could not read the tag v1.4.0" in world.told("carla"), fault
        assert "Nothing was started. Try again in a minute; if it stays, ask whoever runs it." in world.told("carla"), fault
        assert len(world.ci.started) == 1, fault
    world.vcs.adapter = honest
    await ask(world)
    assert (await world.change()).state is State.AWAITING


async def test_an_approval_waits_for_what_could_not_be_read_and_goes_when_it_can(world):
    await ask(world)
    await world.press("rita", "Approve")
    world.vcs.away = AWAY
    await world.fill("rita", rationale="diff read")
    assert "Cannot verify" in world.told("rita")
    world.vcs.away = None
    await world.approve("rita")
    assert len(world.ci.started) == 2


async def test_when_another_version_goes_out_first_people_look_at_the_changes_again(world):
    """The approver saw the pull requests since v1.3.2: when v1.3.3 runs there, that list is another one (RSK-12, GNG-08)."""
    await world.wait(until=datetime(2026, 11, 24, 17, 0, tzinfo=UTC))
    await ask(world)
    await world.approve("rita")
    newer = "02d" + "0" * 37
    world.proofs.add("api", proof("sha256:" + "0e" * 32, newer))
    world.vcs.spans[REPOSITORY, newer, COMMIT] = world.vcs.spans[REPOSITORY, OLD_COMMIT, COMMIT]
    await world.runs_in("production", "v1.3.3", digest="sha256:" + "0e" * 32, commit=newer)

    await world.wait(until=datetime(2026, 11, 25, 9, 30, tzinfo=UTC))
    change = await world.change()
    assert (change.state, change.content.base) == (State.AWAITING, newer)
    assert change.why == "What runs there moved, so earlier approvals are void."
    await world.say("rita", f'/release notes edit api v1.4.0 text="{NOTES.replace("v1.3.2", "v1.3.3")}"')  # another version to go back to
    await world.approve("rita", "the new list read")
    assert len(world.ci.started) == 2
    await world.ci_says(RunState.SUCCEEDED)
    assert (await world.change()).state is State.SUCCEEDED


async def test_a_tag_that_was_not_read_at_first_is_pinned_when_it_is(database_url):
    """A company that turns the strict profile on later is not without its first sight of the tags (PRM-05)."""
    loose = strict_policy(profile="starter")
    async with World(database_url, loose) as world:
        await prove(world)
        await world.on_staging()
        strict = strict_policy()
        await world.restart(type(world.policy).model_validate(strict))
        await ask(world)
        assert (await world.change()).state is State.AWAITING
        await world.say("carla", f"/release cancel {(await world.change()).id} later")
        remade_tag(world)
        await ask(world)
        assert "pointer-moved" in await world.codes()


async def test_the_judgement_can_be_seen_without_acting_by_somebody_who_may_only_look(world):
    await world.say("audrey", "/release explain promote api v1.4.0 production")
    shown = world.told("audrey")
    assert "tagged: tag v1.4.0 at c0ffee000000 is signed by Release CI" in shown
    assert "listed: CycloneDX 1.6" in shown
    assert "authorized: Audrey Auditor holds audit" in shown
    assert len(world.ci.started) == 1


OTHER, BEFORE = "02d" + "0" * 37, "03d" + "0" * 37


def beside() -> dict[str, Any]:
    """The strict policy of a service whose configuration is in a repository of its own."""
    data = strict_policy()
    data["services"]["api"] |= {
        "repositories": ["acme/config"],
        "repository_rules": {"acme/config": {"branch": "trunk", "checks": ["lint"]}},
    }
    return data


async def configured(world: World) -> Span:
    """Have v1.4.0 in staging; what it brings of the configuration."""
    await prove(world)
    world.vcs.tags["acme/config", "v1.4.0"] = replace(TAG, repository="acme/config", commit=OTHER)
    world.vcs.tags["acme/config", "v1.3.2"] = replace(TAG, repository="acme/config", name="v1.3.2", commit=BEFORE)
    world.vcs.owned["acme/config", OTHER] = world.vcs.owned[REPOSITORY, COMMIT]
    world.vcs.checked["acme/config", OTHER] = world.vcs.checked[REPOSITORY, COMMIT]
    world.vcs.protected["acme/config", "trunk"] = world.vcs.protected[REPOSITORY, "main"]
    work = replace(world.vcs.spans[REPOSITORY, OLD_COMMIT, COMMIT], repository="acme/config", base=BEFORE, head=OTHER)
    config = replace(work, commits=(commit(3, OLGA, 4),), pulls=(pull(4, OLGA, "rob", "carla"),))
    for base in (None, BEFORE):
        world.vcs.spans["acme/config", base, OTHER] = replace(config, base=base)
    await world.on_staging()
    return config


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (
            {"commit": "bad" + "0" * 37},
            "The tag v1.4.0 of acme/config named commit 02d000000000 when it was first seen; now it names bad000000000.",
        ),
        ({"object": "bad" + "0" * 37}, "The tag v1.4.0 of acme/config was made again: it was 7a9000000000, now it is bad000000000."),
    ],
    ids=["moved", "made again"],
)
async def test_a_tag_of_another_repository_that_moved_blocks_and_is_alerted(database_url, parts, said):
    """PRM-05, SOD-13: pinned when the version was first asked for, like the tag of the service's own repository."""
    async with World(database_url, beside()) as world:
        config = await configured(world)
        world.vcs.tags["acme/config", "v1.4.0"] = moved = replace(TAG, repository="acme/config", **{"commit": OTHER} | parts)
        world.vcs.spans["acme/config", BEFORE, moved.commit] = replace(config, head=moved.commit)
        world.vcs.owned["acme/config", moved.commit] = world.vcs.owned[REPOSITORY, COMMIT]
        await ask(world)
        assert "pointer-moved" in await world.codes()
        assert said in world.told("carla")
        assert said in world.card("alerts").as_text()
        assert len(world.ci.started) == 1

        world.vcs.tags["acme/config", "v1.4.0"] = replace(TAG, repository="acme/config", commit=OTHER)
        await ask(world)
        assert (await world.change()).state is State.AWAITING


async def test_the_work_of_every_repository_of_a_service_counts(database_url):
    """Olga wrote nothing in the service's own repository, but the configuration that goes out with it is hers (SOD-13)."""
    async with World(database_url, beside()) as world:
        config, other, before = await configured(world), OTHER, BEFORE
        await ask(world)
        card = world.card().as_text()
        assert "2 commits came in by 2 pull requests" in card
        assert re.search(r"acme/config#4\b.* Work 4, by olga", card)
        assert "2 checks passed on c0ffee000000; 1 check passed on 02d000000000 of acme/config" in card
        assert "branch main demands approving reviews (2) and checks (2); branch trunk demands approving reviews (2) and checks (2)" in card
        assert re.search(r"Show the diff\b.* · Show the diff of acme/config", card)
        assert f"https://github.com/acme/config/compare/{before}...{other}" in json.dumps(world.drawn("chat.postMessage", "chat.update"))
        [seen] = (await world.body("promote:accepted"))["seen"]["evidence"]["beside"]
        assert (seen["repository"], seen["commit"], seen["pulls"]) == ("acme/config", other, [4])
        await world.say("rita", "/release record api v1.4.0")
        for field in (
            "pull requests: #12, acme/config#4",
            "tickets: PAY-12, PAY-4",
            "lint passed, unit-test passed, acme/config lint passed",
        ):
            assert field in world.told("rita")
        world.vcs.tags[REPOSITORY, "v1.3.2"] = replace(TAG, name="v1.3.2", commit=OLD_COMMIT)
        await world.say("carla", "/release changes api v1.3.2 v1.4.0")
        assert "2 commits by 2 pull requests." in world.told("carla")
        assert re.search(r"acme/config#4\b.* Work 4, by olga", world.told("carla"))
        world.vcs.spans["acme/config", before, other] = AWAY
        await world.say("carla", "/release changes api v1.3.2 v1.4.0")
        assert "Cannot verify" in world.told("carla")
        world.vcs.spans["acme/config", before, other] = config
        del world.vcs.tags["acme/config", "v1.4.0"]
        await world.say("carla", "/release changes api v1.3.2 v1.4.0")
        assert "There is no tag v1.4.0 in acme/config." in world.told("carla")
        world.vcs.tags["acme/config", "v1.4.0"] = replace(TAG, repository="acme/config", commit=other)

        await world.press("olga", "Approve")
        assert "own-work" in world.told("olga")

        world.vcs.spans["acme/config", before, other] = AWAY
        await world.press("rita", "Approve")
        assert "Cannot verify" in world.told("rita")
        world.vcs.spans["acme/config", before, other] = replace(config, pulls=(pull(4, OLGA, "carla", "dev"),))
        await world.press("rita", "Approve")
        assert "no owner of api.py (@rob) approved acme/config#4" in world.told("rita")
        world.vcs.checked["acme/config", other] = (replace(world.vcs.checked[REPOSITORY, COMMIT][0], state=CheckState.FAILED),)
        world.vcs.protected["acme/config", "trunk"] = Protection("trunk")
        await world.press("rita", "Approve")
        assert "On commit 02d000000000 of acme/config: lint failed." in world.told("rita")
        assert "The branch trunk of acme/config does not demand an approving review or a check" in world.told("rita")
        world.vcs.checked["acme/config", other] = world.vcs.checked[REPOSITORY, COMMIT]
        world.vcs.protected["acme/config", "trunk"] = world.vcs.protected[REPOSITORY, "main"]
        world.vcs.spans["acme/config", before, other] = config
        await world.approve("rita")
        assert len(world.ci.started) == 2
