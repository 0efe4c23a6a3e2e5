"""The terminal shows what was written, and obeys none of it (SEC-09)."""

import io

import pytest
from rich.console import Console

from bot.demo.stage import Stage
from bot.workspace import Workspace


@pytest.fixture
def out():
    return io.StringIO()


@pytest.fixture
def stage(out):
    return Stage("Europe/Berlin", Console(file=out, width=60, force_terminal=True, highlight=False, emoji=False, markup=False))


def test_markup_and_control_characters_of_people_stay_text(stage, out):
    for show in (stage.tell, stage.proved, stage.failed, stage.note, lambda text: stage.types("gus", text)):
        show("[bold]loud[/bold] :tada: \x1b]0;owned\x07 \x1b[2J")
    stage.table(("[red]a", "b"), [("\x1b[2J[blink]x", "y")])
    shown = out.getvalue()
    assert "\x1b]0;" not in shown
    assert "\x1b[2J" not in shown
    assert shown.count("[bold]loud[/bold] :tada: �]0;owned� �[2J") == 5
    assert "[blink]x" in shown


def test_a_card_shows_its_columns_its_lines_and_its_buttons(stage, out):
    slack = Workspace()
    carla = slack.add_person("carla")
    channel = slack.add_channel("releases", [carla])
    message = slack.post(carla, channel, "")
    message.blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "🕐 api v1.4.0"}},
        {"type": "section", "fields": [{"type": "mrkdwn", "text": "*State*\nwaits"}]},
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [
            {"type": "text", "text": "Ask "}, {"type": "user", "user_id": carla.id}, {"type": "text", "text": "\n[nobody] else"}]}]},
        {"type": "actions", "elements": [{"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Approve"}}]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "`CR-1`\x1b[2J"}]},
    ]  # fmt: skip
    Stage("UTC", Console(file=out, width=60)).message(message, "#releases")
    assert [line.strip("│╭╰─ ") for line in out.getvalue().splitlines()] == [
        "#releases", "🕐 api v1.4.0", "State  waits", "", "Ask @carla", "[nobody] else", "", "[ Approve ]", "", "CR-1�[2J", "",
    ]  # fmt: skip
