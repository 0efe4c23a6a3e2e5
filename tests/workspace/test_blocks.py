"""Block Kit limits: each refused case beside the allowed one that is nearest to it."""

import copy
from collections.abc import Iterator

import pytest

from bot.workspace.blocks import message_problems, view_problems
from bot.workspace.inputs import initial_state
from bot.workspace.plain import blocks_text
from bot.workspace.state import State, wall_clock
from bot.workspace.text import Reader


def plain(length: int) -> dict:
    return {"type": "plain_text", "text": "x" * length}


def button(**more) -> dict:
    return {"type": "button", "text": plain(1), "action_id": "a", **more}


def option(text: int = 1, value: str = "v") -> dict:
    return {"text": plain(text), "value": value}


def section(**more) -> dict:
    return {"type": "section", "text": plain(1), **more}


def actions(*elements: dict) -> dict:
    return {"type": "actions", "elements": list(elements)}


def numbered(count: int) -> list[dict]:
    return [button(action_id=f"a{n}") for n in range(count)]


def asks(**more) -> dict:
    return {"type": "input", "label": plain(1), "element": {"type": "plain_text_input", "action_id": "t", **more}}


def modal(**more) -> dict:
    return {"type": "modal", "title": plain(24), "submit": plain(1), "blocks": [asks()], **more}


CONFIRM = {"title": plain(100), "text": plain(300), "confirm": plain(30), "deny": plain(30)}


