"""Takes in what Slack sends: remembers it in the inbox, then acknowledges, and does nothing else (OPS-12).

Invariant: no acknowledgement without a committed row; whoever is not acknowledged is told so, as far as Slack can show it.
"""

import logging
import re
import secrets
from collections.abc import Callable
from typing import Literal

from pydantic import ValidationError
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.log import log, quiet
from bot.metrics import RECEIVED, REFUSED
from bot.slack import payloads
from bot.slack.payloads import Body
from bot.tracing import failed, span
from commands.core.invocation import ASKED, Asked
from storage.errors import CommitUnknown
from storage.inbox import Delivery, Inbox

COMMAND = "/release"
ANY = re.compile(r"[\s\S]*")

BUSY = "I could not take that in just now, so nothing was started. Try again in a minute."
PERHAPS = "I cannot tell whether I took that in. Look at /release status before you try again."

Kind = Literal["command", "click", "form", "event"]
_READ: dict[Kind, Callable[[Body], tuple[Asked, str] | None]] = {
    "command": payloads.typed,
    "click": payloads.clicked,
    "form": payloads.submitted,
    "event": payloads.opened,
}


class Intake:
    """The listeners, the same for HTTP and Socket Mode.

    Args:
        client: with the bot's token.
        inbox: where deliveries are remembered.
        signing_secret: for Bolt's own bookkeeping; the signature is checked before Bolt in `bot/web.py`.
    """

    def __init__(self, client: AsyncWebClient, inbox: Inbox, signing_secret: str) -> None:
        self._inbox = inbox

        async def authorize() -> AuthorizeResult:
            """One workspace, one token: no `auth.test` for each request."""
            return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=client.token)

        self.bolt = AsyncApp(
            name="signalbox",  # without one Bolt reads the source of every caller to make one up
            client=client,
            signing_secret=signing_secret,
            authorize=authorize,
            process_before_response=True,  # without it Bolt polls for the ack every 10 ms
            request_verification_enabled=False,  # bot/web.py did it, and answers 400 and 401 where Bolt would answer 500
            ignoring_self_events_enabled=False,
            ssl_check_enabled=True,
            url_verification_enabled=True,
            attaching_function_token_enabled=False,  # we offer no steps of workflows, and no assistant
            attaching_conversation_kwargs_enabled=False,
            raise_error_for_unhandled_request=True,  # else Bolt logs parts of the request
            logger=quiet("slack_bolt", logging.ERROR),  # its warnings show requests, or say that the environment has a token
        )
        self.bolt.command(COMMAND)(self.typed)
        self.bolt.block_action(ANY)(self.clicked)
        self.bolt.view_submission(ANY)(self.submitted)
        self.bolt.view_closed(ANY)(self.told)
        self.bolt.event("app_home_opened")(self.opened)
        self.bolt.event(ANY)(self.told)
        self.bolt.error(self.unread)

    async def typed(self, ack: AsyncAck, body: Body) -> BoltResponse | None:
        """A slash command."""
        return await self._keep("command", ack, body)

    async def clicked(self, ack: AsyncAck, body: Body) -> BoltResponse | None:
        """A button on a card."""
        return await self._keep("click", ack, body)

    async def submitted(self, ack: AsyncAck, body: Body) -> BoltResponse | None:
        """A form."""
        return await self._keep("form", ack, body)

    async def opened(self, ack: AsyncAck, body: Body) -> BoltResponse | None:
        """The App Home; its other tabs are acknowledged only."""
        return await self._keep("event", ack, body)

    async def told(self, ack: AsyncAck) -> None:
        """Closed forms and all other events are acknowledged; none of them is acted on."""
        await ack()

    async def unread(self, error: Exception) -> BoltResponse:
        """What nobody listens to, and what Bolt itself cannot read; nothing of it is shown or logged."""
        if isinstance(error, BoltUnhandledRequestError):
            return _refused("unknown", 404)
        log.warning("delivery not read", why=type(error).__name__)
        return _refused("malformed", 400)

    async def _keep(self, kind: Kind, ack: AsyncAck, body: Body) -> BoltResponse | None:
        correlation = secrets.token_hex(6)
        with span("deliver", correlation, kind=kind) as traced:
            try:
                read = _READ[kind](body)
            except ValidationError:
                return _refused("malformed", 400)
            if read is None:
                await ack()
                return None
            asked, key = read
            try:
                new = await self._inbox.put(Delivery(key, ASKED, asked.model_dump(exclude_defaults=True), correlation))
            except Exception as error:  # the database, or a fault of ours: the person must hear of it either way
                failed(traced, error)
                log.error("delivery not remembered", kind=kind, why=type(error).__name__)
                RECEIVED.labels(ASKED, "refused").inc()
                return await _turn_back(kind, ack, body, PERHAPS if isinstance(error, CommitUnknown) else BUSY)
            RECEIVED.labels(ASKED, "new" if new else "again").inc()
            if not new:  # one that is new is logged when it is carried out; this line would cost as much as remembering it
                log.info("delivery repeated", kind=kind)
            await ack()
            return None


async def _turn_back(kind: Kind, ack: AsyncAck, body: Body, said: str) -> BoltResponse | None:
    """Say that it was not taken in, where Slack lets us.

    A command is answered with a text. A form stays open with what was typed, and the sentence stands under its first question; an
    `errors` object that names no question shows "We had some trouble connecting" instead. A click has no answer that is shown, so it
    fails, and Slack marks it (https://docs.slack.dev/interactivity/handling-user-interaction). An event that is not acknowledged is
    delivered again.
    """
    if kind == "command":
        await ack(said)
        return None
    question = payloads.first_question(body) if kind == "form" else None
    if question is None:
        return BoltResponse(status=503, body={"error": "not taken in; try again"})
    await ack(response_action="errors", errors={question: said})
    return None


def _refused(why: Literal["malformed", "unknown"], status: int) -> BoltResponse:
    REFUSED.labels("slack", why).inc()
    return BoltResponse(status=status, body={"error": why})
