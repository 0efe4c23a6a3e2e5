"""What Slack sends, parsed: slash commands, clicks, forms and openings of the App Home become `Asked`.

Invariant: Slack's own shapes end here. What has another shape is a ValidationError, never a guess; the caller shows nothing of it.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from commands.core.invocation import Asked
from commands.core.text import NONE

Body = Mapping[str, Any]
_KEY = 160
"""Characters of Slack's own id that are used as they are; a longer one is hashed, so that two never become one."""


def _storable(value: object) -> object:
    """Text that every database takes: NUL and halves of surrogate pairs, which no keyboard makes, become visible."""
    if not isinstance(value, str) or (value.isascii() and "\0" not in value):
        return value
    return value.replace("\0", "\ufffd").encode(errors="replace").decode()


Text = Annotated[str, BeforeValidator(_storable)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=2000), BeforeValidator(_storable)]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class _Typed(_Shape):
    """https://docs.slack.dev/interactivity/implementing-slash-commands"""

    user_id: Id
    team_id: Text = ""
    text: Text = ""
    channel_id: Id | None = None
    trigger_id: Id | None = None
    response_url: Id | None = None


class _Named(_Shape):
    id: Id
    team_id: Id | None = None


class _Action(_Shape):
    action_id: Id
    value: Text | None = None


class _Interaction(_Shape):
    user: _Named
    team: _Named | None = None

    @property
    def workspace(self) -> str:
        return (self.team.id if self.team else self.user.team_id) or ""


class _Click(_Interaction):
    """https://docs.slack.dev/reference/interaction-payloads/block_actions-payload"""

    actions: list[_Action] = Field(min_length=1)
    channel: _Named | None = None
    trigger_id: Id | None = None
    response_url: Id | None = None


class _Option(_Shape):
    value: Text


class _Answer(_Shape):
    """One element in `view.state.values`, of the kinds that our forms have."""

    value: Text | None = None
    selected_option: _Option | None = None
    selected_options: list[_Option] | None = None
    selected_conversation: Text | None = None
    selected_date_time: Annotated[int, Field(ge=0, le=253_402_300_799)] | None = None

    def text(self) -> str:
        if self.selected_option:
            return self.selected_option.value
        if self.selected_options is not None:  # boxes: that none is ticked is an answer too
            return ",".join(option.value for option in self.selected_options) or NONE
        if self.selected_date_time is not None:
            return datetime.fromtimestamp(self.selected_date_time, UTC).isoformat()
        return self.selected_conversation or self.value or ""


class _State(_Shape):
    values: dict[str, dict[str, _Answer]] = Field(default_factory=dict)


class _View(_Shape):
    id: Id | None = None
    hash: Id | None = None
    callback_id: Text = ""
    private_metadata: str | None = None
    state: _State | None = None


class _Submission(_Interaction):
    """https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload"""

    view: _View


class _Tab(_Shape):
    """https://docs.slack.dev/reference/events/app_home_opened"""

    user: Id
    tab: Text = "home"


class _Opened(_Shape):
    event: _Tab
    event_id: Id | None = None
    team_id: Text = ""


def typed(body: Body) -> tuple[Asked, str]:
    """A slash command, and the key that tells its redelivery.

    Raises:
        ValidationError: it has another shape.
    """
    it = _Typed.model_validate(body)
    asked = Asked(
        user=it.user_id, team=it.team_id, text=unescape(it.text), channel=it.channel_id, trigger=it.trigger_id, answer_to=it.response_url
    )
    return asked, _key("command", it.trigger_id, body)


def clicked(body: Body) -> tuple[Asked, str]:
    """A button on a card, as `typed`."""
    it = _Click.model_validate(body)
    action = it.actions[0]
    asked = Asked(
        user=it.user.id, team=it.workspace, word=action.action_id.partition("#")[0], fields=_texts(_json(action.value)),
        channel=it.channel.id if it.channel else None, trigger=it.trigger_id, answer_to=it.response_url,
    )  # fmt: skip
    return asked, _key("click", it.trigger_id, body)


def submitted(body: Body) -> tuple[Asked, str]:
    """A form, as `typed`; what was filled in goes before what the form knew."""
    it = _Submission.model_validate(body)
    view, hidden = it.view, _json(it.view.private_metadata)
    channel = _storable(hidden.get("channel"))
    asked = Asked(
        user=it.user.id, team=it.workspace, word=view.callback_id,
        fields={**_texts(hidden.get("known")), **_answers(view.state)}, channel=channel if isinstance(channel, str) and channel else None,
    )  # fmt: skip
    return asked, _key("form", f"{view.id}:{view.hash}" if view.id and view.hash else None, body)


def opened(body: Body) -> tuple[Asked, str] | None:
    """Somebody opened the App Home, as `typed`; None when it was another tab: the event tells of all of them."""
    it = _Opened.model_validate(body)
    if it.event.tab != "home":
        return None
    asked = Asked(user=it.event.user, team=it.team_id, word="home", home=True)
    return asked, _key("event", it.event_id, body)


def first_question(body: Body) -> str | None:
    """The block of a form's first question, where a sentence for the whole form can stand; None when it has none."""
    state = _Submission.model_validate(body).view.state
    return next(iter(state.values), None) if state else None


def unescape(text: str) -> str:
    """Slack's three escapes, undone: what the person typed."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _answers(state: _State | None) -> dict[str, str]:
    """What was filled in, by the name of the question; empty answers are left out."""
    blocks = state.values.values() if state else ()
    return {str(_storable(name)): text for block in blocks for name, answer in block.items() if (text := answer.text())}


def _json(text: str | None) -> dict[str, Any]:
    """What a button or a form carries for us; anything else is nothing."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _texts(found: object) -> dict[str, str]:
    if not isinstance(found, dict):
        return {}
    return {str(_storable(k)): str(_storable(v)) for k, v in found.items() if isinstance(v, str)}


def _key(kind: str, own: str | None, body: Body) -> str:
    """The same for a redelivery, another for another click: Slack's own id of the interaction, else the content."""
    if not own or len(own) > _KEY:
        own = hashlib.sha256(json.dumps(own or body, sort_keys=True, default=str).encode()).hexdigest()
    return f"slack:{kind}:{own}"
