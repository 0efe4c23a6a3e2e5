"""The Web API methods about messages: chat.*, conversations.* and pins.*.

Invariant: the bot sees and changes only what Slack would let it: its own messages, in conversations that it is in.
Source: Slack's Web API reference, one page for each method.
"""

import json
from typing import Any

from bot.workspace.arguments import Arguments, Refused, invalid
from bot.workspace.blocks import message_problems
from bot.workspace.state import APP_ID, BOT_ID, BOT_USER, TEAM_DOMAIN, Channel, Message, State, stable_id
from bot.workspace.text import Json

POST_TEXT, UPDATE_TEXT = 40_000, 4_000
BLOCKS_TEXT = 13_200  # measured against Slack by metabase/metabase#79908; not in Slack's reference
METADATA_BYTES = 16_384


def content(given: Arguments, limit: int = POST_TEXT) -> tuple[str, list[Json]]:
    """Text and blocks of a message to be, refused as Slack refuses them (`no_text`, `msg_too_long`, `invalid_blocks`)."""
    text, blocks = given.text("text", ""), given.data("blocks") or []
    if blocks and (problems := message_problems(blocks)):
        raise invalid(problems, "invalid_blocks")
    if not text and not blocks:
        raise Refused("no_text")
    if len(text) > limit:
        raise Refused("msg_too_long")
    if _text_size(blocks) > BLOCKS_TEXT:
        raise Refused("msg_blocks_too_long")
    return text, blocks


def message_json(state: State, message: Message, *, metadata: bool = False) -> Json:
    """A message as the Web API and the payloads show it."""
    shown: Json = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text, "team": state.team}
    if message.user == BOT_USER:
        shown |= {"bot_id": BOT_ID, "app_id": APP_ID}
    if message.blocks:
        shown["blocks"] = message.blocks
    if message.thread_ts:
        shown["thread_ts"] = message.thread_ts
    if message.edited:
        shown["edited"] = {"user": message.user, "ts": message.ts}
    if metadata and message.metadata:
        shown["metadata"] = message.metadata
    return shown


def post_message(state: State, given: Arguments) -> Json:
    """chat.postMessage."""
    channel = _writable(state, given.text("channel"))
    text, blocks = content(given)
    thread = given.maybe("thread_ts")
    parent = state.find_message(channel.id, thread) if thread else None
    if thread and parent is None:
        raise Refused("thread_not_found")
    thread = (parent.thread_ts or parent.ts) if parent else None
    message = state.add_message(channel.id, BOT_USER, text, blocks, thread_ts=thread, metadata=_metadata(given))
    return {"ok": True, "channel": channel.id, "ts": message.ts, "message": message_json(state, message, metadata=True)}


def post_ephemeral(state: State, given: Arguments) -> Json:
    """chat.postEphemeral."""
    channel, person = _writable(state, given.text("channel")), given.text("user")
    if person not in channel.members:
        raise Refused("user_not_in_channel")
    text, blocks = content(given)
    message = state.add_message(channel.id, BOT_USER, text, blocks, ephemeral_to=person, thread_ts=given.maybe("thread_ts"))
    return {"ok": True, "message_ts": message.ts}


def update(state: State, given: Arguments) -> Json:
    """chat.update: what is not given (blocks, metadata) stays; an empty array or object removes it."""
    message = _own(state, given, "cant_update_message")
    blocks = given.data("blocks")
    if blocks is None and not given.maybe("text"):
        raise Refused("no_text")
    kept = {"text": given.maybe("text"), "blocks": message.blocks if blocks is None else blocks}
    text, blocks = content(Arguments(kept), UPDATE_TEXT)
    message.text, message.blocks, message.edited = text, state.with_ids(blocks), True
    if given.data("metadata") is not None:
        message.metadata = _metadata(given)
    state.tell(f"[{state.names[message.channel]}] edited: {message.as_text()}")
    return {"ok": True, "channel": message.channel, "ts": message.ts, "text": text, "message": message_json(state, message, metadata=True)}


def delete(state: State, given: Arguments) -> Json:
    """chat.delete."""
    message = _own(state, given, "cant_delete_message")
    state.messages.remove(message)
    state.tell(f"[{state.names[message.channel]}] deleted: {message.ts}")
    return {"ok": True, "channel": message.channel, "ts": message.ts}


def permalink(state: State, given: Arguments) -> Json:
    """chat.getPermalink."""
    message = state.find_message(_channel(state, given.text("channel")).id, given.text("message_ts"))
    if message is None:
        raise Refused("message_not_found")
    link = f"https://{TEAM_DOMAIN}.slack.com/archives/{message.channel}/p{message.ts.replace('.', '')}"
    thread = f"?thread_ts={message.thread_ts}&cid={message.channel}" if message.thread_ts else ""
    return {"ok": True, "channel": message.channel, "permalink": link + thread}


