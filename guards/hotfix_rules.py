"""What the policy says about hotfixes (HOT-09, HOT-13, HOT-19).

Invariant: what the file leaves out has the default of the requirement register.
"""

from datetime import timedelta

from pydantic import Field

from guards.section import Section
from guards.values import Duration


class HotfixRules(Section):
    """How hotfixes are made, and what is owed for them."""

    branch_lifetime: Duration = Field(default=timedelta(days=1), description="A hotfix branch that lives longer is warned of (HOT-19).")
    forward_port: Duration = Field(
        default=timedelta(hours=24), description="By then main and each active release branch have the fix (HOT-09)."
    )
    afterwards_days: int = Field(
        default=5,
        ge=1,
        le=30,
        description="By the end of this business day after it went out cause, timeline, regression test and preventive work are written "
        "down: the service's public holidays and `emergency.weekend` do not count (HOT-13).",
    )
    afterwards: Duration | None = Field(
        default=None, description="A span in place of `afterwards_days`, where the clock is to count and not the calendar."
    )
    look_again: Duration = Field(
        default=timedelta(minutes=15), description="How often branches are looked at when no webhook tells that one moved."
    )
