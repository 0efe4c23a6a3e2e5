"""The bodies of docs/generic-ci.md as models, for both sides of the contract.

Invariant: what fits a model here is safe to show, to store and to compare; surplus fields are ignored so that the contract can grow.
"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, HttpUrl, StringConstraints, model_validator

from bot.adapters.moment import Moment
from commands.core.ports.ci import AccessOrder, AccessStep, BranchOrder, Deployed, Order, Run, RunState
from guards.version import Artifact

Key = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9.-]{1,64}\z")]
Digest = Annotated[str, StringConstraints(pattern=r"\Asha256:[0-9a-f]{64}\z")]
Commit = Annotated[str, StringConstraints(pattern=r"\A[0-9a-f]{40}\z")]
Name = Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z")]
Id = Annotated[str, StringConstraints(pattern=r"\A[\x21-\x7e]{1,200}\z")]
Person = Annotated[str, StringConstraints(min_length=1, max_length=320)]


def _web(url: str) -> str:
    parsed = HttpUrl(url)
    if parsed.username or parsed.password:
        raise ValueError("a URL that people are shown carries no credentials")
    return url


Link = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_web)]


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=False)


class OrderBody(_Wire):
    """What `POST /runs` carries: an `Order`."""

    key: Key
    change: Name
    service: Name
    environment: Name
    version: Name
    commit: Commit
    digest: Digest
    repository: Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}\z")]
    workflow: Name
    manifest: Annotated[str, StringConstraints(max_length=60_000)] | None = None

    @classmethod
    def of(cls, order: Order) -> Self:
        """The body for an order; ValidationError when a field is not what `Order` promises (CMD-02)."""
        return cls.model_validate(order, from_attributes=True)


class BranchBody(_Wire):
    """What `POST /branches` carries: a `BranchOrder`."""

    key: Key
    run: Name
    service: Name
    branch: Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._/-]{0,99}\z")]
    commit: Commit
    repository: Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}\z")]
    main: Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._/-]{0,99}\z")]
    workflow: Name

    @classmethod
    def of(cls, order: BranchOrder) -> Self:
        """The body for an order; ValidationError when a field is not what `BranchOrder` promises (CMD-02)."""
        return cls.model_validate(order, from_attributes=True)


class AccessBody(_Wire):
    """What `POST /access` carries: an `AccessOrder`."""

    key: Key
    grant: Name
    step: AccessStep
    service: Name
    environment: Name
    scope: Name
    person: Annotated[str, StringConstraints(pattern=r"\A[^@\s<>]{1,120}@[^@\s<>]{1,120}\z")]
    until: Annotated[str, StringConstraints(pattern=r"\A[0-9T:.+-]{20,40}\z")]
    repository: Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}\z")]
    main: Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9][A-Za-z0-9._/-]{0,99}\z")]
    workflow: Name

    @classmethod
    def of(cls, order: AccessOrder) -> Self:
        """The body for an order; ValidationError when a field is not what `AccessOrder` promises (CMD-02)."""
        return cls.model_validate(order, from_attributes=True)


class TakenBody(_Wire):
    """An order that was taken, by its key."""

    key: Key
    run: Id | None = None
    url: Link | None = None


class RunBody(_Wire):
    """A run as CI shows it. `digest` is what was deployed, and a run that succeeded must say it (PRM-03)."""

    key: Key
    run: Id
    state: RunState
    url: Link | None = None
    digest: Digest | None = None

    @model_validator(mode="after")
    def _success_names_its_digest(self) -> Self:
        if self.state is RunState.SUCCEEDED and self.digest is None:
            raise ValueError("a run that succeeded says which digest it deployed")
        return self

    def value(self) -> Run:
        """The port's own value."""
        return Run(key=self.key, run=self.run, url=self.url, state=self.state, digest=self.digest)


class RunReport(RunBody):
    """A run in a callback."""

    type: Literal["run"]


class DeployedReport(_Wire):
    """A deployment that nobody ordered here, in a callback (PRM-17, PRM-22)."""

    type: Literal["deployed"]
    service: Name
    environment: Name
    version: Name
    digest: Digest
    commit: Commit
    run: Id
    at: Moment

    def value(self) -> Deployed:
        """The port's own value, with the moment in UTC."""
        return Deployed(
            service=self.service,
            environment=self.environment,
            version=self.version,
            digest=self.digest,
            commit=self.commit,
            run=self.run,
            at=self.at,
        )


class Callback(_Wire):
    """What is posted to `/webhooks/ci/<name>`."""

    delivery: Id
    reports: Annotated[list[Annotated[RunReport | DeployedReport, Field(discriminator="type")]], Field(max_length=100)]


class ArtifactBody(_Wire):
    """What `GET /artifacts/{service}/{version}` answers. People are corporate ids, e-mails or VCS logins."""

    service: Name
    version: Name
    digest: Digest
    commit: Commit
    authors: Annotated[frozenset[Person], Field(max_length=1000)] | None = None
    reviewers: Annotated[frozenset[Person], Field(max_length=1000)] | None = None

    def value(self) -> Artifact:
        """The guards' own noun."""
        return Artifact(
            service=self.service,
            version=self.version,
            digest=self.digest,
            commit=self.commit,
            authors=self.authors,
            reviewers=self.reviewers,
        )


class AbsentBody(_Wire):
    """A 404 that is an answer: it repeats what was asked for, so that a proxy's 404 is never taken for it."""

    absent: str


class ErrorBody(_Wire):
    """A refusal. `taken: false` on a 503 promises that the order was not taken."""

    error: str
    taken: bool | None = None
