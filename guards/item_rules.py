"""The part of the policy file that names single pieces of evidence, and by what each is met (EVD-02 … -06, -23, -24, -28, -30).

Invariant: an item that nothing could meet is an error; that one is not applicable is said by somebody, never by leaving it out.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from fnmatch import translate
from functools import cached_property
from typing import Self

from pydantic import Field, model_validator

from guards.section import Section
from guards.values import Duration, Name, Url
from guards.vocabulary import Role


class EvidenceItem(Section):
    """One piece of evidence, and by what it is met: one of these is enough, and none of them may speak against it."""

    about: str = Field(min_length=3, max_length=200, description="What it shows, for people.")
    checks: tuple[str, ...] = Field(
        default=(),
        description="Names of checks, with `*` for any text: at least one such check ran on exactly the version's commit, and each passed. "
        "Reported by one of `check_sources`.",
    )
    predicates: tuple[Url, ...] = Field(
        default=(),
        description="Types of in-toto predicates: a statement of one is attached to exactly the digest, signed by one of the registry's "
        "`signers`; where it has a `result`, that is `PASSED`.",
    )
    said_by: tuple[Role, ...] = Field(
        default=(), description="Whoever holds one of these for the service may say that it holds: `/release attest`."
    )
    not_applicable: tuple[Role, ...] = Field(
        default=(), description="Whoever holds one of these may say that it does not apply, and why: `/release attest` (EVD-02)."
    )
    lasts: Duration | None = Field(
        default=None,
        description="What somebody said counts so long, for each version of the service; left out: for the version that they spoke of.",
    )
    services: tuple[Name, ...] | None = Field(default=None, description="Only for these; left out: for all.")
    environments: tuple[Name, ...] | None = Field(
        default=None, description="Only into these; left out: wherever `evidence-items` is asked for."
    )

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if not (self.checks or self.predicates or self.said_by or self.not_applicable):
            raise ValueError("name `checks`, `predicates`, `said_by` or `not_applicable`: nothing could meet it")
        return self

    def is_shown_by(self, check: str) -> bool:
        """Whether a check of this name is one of `checks`."""
        return self._checks.fullmatch(check) is not None

    @cached_property
    def _checks(self) -> re.Pattern[str]:
        return re.compile("|".join(map(translate, self.checks)) or "(?!)")

    def reaches(self, service: str | None, environment: str | None) -> bool:
        """Whether it is asked for of a service in an environment."""
        return (self.services is None or service in self.services) and (self.environments is None or environment in self.environments)


_TESTERS = (Role.QA, Role.TECH_LEAD)
_KEEPERS = (Role.SECURITY, Role.PLATFORM)
_QUARTER = timedelta(days=90)


def _default_items() -> dict[str, EvidenceItem]:
    return {
        "dast": EvidenceItem(
            about="a dynamic scan of what users or the network reach (EVD-02)", checks=("dast*",), not_applicable=(Role.SECURITY,)
        ),
        "contract-tests": EvidenceItem(about="contract tests (EVD-03)", checks=("contract-test*",), not_applicable=_TESTERS),
        "e2e": EvidenceItem(about="end-to-end tests in staging (EVD-03)", checks=("e2e*",), said_by=_TESTERS, not_applicable=_TESTERS),
        "findings": EvidenceItem(about="no finding of a severity that blocks (EVD-04)", checks=("security-findings", "CodeQL")),
        "coverage": EvidenceItem(about="line coverage of the threshold or more (EVD-05)", checks=("coverage*",)),
        "types": EvidenceItem(about="no type errors (EVD-06)", checks=("type-check*",), not_applicable=(Role.TECH_LEAD,)),
        "secrets-scan": EvidenceItem(about="a scan for secrets in the repository (EVD-06, EVD-30)", checks=("secret*-scan*",)),
        "dependency-audit": EvidenceItem(about="an audit of the dependencies (EVD-06)", checks=("dependency-audit*",)),
        "pinned-dependencies": EvidenceItem(about="lockfiles, and no reference that moves (EVD-23)", checks=("pinned-dependencies",)),
        "pinned-pipelines": EvidenceItem(about="CI templates pinned to a tag or commit (EVD-24)", checks=("pinned-pipelines",)),
        "repository-files": EvidenceItem(
            about="CODEOWNERS, SECURITY.md and RELEASE.md at the root (EVD-28)", checks=("repository-files",),
            said_by=(Role.SERVICE_OWNER,), lasts=_QUARTER,
        ),
        "secrets-manager": EvidenceItem(about="secrets come from a secrets manager (EVD-30)", said_by=_KEEPERS, lasts=_QUARTER),
        "environment-protection": EvidenceItem(
            about="CI's environment for production demands an approval of its own (SOD-05)", said_by=_KEEPERS, lasts=_QUARTER
        ),
        "deploy-credentials": EvidenceItem(
            about="only CI holds production credentials, and nobody deploys by hand (RBAC-15)", said_by=_KEEPERS, lasts=_QUARTER
        ),
    }  # fmt: skip


DEFAULT_ITEMS: Mapping[str, EvidenceItem] = _default_items()
"""What the register of requirements asks for beside what has a requirement of its own."""
