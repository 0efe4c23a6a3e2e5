"""What a change's risk follows from, and who must approve it: by risk, by release type and by question (RSK-03 … RSK-08, CF-11 … CF-13).

Invariant: what the file leaves out of a table keeps its default; only what it writes can weigh less.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

from guards.section import Section
from guards.values import Duration, Name
from guards.vocabulary import Migration, Question, ReleaseType, Risk, Role

K = TypeVar("K")
V = TypeVar("V")


class Approvers(Section):
    """Who must be among those who approve; beside what the environment asks for, never instead (CF-11)."""

    count: int = Field(default=0, ge=0, le=10, description="Distinct people, at least.")
    roles: tuple[Role, ...] = Field(default=(), description="Each of these must be held by at least one of them.")
    cab: bool = Field(default=False, description="The change advisory board, as `risk.cab` has it.")


class Weight(Approvers):
    """What a finding about a change means."""

    level: Risk | None = Field(default=None, description="The risk is at least this; left out: it says nothing about the risk.")


class Label(Weight):
    """What a label of a pull request means. One that gives a `level` is a risk label (RSK-09)."""

    questions: tuple[Question, ...] = Field(default=(), description="Questions that it answers with yes.")
    release: ReleaseType | None = Field(default=None, description="A release type that it makes of the version beside its step.")


class Reviewers(Section):
    """Who must have approved a pull request that answers a question with yes (RSK-06)."""

    count: int = Field(default=0, ge=0, le=10, description="Approvals on its last commit, at least.")
    roles: tuple[Role, ...] = Field(default=(), description="Each of these must be held by one of those who approved it.")


class Board(Section):
    """The change advisory board: engineering leads, product and ops (RSK-08)."""

    seats: Mapping[Name, tuple[Role, ...]] = Field(
        default={"engineering": (Role.TECH_LEAD, Role.ENGINEERING_MANAGER), "product": (Role.PRODUCT,), "ops": (Role.OPS,)},
        min_length=1,
        description="Seat → roles that can take it; somebody on each seat must have approved.",
    )
    quorum: int = Field(default=3, ge=1, le=10, description="So many distinct people on these seats must have approved.")

    @cached_property
    def members(self) -> frozenset[Role]:
        """The roles that can take a seat."""
        return frozenset(role for roles in self.seats.values() for role in roles)


class LeadTime(Section):
    """How long a normal change is known before it goes out (RSK-01, CF-34). A standard change goes at once."""

    normal: Duration = Field(default=timedelta(hours=24), description="Counted from the request, or from its last amendment.")
    risk: Risk = Field(default=Risk.MEDIUM, description="The lowest risk that has to wait.")


class StandardChange(Section):
    """A pre-approved kind of change and the conditions under which a change is one (RSK-07)."""

    summary: str = Field(min_length=1, max_length=200, description="What it is, for people.")
    services: tuple[Name, ...] | None = Field(default=None, description="Only these; left out: all services.")
    environments: tuple[Name, ...] | None = Field(default=None, description="Only these; left out: all environments.")
    paths: tuple[str, ...] = Field(
        default=(), description="Every changed file matches one of these patterns, written as in CODEOWNERS; left out: any file."
    )
    labels: tuple[str, ...] = Field(default=(), description="Each pull request carries one of these; left out: any, or none.")
    max_risk: Risk = Field(default=Risk.LOW, description="The highest risk that it can have.")


def _over(defaults: Mapping[K, V]) -> AfterValidator:
    return AfterValidator(lambda given: {**defaults, **given})


_LABELS = {
    **{f"risk:{risk}": Label(level=risk) for risk in Risk},
    "customer-impacting": Label(questions=(Question.CUSTOMER_VISIBLE,)),
    "data-migration": Label(questions=(Question.DB_SCHEMA,)),
    "security": Label(questions=(Question.SECURITY,)),
    **dict.fromkeys(("breaking", "breaking-change"), Label(questions=(Question.BREAKING_API,))),
    "hotfix": Label(release=ReleaseType.HOTFIX),
}
_QUESTIONS = {
    Question.DB_SCHEMA: Weight(level=Risk.HIGH),
    Question.BREAKING_API: Weight(level=Risk.CRITICAL, count=2),
    Question.INFRASTRUCTURE: Weight(level=Risk.MEDIUM),
    Question.THIRD_PARTY: Weight(level=Risk.MEDIUM),
    Question.SECURITY: Weight(level=Risk.HIGH, count=2, roles=(Role.SECURITY,)),
    Question.PERFORMANCE: Weight(level=Risk.MEDIUM),
    Question.CUSTOMER_VISIBLE: Weight(level=Risk.MEDIUM),
}
_REVIEWERS = {
    Question.BREAKING_API: Reviewers(count=2),
    Question.DB_SCHEMA: Reviewers(roles=(Role.DBA,)),
    Question.INFRASTRUCTURE: Reviewers(roles=(Role.OPS,)),
    Question.SECURITY: Reviewers(roles=(Role.SECURITY,)),
}
_BOXES: dict[str, tuple[Question, ...]] = {
    "database schema": (Question.DB_SCHEMA,),
    "breaking api": (Question.BREAKING_API,),
    "infrastructure": (Question.INFRASTRUCTURE,),
    "third-party integration": (Question.THIRD_PARTY,),
    "security": (Question.SECURITY,),
    "performance": (Question.PERFORMANCE,),
    "customer-visible": (Question.CUSTOMER_VISIBLE,),
}
_RELEASES = {
    ReleaseType.MAJOR: Weight(level=Risk.HIGH, roles=(Role.PRODUCT,), cab=True),
    ReleaseType.MINOR: Weight(roles=(Role.TECH_LEAD,)),
    ReleaseType.PATCH: Weight(roles=(Role.DEVELOPER,)),
    ReleaseType.HOTFIX: Weight(roles=(Role.ON_CALL, Role.TECH_LEAD)),
}
_MIGRATIONS = {Migration.CONTRACT: Risk.HIGH, Migration.OTHER: Risk.HIGH}
_LEVELS = {
    Risk.LOW: Approvers(count=1, roles=(Role.DEVELOPER,)),
    Risk.MEDIUM: Approvers(count=1, roles=(Role.TECH_LEAD,)),
    Risk.HIGH: Approvers(count=1, roles=(Role.TECH_LEAD, Role.PRODUCT)),
    Risk.CRITICAL: Approvers(cab=True),
}


class RiskRules(Section):
    """The highest of declared and derived risk counts (RSK-10), and approvals are the union of all that applies (CF-11, CF-12)."""

    labels: Annotated[Mapping[str, Label], _over(_LABELS)] = Field(
        default=_LABELS, description="Label of a pull request → what it means (RSK-09, EVD-26)."
    )
    paths: Mapping[str, tuple[Question, ...]] = Field(
        default={}, description="Pattern of changed files, written as in CODEOWNERS → questions that it answers with yes."
    )
    boxes: Annotated[Mapping[str, tuple[Question, ...]], _over(_BOXES)] = Field(
        default=_BOXES,
        description="How a ticked box in a pull request's text begins, in lower case → questions that it answers with yes (REC-15).",
    )
    reviewers: Annotated[Mapping[Question, Reviewers], _over(_REVIEWERS)] = Field(
        default=_REVIEWERS, description="Question → who must have approved each pull request that answers it with yes (RSK-06)."
    )
    questions: Annotated[Mapping[Question, Weight], _over(_QUESTIONS)] = Field(
        default=_QUESTIONS, description="Question → what a yes means (RSK-02, RSK-04)."
    )
    releases: Annotated[Mapping[ReleaseType, Weight], _over(_RELEASES)] = Field(
        default=_RELEASES, description="Release type → who must approve it (RSK-05)."
    )
    migrations: Annotated[Mapping[Migration, Risk], _over(_MIGRATIONS)] = Field(
        default=_MIGRATIONS, description="Declared migration → the risk is at least this (RSK-14)."
    )
    levels: Annotated[Mapping[Risk, Approvers], _over(_LEVELS)] = Field(default=_LEVELS, description="Risk → who must approve (RSK-03).")
    cab: Board = Field(default=Board(), description="The change advisory board (RSK-08).")
    lead_time: LeadTime = Field(default=LeadTime(), description="How long a change is known before it goes out (RSK-01).")
    catalogue: Mapping[Name, StandardChange] = Field(default={}, description="Name → a pre-approved standard change (RSK-07).")

    @cached_property
    def risk_labels(self) -> tuple[str, ...]:
        """The labels that give a level, by name (RSK-09)."""
        return tuple(sorted(name for name, label in self.labels.items() if label.level))