@pytest.mark.parametrize(
    ("allowed", "refused", "where"),
    [
        pytest.param([section(text=plain(3000))], [section(text=plain(3001))], "/blocks/0/text/text", id="section text"),
        pytest.param([section(text=plain(1))], [section(text=plain(0))], "/blocks/0/text/text", id="empty text"),
        pytest.param([section(fields=[plain(2000)] * 10)], [section(fields=[plain(1)] * 11)], "/blocks/0/fields", id="fields"),
        pytest.param([section(fields=[plain(2000)])], [section(fields=[plain(2001)])], "/blocks/0/fields/0/text", id="field text"),
        pytest.param([section()], [{"type": "section"}], "/blocks/0", id="a section of nothing"),
        pytest.param(
            [{"type": "header", "text": plain(150)}], [{"type": "header", "text": plain(151)}], "/blocks/0/text/text", id="header"
        ),
        pytest.param(
            [{"type": "header", "text": plain(1)}],
            [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
            "/blocks/0/text/type",
            id="a header is plain",
        ),
        pytest.param([actions(*numbered(25))], [actions(*numbered(26))], "/blocks/0/elements", id="actions"),
        pytest.param([actions(button(text=plain(75)))], [actions(button(text=plain(76)))], "/blocks/0/elements/0/text", id="button text"),
        pytest.param([actions(button(value="v" * 2000))], [actions(button(value="v" * 2001))], "/elements/0/value", id="button value"),
        pytest.param([actions(button(style="danger"))], [actions(button(style="green"))], "/elements/0/style", id="button style"),
        pytest.param(
            [actions(button(confirm=CONFIRM))],
            [actions(button(confirm=CONFIRM | {"text": plain(301)}))],
            "/confirm/text",
            id="confirm text",
        ),
        pytest.param(
            [actions(button()), actions(button())], [actions(button(), button())], "/blocks/0", id="an action_id is unique within its block"
        ),
        pytest.param([section(block_id="b"), section()], [section(block_id="b")] * 2, "/blocks", id="a block_id is unique"),
        pytest.param([section(block_id="b" * 255)], [section(block_id="b" * 256)], "/blocks/0/block_id", id="block_id"),
        pytest.param(
            [{"type": "context", "elements": [plain(1)] * 10}],
            [{"type": "context", "elements": [plain(1)] * 11}],
            "/blocks/0/elements",
            id="context",
        ),
        pytest.param([section()] * 50, [section()] * 51, "/blocks", id="blocks in a message"),
        pytest.param([{"type": "divider"}], [{"type": "ruler"}], "/blocks/0/type", id="unknown block"),
        pytest.param([section()], [section(colour="red")], "/blocks/0", id="unknown property"),
        pytest.param(
            [section(accessory={"type": "overflow", "action_id": "o", "options": [option(75)] * 5})],
            [section(accessory={"type": "overflow", "action_id": "o", "options": [option()] * 6})],
            "/blocks/0/accessory/options",
            id="overflow",
        ),
        pytest.param(
            [section(accessory={"type": "static_select", "action_id": "o", "options": [option()], "initial_option": option()})],
            [section(accessory={"type": "static_select", "action_id": "o", "options": [option()], "initial_option": option(value="w")})],
            "/blocks/0/accessory",
            id="the initial option is one of the options",
        ),
    ],
)
def test_messages(allowed, refused, where):
    assert message_problems(allowed) == []
    problems = message_problems(refused)
    assert problems
    assert where in problems[0]


@pytest.mark.parametrize(
    ("allowed", "refused"),
    [
        pytest.param(modal(), modal(title=plain(25)), id="title"),
        pytest.param(modal(private_metadata="m" * 3000), modal(private_metadata="m" * 3001), id="private_metadata"),
        pytest.param(modal(callback_id="c" * 255), modal(callback_id="c" * 256), id="callback_id"),
        pytest.param(modal(blocks=[section()] * 100), modal(blocks=[section()] * 101), id="blocks in a view"),
        pytest.param(modal(submit=None, blocks=[section()]), modal(submit=None), id="a form needs a submit button"),
        pytest.param(modal(blocks=[asks(max_length=3000)]), modal(blocks=[asks(max_length=3001)]), id="max_length"),
        pytest.param(modal(blocks=[asks(min_length=2, max_length=2)]), modal(blocks=[asks(min_length=3, max_length=2)]), id="min over max"),
        pytest.param({"type": "home", "blocks": [section()]}, {"type": "home", "blocks": [section()], "submit": plain(1)}, id="home"),
        pytest.param(modal(), modal(blocks=[{**asks(), "element": button()}]), id="a button is no input"),
    ],
)
def test_views(allowed, refused):
    assert view_problems(allowed) == []
    assert view_problems(refused)


EVERYTHING = [
    section(fields=[plain(1)], accessory={"type": "static_select", "action_id": "s", "options": [option()], "initial_option": option()}),
    {"type": "header", "text": plain(1)},
    {"type": "context", "elements": [plain(1), {"type": "image", "image_url": "https://x.example", "alt_text": "x"}]},
    actions(button(confirm=CONFIRM), {"type": "checkboxes", "action_id": "c", "options": [option()]}),
    asks(min_length=1, max_length=5),
    {**asks(), "element": {"type": "multi_static_select", "action_id": "m", "options": [option()], "max_selected_items": 2}},
    {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}]},
    {"type": "image", "image_url": "https://x.example", "alt_text": "x"},
    {"type": "markdown", "text": "x"},
    {"type": "divider"},
]
JUNK = [None, 1, -1, "", "x", [], {}, [None], {"type": "x"}, True, ["x"], {"text": 1}]


def places(part: object, path: tuple = ()) -> Iterator[tuple]:
    yield path
    inner = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for key, value in inner:
        yield from places(value, (*path, key))


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_whatever_is_sent_is_refused_or_can_be_shown(junk):
    assert message_problems(EVERYTHING) == []
    state = State(wall_clock, "T0SIGNAL", frozenset())
    for path in list(places(EVERYTHING)):
        sent: dict = {"blocks": copy.deepcopy(EVERYTHING)}
        inside = sent
        for key in ("blocks", *path)[:-1]:
            inside = inside[key]
        inside[("blocks", *path)[-1]] = junk
        if not message_problems(sent["blocks"]):
            shown = state.with_ids(sent["blocks"])
            blocks_text(shown, Reader())
            initial_state(shown, {})
