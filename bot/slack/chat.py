"""Tells people through Slack's Web API: posts, redraws, answers privately, opens forms.

Invariant: no call is retried here; what may have been posted is said to be so, and is looked for by its metadata before it
is posted again (a post has no idempotency key at Slack).
"""

import asyncio
import io
import re
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Literal, TypeVar

import aiohttp
from pydantic import BaseModel, Field, ValidationError
from slack_sdk.errors import SlackApiError, SlackObjectFormationError
from slack_sdk.web.async_client import AsyncWebClient
from yarl import URL

from bot.adapters.breaker import Breaker
from bot.adapters.clock import MachineClock
from bot.slack.forms import view
from bot.slack.render import blocks, fallback
from bot.slack.session import is_code, status_of
from commands.core.ports.chat import Posted, Unposted
from commands.core.text import Card, Form
from guards.unread import Absent, Unread

EVENT = "signalbox_card"
"""The metadata's event type: tells our messages from all others."""

_FINAL = frozenset({
    "channel_not_found", "not_in_channel", "is_archived", "restricted_action", "user_not_found", "message_not_found", "cant_update_message",
    "edit_window_closed", "invalid_blocks", "invalid_blocks_format", "msg_too_long", "no_text", "user_not_in_channel", "expired_trigger_id",
    "exchanged_trigger_id", "invalid_trigger_id", "cannot_dm_bot", "user_disabled", "thread_not_found", "msg_blocks_too_long",
    "metadata_too_large", "invalid_metadata_format", "invalid_arguments", "messages_tab_disabled", "is_inactive", "view_too_large",
    "push_limit_reached", "file_uploads_disabled", "file_uploads_except_images_disabled", "file_type_not_allowed",
    "file_upload_size_restricted", "posting_to_channel_denied", "missing_scope", "not_pinnable", "permission_denied",
    "not_enabled",
})  # fmt: skip
"""Trying again cannot help."""

_PERHAPS = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout"})
"""Slack documents that some part of the call may have succeeded."""

_PINNED_SO = frozenset({"Slack says already_pinned", "Slack says no_pin"})
"""It is as it shall be: somebody, or an attempt whose answer was lost, did it before."""

_LONGEST_WAIT = 3600.0
_DRAWN_WRONG = Unposted("the card does not fit into Slack's blocks", final=True)

Payload = dict[str, Any]


class _Answer(BaseModel):
    """The parts of Slack's answers that are used; each method's own is a subclass."""

    ok: Literal[True]


class _Posted(_Answer):
    channel: str
    ts: str


class _Shown(_Answer):
    message_ts: str = ""


class _Upload(_Answer):
    upload_url: str
    file_id: str


class _Conversation(BaseModel):
    id: str


class _Opened(_Answer):
    channel: _Conversation


class _Metadata(BaseModel):
    event_type: Any = None
    event_payload: Any = None


class _Message(BaseModel):
    ts: str
    metadata: _Metadata | None = None

    @property
    def subject(self) -> object:
        of = self.metadata
        return of.event_payload.get("subject") if of and of.event_type == EVENT and isinstance(of.event_payload, dict) else None


class _Messages(_Answer):
    messages: list[_Message] = Field(default_factory=list)


A = TypeVar("A", bound=_Answer)
D = TypeVar("D")


