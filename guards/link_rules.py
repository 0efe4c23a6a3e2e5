"""The part of the policy file about the links that stand in records (REC-19)."""

from datetime import timedelta

from pydantic import Field

from guards.section import Section
from guards.values import Duration


class RecordLinks(Section):
    """Whether links are looked at, and how often."""

    asked: bool | None = Field(
        default=None,
        description="Whether the bot looks if they still lead somewhere; left out: where the profile of production is `strict`. It asks "
        "public addresses only, without credentials and past any proxy; what it cannot reach is told as not read, never as broken.",
    )
    every: Duration = Field(default=timedelta(days=7), description="How often each is looked at.")
