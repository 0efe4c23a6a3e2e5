"""The part of the policy file that says what a success in production asks for: a look, and what is left to do (REC-10, REC-12).

Invariant: what the file leaves out follows from the profile of the environment: `strict` asks for all of it, `starter` for nothing.
"""

from datetime import timedelta
from enum import StrEnum

from pydantic import Field

from guards.section import Section
from guards.values import Duration, SlackChannel
from guards.vocabulary import Role


class Task(StrEnum):
    """What is left to do once a version is in production (REC-12)."""

    NOTES = "notes"
    NOTIFY = "notify"
    DOCS = "docs"
    CLEANUP = "cleanup"


class Verifying(Section):
    """Who looks whether a change does in production what it should, and until when (REC-10)."""

    asked: bool | None = Field(
        default=None,
        description="Whether a change is closed only after somebody said what they looked at; left out: where the profile is `strict`.",
    )
    within: Duration = Field(default=timedelta(hours=4), description="So long after CI was done it is due; who owes it is reminded.")
    requester: bool = Field(default=True, description="Whether who asked for the change may verify it; they then owe it.")
    roles: tuple[Role, ...] = Field(
        default=(Role.SERVICE_OWNER,),
        min_length=1,
        description="Whoever holds one of these for the service may verify it too; CI never does.",
    )


class PostRelease(Section):
    """What a change asks for once it succeeded in production."""

    verification: Verifying = Field(default=Verifying(), description="Somebody looks, and says at what.")
    tasks: tuple[Task, ...] | None = Field(
        default=None,
        description="What is owed after each success: `notes` are published and `notify` is a message in a channel, which the bot sees for "
        "itself; `docs` and `cleanup` people say. Left out: all where the profile is `strict`, else none.",
    )
    within: Duration = Field(default=timedelta(days=2), description="So long after CI was done these are due.")
    announce: SlackChannel | None = Field(default=None, description="Where `notify` tells of the release; left out: the service's channel.")
