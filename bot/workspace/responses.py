"""What the bot says in answer to one command or click: in the acknowledgement itself, or through a response URL.

Invariant: a response URL works five times within thirty minutes, and only for its own person and conversation.
Source: Slack, "Handling user interaction", message responses.
"""

from typing import Any

from bot.workspace.api_chat import content
from bot.workspace.arguments import Arguments, Refused
from bot.workspace.nouns import Message
from bot.workspace.state import BOT_USER, RESPONSE_LIFE, RESPONSE_USES, State
from bot.workspace.text import Json


def say_back(state: State, person: str, channel: str, payload: Json, original: Message | None = None) -> None:
    """Show what the bot answered; only to the person unless `response_type` is `in_channel`.

    Args:
        state: the workspace.
        person: the id of who typed or clicked.
        channel: where.
        payload: `text`, `blocks`, `response_type`, `replace_original`, `delete_original`, `thread_ts`.
        original: the message whose button was clicked, None for a command.

    Raises:
        Refused: as chat.postMessage would be (`no_text`, `invalid_blocks` …).
    """
    given = Arguments(payload)
    if original is not None and given.flag("delete_original"):
        if original in state.messages:
            state.messages.remove(original)
        state.tell(f"[{state.names[channel]}] deleted: {original.ts}")
        return
    text, blocks = content(state, given)
    if original is not None and given.flag("replace_original"):
        original.text, original.blocks, original.edited = text, state.with_ids(blocks), True
        state.tell(f"[{state.names[channel]}] replaced: {original.as_text()}")
        return
    only = None if payload.get("response_type") == "in_channel" else person
    state.add_message(channel, BOT_USER, text, blocks, ephemeral_to=only, thread_ts=given.maybe("thread_ts"))


def use_response_url(state: State, path: str, payload: Any) -> tuple[int, str]:
    """One post to a response URL; the HTTP status and the body that Slack answers."""
    url = state.response_urls.get(path)
    if url is None:
        return 404, "invalid_token"
    if state.now() - url.born > RESPONSE_LIFE:
        return 404, "expired_url"
    if url.uses >= RESPONSE_USES:
        return 404, "used_url"
    if not isinstance(payload, dict):
        return 400, "invalid_payload"
    try:
        say_back(state, url.person, url.channel, payload, url.message)
    except Refused as refused:
        return 400, str(refused.answer["error"])
    url.uses += 1
    return 200, "ok"
