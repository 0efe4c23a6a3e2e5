"""Risk, from the form to CI: what is asked, who must approve, how long it waits, and what an edit does (RSK-01 … RSK-14, CF-11 … CF-13)."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot

from commands.core import gather
from guards.lifecycle import State
from guards.unread import Unread
from tests.world.company import COMMIT, policy_data
from tests.world.strict import DECLARED, DEV, OLD_COMMIT, REPOSITORY, commit, prove, pull
from tests.world.world import World

ASK = "/release promote api v1.4.0 production"
ASKED = ["risk-assessment", "lead-time", "risk-label"]
APPROVERS = {"developer": "rita", "tech_lead": "rita", "product": "olga", "ops": "rob", "security": "audrey", "on_call": "rob"}


def assessing(**risk: Any) -> dict[str, Any]:
    """A policy that asks for the risk of what goes to production, and for nothing else."""
    data = policy_data(evidence={"profile": "starter", "environments": {"production": {"add": ASKED}}})
    del data["services"]["web"]
    data["services"]["api"]["history"] = "github"
    for role, who in APPROVERS.items():
        data["roles"].setdefault(role, []).append({"people": [f"{who}@acme.example"]})
    data["allow"]["approve"]["production"] += [*APPROVERS]
    data["risk"] = {
        "paths": {"db/": ["db-schema"]},
        "catalogue": {"copy": {"summary": "Texts", "paths": ["locales/"], "max_risk": "medium"}},
        **risk,
    }
    return data


@pytest.fixture
async def world(database_url):
    async with World(database_url, assessing()) as made:
        await prove(made)
        await made.on_staging()
        await made.news()
        yield made


def work(world: World, *labels: str, path: str = "api.py", base: str = OLD_COMMIT, body: str = "") -> None:
    """Have the version's one pull request carry these labels and this text, and change this file."""
    one = replace(pull(12, DEV, "rob", "olga", paths=(path,)), labels=frozenset(labels), body=body)
    span = world.vcs.spans[REPOSITORY, base, COMMIT]
    world.vcs.spans[REPOSITORY, base, COMMIT] = replace(span, commits=(commit(1, DEV, 12),), pulls=(one,))


def shown(world: World) -> str:
    """The newest card; what keeps underscores from being markup is nothing to read."""
    return world.card().as_text().replace("\u200b", "")


async def test_the_form_asks_the_seven_questions_and_ticks_what_the_work_answers(world, golden):
    """RSK-02, RSK-10, RSK-11: the answers are stored, bound by approvals, on the card and in the ledger."""
    work(world, "risk:low", "customer-impacting", path="db/7.sql")
    await world.say("carla", ASK)

    form = world.form("carla")
    assert form.values == {
        "service": "api", "version": "v1.4.0", "environment": "production", "type": "normal", "answers": ["db-schema", "customer-visible"],
        "risk": None, "customers": None, "downtime": "none", "data": "none", "migration": None,
    }  # fmt: skip
    assert "Ticked from the work in it: #12 is labelled customer-impacting; #12 changes db/7.sql." in json.dumps(world.drawn("views.open"))
    golden("form-promote-risk", world.drawn("views.open"))

    await world.fill("carla", answers=["db-schema", "security"], customers="nobody", migration="expand", data="invoices")
    change = await world.change()
    assert change.state is State.AWAITING
    assert sorted(change.content.declared.answers) == ["db-schema", "security"]
    card = world.card().as_text()
    assert "high: db-schema is answered yes; security is answered yes; it carries an expanding migration (db-schema) and 1 more" in card
    assert "customers: nobody; downtime: none; data: invoices" in card
    asked = (await world.body("change:requested"))["declared"]
    assert asked["answers"] == {
        "db-schema": True, "breaking-api": False, "infrastructure": False, "third-party": False, "security": True, "performance": False,
        "customer-visible": False,
    }  # fmt: skip
    risk = (await world.body("promote:accepted"))["seen"]["risk"]
    assert (risk["level"], risk["count"]) == ("high", 2)
    assert "medium: #12 is labelled customer-impacting (customer-visible)" in risk["factors"]


