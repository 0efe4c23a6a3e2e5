"""Input that means harm: it is told what is wrong with it, starts nothing, and reaches people as text only (SEC-09, CMD-02)."""

import json
import re
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from guards.lifecycle import State

LIVE = [
    "<!channel>", "<!here> <!everyone>", "<@U024BE7LD>", "<#C024BE91L>", "<!subteam^S0614TZR7>", "<https://evil.example|Approve here>",
    "*bold* _italic_ ~gone~ `code` ```block```", "&lt;!channel&gt;", "<!date^0^{date}|x>", ":rotating_light: https://evil.example",
]  # fmt: skip
"""What would ping, link or format if it were markup."""


def texts(drawn: Any, kind: str = "") -> list[tuple[str, str]]:
    """Each text in blocks, with the type of the element that holds it."""
    if isinstance(drawn, list):
        return [found for each in drawn for found in texts(each, kind)]
    if isinstance(drawn, dict):
        mine = [(drawn["type"], drawn["text"])] if isinstance(drawn.get("text"), str) else []
        return mine + [found for value in drawn.values() if not isinstance(value, str) for found in texts(value, kind)]
    return []


def harmless(blocks: Any, words: str) -> bool:
    """Whether the words stand there, and only where Slack reads no markup in them."""
    found = texts(blocks)
    marked = [text for kind, text in found if kind == "mrkdwn"]
    ours = r"<!date\^\d+\^\{date_short_pretty\} \{time\}\|[^<>]*>|<https://ci\.test/runs/run-\d+\|run-\d+>"
    live = [text for text in marked if re.search(r"[<>]", re.sub(ours, "", text))]
    others = {each["type"] for each in _elements(blocks)} & {"user", "usergroup", "channel", "broadcast", "emoji", "link"}
    return any(kind == "text" and words in text for kind, text in found) and not live and not others


def _elements(drawn: Any) -> list[dict[str, Any]]:
    if isinstance(drawn, list):
        return [found for each in drawn for found in _elements(each)]
    if isinstance(drawn, dict):
        return ([drawn] if "type" in drawn else []) + [found for value in drawn.values() for found in _elements(value)]
    return []


async def test_a_rationale_reaches_the_card_as_text_only(world, subtests):
    await world.on_staging()
    for words in LIVE:
        with subtests.test(words):
            await world.say("carla", "/release promote api v1.4.0 production")
            await world.press("olga", "Reject")
            await world.fill("olga", rationale=f"no: {words}")

            assert (await world.change()).state is State.REJECTED
            assert harmless(world.drawn("chat.update"), words)
            log = [call for call in world.slack.calls if call.method == "chat.postMessage"][-1]
            blocks = log.arguments["blocks"]
            assert harmless(json.loads(blocks) if isinstance(blocks, str) else blocks, words)
            assert "<" not in log.arguments["text"]


async def test_a_reason_reaches_lists_and_refusals_as_text_only(world):
    for words in LIVE[:6]:
        await world.say("rita", "/release freeze declare production")
        await world.fill(
            "rita",
            kind="holiday",
            until=world.clock.at.replace(hour=20),
            reason=words,
            exit=words,
            plan=words,
            approver="rita@acme.example",
        )
    await world.say("audrey", "/release freeze list")
    for words in LIVE[:6]:
        assert harmless(world.drawn("response_url"), words)

    await world.on_staging()
    await world.say("carla", "/release promote api v1.4.0 production")
    assert "frozen" in await world.codes()
    assert harmless(world.drawn("response_url"), "by Rita Manager")


HARMFUL = [
    "promote api v1.4.0; rm -rf / staging", "promote api v1.4.0;rm staging", "promote api $(id) staging", "promote api ../../etc staging",
    "promote api v1.4.0\x00 staging", "promote api v1.4.0 staging\x1b[31m", "promote api v1.4.0 stag\u202eing",
    "promote api v1.4.0 staging " + "x" * 40_000, "x" * 40_000, "<!channel>", "promote <@U024BE7LD> v1.4.0 staging", "\ufeffpromote api",
    "promote api v1.4.0 'staging'", "promote api v١.٤.٠ staging", "approve CR-2026-1124-٠٠١ ok",
]  # fmt: skip


