"""Takes in what Slack sends: remembers it in the inbox, then acknowledges, and does nothing else (OPS-12).

Invariant: no acknowledgement without a committed row. Slack's types end here; what goes on is an `Asked`.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.log import log
from bot.metrics import RECEIVED
from commands.core.invocation import Asked
from storage.errors import StorageError
from storage.inbox import Delivery, Inbox

Body = Mapping[str, Any]
COMMAND = "/release"
ANY = re.compile(r"[\s\S]*")

BUSY = "I could not take that in just now, so nothing was started. Try again in a minute."


class Intake:
    """The listeners, the same for HTTP and Socket Mode.

    Args:
        client: with the bot's token.
        inbox: where deliveries are remembered.
        signing_secret: for Bolt's own bookkeeping; the signature is checked before Bolt in `bot/web.py`.
        ring: says that there is something to carry out.
    """

    def __init__(self, client: AsyncWebClient, inbox: Inbox, signing_secret: str, ring: Callable[[], None]) -> None:
        self._inbox = inbox
        self._ring = ring

        async def authorize() -> AuthorizeResult:
            """One workspace, one token: no `auth.test` for each request."""
            return AuthorizeResult(enterprise_id=None, team_id=None, bot_token=client.token)

        self.bolt = AsyncApp(
            client=client,
            signing_secret=signing_secret,
            authorize=authorize,
            process_before_response=True,  # without it Bolt polls for the ack every 10 ms
            request_verification_enabled=False,  # bot/web.py did it, and answers 400 and 401 where Bolt would answer 500
            ignoring_self_events_enabled=False,
            ssl_check_enabled=True,
            url_verification_enabled=True,
        )
        self.bolt.command(COMMAND)(self.typed)
        self.bolt.action(ANY)(self.clicked)
        self.bolt.view(ANY)(self.submitted)
        self.bolt.event(ANY)(self.told)

    async def typed(self, ack: AsyncAck, body: Body) -> None:
        """A slash command (https://docs.slack.dev/interactivity/implementing-slash-commands)."""
        asked = Asked(
            user=str(body.get("user_id", "")), team=str(body.get("team_id", "")), text=unescape(str(body.get("text", ""))),
            channel=_channel(body.get("channel_id")), trigger=body.get("trigger_id"), answer_to=body.get("response_url"),
        )  # fmt: skip
        await self._keep(ack, asked, _key("command", body.get("trigger_id"), body))

    async def clicked(self, ack: AsyncAck, body: Body) -> None:
        """A button on a card (https://docs.slack.dev/reference/interaction-payloads/block_actions-payload)."""
        action = body["actions"][0]
        asked = Asked(
            user=str(body["user"]["id"]), team=str((body.get("team") or {}).get("id") or body["user"].get("team_id") or ""),
            word=str(action.get("action_id", "")).partition("#")[0], fields=_fields(action.get("value")),
            channel=_channel((body.get("channel") or {}).get("id")), trigger=body.get("trigger_id"), answer_to=body.get("response_url"),
        )  # fmt: skip
        await self._keep(ack, asked, _key("click", body.get("trigger_id"), body))

    async def submitted(self, ack: AsyncAck, body: Body) -> None:
        """A form (https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload)."""
        view = body["view"]
        hidden = _hidden(view.get("private_metadata"))
        asked = Asked(
            user=str(body["user"]["id"]), team=str((body.get("team") or {}).get("id") or ""), word=str(view.get("callback_id", "")),
            fields={**_fields(json.dumps(hidden.get("known", {}))), **_answers(view)}, channel=_channel(hidden.get("channel")),
        )  # fmt: skip
        await self._keep(ack, asked, _key("form", f"{view.get('id')}:{view.get('hash')}" if view.get("id") else None, body))

    async def told(self, ack: AsyncAck) -> None:
        """Events are acknowledged; none of them is acted on yet."""
        await ack()

    async def _keep(self, ack: AsyncAck, asked: Asked, key: str) -> None:
        correlation = secrets.token_hex(6)
        try:
            new = await self._inbox.put(Delivery(key, "asked", asked.model_dump(exclude_defaults=True), correlation))
        except StorageError as error:
            log.error("delivery not remembered", why=type(error).__name__, correlation=correlation)
            RECEIVED.labels("asked", "refused").inc()
            # a slash command can be answered with a text; a click or a form shows Slack's own warning instead
            await ack(BUSY) if asked.text is not None else await ack({"response_action": "errors", "errors": {}})
            return
        RECEIVED.labels("asked", "new" if new else "again").inc()
        self._ring()
        if not new:  # one that is new is logged when it is carried out; this line would cost as much as remembering it
            log.info("delivery repeated", correlation=correlation, word=asked.word or "typed")
        await ack()


def unescape(text: str) -> str:
    """Slack's three escapes, undone: what the person typed."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _key(kind: str, own: object, body: Body) -> str:
    """The same for a redelivery, another for another click: Slack's own id of the interaction, else the content."""
    if not isinstance(own, str) or not own:
        own = hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()
    return f"slack:{kind}:{own}"[:200]


def _channel(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _hidden(text: object) -> dict[str, Any]:
    try:
        found = json.loads(str(text or "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _fields(text: object) -> dict[str, str]:
    return {str(k): v for k, v in _hidden(text).items() if isinstance(v, str)}


def _answers(view: Body) -> dict[str, str]:
    """What was filled in, by the name of the question; empty answers are left out."""
    found: dict[str, str] = {}
    for block in ((view.get("state") or {}).get("values") or {}).values():
        for name, element in block.items():
            match element.get("type"):
                case "static_select":
                    value = (element.get("selected_option") or {}).get("value")
                case "datetimepicker":
                    moment = element.get("selected_date_time")
                    value = datetime.fromtimestamp(moment, UTC).isoformat() if isinstance(moment, int) else None
                case _:
                    value = element.get("value")
            if isinstance(value, str) and value:
                found[str(name)] = value
    return found