async def test_a_migration_that_only_a_pull_request_declares_counts(world):
    """DBM-01, REC-15: for the form, the risk, the freeze of migrations, the card and the ledger."""
    work(world, "risk:low", body="## Database\nexpand: adds a column <!channel>\n\n## Rollback\nDeploy the old digest.")
    await world.say("carla", ASK)
    assert world.form("carla").values["migration"] == "expand"
    assert "Chosen from what the pull requests declare." in json.dumps(world.drawn("views.open"))
    await world.say(
        "rita",
        "/release freeze declare production kind=quarter-end until=2026-11-24T18:00 reason=books exit=closed plan=later approver=olga@acme.example",
    )
    await world.say("carla", f"{ASK} {DECLARED}")  # which says migration=no
    assert "frozen" in await world.codes()

    await world.say("rita", "/release freeze lift FRZ-2026-1124-001 the books are closed")
    await world.say("carla", f"{ASK} {DECLARED}")
    card = shown(world)
    assert "normal, no migration, but a pull request declares an expanding migration" in card
    assert "high: #12 declares an expanding migration (db-schema)" in card
    assert card.partition("What the pull requests declare\n")[2].partition("\n")[0] == snapshot(
        "#12 (https://git.test/acme/api/pull/12) database: expand: adds a column <!channel>; rollback: Deploy the old digest."
    )
    assert (await world.body("promote:accepted"))["seen"]["evidence"]["work"]["migrations"] == {"12": "expand"}


async def test_a_template_that_nobody_filled_in_declares_nothing(world):
    """REC-15."""
    work(world, "risk:low", body="## Database\nNone / expand / contract / other\n\n## Risk\nlow, medium, high")
    await world.say("carla", f"{ASK} {DECLARED}")
    card = shown(world)
    assert "low: nothing raises it" in card
    assert "normal, no migration\n" in card


async def test_boxes_that_nobody_ticks_are_answered_no(world):
    work(world, "risk:low")
    await world.say("carla", ASK)
    await world.fill("carla", answers=[], customers="nobody", migration="no")

    assert (await world.change()).content.declared.answers == frozenset()
    assert "low: nothing raises it" in world.card().as_text()


async def test_a_form_does_not_wait_for_a_history_that_is_slow(world, monkeypatch):
    """Slack opens a form for 3 s; what labels say is found when it is sent."""
    work(world, "risk:low", "security")
    quick = world.vcs.span

    async def slow(*asked):
        await asyncio.sleep(60)
        return await quick(*asked)

    monkeypatch.setattr(gather, "GLIMPSE", 0.05)
    monkeypatch.setattr(world.vcs, "span", slow)
    await world.say("carla", ASK)
    assert world.form("carla").values["answers"] == []

    monkeypatch.setattr(world.vcs, "span", quick)
    await world.fill("carla", customers="nobody", migration="no")
    assert "high: #12 is labelled security" in world.card().as_text()


async def test_a_low_risk_goes_when_one_person_approves_who_is_all_that_it_takes(world):
    """RSK-03, RSK-05: an engineer for low risk, a tech lead for a minor release, CF-11: one person may be both."""
    work(world, "risk:low")
    await world.say("carla", f"{ASK} {DECLARED}")
    assert "0 of 1; low risk takes developer; a minor release takes tech_lead" in shown(world)

    await world.approve("olga")
    assert (await world.change()).state is State.AWAITING
    assert "Nobody who approved is developer or tech_lead; low risk takes developer; a minor release takes tech_lead." in shown(world)
    await world.approve("rita")
    assert world.ci.started[-1].environment == "production"
    assert (await world.change()).assessed.level == "low"


async def test_a_pull_request_without_a_risk_label_is_not_routed(world):
    """RSK-09."""
    work(world)
    await world.say("carla", f"{ASK} {DECLARED}")
    assert await world.news() == ["promote:refused"]
    assert "no-risk-label" in await world.codes()
    assert "No risk label is on #12." in world.told("carla")

    work(world, "risk:low")
    await world.say("carla", f"{ASK} {DECLARED}")
    assert (await world.change()).state is State.AWAITING


