"""What Slack does with the bot's answer to a delivery: shows it, closes a form, or tells the person that it failed.

Invariant: a person who typed or clicked always sees when the bot did not answer in time.
Source: Slack, "Slash commands" (responding, error messages); "Handling user interaction" (acknowledgement).
"""

from bot.workspace.api_views import answer_submission
from bot.workspace.arguments import Refused
from bot.workspace.deliver import INTERACTIVE, SLASH, Exchange
from bot.workspace.responses import say_back
from bot.workspace.state import SLACKBOT, State


def settle(state: State, exchange: Exchange) -> None:
    """Carry out the answer to one delivery."""
    payload = exchange.payload
    if exchange.kind == SLASH:
        _command(state, exchange)
    elif exchange.kind == INTERACTIVE and payload["type"] == "view_submission":
        view = state.views.get(payload["view"]["id"])
        if view is not None:
            answer_submission(state, view, exchange.answer)
    elif exchange.kind == INTERACTIVE and exchange.error:
        _notice(state, payload["user"]["id"], payload.get("channel", {}).get("id"), f"This didn't work: {exchange.error}")


def _command(state: State, exchange: Exchange) -> None:
    person, channel, word = (exchange.payload[key] for key in ("user_id", "channel_id", "command"))
    answer, error = exchange.answer, exchange.error
    if answer:
        try:
            say_back(state, person, channel, answer)
        except Refused as refused:
            error = refused.answer["error"]
    if error:
        _notice(state, person, channel, f'{word} failed with the error "{error}"')


def _notice(state: State, person: str, channel: str | None, text: str) -> None:
    state.add_message(channel or state.dm(person).id, SLACKBOT, text, [], ephemeral_to=person)
