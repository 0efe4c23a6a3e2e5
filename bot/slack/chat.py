"""Tells people through Slack's Web API: posts, redraws, answers privately, opens forms.

Invariant: no call is retried here; what may have been posted is said to be so, and is looked for by its metadata before it
is posted again (a post has no idempotency key at Slack).
"""

import asyncio
from collections.abc import Awaitable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.render import blocks, fallback, view
from commands.core.ports import Posted, Unposted
from commands.core.text import Card, Form
from guards.facts import Absent, Unread

EVENT = "signalbox_card"
"""The metadata's event type: tells our messages from all others."""

_FINAL = frozenset({
    "channel_not_found", "not_in_channel", "is_archived", "restricted_action", "user_not_found", "message_not_found", "cant_update_message",
    "edit_window_closed", "invalid_blocks", "invalid_blocks_format", "msg_too_long", "no_text", "user_not_in_channel", "expired_trigger_id",
    "exchanged_trigger_id", "invalid_trigger_id", "cannot_dm_bot", "user_disabled",
})  # fmt: skip

Answer = dict[str, Any]


class SlackChat:
    """Slack as a way to tell people.

    Args:
        client: with the bot's token, a time limit, and no retry handlers.
        session: for response URLs; its owner closes it.
        limit: seconds for one call.
    """

    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession, limit: float = 10.0) -> None:
        self._client = client
        self._session = session
        self._limit = limit

    async def post(self, channel: str, card: Card, *, subject: str, thread: str | None = None) -> Posted | Unposted:
        """Post a card (chat.postMessage), with its subject as metadata."""
        call = self._client.chat_postMessage(
            channel=channel, blocks=blocks(card), text=fallback(card), thread_ts=thread, unfurl_links=False, unfurl_media=False,
            metadata={"event_type": EVENT, "event_payload": {"subject": subject}},
        )  # fmt: skip
        answer = await self._called(call)
        return answer if isinstance(answer, Unposted) else Posted(str(answer["channel"]), str(answer["ts"]))

    async def find(self, channel: str, *, subject: str, thread: str | None = None) -> Posted | Absent | Unread:
        """Look among the newest 200 messages for the one with this subject in its metadata."""
        if thread:
            call = self._client.conversations_replies(channel=channel, ts=thread, include_all_metadata=True, limit=200)
        else:
            call = self._client.conversations_history(channel=channel, include_all_metadata=True, limit=200)
        answer = await self._called(call)
        if isinstance(answer, Unposted):
            return Unread(f"the messages of {channel}", answer.why)
        for message in answer.get("messages") or ():
            metadata = message.get("metadata") or {}
            if metadata.get("event_type") == EVENT and (metadata.get("event_payload") or {}).get("subject") == subject:
                return Posted(channel, str(message["ts"]))
        return Absent(f"message about {subject}")

    async def update(self, place: Posted, card: Card) -> Posted | Unposted:
        """Redraw a card in place (chat.update)."""
        answer = await self._called(self._client.chat_update(channel=place.channel, ts=place.ts, blocks=blocks(card), text=fallback(card)))
        return answer if isinstance(answer, Unposted) else place

    async def tell(self, user: str, card: Card, *, channel: str | None = None, answer_to: str | None = None) -> Posted | Unposted:
        """Answer privately: by the response URL, else where the person looks, else in their direct messages."""
        drawn, text = blocks(card), fallback(card)
        if answer_to and await self._respond(
            answer_to, {"response_type": "ephemeral", "replace_original": False, "blocks": drawn, "text": text}
        ):
            return Posted(channel or user, "")
        if channel:
            answer = await self._called(self._client.chat_postEphemeral(channel=channel, user=user, blocks=drawn, text=text))
            if not isinstance(answer, Unposted):
                return Posted(channel, str(answer.get("message_ts", "")))
            if not answer.final:
                return answer
        opened = await self._called(self._client.conversations_open(users=user))
        if isinstance(opened, Unposted):
            return opened
        answer = await self._called(self._client.chat_postMessage(channel=str(opened["channel"]["id"]), blocks=drawn, text=text))
        return answer if isinstance(answer, Unposted) else Posted(str(answer["channel"]), str(answer["ts"]))

    async def ask(self, trigger: str, form: Form, *, channel: str | None = None) -> Unposted | None:
        """Open a form (views.open); it works for 3 s after the click."""
        answer = await self._called(self._client.views_open(trigger_id=trigger, view=view(form, {"channel": channel} if channel else {})))
        return answer if isinstance(answer, Unposted) else None

    async def alive(self) -> Unread | None:
        """Whether Slack answers our token (auth.test), for /health/ready."""
        answer = await self._called(self._client.auth_test())
        return Unread("Slack", answer.why) if isinstance(answer, Unposted) else None

    async def _respond(self, url: str, payload: Answer) -> bool:
        """Post to a response URL; it expires, so failure is not an error (https://docs.slack.dev/interactivity/handling-user-interaction)."""
        try:
            async with asyncio.timeout(self._limit), self._session.post(url, json=payload, allow_redirects=False) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _called(self, call: Awaitable[Any]) -> Answer | Unposted:
        """One Web API call with a time limit; every failure as a value."""
        try:
            async with asyncio.timeout(self._limit):
                answer = await call
        except SlackApiError as error:
            return _refused(error)
        except (aiohttp.ClientConnectorError, aiohttp.InvalidURL) as error:
            return Unposted(f"Slack cannot be reached ({type(error).__name__})")
        except (aiohttp.ClientError, TimeoutError, SlackClientError, ValueError) as error:
            return Unposted(f"Slack did not answer ({type(error).__name__})", maybe=True)
        data = answer.data
        return data if isinstance(data, dict) else Unposted("Slack's answer is no JSON object", maybe=True)


def _refused(error: SlackApiError) -> Unposted:
    response: Any = error.response
    data = response.data if isinstance(getattr(response, "data", None), dict) else {}
    code = str(data.get("error") or f"status {getattr(response, 'status_code', '?')}")
    if getattr(response, "status_code", 0) == 429 or code in {"ratelimited", "rate_limited"}:
        wait = str(getattr(response, "headers", {}).get("Retry-After", "1"))
        return Unposted("Slack's rate limit", retry_after=float(wait) if wait.isdigit() else 1.0)
    return Unposted(f"Slack says {code[:80]}", maybe=getattr(response, "status_code", 200) >= 500, final=code in _FINAL)
