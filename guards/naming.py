"""The part of the policy file that says how branches and work items are named.

Invariant: every pattern in it is applied somewhere; none is only written down.
"""

import re
from functools import cached_property
from typing import Literal

from pydantic import Field

from guards.section import Section
from guards.values import Pattern


class Naming(Section):
    """Patterns of branches and tickets (NAM-01, NAM-07, CF-01, CF-02)."""

    ticket: Pattern = Field(
        default=r"[A-Z]+-[0-9]+", description="A work item, as it is typed and as it is looked for in titles and texts of pull requests."
    )
    feature_branch: tuple[Pattern, ...] = Field(
        default=(r"^feature\/[A-Z]+-[0-9]+-[a-z0-9-]+$",), description="Feature branches: one of these."
    )
    release_branch: tuple[Pattern, ...] = Field(default=(r"^release\/[0-9]+\.[0-9]+$",), description="Release branches: one of these.")
    hotfix_branch: tuple[Pattern, ...] = Field(
        default=(r"^hotfix\/[0-9]+\.[0-9]+\.[0-9]+-[A-Z]+-[0-9]+$",), description="Hotfix branches: one of these."
    )
    chore_branch: tuple[Pattern, ...] = Field(default=(r"^chore\/[A-Z]+-[0-9]+-[a-z0-9-]+$",), description="Chore branches: one of these.")
    backport_branch: tuple[Pattern, ...] = Field(
        default=(r"^backport\/[A-Z]+-[0-9]+-to-[0-9]+\.[0-9]+$",), description="Backport branches: one of these."
    )
    misnamed: Literal["ignore", "warn", "refuse"] = Field(
        default="warn",
        description="What follows where `pull-requests` is asked for and a merged pull request comes from a branch that none of these "
        "patterns fits: `warn` says so on cards, in judgements and in the ledger, `refuse` lets no such version in (NAM-01).",
    )

    def fits(self, branch: str) -> bool:
        """Whether a branch has a name of one of the kinds (NAM-01)."""
        return any(pattern.fullmatch(branch) for pattern in self._branches)

    @cached_property
    def _branches(self) -> tuple[re.Pattern[str], ...]:
        kinds = (self.feature_branch, self.release_branch, self.hotfix_branch, self.chore_branch, self.backport_branch)
        return tuple(re.compile(pattern) for kind in kinds for pattern in kind)