@pytest.mark.parametrize(("migration", "level"), [("contract", "high"), ("expand", "medium")])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_migration_that_cannot_be_taken_back_goes_the_high_route(database_url, migration, level):
    """RSK-14: where a schema that only grows is of medium risk, the contracting step still takes who decides about high risk."""
    async with World(database_url, assessing(questions={"db-schema": {"level": "medium"}})) as world:
        await prove(world)
        work(world, "risk:low")
        await world.on_staging()
        await world.say("carla", f"{ASK} {DECLARED.replace('migration=no', f'migration={migration}')}")
        assert (await world.body("promote:accepted"))["seen"]["risk"]["level"] == level
        await world.approve("rita")
        assert (await world.change()).state is (State.AWAITING if level == "high" else State.WAITING)
        if level == "high":
            assert "Nobody who approved is product" in shown(world)


async def test_a_risky_change_waits_for_its_lead_time_with_its_approvals(world):
    """RSK-01, CF-34: known for a day; what was approved meanwhile still counts then."""
    work(world, "risk:high")
    await world.say("carla", f"{ASK} {DECLARED}")
    await world.approve("rita")
    assert "Nobody who approved is product" in world.card().as_text()
    await world.approve("olga")
    change = await world.change()
    assert (change.state, len(world.ci.started)) == (State.WAITING, 1)
    assert "A normal change of high risk is known for 24 h before it goes out." in world.card().as_text()

    await world.wait(hours=23, minutes=59)
    assert len(world.ci.started) == 1
    await world.wait(minutes=1)
    assert world.ci.started[-1].environment == "production"


async def test_critical_risk_takes_the_board(world):
    """RSK-08: somebody on each seat, three people; the record says so."""
    work(world, "risk:critical")
    await world.say("carla", f"{ASK} {DECLARED}")
    assert "0 of 3; critical risk takes the CAB; a minor release takes tech_lead" in shown(world)
    assert (await world.body("promote:accepted"))["seen"]["risk"]["quorum"] == 3

    for who in ("rita", "audrey", "rob"):
        await world.approve(who)
    assert "Nobody who approved sits on the CAB for product" in world.card().as_text()
    await world.approve("olga")
    assert (await world.change()).state is State.WAITING  # for its lead time only
    await world.wait(hours=24)
    assert world.ci.started[-1].environment == "production"


async def test_a_label_that_comes_after_the_approvals_counts_all_the_same(world):
    """RSK-10: the highest is looked for at dispatch too."""
    work(world, "risk:medium")
    await world.say("carla", f"{ASK} {DECLARED}")
    await world.approve("rita")
    assert (await world.change()).state is State.WAITING

    work(world, "risk:high")
    await world.wait(hours=24)
    assert (await world.change()).state is State.AWAITING
    assert "high: #12 is labelled risk:high" in world.card().as_text()
    await world.approve("olga")
    assert world.ci.started[-1].environment == "production"


async def test_work_that_cannot_be_read_leaves_the_risk_unknown(world):
    work(world, "risk:low")
    world.vcs.away = Unread("acme/api", "GitHub answered 502")
    await world.say("carla", f"{ASK} {DECLARED}")
    assert await world.news() == ["promote:unsure"]
    assert len(world.ci.started) == 1


# ---------------------------------------------------------------- standard changes


async def test_a_standard_change_meets_its_conditions_or_is_none(world):
    """RSK-07; CF-13: pre-approved is not unapproved, production always takes a person."""
    work(world, "risk:medium", path="api.py")
    await world.say("carla", f"{ASK} type=standard:copy {DECLARED}")
    assert await world.news() == ["promote:refused"]
    assert "It is no copy: #12 changes api.py." in world.told("carla")

    work(world, "risk:medium", path="locales/de.json")
    await world.say("carla", f"{ASK} type=standard:copy {DECLARED}")
    assert "standard (copy), no migration" in world.card().as_text()
    assert len(world.ci.started) == 1
    await world.approve("rita")
    assert world.ci.started[-1].environment == "production"  # at once: no lead time


