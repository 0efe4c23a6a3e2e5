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
    afterwards: Duration = Field(
        default=timedelta(days=7),
        description="By then cause, timeline, regression test and preventive work are written down: five business days (HOT-13).",
    )
    look_again: Duration = Field(
        default=timedelta(minutes=15), description="How often branches are looked at when no webhook tells that one moved."
    )
