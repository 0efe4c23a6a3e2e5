"""The payloads that Slack sends, in the shapes that it documents.

Invariant: a payload carries what Slack's carries and nothing that only this workspace could know.
Source: Slack, "Slash commands", "block_actions payload", "View interaction payloads", "Shortcuts payload", "The Events API".
"""

import re

from bot.workspace.api_directory import person_json, team_of
from bot.workspace.api_views import view_json
from bot.workspace.forms import View
from bot.workspace.inputs import as_state, initial_state
from bot.workspace.nouns import Channel, Message, Person
from bot.workspace.state import APP_ID, BOT_USER, TEAM_DOMAIN, State
from bot.workspace.text import Json, escape

VERIFICATION_TOKEN = "deprecated"  # noqa: S105 - Slack's old way to verify, which nobody may trust; here to be ignored
_NAMES = {"im": "directmessage", "private": "privategroup", "mpim": "privategroup"}


def typed(state: State, text: str, *, mentions: bool) -> str:
    """What a person typed, as Slack's client sends it.

    Args:
        state: the workspace, for who is meant by a name.
        text: as typed: `@carla`, `#releases`, `a < b`.
        mentions: whether the command has `should_escape` on, so that names become `<@U…|carla>` and links `<https://…>`.
    """
    text = escape(text)
    if not mentions:
        return text
    people = {person.handle: f"<@{person.id}|{person.handle}>" for person in state.people.values()}
    groups = {group.handle: f"<!subteam^{group.id}|@{group.handle}>" for group in state.groups.values()}
    channels = {channel.name: f"<#{channel.id}|{channel.name}>" for channel in state.channels.values() if channel.kind == "channel"}
    text = re.sub(r"https?://\S+", lambda m: f"<{m[0]}>", text)
    text = re.sub(r"(?<![\w<|])@([\w.-]*\w)", lambda m: (groups | people).get(m[1], m[0]), text)
    return re.sub(r"(?<![\w<|])#([\w-]+)", lambda m: channels.get(m[1], m[0]), text)


def command(state: State, person: Person, channel: Channel, word: str, text: str, origin: str) -> Json:
    """The form fields of a slash command; every value is a string."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": team_of(state, person),
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": _NAMES.get(channel.kind, channel.name),
        "user_id": person.id,
        "user_name": person.handle,
        "command": word,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": origin + state.new_response_url(person.id, channel.id, None),
        "trigger_id": state.new_trigger(person.id),
    }


def block_actions(state: State, person: Person, surface: Message | View, action: Json, origin: str) -> Json:
    """A click on a message or in a view. A click on an ephemeral message carries no `message`, as in Slack."""
    payload = _interaction(state, person, "block_actions") | {"actions": [action | {"action_ts": state.ts()}]}
    if isinstance(surface, View):
        return payload | {"container": {"type": "view", "view_id": surface.id}, "view": view_json(state, surface)}
    channel = state.channels[surface.channel]
    values = initial_state(surface.blocks, {})
    if action["action_id"] in values.get(action["block_id"], {}):
        values[action["block_id"]][action["action_id"]] = as_state(action)
    container = {"type": "message", "message_ts": surface.ts, "channel_id": channel.id, "is_ephemeral": surface.ephemeral_to is not None}
    payload |= {
        "container": container | ({"thread_ts": surface.thread_ts} if surface.thread_ts else {}),
        "channel": {"id": channel.id, "name": _NAMES.get(channel.kind, channel.name)},
        "state": {"values": values},
        "response_url": origin + state.new_response_url(person.id, channel.id, surface),
    }
    if surface.ephemeral_to is None:
        payload["message"] = state.message_json(surface, metadata=True)
    return payload


def view_submission(state: State, person: Person, view: View) -> Json:
    """A submitted modal."""
    return _interaction(state, person, "view_submission") | {"view": view_json(state, view), "response_urls": []}


def view_closed(state: State, person: Person, view: View, *, cleared: bool) -> Json:
    """A modal that was closed; it opens nothing, so it carries no trigger."""
    payload = _interaction(state, person, "view_closed") | {"view": view_json(state, view), "is_cleared": cleared}
    del payload["trigger_id"]
    return payload


def shortcut(state: State, person: Person, callback_id: str) -> Json:
    """A global shortcut."""
    return _interaction(state, person, "shortcut") | {"callback_id": callback_id, "action_ts": state.ts()}


def event(state: State, person: Person, inner: Json) -> Json:
    """An Events API envelope; what the event lacks is filled in from the person."""
    kind = inner["type"]
    inner = {"event_ts": state.ts(), **inner}
    if kind == "user_change":
        inner.setdefault("user", person_json(state, person))
    elif not kind.startswith("subteam_"):
        inner.setdefault("user", person.id)
    if kind == "app_home_opened":
        home = state.homes.get(person.id)
        inner = {"channel": state.dm(person.id).id, "tab": "home", **inner}
        if home and inner["tab"] == "home":
            inner["view"] = view_json(state, home)
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": state.team,
        "api_app_id": APP_ID,
        "event": inner,
        "type": "event_callback",
        "event_id": f"Ev{state.number():010d}",
        "event_time": int(state.now().timestamp()),
        "authorizations": [
            {"enterprise_id": None, "team_id": state.team, "user_id": BOT_USER, "is_bot": True, "is_enterprise_install": False},
        ],
        "is_ext_shared_channel": False,
        "event_context": f"context-{kind}",
    }


def _interaction(state: State, person: Person, kind: str) -> Json:
    return {
        "type": kind,
        "team": {"id": state.team, "domain": TEAM_DOMAIN},
        "user": {"id": person.id, "username": person.handle, "name": person.handle, "team_id": team_of(state, person)},
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "trigger_id": state.new_trigger(person.id),
        "enterprise": None,
        "is_enterprise_install": False,
    }
