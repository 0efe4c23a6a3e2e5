"""Sentences with words to type: in backticks for people who read the code and the ledger, as code for those who read the card."""

import pytest

from commands.core.text import Code, plain, worded


@pytest.mark.parametrize(
    ("sentence", "line"),
    [
        ("Wait.", ("Wait.",)),
        ("First `/release status`.", ("First ", Code("/release status"), ".")),
        ("`a` or `b`", (Code("a"), " or ", Code("b"))),
        ("an odd ` stays", ("an odd ` stays",)),
        ("two `` are nothing", ("two ", " are nothing")),
        ("", ()),
    ],
)
def test_what_stands_between_backticks_is_code(sentence, line):
    assert worded(sentence) == line


def test_on_a_terminal_it_reads_as_it_was_written():
    assert plain(worded("First `/release status`, then `/release help`.")) == "First `/release status`, then `/release help`."


async def test_no_refusal_shows_its_backticks(world):
    await world.say("carla", "/release promote api v1.4.0 production")
    (answer,) = world.slack.private(world.people["carla"])
    texts = [each for block in answer.blocks if block["type"] == "rich_text" for each in block["elements"][0]["elements"]]
    assert "`" not in "".join(each.get("text", "") for each in texts)
    assert [each["text"] for each in texts if each.get("style", {}).get("code") and each["text"].startswith("/")] == [
        "/release promote api v1.4.0 staging"
    ]
