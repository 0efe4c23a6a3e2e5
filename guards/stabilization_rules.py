"""What the policy says about cutoff and stabilization (TRN-07, TRN-09, TRN-16, TRN-26).

Invariant: what the file leaves out has the default of the requirement register.
"""

from datetime import timedelta

from pydantic import Field

from guards.section import Section
from guards.values import Duration


class StabilizationRules(Section):
    """What may still get onto a release branch, and how closely it is watched."""

    labels: tuple[str, ...] = Field(
        default=("release-blocker", "security", "compliance"),
        description="Labels of a pull request that are a reason to get onto a release branch; so is naming the ticket of a tracked "
        "blocker (TRN-09).",
    )
    backport: tuple[str, ...] = Field(
        default=("backport", "backport:{line}"),
        description="Labels that a pull request into a release branch needs; `{line}` stands for its version, like `1.8` (HOT-15). "
        "An empty list asks for none.",
    )
    features: tuple[str, ...] = Field(
        default=("feat",), description="Types of Conventional Commits that never get there; what is marked as breaking does not either."
    )
    look_again: Duration = Field(
        default=timedelta(minutes=15), description="How often a release branch is looked at when no webhook tells that it moved."
    )
    wait: Duration = Field(
        default=timedelta(minutes=30),
        description="How long a cutoff is tried again by itself while its checks are not finished, or something could not be read.",
    )
    branch_lifetime: Duration = Field(default=timedelta(days=7), description="A release branch that lives longer is warned of (TRN-26).")
