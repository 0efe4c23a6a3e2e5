"""The parts of the policy file that say what must be proven about a version, and what an exception may stand in for (EVD, EXC).

Invariant: what is not asked for is left out by name, never by silence: the strict profile is the default.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from guards.item_rules import DEFAULT_ITEMS, EvidenceItem
from guards.section import Section
from guards.values import Day, Duration, Name
from guards.vocabulary import SECURITY_GATES, Profile, Requirement, Role


class EnvironmentEvidence(Section):
    """What evidence one environment asks for."""

    profile: Profile | None = Field(default=None, description="What to begin with; left out: `evidence.profile`.")
    add: tuple[Requirement, ...] = Field(default=(), description="Asked for besides.")
    omit: tuple[Requirement, ...] = Field(default=(), description="Not asked for; every card and record says so.")


class Evidence(Section):
    """What has to be proven about a version before it enters an environment (EVD)."""

    profile: Profile = Field(
        default=Profile.STRICT,
        description="`strict` asks for everything in production, for tag, checks, SBOM, provenance and signature on the way there, "
        "and for nothing in the first environment; `starter` asks for nothing but identity, separation of duties, windows, freezes and "
        "equal digests.",
    )
    environments: Mapping[Name, EnvironmentEvidence] = Field(default={}, description="Environment → how it differs from the profile.")
    taggers: tuple[str, ...] = Field(
        default=("github-actions[bot]",),
        min_length=1,
        description="E-mail addresses or logins of CI's release identity: nobody else's tags count (EVD-12).",
    )
    checks: tuple[str, ...] = Field(
        default=("lint", "unit-test", "build", "integration-test", "sast", "dependency-license-scan", "sbom-generate"),
        min_length=1,
        description="Checks that must have passed for exactly the tag's commit (EVD-01).",
    )
    check_sources: tuple[str, ...] = Field(
        default=("github-actions",),
        description="Apps, or logins that write statuses, whose results count; an empty list takes anybody's, and anybody who may push can "
        "write a status.",
    )
    reasons: Mapping[Requirement, Annotated[str, Field(min_length=3, max_length=300)]] = Field(
        default={},
        description="Evidence that is not asked for everywhere → why: the recorded rationale of the deviation, on cards, in records and in "
        "bundles (EXC-09).",
    )
    items: Mapping[Name, EvidenceItem] = Field(
        default=DEFAULT_ITEMS,
        description="Name → a piece of evidence that has no requirement of its own, where `evidence-items` is asked for; left out: those "
        "of the register (EVD-02, EVD-03, EVD-04, EVD-05, EVD-06, EVD-23, EVD-24, EVD-28, EVD-30).",
    )
    signed_sboms: bool | None = Field(
        default=None,
        description="Whether a bill of materials counts only when somebody whom the policy pins signed that it is this digest's; left out: "
        "where the environment's profile is `strict`. False: one that names the digest counts too (EVD-09).",
    )
    soak: Duration = Field(
        default=timedelta(minutes=15),
        description="So long a version runs in the environment before it goes on, counted from its newest success there, where `soak` is "
        "asked for (PRM-09).",
    )
    reviews: int = Field(default=2, ge=1, le=10, description="Approvals that each pull request needs on its last commit (EVD-14, CF-10).")


class Exceptions(Section):
    """What an approved exception can do without, how long it lasts, and whom it takes (EXC, EVD-20)."""

    waivable: tuple[Requirement, ...] = Field(
        default=tuple(requirement for requirement in Requirement if requirement not in SECURITY_GATES),
        description="Evidence that an exception can stand in for. The security gates `checks`, `sbom`, `provenance`, `signature` and "
        "`evidence-items` are left out unless they are named here, and then only an exception of kind `emergency` stands in for "
        "them (EVD-20).",
    )
    temporary: Duration = Field(default=timedelta(days=30), description="Longest temporary exception (EXC-04).")
    permanent: Duration = Field(
        default=timedelta(days=365), description="Latest day of reconsideration of a permanent one; it counts until then (EXC-04)."
    )
    emergency: Duration = Field(default=timedelta(hours=24), description="Longest exception for an emergency.")
    audits: tuple[Day, ...] = Field(
        default=(),
        description="Days of audits and maturity reviews: a permanent exception that nobody reconsidered for one counts no more when the "
        "day begins (EXC-10).",
    )
    deprecated: Mapping[Requirement, Day] = Field(
        default={},
        description="Evidence → the day on which the deprecated procedure ends that exceptions from it rest on: none of them lasts "
        "longer (EXC-10).",
    )
    count: int = Field(
        default=1,
        ge=1,
        le=10,
        description="Distinct people who approve one; neither its requester nor its owner is ever among them (SOD-09).",
    )
    roles: tuple[Role, ...] = Field(default=(), description="Each of these must be held by at least one of them.")


EVERYTHING = frozenset(Requirement)

ON_THE_WAY = frozenset({Requirement.TAG, Requirement.CHECKS, Requirement.SBOM, Requirement.PROVENANCE, Requirement.SIGNATURE})
"""What the strict profile asks for between the first environment and production (EVD-01, EVD-09 … EVD-12)."""
