"""Slack's text is rendered as a person reads it."""

from datetime import UTC, datetime

import pytest

from bot.workspace.plain import blocks_text, mrkdwn
from bot.workspace.text import Reader

READER = Reader(
    {"U1": "@Carla Captain", "C1": "#releases", "S1": "@release-managers"}, datetime(2026, 11, 20, 9, 30, tzinfo=UTC), "Europe/Berlin"
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("a &lt;b&gt; &amp;amp; c", "a <b> &amp; c", id="entities are undone once"),
        pytest.param("&lt;@U1&gt;", "<@U1>", id="an escaped mention stays text"),
        pytest.param("<@U1> and <@U9|nora>", "@Carla Captain and @nora", id="people"),
        pytest.param("<#C1|old-name> <!subteam^S1> <!here>", "#releases @release-managers @here", id="channels and groups"),
        pytest.param("<https://ci.example/1?a=1&amp;b=2|run 1>", "run 1 (https://ci.example/1?a=1&b=2)", id="a link with a label"),
        pytest.param("<https://ci.example/1>", "https://ci.example/1", id="a bare link"),
        pytest.param("*bold* _it_ ~no~ snake_case_name 2*3*4", "bold it no snake_case_name 2*3*4", id="marks, not characters"),
        pytest.param("*<https://x.example|x>*", "x (https://x.example)", id="a bold link"),
        pytest.param("`*as is* :x:` :x:", "*as is* :x: ❌", id="code keeps its characters"),
        pytest.param("*`a*b` c* d", "a*b c d", id="bold around code"),
        pytest.param("```two\nlines &lt;*```", "two\nlines <*", id="code over lines"),
        pytest.param("<javascript:alert(1)|click>", "click (javascript:alert(1))", id="a link that is none says where it leads"),
        pytest.param("<mailto:a@b.example>", "a@b.example", id="an address"),
        pytest.param(":no_such_emoji: 10:30:15", ":no_such_emoji: 10:30:15", id="unknown emoji and times stay"),
        pytest.param("<!date^1795168800^{date_short} {time}|fallback>", "Nov 20, 2026 11:00", id="a date in the reader's zone"),
        pytest.param("<!date^1795168800^{date_short_pretty}, {ago}|fallback>", "today, in 30 minutes", id="a near date"),
        pytest.param("<!date^soon^{date}|in a while>", "in a while", id="a date that is none falls back"),
    ],
)
def test_mrkdwn(written, read):
    assert mrkdwn(written, READER) == read


def test_blocks_read_from_top_to_bottom():
    button = {"type": "button", "text": {"type": "plain_text", "text": "Approve :white_check_mark:"}}
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "api *v1.4.0*"}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*By* <@U1>"}, {"type": "mrkdwn", "text": "*Risk* low"}]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "CR-1"}, {"type": "plain_text", "text": "policy 7"}]},
        {"type": "actions", "elements": [button]},
    ]
    assert blocks_text(blocks, READER) == "api *v1.4.0*\nBy @Carla Captain\nRisk low\nCR-1 · policy 7\n[Approve ✅]"


def test_rich_text_knows_no_markup():
    said = [{"type": "text", "text": "*x* &amp; <@U1> "}, {"type": "user", "user_id": "U1"}, {"type": "emoji", "name": "x"}]
    at = [{"type": "date", "timestamp": 1795168800, "format": "{time}", "fallback": "?"}]
    items = {"type": "rich_text_list", "elements": [{"type": "rich_text_section", "elements": at}]}
    block = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": said}, items]}
    assert blocks_text([block], READER) == "*x* &amp; <@U1> @Carla Captain❌\n- 11:00"


@pytest.mark.parametrize(
    ("select", "read"),
    [
        pytest.param({"type": "static_select"}, "[Choose…]", id="empty"),
        pytest.param(
            {"type": "static_select", "placeholder": {"type": "plain_text", "text": "Which one?"}}, "[Which one?]", id="with a placeholder"
        ),
        pytest.param(
            {"type": "static_select", "initial_option": {"text": {"type": "plain_text", "text": "SEV-1"}}}, "[SEV-1]", id="chosen"
        ),
        pytest.param(
            {"type": "multi_static_select", "initial_options": [{"text": {"type": "plain_text", "text": name}} for name in "ab"]},
            "[a, b]",
            id="several",
        ),
    ],
)
def test_a_select_says_what_is_chosen(select, read):
    assert blocks_text([{"type": "input", "label": {"type": "plain_text", "text": "Pick"}, "element": select}], READER) == f"Pick: {read}"
