"""`make demo` plays a whole train, with a clock that it moves; a step that did not happen stops it (issue 4, "Done when")."""

import io
import json

import aiohttp
import pytest
from pydantic import SecretStr
from rich.console import Console

from bot.adapters.signing import sign
from bot.demo.company import ZONE, Company
from bot.demo.stage import Stage
from bot.demo.teller import DidNotHappen
from bot.demo.train import BRANCH, Boarding
from bot.demo.train_departure import Departure

pytestmark = [pytest.mark.demo, pytest.mark.timeout(240)]  # it starts a program and asks git much; machines differ


@pytest.fixture
async def company(tmp_path, at_once):
    async with Company(tmp_path) as company:
        yield company


@pytest.fixture
def story(company):
    return Departure(company, Stage(ZONE, Console(file=io.StringIO(), width=100)))


def shown(story) -> str:
    return story.stage.console.file.getvalue()


async def test_the_whole_train_is_played_from_publishing_to_its_closing(company, story):
    await story.tell()
    told = " ".join(shown(story).split())
    for proved in (
        "is held: nothing of it was cut, the green catalog neither",
        "the last green commit is named",
        "CI was asked for each branch once",
        "was moved to the next train",
        "is flagged: it does not belong there",
        "the silence of quality is on record, as silence",
        "the go is dead: the run waits for a decision again",
        "two decisions are on record, about two candidates",
        "CI was asked once for each, the catalog first",
        "production/ holds the set, hashed anew",
        "nothing is owed any more; the bot saw notes and branches for itself",
        "weekly-2026-11-25 is closed",
        "audit verify: every entry follows from the one before",
    ):
        assert proved in told


# ---------------------------------------------------------------- when a step does not happen


async def main_is_green(company, monkeypatch) -> None:
    shop = company.riders["shop"]
    change = shop.change

    async def green(*words, **other):
        return await change(*words, **{**other, "red": ""})

    monkeypatch.setattr(shop, "change", green)


async def ci_makes_no_branch(company, monkeypatch) -> None:
    for work in company.riders.values():
        (work.repository.folder / ".git" / "refs" / "heads" / "release").write_text("in the way")


async def nobody_smuggles(company, monkeypatch) -> None:
    shop = company.riders["shop"]

    async def commit_of(pull, reviewer, red=""):
        return await shop.repository.commit_of("main")

    monkeypatch.setattr(shop, "merge", commit_of)


@pytest.mark.parametrize(
    ("step", "sabotage", "said"),
    [
        (Boarding.main_is_red_at_the_cutoff, main_is_green, "is held"),
        (Boarding.main_is_mended_and_cut, ci_makes_no_branch, "is cut"),
        (Boarding.a_feature_is_smuggled_in, nobody_smuggles, "stabilization:flagged is in the ledger|is flagged"),
    ],
    ids=["main is green", "CI makes no branch", "nobody smuggles"],
)
async def test_it_stops_at_the_step_that_did_not_happen(company, story, monkeypatch, step, sabotage, said):
    await story.a_train_is_published()
    for before in (Boarding.main_is_red_at_the_cutoff, Boarding.main_is_mended_and_cut, Boarding.a_feature_is_smuggled_in):
        if before is step:
            await sabotage(company, monkeypatch)
            with pytest.raises(DidNotHappen, match=said):
                await step(story)
            return
        await before(story)


# ---------------------------------------------------------------- CI's branches (docs/generic-ci.md)


async def test_ci_makes_a_branch_once_for_each_key_and_leaves_one_that_is_there_alone(company):
    await company.begin_riders("v1.3.0")
    shop = company.riders["shop"].repository
    first = await shop.commit_of("main")
    order = {
        "key": "CUT-1", "run": "weekly-2026-12-01", "service": "shop", "branch": BRANCH, "commit": first, "repository": "acme/shop",
        "main": "main", "workflow": "release-branch",
    }  # fmt: skip

    async def ask(body, key=None):
        secret = SecretStr((company.folder / "ci-secret").read_text())
        content = json.dumps(body).encode()
        headers = sign(secret, "POST", "/branches", content, company.clock.now()) | {"Idempotency-Key": key or body["key"]}
        async with aiohttp.ClientSession() as session, session.post(f"{company.ci.url}/branches", data=content, headers=headers) as answer:
            return answer.status, await answer.json()

    assert await ask(order) == (201, {"key": "CUT-1", "run": None, "url": None})
    assert await shop.commit_of(BRANCH) == first
    second = await company.riders["shop"].change("SHOP-9: more", {"x": "x\n"}, author="dev", reviewer="rob")
    assert (await ask(order))[0] == 200
    assert (await ask(order | {"commit": second}))[0] == 409
    assert (await ask(order | {"key": "CUT-2", "commit": second}))[0] == 201
    assert await shop.commit_of(BRANCH) == first
    for wrong, status in (
        (order | {"key": "CUT-3", "repository": "acme/none"}, 404),
        (order | {"key": "CUT-3", "commit": "0" * 40}, 422),
        (order | {"key": "CUT-3", "branch": "a..b"}, 422),
        (order | {"key": "CUT-3", "branch": "-x"}, 422),
    ):
        assert (await ask(wrong))[0] == status
    assert (await ask(order, key="another"))[0] == 422
