"""Cards and forms as Block Kit: whatever stands in them, Slack takes it, and nothing that was typed acts as markup (SEC-09)."""

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.slack.forms import view
from bot.slack.markup import mrkdwn
from bot.slack.render import blocks, fallback
from bot.workspace.api_chat import BLOCKS_TEXT, _text_size
from bot.workspace.blocks import message_problems, view_problems
from commands.core.text import Bold, Button, Card, Code, Form, Input, Link, Mention, Moment, Part
from tests.world.examples import examples

AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
HOSTILE = "<!channel> <@U1> *x* _y_ ~z~ `c` & <https://evil.example|look>"

# ---------------------------------------------------------------- whatever stands in them

TEXT = st.text(max_size=60) | st.sampled_from([HOSTILE, "", " ", "a" * 5000, "&" * 3000, "*" * 3000, "<" * 40_000, "\n" * 400])
SPAN = (
    TEXT
    | TEXT.map(Code)
    | TEXT.map(Bold)
    | st.just(Mention("U0CARLA"))
    | st.sampled_from([Moment(AT, "Europe/Berlin"), Moment(datetime(1, 1, 3, tzinfo=UTC), "UTC")])
    | st.builds(Link, st.sampled_from(["https://ci.test/1", "", "javascript:x", "https://ci.test/" + "a" * 4000]), TEXT)
)
LINE = st.lists(SPAN, max_size=4).map(tuple)
LINES = st.lists(LINE, max_size=6) | LINE.map(lambda line: [line] * 40) | SPAN.map(lambda span: [(span,) * 300])
PART = st.builds(Part, LINES.map(tuple), TEXT, st.booleans())
FIELDS = st.dictionaries(st.text(max_size=10), st.text(max_size=40) | st.just("v" * 3000), max_size=3)
BUTTON = st.builds(Button, TEXT, st.sampled_from(["approve", "w" * 300]), FIELDS, st.sampled_from(["", "primary", "danger"]), TEXT)
CARD = st.builds(
    Card,
    TEXT,
    st.lists(st.tuples(st.text(max_size=30), LINE), max_size=14).map(tuple),
    (st.lists(PART, max_size=4) | PART.map(lambda part: [part] * 60)).map(tuple),
    (st.lists(BUTTON, max_size=4) | BUTTON.map(lambda button: [button] * 40)).map(tuple),
    LINE,
)
NAMES = st.lists(st.sampled_from(["service", "version", "environment", "migration", "until"]), min_size=1, unique=True)


def question(name: str) -> st.SearchStrategy[Input]:
    option = st.tuples(TEXT, TEXT)
    return st.builds(
        Input, st.just(name), TEXT, st.sampled_from(["line", "text", "choice", "choices", "moment"]),
        (st.lists(option, max_size=3) | st.just([(f"s{n}", f"Service {n}") for n in range(250)])).map(tuple),
        TEXT | st.sampled_from(["s1", "2026-11-24T10:00:00+00:00", "2026-11-24T10:00", "9999-12-31T23:59:59-23:59"]),
        TEXT, st.booleans(), st.integers(0, 400), st.integers(1, 400),
    )  # fmt: skip


FORM = NAMES.flatmap(
    lambda names: st.builds(
        Form, TEXT.filter(bool), st.just("promote"), TEXT.filter(bool), st.tuples(*(question(name) for name in names)), FIELDS,
        LINES.map(tuple),
    )
)  # fmt: skip


@settings(max_examples=40)
@given(CARD)
def test_slack_takes_any_card(card):
    drawn = blocks(card)
    assert message_problems(drawn) == []
    assert _text_size(drawn) <= BLOCKS_TEXT
    assert 0 < len(fallback(card)) <= 4000


@settings(max_examples=examples(60))
@given(FORM)
def test_slack_takes_any_form(form):
    assert view_problems(view(form, {"channel": "C1"})) == []


@given(st.lists(SPAN, max_size=6).map(tuple), st.integers(1, 200))
def test_cut_text_is_as_long_as_allowed_and_never_broken_inside_of_markup(line, longest):
    drawn = mrkdwn(line, longest)
    assert len(drawn) <= max(longest, 1)
    without = re.sub(r"<!date\^-?\d+\^[^|<>]*\|[^<>]*>|<@U0CARLA>|<https://ci\.test/[^<>|]*\|[^<>|]*>", "", drawn)
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", without)


def texts(drawn, kind: str):
    """Every text of a kind of object in the blocks."""
    if isinstance(drawn, list):
        return [t for each in drawn for t in texts(each, kind)]
    if not isinstance(drawn, dict):
        return []
    own = [drawn["text"]] if drawn.get("type") == kind and isinstance(drawn.get("text"), str) else []
    return own + [t for each in drawn.values() if isinstance(each, dict | list) for t in texts(each, kind)]


# ---------------------------------------------------------------- what was typed is data


def test_typed_text_is_markup_nowhere():
    card = Card(
        HOSTILE, facts=(("Why", (HOSTILE, Code(HOSTILE), Bold(HOSTILE), Link("https://ci.test/1", HOSTILE))),),
        parts=(Part(((HOSTILE, Code(HOSTILE), Bold(HOSTILE)),), HOSTILE),), footer=(HOSTILE,),
        buttons=(Button(HOSTILE, "approve", {"change": HOSTILE}, confirm=HOSTILE),),
    )  # fmt: skip
    drawn = blocks(card)
    for marked in texts(drawn, "mrkdwn"):
        text = re.sub("`[^`\u200b]*`", "", marked)  # code knows no markup, and no accent grave that would end it
        assert not re.search(r"<(?!https://ci\.test/1\|)", text)
        assert "*x*" not in text
        assert "_y_" not in text
        assert "~z~" not in text
        assert "`c`" not in text
    assert all(each["verbatim"] for each in mrkdwn_objects(drawn))
    assert HOSTILE in texts(drawn, "text")  # as it was typed: rich text knows no markup
    assert json.loads(drawn[3]["elements"][0]["value"]) == {"change": HOSTILE}


