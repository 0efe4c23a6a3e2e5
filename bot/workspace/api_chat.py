"""The Web API methods about messages: chat.*.

Invariant: the bot sees and changes only what Slack would let it: its own messages, in conversations that it is in.
Source: Slack's Web API reference, one page for each method.
"""

import json
from typing import Any

from bot.workspace import pictures
from bot.workspace.api_conversations import visible, writable
from bot.workspace.arguments import Arguments, Refused, invalid
from bot.workspace.blocks import message_problems
from bot.workspace.nouns import Message
from bot.workspace.state import BOT_USER, TEAM_DOMAIN, State
from bot.workspace.text import Json

POST_TEXT, UPDATE_TEXT = 40_000, 4_000
BLOCKS_TEXT = 13_200  # measured against Slack by metabase/metabase#79908; not in Slack's reference
METADATA_BYTES = 16_384


def content(state: State, given: Arguments, limit: int = POST_TEXT) -> tuple[str, list[Json]]:
    """Text and blocks of a message to be, refused as Slack refuses them (`no_text`, `msg_too_long`, `invalid_blocks`)."""
    text, blocks = given.text("text", ""), given.data("blocks") or []
    if blocks and (problems := message_problems(blocks)):
        raise invalid(problems, "invalid_blocks")
    if problems := pictures.unseen(state, blocks):
        raise invalid(problems, "invalid_blocks")
    if not text and not blocks:
        raise Refused("no_text")
    if len(text) > limit:
        raise Refused("msg_too_long")
    if _text_size(blocks) > BLOCKS_TEXT:
        raise Refused("msg_blocks_too_long")
    return text, blocks


def post_message(state: State, given: Arguments) -> Json:
    """chat.postMessage."""
    channel = writable(state, given.text("channel"))
    text, blocks = content(state, given)
    thread = given.maybe("thread_ts")
    parent = state.find_message(channel.id, thread) if thread else None
    if thread and parent is None:
        raise Refused("thread_not_found")
    thread = (parent.thread_ts or parent.ts) if parent else None
    message = state.add_message(channel.id, BOT_USER, text, blocks, thread_ts=thread, metadata=_metadata(given))
    return {"ok": True, "channel": channel.id, "ts": message.ts, "message": state.message_json(message, metadata=True)}


def post_ephemeral(state: State, given: Arguments) -> Json:
    """chat.postEphemeral."""
    channel, person = writable(state, given.text("channel")), given.text("user")
    if person not in channel.members:
        raise Refused("user_not_in_channel")
    text, blocks = content(state, given)
    message = state.add_message(channel.id, BOT_USER, text, blocks, ephemeral_to=person, thread_ts=given.maybe("thread_ts"))
    return {"ok": True, "message_ts": message.ts}


def update(state: State, given: Arguments) -> Json:
    """chat.update: what is not given (blocks, metadata) stays; an empty array or object removes it."""
    message = _own(state, given, "cant_update_message")
    blocks = given.data("blocks")
    if blocks is None and not given.maybe("text"):
        raise Refused("no_text")
    kept = {"text": given.maybe("text"), "blocks": message.blocks if blocks is None else blocks}
    text, blocks = content(state, Arguments(kept), UPDATE_TEXT)
    message.text, message.blocks, message.edited = text, state.with_ids(blocks), True
    if given.data("metadata") is not None:
        message.metadata = _metadata(given)
    state.tell(f"[{state.names[message.channel]}] edited: {message.as_text()}")
    shown = {
        key: value for key, value in state.message_json(message, metadata=True).items() if key != "ts"
    }  # it stands beside, in Slack too
    return {"ok": True, "channel": message.channel, "ts": message.ts, "text": text, "message": shown}


def delete(state: State, given: Arguments) -> Json:
    """chat.delete."""
    message = _own(state, given, "cant_delete_message")
    state.messages.remove(message)
    state.tell(f"[{state.names[message.channel]}] deleted: {message.ts}")
    return {"ok": True, "channel": message.channel, "ts": message.ts}


def permalink(state: State, given: Arguments) -> Json:
    """chat.getPermalink."""
    message = state.find_message(visible(state, given.text("channel")).id, given.text("message_ts"))
    if message is None:
        raise Refused("message_not_found")
    link = f"https://{TEAM_DOMAIN}.slack.com/archives/{message.channel}/p{message.ts.replace('.', '')}"
    thread = f"?thread_ts={message.thread_ts}&cid={message.channel}" if message.thread_ts else ""
    return {"ok": True, "channel": message.channel, "permalink": link + thread}


def _own(state: State, given: Arguments, error: str) -> Message:
    channel = visible(state, given.text("channel"))
    message = state.find_message(channel.id, given.text("ts"))
    if message is None:
        raise Refused("message_not_found")
    if message.user != BOT_USER:
        raise Refused(error)
    return message


def _metadata(given: Arguments) -> Json | None:
    """The message's metadata: an event type and a flat-enough payload."""
    metadata = given.data("metadata")
    if not metadata:
        return None
    if (
        not isinstance(metadata, dict)
        or not isinstance(metadata.get("event_type"), str)
        or not isinstance(metadata.get("event_payload"), dict)
    ):
        raise Refused("invalid_metadata_format")
    if len(json.dumps(metadata).encode()) > METADATA_BYTES:
        raise Refused("metadata_too_large")
    return metadata


def _text_size(part: Any) -> int:
    """Characters of visible text in blocks."""
    if isinstance(part, list):
        return sum(map(_text_size, part))
    if not isinstance(part, dict):
        return 0
    own = part.get("text")
    return (len(own) if isinstance(own, str) else 0) + sum(_text_size(each) for each in part.values() if isinstance(each, dict | list))