async def test_a_standard_change_that_is_none_any_more_can_be_made_a_normal_one(world):
    work(world, "risk:low", path="locales/de.json")
    await world.say("carla", f"{ASK} type=standard:copy {DECLARED}")
    work(world, "risk:low", path="api.py")
    await world.press("rita", "Approve")
    assert "not-standard" in await world.codes()

    await world.say("carla", f"/release amend {(await world.change()).id} type=normal")
    assert (await world.change()).content.entry is None
    await world.approve("rita")
    assert world.ci.started[-1].environment == "production"


# ---------------------------------------------------------------- editing


async def waiting(world: World) -> str:
    """A change of Carla's of medium risk, approved, that waits for its lead time."""
    work(world, "risk:medium")
    await world.say("carla", f"{ASK} {DECLARED}")
    await world.approve("rita")
    change = await world.change()
    assert change.state is State.WAITING
    await world.news()
    return change.id


async def test_an_edit_voids_the_approvals_and_begins_the_lead_time_anew(world, golden):
    """RSK-12."""
    id_ = await waiting(world)
    await world.wait(hours=1)
    await world.say("carla", f"/release amend {id_} answers=performance customers=everyone")

    assert await world.news() == ["amend:accepted", "change:amended", "change:needs-approval"]
    assert world.told("carla") == snapshot("""\
✏️ CR-2026-1124-002 is amended
Earlier approvals are void. It is awaiting-approval now.\
""")
    assert world.thread()[-1] == snapshot("""\
Carla Captain amended it, so earlier approvals are void: answers none → performance, customers a new button → everyone
today 11:00 (Tue 12:00 Europe/Berlin) · CR-2026-1124-002\
""")
    assert "0 of 1" in world.card().as_text()
    assert "Rita Manager (no longer counts)" in world.card().as_text()
    golden("change-amended", world.drawn("chat.update"))
    body = await world.body("change:amended")
    assert (body["before"]["declared"]["customers"], body["declared"]["customers"]) == ("a new button", "everyone")
    assert body["before"]["hash"] != body["hash"]

    await world.wait(hours=23)  # a day after it was asked for, not after it was edited
    await world.approve("rita", "read again")
    assert len(world.ci.started) == 1
    await world.wait(hours=1)
    assert world.ci.started[-1].environment == "production"


async def test_a_button_on_the_card_of_before_the_edit_approves_nothing(world):
    work(world, "risk:medium")
    await world.say("carla", f"{ASK} {DECLARED}")
    stale = (await world.change()).content.hash
    id_ = (await world.change()).id
    await world.say("carla", f"/release amend {id_} customers=everyone")
    await world.say("rita", f"/release approve {id_} seen={stale} looks fine")
    assert "stale-card" in await world.codes()


async def test_only_the_requester_edits_and_only_while_people_decide(world):
    id_ = await waiting(world)
    await world.say("dev", f"/release amend {id_} risk=low")
    assert await world.news() == ["amend:refused"]
    assert await world.codes() == ["not-requester"]
    await world.say("carla", f'/release amend {id_} customers="a new button"')
    assert await world.codes() == ["incomplete"]
    await world.say("carla", f"/release amend {id_} type=standard:copy")
    assert await world.codes() == ["not-standard"]
    assert (await world.change()).state is State.WAITING

    await world.wait(hours=24)
    assert (await world.change()).state is State.RUNNING
    await world.say("carla", f"/release amend {id_} risk=low")
    assert await world.codes() == ["wrong-state"]


async def test_amending_without_a_word_opens_what_the_change_says(world):
    id_ = await waiting(world)
    await world.say("dev", f"/release amend {id_}")
    assert world.form("dev") is None
    assert "not-requester" in await world.codes()

    await world.say("carla", f"/release amend {id_}")
    form = world.form("carla")
    assert form.values == {
        "type": "normal", "answers": [], "risk": None, "customers": "a new button", "downtime": "none", "data": "none", "migration": "no",
    }  # fmt: skip
    await world.fill("carla", downtime="10 minutes")
    assert (await world.change()).content.declared.downtime == "10 minutes"
    assert (await world.change()).state is State.AWAITING