def mrkdwn_objects(drawn):
    if isinstance(drawn, list):
        return [t for each in drawn for t in mrkdwn_objects(each)]
    if not isinstance(drawn, dict):
        return []
    return ([drawn] if drawn.get("type") == "mrkdwn" else []) + [t for v in drawn.values() for t in mrkdwn_objects(v)]


def test_the_fallback_pings_nobody():
    assert fallback(Card(HOSTILE)).startswith("&lt;!channel&gt; &lt;@U1&gt;")
    assert fallback(Card("", parts=(Part(((HOSTILE,),)),))).startswith("&lt;!channel&gt;")
    assert fallback(Card("")) == "Signalbox"


def test_a_link_that_is_no_web_address_is_text():
    drawn = blocks(Card("x", facts=(("CI run", (Link("javascript:alert(1)", "run-1"),)),), parts=(Part(((Link("", "run-2"),),)),)))
    assert "javascript" not in json.dumps(drawn)
    assert "run-1" in json.dumps(drawn)
    assert not any(each.get("type") == "link" for each in drawn[2]["elements"][0]["elements"])


# ---------------------------------------------------------------- what is cut shows


def test_a_short_card_is_not_cut():
    drawn = blocks(Card("Title", facts=(("State", ("fine",)),), parts=(Part((("one",), ("two",)), "Why"),), footer=("small",)))
    assert "…" not in json.dumps(drawn, ensure_ascii=False)
    assert "cut" not in json.dumps(drawn)


def shown(card: Card) -> str:
    return json.dumps(blocks(card), ensure_ascii=False)


def test_a_long_title_a_long_fact_and_a_long_line_end_in_a_sign():
    assert "a" * 149 + "…" in shown(Card("a" * 151))
    assert "aaa…" in shown(Card("x", facts=(("Why", ("a" * 5000,)),)))
    assert "aaa…" in shown(Card("x", parts=(Part((("a" * 5000,),)),)))


def test_many_lines_and_many_parts_are_counted():
    assert "… and 15 more" in shown(Card("x", parts=(Part((("line",),) * 40),)))
    assert "… and 10 more, cut" in shown(Card("x", parts=(Part((("line",),)),) * 40))
    assert "more lines, cut" in shown(Card("x", parts=(Part((("a" * 2400,),) * 20),)))


def test_a_file_is_shown_as_it_is_and_its_cut_shows():
    drawn = blocks(Card("x", parts=(Part((("# *api*\n\n- `one`",),), heading="docs/releases/v1.md", literal=True),)))
    heading, text = drawn[-1]["elements"]
    assert heading["elements"] == [{"type": "text", "text": "docs/releases/v1.md", "style": {"bold": True}}]
    assert text == {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "# *api*\n\n- `one`"}]}
    assert blocks(Card("x", parts=(Part((("y" * 20_000,),), literal=True),)))[-1]["elements"][0]["elements"][0]["text"].endswith("…")


def test_buttons_that_do_not_fit_are_missed():
    sign = "not every button fits"
    assert sign not in shown(Card("x", buttons=(Button("Go", "go", {}),) * 25))
    assert sign in shown(Card("x", buttons=(Button("Go", "go", {}),) * 26))
    assert sign in shown(Card("x", buttons=(Button("Go", "go", {"a": "v" * 2000}),)))


def drawn_question(question: Input):
    return view(Form("T", "promote", "Ask", (question,), {}), {})["blocks"][0]


def test_a_choice_of_more_than_a_hundred_says_so():
    many = drawn_question(Input("service", "Service", "choice", tuple((f"s{n}", f"s{n}") for n in range(101)), hint="Which?"))
    assert len(many["element"]["options"]) == 100
    assert many["hint"]["text"] == "The first 100 of 101; for the others type the command. Which?"


def test_a_choice_of_nothing_is_typed():
    assert drawn_question(Input("service", "Service", "choice"))["element"]["type"] == "plain_text_input"


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("2026-11-24T10:00:00+00:00", 1795514400), ("2026-11-24T11:00:00+01:00", 1795514400), ("2026-11-24T10:00", None), ("soon", None),
     ("1970-01-02T00:00:00+00:00", None), ("9999-12-31T23:59:59-23:59", None)],
)  # fmt: skip
def test_a_moment_is_prefilled_when_slack_can_show_it(given, seconds):
    assert drawn_question(Input("until", "Until", "moment", initial=given))["element"].get("initial_date_time") == seconds


def test_a_channel_is_chosen_among_those_that_the_bot_can_be_in():
    element = drawn_question(Input("channel", "Channel", "channel", initial="C0RELEASES"))["element"]
    assert (element["type"], element["initial_conversation"]) == ("conversations_select", "C0RELEASES")
    assert element["filter"] == {"include": ["public", "private"], "exclude_bot_users": True, "exclude_external_shared_channels": True}


def test_words_too_long_to_be_carried_are_asked_for_again():
    carried = json.loads(
        view(Form("T", "w", "Ask", (Input("why", "Why?"),), {"change": "CR-1", "long": "v" * 4000}), {"channel": "C1"})["private_metadata"]
    )
    assert carried == {"known": {"change": "CR-1"}, "channel": "C1"}
