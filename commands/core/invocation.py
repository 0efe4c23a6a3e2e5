"""What the inbox holds beside timers: what somebody asked for in Slack, what CI said; free of any sender's own types.

Invariant: the edge puts these into the inbox before it answers its sender, and the road takes them out again.
"""

from pydantic import BaseModel, ConfigDict, Field

from commands.core.ports.ci import Deployed, Proposed, Pushed, Run
from commands.core.ports.incidents import Told

ASKED, REPORTED = "asked", "reported"
"""Kinds of delivery: `Asked`, `Reported`."""


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(_Payload):
    """Somebody typed, clicked, sent a form, or opened the App Home.

    Args:
        user, team: the Slack account and its workspace.
        text: what was typed after `/release`, without Slack's escapes; None for a button or a form.
        word, fields: the command and its words, for a button or a form.
        channel: where it happened, if in a channel.
        trigger: lets a form be opened for 3 s.
        answer_to: the response URL.
        home: the person opened the App Home, and the answer is what it shows.
    """

    user: str
    team: str = ""
    text: str | None = None
    word: str = ""
    fields: dict[str, str] = Field(default_factory=dict)
    channel: str | None = None
    trigger: str | None = None
    answer_to: str | None = None
    home: bool = False


class Reported(_Payload):
    """A CI called back, and its signature was verified."""

    ci: str
    reports: tuple[Run | Deployed | Pushed | Proposed, ...]


class IncidentsTold(_Payload):
    """A source of incidents called, and its signature was verified; without incidents it is a sign of life."""

    intake: str
    told: tuple[Told, ...]
