"""What the policy says about cutoff and stabilization (TRN-07, TRN-09, TRN-16, TRN-26).

Invariant: what the file leaves out has the default of the requirement register.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated

from pydantic import Field, StringConstraints

from guards.section import Section
from guards.values import Day, Duration, Email, Name


class Supported(Section):
    """A release branch that is kept on purpose, for long-term support (TRN-26)."""

    branch: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(description="Its name, like `release/1.8`.")
    services: tuple[Name, ...] | None = Field(default=None, description="Whose branch it is; left out: each service that has one so named.")
    owner: Email = Field(description="Who answers for it; an id from `people`.")
    until: Day = Field(description="The last day on which it is supported.")
    backports: Annotated[str, StringConstraints(min_length=3, max_length=500)] = Field(
        description="What gets onto it, and who decides that."
    )

    def covers(self, branch: str, services: Iterable[str]) -> bool:
        """Whether a branch in which these services live is meant."""
        return branch == self.branch and (self.services is None or not set(self.services).isdisjoint(services))


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
    risk_class: bool = Field(
        default=True,
        description="Whether a pull request into a release branch has to name its risk, by a label like `risk:low` or under the "
        "heading Risk (TRN-10).",
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
    supported: tuple[Supported, ...] = Field(
        default=(),
        description="Release branches that are kept longer, each with its owner, its last day and its rules for backports: they are warned "
        "of after that day, and nobody owes their removal before.",
    )

    def keeps(self, branch: str, services: Iterable[str]) -> Supported | None:
        """What keeps a branch; None when nothing does."""
        return next((each for each in self.supported if each.covers(branch, services)), None)
