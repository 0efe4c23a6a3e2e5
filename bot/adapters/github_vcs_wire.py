"""GitHub's REST answers about tags, comparisons, checks and protection, and what their words mean here.

Invariant: a word that GitHub has not documented is never taken for any state.

Source: GitHub REST API: "Git references", "Git tags", "Compare two commits", "Check runs", "Commit statuses", "Branch protection", "Rules".
"""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, RootModel, field_validator

from bot.adapters.github_graphql import Sha
from bot.adapters.moment import Moment
from bot.adapters.reading import UnreadError
from guards.unread import Unread
from guards.vcs import CheckState

# GitHub could not look: that is no answer about the signature.
UNDECIDED = frozenset({"gpgverify_error", "gpgverify_unavailable", "ocsp_error", "ocsp_pending"})

_CONCLUSIONS = {
    "success": CheckState.PASSED,
    "neutral": CheckState.SKIPPED,
    "skipped": CheckState.SKIPPED,
    "failure": CheckState.FAILED,
    "cancelled": CheckState.FAILED,
    "timed_out": CheckState.FAILED,
    "startup_failure": CheckState.FAILED,
    "stale": CheckState.FAILED,  # given up by GitHub because it took too long
    "action_required": CheckState.WAITING,  # for a person
}


class Target(BaseModel):
    """What a reference or a tag points at."""

    type: str
    sha: Sha


class Ref(BaseModel):
    """A reference."""

    ref: str
    url: str
    object: Target


class Refs(RootModel[list[Ref]]):
    """All references that begin alike."""


def named_ref(what: str, refs: Refs, name: str) -> Ref | None:
    """The reference of exactly this name; None when there is none among those that begin alike.

    Args:
        what: a noun phrase that fits "could not read …".
        refs: GitHub's answer to what begins like `name`.
        name: whole, `refs/tags/v1.4.0`.

    Raises:
        UnreadError: they begin otherwise, so they say nothing about the one that was asked for.
    """
    if any(not ref.ref.startswith(name) for ref in refs.root):
        raise UnreadError(Unread(what, "it told of references that were not asked for"))
    return next((ref for ref in refs.root if ref.ref == name), None)


class _Tagger(BaseModel):
    name: str
    email: str
    date: Moment


class _Verification(BaseModel):
    verified: bool
    reason: str


class TagObject(BaseModel):
    """An annotated tag."""

    sha: Sha
    tag: str
    tagger: _Tagger
    object: Target
    verification: _Verification


class Listed(BaseModel):
    """A commit in a list."""

    sha: Sha
    node_id: str


class Commits(RootModel[list[Listed]]):
    """A page of a history."""


class Comparison(BaseModel):
    """A page of what lies between two commits."""

    url: str
    base_commit: Listed
    behind_by: Annotated[int, Field(ge=0)]
    total_commits: Annotated[int, Field(ge=0)]
    commits: list[Listed]


class _App(BaseModel):
    slug: str | None = None


class _Suite(BaseModel):
    id: int


class CheckRun(BaseModel):
    """One attempt of one check."""

    id: int
    head_sha: Sha
    name: str
    status: Literal["queued", "in_progress", "completed", "waiting", "requested", "pending"]
    conclusion: str | None
    html_url: str | None
    started_at: Moment | None
    completed_at: Moment | None
    check_suite: _Suite
    app: _App | None

    def state(self) -> CheckState | None:
        """What the two words mean, or None when they are not documented."""
        return _CONCLUSIONS.get(self.conclusion or "") if self.status == "completed" else CheckState.WAITING


class CheckRuns(BaseModel):
    """A page of check runs."""

    total_count: Annotated[int, Field(ge=0)]
    check_runs: list[CheckRun]


class _Creator(BaseModel):
    login: str


class Status(BaseModel):
    """One commit status; a newer one of the same context replaces it."""

    id: int
    context: str
    state: Literal["success", "failure", "error", "pending"]
    target_url: str | None
    updated_at: Moment
    creator: _Creator | None

    def means(self) -> CheckState:
        """The state in our words."""
        return {"success": CheckState.PASSED, "pending": CheckState.WAITING}.get(self.state, CheckState.FAILED)


class Statuses(RootModel[list[Status]]):
    """A page of statuses."""


class _RuleContext(BaseModel):
    context: str


class PullDemand(BaseModel):
    """What a pull request needs."""

    dismiss_stale_reviews_on_push: bool
    require_code_owner_review: bool
    required_approving_review_count: Annotated[int, Field(ge=0)]


class _ChecksDemand(BaseModel):
    required_status_checks: list[_RuleContext]


class PullRule(BaseModel):
    """A rule about pull requests."""

    type: Literal["pull_request"]
    parameters: PullDemand


class ChecksRule(BaseModel):
    """A rule about checks."""

    type: Literal["required_status_checks"]
    parameters: _ChecksDemand


class OtherRule(BaseModel):
    """A rule that says nothing about reviews and checks, with parameters that nobody reads."""

    type: str

    @field_validator("type")
    @classmethod
    def _no_other(cls, value: str) -> str:
        if value in {"pull_request", "required_status_checks"}:
            raise ValueError("its parameters are not what was agreed")  # never overlooked for being malformed
        return value


Rule = PullRule | ChecksRule | OtherRule


class Rules(RootModel[list[Rule]]):
    """A page of the rules that are in force for a branch."""


class _Required(BaseModel):
    contexts: list[str]


class _Reviews(BaseModel):
    dismiss_stale_reviews: bool
    require_code_owner_reviews: bool
    required_approving_review_count: Annotated[int, Field(ge=0)] = 0

    def demand(self) -> PullDemand:
        """The same demand, in the words of rulesets."""
        return PullDemand(
            dismiss_stale_reviews_on_push=self.dismiss_stale_reviews,
            require_code_owner_review=self.require_code_owner_reviews,
            required_approving_review_count=self.required_approving_review_count,
        )


class _Switch(BaseModel):
    enabled: bool


class BranchProtection(BaseModel):
    """The classic protection of one branch."""

    required_status_checks: _Required | None = None
    required_pull_request_reviews: _Reviews | None = None
    enforce_admins: _Switch | None = None