def open_conversation(state: State, given: Arguments) -> Json:
    """conversations.open, with one person or with several."""
    if (existing := given.maybe("channel")) is not None:
        return {"ok": True, "channel": {"id": _channel(state, existing).id}}
    people = [each.strip() for each in given.text("users", "").split(",") if each.strip()]
    if not people:
        raise Refused("users_list_not_supplied")
    for each in people:
        _reachable(state, each)
    if len(people) == 1:
        opened = state.dm(people[0])
    else:
        members = {*people, BOT_USER}
        group = Channel(stable_id("G", " ".join(sorted(members))), "mpdm", members, "mpim")
        opened = state.channels.setdefault(group.id, group)
    state.names.setdefault(opened.id, "DM with " + ", ".join(state.names[each] for each in people))
    return {"ok": True, "channel": {"id": opened.id}}


def info(state: State, given: Arguments) -> Json:
    """conversations.info."""
    channel = _channel(state, given.text("channel"))
    shown: Json = {
        "id": channel.id,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "private",
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "is_archived": False,
        "context_team_id": state.team,
    }
    if channel.kind == "im":
        shown["user"] = next(iter(channel.members - {BOT_USER}))
    else:
        shown |= {"name": channel.name, "is_member": BOT_USER in channel.members, "num_members": len(channel.members)}
    return {"ok": True, "channel": shown}


def history(state: State, given: Arguments) -> Json:
    """conversations.history: newest first, no thread replies; `oldest` and `latest` are exclusive unless `inclusive`."""
    channel = _readable(state, given.text("channel"))
    found = [m for m in state.messages if m.channel == channel.id and m.ephemeral_to is None and m.thread_ts in (None, m.ts)]
    return _page(state, given, list(reversed(found)), default=100)


def replies(state: State, given: Arguments) -> Json:
    """conversations.replies: the parent, then its replies, oldest first."""
    channel, ts = _readable(state, given.text("channel")), given.text("ts")
    found = [m for m in state.messages if m.channel == channel.id and m.ephemeral_to is None and ts in (m.ts, m.thread_ts)]
    if not found:
        raise Refused("thread_not_found")
    return _page(state, given, found, default=1000)


def pin(state: State, given: Arguments) -> Json:
    """pins.add."""
    channel = _readable(state, given.text("channel"))
    ts = given.text("timestamp")
    if state.find_message(channel.id, ts) is None:
        raise Refused("message_not_found")
    if ts in channel.pins:
        raise Refused("already_pinned")
    channel.pins.append(ts)
    state.tell(f"[{state.names[channel.id]}] pinned: {ts}")
    return {"ok": True}


def unpin(state: State, given: Arguments) -> Json:
    """pins.remove."""
    channel, ts = _readable(state, given.text("channel")), given.text("timestamp")
    if ts not in channel.pins:
        raise Refused("no_pin")
    channel.pins.remove(ts)
    state.tell(f"[{state.names[channel.id]}] unpinned: {ts}")
    return {"ok": True}


def _reachable(state: State, person: str) -> None:
    account = state.people.get(person)
    if account is None:
        raise Refused("user_not_found")
    if account.deleted:
        raise Refused("user_disabled")
    if account.bot:
        raise Refused("cannot_dm_bot")


def _channel(state: State, channel: str) -> Channel:
    """A conversation whose existence the bot may know of: a private one only when it is in it."""
    found = state.channels.get(channel)
    if found is None or (found.kind != "channel" and BOT_USER not in found.members):
        raise Refused("channel_not_found")
    return found


def _readable(state: State, channel: str) -> Channel:
    found = _channel(state, channel)
    if BOT_USER not in found.members:
        raise Refused("not_in_channel")
    return found


def _writable(state: State, channel: str) -> Channel:
    """A conversation that the bot may post in; a person's id stands for the direct message channel."""
    if channel in state.people:
        _reachable(state, channel)
        return state.channels[open_conversation(state, Arguments({"users": channel}))["channel"]["id"]]
    found = _channel(state, channel)
    if BOT_USER not in found.members and "chat:write.public" not in state.scopes:
        raise Refused("not_in_channel")
    return found


def _own(state: State, given: Arguments, error: str) -> Message:
    channel = _channel(state, given.text("channel"))
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


def _page(state: State, given: Arguments, found: list[Message], default: int) -> Json:
    oldest, latest, inclusive = given.maybe("oldest"), given.maybe("latest"), given.flag("inclusive")
    if oldest:
        found = [m for m in found if float(m.ts) > float(oldest) or (inclusive and m.ts == oldest)]
    if latest:
        found = [m for m in found if float(m.ts) < float(latest) or (inclusive and m.ts == latest)]
    start, limit = given.number("cursor", 0), given.number("limit", default)
    if not 1 <= limit <= 1000:
        raise Refused("invalid_limit")
    more = start + limit < len(found)
    shown = [message_json(state, m, metadata=given.flag("include_all_metadata")) for m in found[start : start + limit]]
    return {"ok": True, "messages": shown, "has_more": more, "response_metadata": {"next_cursor": str(start + limit) if more else ""}}


def _text_size(part: Any) -> int:
    """Characters of visible text in blocks."""
    if isinstance(part, list):
        return sum(map(_text_size, part))
    if not isinstance(part, dict):
        return 0
    own = part.get("text")
    return (len(own) if isinstance(own, str) else 0) + sum(_text_size(each) for each in part.values() if isinstance(each, dict | list))
