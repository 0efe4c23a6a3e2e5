"""What the policy says about trains: how far ahead they are planned, and when whom is reminded (TRN-04, TRN-22, TRN-23).

Invariant: what the file leaves out has the default of the requirement register.
"""

from datetime import time, timedelta
from typing import Annotated

from pydantic import Field

from guards.section import Section
from guards.values import ClockTime, Duration, Url

_H = timedelta(hours=1)
_Offsets = Annotated[tuple[Duration, ...], Field(max_length=8)]


class Reminders(Section):
    """How long before a moment whoever must act is reminded; an empty list reminds nobody of it."""

    cutoff: _Offsets = Field(default=(24 * _H, 4 * _H, _H, _H / 4), description="Before the cutoff: the captain.")
    decision: _Offsets = Field(
        default=(24 * _H, _H), description="Before the go/no-go: the captain, and each area whose answer is missing."
    )
    window: _Offsets = Field(default=(_H / 2,), description="Before the window opens, and before it closes.")


class QuietHours(Section):
    """When nobody is sent a reminder, in their own time zone at Slack; those of cutoffs and windows, and of what an emergency left behind,
    come all the same.
    """

    start: ClockTime = Field(default=time(20), description="From this local time on.")
    end: ClockTime = Field(default=time(8), description="Until this one; not later than `start`: on the next day.")


class TrainRules(Section):
    """Release trains."""

    ahead: int = Field(default=2, ge=1, le=8, description="So many runs of a train are planned ahead of the present.")
    publish: Duration = Field(default=timedelta(days=7), description="So long before its cutoff the schedule of a run is posted (TRN-01).")
    departure: Duration = Field(
        default=_H / 2, description="An opening with less than this left after the go/no-go is passed over for the next one."
    )
    late: Duration = Field(
        default=timedelta(minutes=2),
        le=timedelta(minutes=10),
        description="What happens later than this after its moment is marked late (TRN-22); a cutoff that is late needs the record of what "
        "main named at its moment.",
    )
    reminders: Reminders = Field(default=Reminders(), description="Who is reminded when.")
    escalate: Duration = Field(
        default=_H, description="So long after its moment, what nobody did is told to the captain and the release managers."
    )
    address: Url | None = Field(
        default=None, description="Where calendar programs reach the bot from outside; left out, people put it before the path."
    )
    quiet: QuietHours | None = Field(default=QuietHours(), description="When nobody is reminded; `null`: reminders come at any time.")