class SlackChat:
    """Slack as a way to tell people.

    Args:
        client: with the bot's token, a time limit, and no retry handlers.
        session: for response URLs; its owner closes it.
        limit: seconds for one call; a file may take twice as long.
        breaker: what is known of Slack's answering, shared with the directory; only this chat's own experience when None.
    """

    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession, limit: float = 10.0, breaker: Breaker | None = None) -> None:
        self._client = client
        self._base = URL(client.base_url)
        self._session = session
        self._limit = limit
        self._breaker = breaker or Breaker("slack", MachineClock())

    async def post(self, channel: str, card: Card, *, subject: str, thread: str | None = None) -> Posted | Unposted:
        """Post a card (chat.postMessage), with its subject as metadata."""
        drawn = _drawn(lambda: blocks(card))
        if drawn is None:
            return _DRAWN_WRONG
        call = self._client.chat_postMessage(
            channel=channel, blocks=drawn, text=fallback(card), thread_ts=thread, unfurl_links=False, unfurl_media=False,
            metadata={"event_type": EVENT, "event_payload": {"subject": subject}},
        )  # fmt: skip
        answer = await self._called(call, _Posted)
        return answer if isinstance(answer, Unposted) else Posted(answer.channel, answer.ts)

    async def find(self, channel: str, *, subject: str, thread: str | None = None) -> Posted | Absent | Unposted:
        """Look among the newest 200 messages for the one with this subject in its metadata."""
        if thread:
            call = self._client.conversations_replies(channel=channel, ts=thread, include_all_metadata=True, limit=200)
        else:
            call = self._client.conversations_history(channel=channel, include_all_metadata=True, limit=200)
        answer = await self._called(call, _Messages)
        if isinstance(answer, Unposted):
            return replace(answer, why=f"could not read the messages of {channel} ({answer.why})", maybe=True, final=False)
        found = next((message for message in answer.messages if message.subject == subject), None)
        return Posted(channel, found.ts) if found else Absent(f"message about {subject}")

    async def update(self, place: Posted, card: Card) -> Posted | Unposted:
        """Redraw a card in place (chat.update)."""
        drawn = _drawn(lambda: blocks(card))
        if drawn is None:
            return _DRAWN_WRONG
        answer = await self._called(
            self._client.chat_update(channel=place.channel, ts=place.ts, blocks=drawn, text=fallback(card)), _Answer
        )
        return answer if isinstance(answer, Unposted) else place

    async def pin(self, place: Posted, *, stays: bool) -> Unposted | None:
        """Pin a message or take its pin away (pins.add, pins.remove)."""
        if stays:
            call = self._client.pins_add(channel=place.channel, timestamp=place.ts)
        else:
            call = self._client.pins_remove(channel=place.channel, timestamp=place.ts)
        answer = await self._called(call, _Answer)
        return answer if isinstance(answer, Unposted) and answer.why not in _PINNED_SO else None

    async def tell(self, user: str, card: Card, *, channel: str | None = None, answer_to: str | None = None) -> Posted | Unposted:
        """Answer privately: by the response URL, else where the person looks, else in their direct messages."""
        drawn, text = _drawn(lambda: blocks(card)), fallback(card)
        if drawn is None:
            return _DRAWN_WRONG
        if answer_to and await self._respond(
            answer_to, {"response_type": "ephemeral", "replace_original": False, "blocks": drawn, "text": text}
        ):
            return Posted(channel or user, "")
        if channel:
            shown = await self._called(self._client.chat_postEphemeral(channel=channel, user=user, blocks=drawn, text=text), _Shown)
            if not isinstance(shown, Unposted):
                return Posted(channel, shown.message_ts)
            if not shown.final:
                return shown
        opened = await self._called(self._client.conversations_open(users=user), _Opened)
        if isinstance(opened, Unposted):
            return opened
        answer = await self._called(self._client.chat_postMessage(channel=opened.channel.id, blocks=drawn, text=text), _Posted)
        return answer if isinstance(answer, Unposted) else Posted(answer.channel, answer.ts)

    async def upload(self, channel: str, name: str, content: bytes, *, title: str) -> Unposted | None:
        """Put a file into a conversation: ask for an address, send the bytes there, and share what came of it.

        Source: Slack, "Working with files", "Uploading files" (files.getUploadURLExternal, files.completeUploadExternal).
        """
        begun = await self._called(self._client.files_getUploadURLExternal(filename=name, length=len(content)), _Upload)
        if isinstance(begun, Unposted):
            return begun
        if unsent := await self._sent(begun.upload_url, content):
            return unsent
        files: list[dict[str, str | None]] = [{"id": begun.file_id, "title": title}]
        shared = await self._called(self._client.files_completeUploadExternal(files=files, channel_id=channel), _Answer)
        return shared if isinstance(shared, Unposted) else None

    async def ask(self, trigger: str, form: Form, *, channel: str | None = None) -> Unposted | None:
        """Open a form (views.open); it works for 3 s after the click."""
        drawn = _drawn(lambda: view(form, {"channel": channel} if channel else {}))
        if drawn is None:
            return _DRAWN_WRONG
        answer = await self._called(self._client.views_open(trigger_id=trigger, view=drawn), _Answer)
        return answer if isinstance(answer, Unposted) else None

    async def home(self, user: str, card: Card) -> Unposted | None:
        """Show a card on a person's App Home (views.publish); the last one who publishes is what stands there."""
        drawn = _drawn(lambda: blocks(card))
        if drawn is None:
            return _DRAWN_WRONG
        answer = await self._called(self._client.views_publish(user_id=user, view={"type": "home", "blocks": drawn}), _Answer)
        return answer if isinstance(answer, Unposted) else None

    async def alive(self) -> Unread | None:
        """Whether Slack answers our token (auth.test), for /health/ready."""
        answer = await self._called(self._client.auth_test(), _Answer)
        return Unread("Slack", answer.why) if isinstance(answer, Unposted) else None

    async def _sent(self, url: str, content: bytes) -> Unposted | None:
        """The bytes of a file, sent to the address that Slack gave for them; until it is shared nobody sees them."""
        to = URL(url)
        if to.scheme != "https" and to.origin() != self._base.origin():
            return Unposted("Slack gave an address for a file that is not safe", final=True)
        patience = aiohttp.ClientTimeout(total=2 * self._limit)  # it may be a large one
        try:
            async with self._session.post(to, data=io.BytesIO(content), allow_redirects=False, timeout=patience) as response:
                if response.status == 200:
                    return None
                return Unposted(f"Slack answered with status {response.status} to a file")
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
            return Unposted(f"Slack did not take a file ({type(error).__name__})")

    async def _respond(self, url: str, payload: Payload) -> bool:
        """Post to a response URL; it expires, so failure is not an error (https://docs.slack.dev/interactivity/handling-user-interaction)."""
        if self._breaker.open:  # it is tried where calls are let through; what is said there reaches the person too
            return False
        try:
            async with asyncio.timeout(self._limit), self._session.post(url, json=payload, allow_redirects=False) as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError, ValueError, OSError):
            return False

    async def _called(self, call: Coroutine[Any, Any, Any], shape: type[A]) -> A | Unposted:
        """One Web API call with a time limit; every failure as a value. While Slack answers nothing, it is not made."""
        if held := self._breaker.held():
            call.close()
            return Unposted(held.why, retry_after=held.wait, away=True)
        outcome, answered = await self._outcome(call, shape)
        if answered:
            self._breaker.answered()
        elif isinstance(outcome, Unposted):
            self._breaker.failed(outcome.why)
            return replace(outcome, away=self._breaker.open)
        return outcome

    async def _outcome(self, call: Coroutine[Any, Any, Any], shape: type[A]) -> tuple[A | Unposted, bool]:
        """What a call came to, and whether Slack answered it."""
        try:
            async with asyncio.timeout(self._limit):
                answer = await call
            return shape.model_validate(answer.data), True
        except SlackApiError as error:
            return _refused(error), status_of(error) < 500
        except aiohttp.ClientConnectorError as error:
            # nothing was sent, unless Slack's own address redirected us to where nobody is
            here = (error.host, error.port) == (self._base.host, self._base.port)
            return Unposted(f"Slack cannot be reached ({type(error).__name__})", maybe=not here), False
        except ValidationError:
            return Unposted("Slack's answer is not what it documents", maybe=True), True
        except Exception as error:  # the SDK raises whatever its reading of a strange answer runs into; the call was sent
            return Unposted(f"Slack did not answer ({type(error).__name__})", maybe=True), False


def _drawn(draw: Callable[[], D]) -> D | None:
    """What was drawn, or None for what Slack would not take: a card too large is no reason to try for ever."""
    try:
        return draw()
    except SlackObjectFormationError:
        return None


def _refused(error: SlackApiError) -> Unposted:
    """What a call that Slack, or something before it, turned down means; without Slack's own answer nothing is certain."""
    response: Any = error.response
    data = getattr(response, "data", None)
    status = status_of(error)
    code = data.get("error") if isinstance(data, dict) else None
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        return Unposted("Slack's rate limit", retry_after=_wait(getattr(response, "headers", {}).get("Retry-After")))
    if isinstance(code, str) and status < 500:
        why = f"Slack says {code}" if is_code(code) else "Slack refused, not with one of its codes"
        return Unposted(why, maybe=code in _PERHAPS, final=code in _FINAL)
    return Unposted(f"Slack answered with status {status}", maybe=not 400 <= status < 500)


def _wait(text: str | None) -> float:
    return min(float(text), _LONGEST_WAIT) if text and re.fullmatch(r"[0-9]{1,9}", text) else 1.0