async def test_hostile_words_are_refused_with_one_entry_and_start_nothing(world, subtests):
    await world.runs_in("dev")
    for text in HARMFUL:
        with subtests.test(text[:60]):
            await world.news()
            exchange = await world.say("dev", f"/release {text}")

            assert exchange.status == 200
            assert await world.news() == ["words:refused"]
            assert world.ci.asked == []
            assert "Nothing was started." in world.told("dev")
            assert len(world.told("dev")) < 1000


async def test_a_form_is_read_as_carefully_as_words_are(world, subtests):
    await world.asked()
    for rationale in ("fine \x1b[31m", "fi\u202ene", "fi\u2066ne", "fine\x07"):
        with subtests.test(ascii(rationale)):
            await world.press("rita", "Approve")
            await world.fill("rita", rationale=rationale)
            assert await world.news() == ["words:refused"]
            assert "rationale: it is longer than 3,000 characters or holds control characters." in world.told("rita")
            assert (await world.change()).state is State.AWAITING

    await world.press("rita", "Approve")
    await world.fill("rita", rationale="fine 👩‍💻 – schön\n\tread twice")
    assert (await world.body("change:approval"))["rationale"] == "fine 👩‍💻 – schön\n\tread twice"


FAMILIAR = st.sampled_from([
    "promote", "approve", "reject", "withdraw", "cancel", "status", "explain", "window", "freeze", "declare", "list", "lift", "next", "help",
    "whoami", "api", "web", "v1.4.0", "latest", "dev", "staging", "production", "prod", "CR-2026-1124-001", "CR-2026-1124-002", "looks good",
    "digest=sha256:" + "a1" * 32, "digest=x", "migration=expand", "answers=security", "type=normal", "risk=low", "customers=x", "downtime=x", "data=x", "kind=holiday", "until=2026-11-30T10:00", "reason=x", "exit=x", "plan=x",
    "approver=rita@acme.example", "FRZ-2026-1124-001", '"', "=", "<!channel>", "--force", "\n",
])  # fmt: skip
SPEECH = st.one_of(st.text(max_size=60), st.lists(FAMILIAR, max_size=9).map(" ".join))
"""Anything, and things that look like commands."""


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=st.lists(st.tuples(st.sampled_from(["carla", "dev", "rita", "olga", "audrey", "guest", "nobody"]), SPEECH), max_size=4))
@example(said=[("carla", "promote api v1.4.0 production"), ("carla", "approve CR-2026-1124-002 mine")])
async def test_whatever_is_said_nobody_gets_past_the_road(world, said):
    """One entry for each refusal, none for a form, and production only with the approval of somebody else."""
    if not world.ci.asked:
        await world.on_staging()
    for who, text in said:
        await world.news()
        exchange = await world.say(who, "/release " + text.encode("utf-8", "replace").decode())
        assert exchange.status == 200
        tags = await world.news()
        refused = [tag for tag in tags if tag.endswith((":refused", ":unsure")) and not tag.startswith("dispatch")]
        assert tags == refused[:1] or ":accepted" in tags[0]
        assert not any(tag.startswith("fault") for tag in tags)
        if who in {"guest", "nobody"}:
            assert tags == ["stranger:refused"]

    ledger = await world.ledger()
    for order in world.ci.asked:
        change = await world.change(order.change)
        assert order.environment in {"dev", "staging"} or any(
            row.tag == "change:approval" and row.subject == order.change and row.actor != change.requester for row in ledger
        )
        assert change.requester in {"dev@acme.example", "carla@acme.example"}
        assert (order.workflow, order.repository) in {("deploy.yml", "acme/api"), ("deploy.yml", "acme/web")}
