"""The door of the Web API: token, scope, fault, method, record.

Invariant: a method runs only with a token of this workspace and the scopes that Slack asks for it; every call is on
record with what was answered; a real Slack token is never accepted.
Source: Slack's Web API reference; "Basics of the Web API" for `not_authed`, `invalid_auth`, `missing_scope`.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from bot.workspace import api_chat, api_conversations, api_directory, api_files, api_views
from bot.workspace.arguments import Arguments, Refused
from bot.workspace.state import State
from bot.workspace.text import Json

BOT_TOKENS, APP_TOKENS = "xoxb-signalbox-", "xapp-signalbox-"


@dataclass(frozen=True, slots=True)
class Method:
    """One Web API method.

    Args:
        run: what it does.
        scope: the scope it needs, "" for none; `*:history` stands for the scope of the conversation's kind.
    """

    run: Callable[[State, Arguments], Json]
    scope: str = ""


METHODS = {
    "auth.test": Method(api_directory.auth_test),
    "chat.postMessage": Method(api_chat.post_message, "chat:write"),
    "chat.update": Method(api_chat.update, "chat:write"),
    "chat.postEphemeral": Method(api_chat.post_ephemeral, "chat:write"),
    "chat.delete": Method(api_chat.delete, "chat:write"),
    "chat.getPermalink": Method(api_chat.permalink),
    "files.getUploadURLExternal": Method(api_files.upload_url, "files:write"),
    "files.completeUploadExternal": Method(api_files.complete, "files:write"),
    "views.open": Method(api_views.open_view),
    "views.update": Method(api_views.update_view),
    "views.push": Method(api_views.push_view),
    "views.publish": Method(api_views.publish_view),
    "users.info": Method(api_directory.user_info, "users:read"),
    "users.lookupByEmail": Method(api_directory.user_by_email, "users:read.email"),
    "usergroups.list": Method(api_directory.groups, "usergroups:read"),
    "usergroups.users.list": Method(api_directory.group_members, "usergroups:read"),
    "conversations.open": Method(api_conversations.open_conversation, "im:write"),
    "conversations.info": Method(api_conversations.info, "*:read"),
    "conversations.history": Method(api_conversations.history, "*:history"),
    "conversations.replies": Method(api_conversations.replies, "*:history"),
    "pins.add": Method(api_conversations.pin, "pins:write"),
    "pins.list": Method(api_conversations.pins, "pins:read"),
    "pins.remove": Method(api_conversations.unpin, "pins:write"),
}
_KINDS = {"channel": "channels", "private": "groups", "im": "im", "mpim": "mpim"}


def mint(prefix: str) -> str:
    """A token that no Slack ever gave out."""
    return prefix + secrets.token_hex(12)


def ours(token: str, prefix: str) -> str:
    """The token itself when it is plainly made up for this workspace.

    Raises:
        ValueError: it could be a real Slack token, which has no business here.
    """
    if not token.startswith(prefix):
        raise ValueError(f"only tokens that start with {prefix!r} are accepted here: this workspace is not Slack")
    return token


@dataclass(frozen=True, slots=True)
class Api:
    """The Web API of one workspace.

    Args:
        state: what it works on.
        bot_token: accepted for every method but apps.connections.open.
        app_token: accepted for that one only; None when Socket Mode is off.
        connect: makes a fresh websocket URL.
    """

    state: State
    bot_token: str
    app_token: str | None
    connect: Callable[[], str]

    def answer(self, name: str, token: str | None, raw: Json) -> Json:
        """Slack's answer to one call."""
        try:
            return self._answer(name, token, Arguments(raw))
        except Refused as refused:
            return refused.answer

    def _answer(self, name: str, token: str | None, given: Arguments) -> Json:
        method = METHODS.get(name)
        socket = name == "apps.connections.open"
        if method is None and not socket:
            raise Refused("unknown_method", req_method=name)
        if not token:
            raise Refused("not_authed")
        if token not in {self.bot_token, self.app_token}:
            raise Refused("invalid_auth")
        if socket != (token == self.app_token):
            raise Refused("not_allowed_token_type")
        if method is None:
            return {"ok": True, "url": self.connect()}
        self._scope(method.scope, given)
        return method.run(self.state, given)

    def _scope(self, needed: str, given: Arguments) -> None:
        if needed.startswith("*"):
            channel = self.state.channels.get(given.maybe("channel") or "")
            needed = _KINDS[channel.kind if channel else "channel"] + needed[1:]
        if needed and needed not in self.state.app.scopes:
            raise Refused("missing_scope", needed=needed, provided=",".join(sorted(self.state.app.scopes)))
