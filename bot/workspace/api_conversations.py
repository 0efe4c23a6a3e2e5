"""The Web API methods about conversations: conversations.* and pins.*; and what the bot may see and where it may write.

Invariant: a private conversation that the bot is not in does not exist for it.
Source: Slack's Web API reference, one page for each method.
"""

from bot.workspace.arguments import Arguments, Refused
from bot.workspace.nouns import Channel, Message
from bot.workspace.state import BOT_USER, State, stable_id
from bot.workspace.text import Json


def open_conversation(state: State, given: Arguments) -> Json:
    """conversations.open, with one person or with several."""
    if (existing := given.maybe("channel")) is not None:
        return {"ok": True, "channel": {"id": visible(state, existing).id}}
    people = [each.strip() for each in given.text("users", "").split(",") if each.strip()]
    if not people:
        raise Refused("users_list_not_supplied")
    for each in people:
        reachable(state, each)
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
    channel = visible(state, given.text("channel"))
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
    channel = readable(state, given.text("channel"))
    found = [m for m in state.messages if m.channel == channel.id and m.ephemeral_to is None and m.thread_ts in (None, m.ts)]
    return _page(state, given, list(reversed(found)), default=100)


def replies(state: State, given: Arguments) -> Json:
    """conversations.replies: the parent, then its replies, oldest first."""
    channel, ts = readable(state, given.text("channel")), given.text("ts")
    found = [m for m in state.messages if m.channel == channel.id and m.ephemeral_to is None and ts in (m.ts, m.thread_ts)]
    if not found:
        raise Refused("thread_not_found")
    return _page(state, given, found, default=1000)


def pin(state: State, given: Arguments) -> Json:
    """pins.add."""
    channel = readable(state, given.text("channel"))
    ts = given.text("timestamp")
    if state.find_message(channel.id, ts) is None:
        raise Refused("message_not_found")
    if ts in channel.pins:
        raise Refused("already_pinned")
    channel.pins[ts] = int(state.now().timestamp())
    state.tell(f"[{state.names[channel.id]}] pinned: {ts}")
    return {"ok": True}


def unpin(state: State, given: Arguments) -> Json:
    """pins.remove."""
    channel, ts = readable(state, given.text("channel")), given.text("timestamp")
    if ts not in channel.pins:
        raise Refused("no_pin")
    del channel.pins[ts]
    state.tell(f"[{state.names[channel.id]}] unpinned: {ts}")
    return {"ok": True}


def pins(state: State, given: Arguments) -> Json:
    """pins.list: the newest pin first."""
    channel = readable(state, given.text("channel"))
    items = [
        {"type": "message", "channel": channel.id, "created": created, "created_by": BOT_USER, "message": state.message_json(message)}
        for ts, created in reversed(channel.pins.items())
        if (message := state.find_message(channel.id, ts)) is not None
    ]
    return {"ok": True, "items": items}


def reachable(state: State, person: str) -> None:
    account = state.people.get(person)
    if account is None:
        raise Refused("user_not_found")
    if account.deleted:
        raise Refused("user_disabled")
    if account.bot:
        raise Refused("cannot_dm_bot")


def visible(state: State, channel: str) -> Channel:
    """A conversation whose existence the bot may know of: a private one only when it is in it."""
    found = state.channels.get(channel)
    if found is None or (found.kind != "channel" and BOT_USER not in found.members):
        raise Refused("channel_not_found")
    return found


def readable(state: State, channel: str) -> Channel:
    found = visible(state, channel)
    if BOT_USER not in found.members:
        raise Refused("not_in_channel")
    return found


def writable(state: State, channel: str) -> Channel:
    """A conversation that the bot may post in; a person's id stands for the direct message channel."""
    if channel in state.people:
        reachable(state, channel)
        return state.channels[open_conversation(state, Arguments({"users": channel}))["channel"]["id"]]
    found = visible(state, channel)
    if BOT_USER not in found.members and "chat:write.public" not in state.app.scopes:
        raise Refused("not_in_channel")
    return found


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
    shown = [state.message_json(m, metadata=given.flag("include_all_metadata")) for m in found[start : start + limit]]
    return {"ok": True, "messages": shown, "has_more": more, "response_metadata": {"next_cursor": str(start + limit) if more else ""}}
