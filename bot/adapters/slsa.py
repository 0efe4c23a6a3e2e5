"""Reads SLSA provenance: which commit of which repository was built, where and when (EVD-10, EVD-27).

Invariant: a build is of the wanted repository by everything that the provenance says, and of exactly one full commit of it.

Source: SLSA Provenance v1 and v0.2; the build types of GitHub Actions, GitLab and BuildKit for what was asked to be built.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Generic, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from bot.adapters.answers import plain
from bot.adapters.documents import document
from bot.adapters.moment import Moment

P = TypeVar("P", bound=BaseModel)

_V1 = "https://slsa.dev/provenance/v1"
_V0_2 = "https://slsa.dev/provenance/v0.2"
KINDS = frozenset({_V1, _V0_2})
_COMMIT = re.compile(r"[0-9a-f]{40}")


class _Model(BaseModel):
    model_config = ConfigDict(populate_by_name=True)


class _Material(_Model):
    uri: str = ""
    digest: dict[str, str] = {}

    def commit(self) -> str | None:
        """SLSA v1 says `gitCommit`, v0.2 and some builders `sha1`."""
        return self.digest.get("gitCommit") or self.digest.get("sha1")


class _Workflow(_Model):
    repository: str
    ref: str | None = None


class _External(_Model):
    """Where builders say what they were asked to build; other shapes say nothing here."""

    workflow: Annotated[_Workflow | JsonValue, Field(union_mode="left_to_right")] = None  # GitHub Actions
    source: JsonValue = None  # GitLab: the project's URL
    config_source: Annotated[_Material | JsonValue, Field(union_mode="left_to_right", alias="configSource")] = None  # BuildKit


class _Definition(_Model):
    external: _External = Field(default=_External(), alias="externalParameters")
    dependencies: list[_Material] = Field(default=[], alias="resolvedDependencies")


class _Builder(_Model):
    id: str = Field(min_length=1, max_length=2000)


class _Run1(_Model):
    id: str | None = Field(default=None, alias="invocationId")
    started: Moment | None = Field(default=None, alias="startedOn")
    finished: Moment | None = Field(default=None, alias="finishedOn")


class _Details(_Model):
    builder: _Builder
    metadata: _Run1 | None = None


class _Slsa1(_Model):
    definition: _Definition = Field(alias="buildDefinition")
    details: _Details = Field(alias="runDetails")


class _Invocation(_Model):
    source: _Material = Field(alias="configSource")


class _Run02(_Model):
    id: str | None = Field(default=None, alias="buildInvocationId")
    started: Moment | None = Field(default=None, alias="buildStartedOn")
    finished: Moment | None = Field(default=None, alias="buildFinishedOn")


class _Slsa02(_Model):
    builder: _Builder
    invocation: _Invocation
    metadata: _Run02 | None = None
    materials: list[_Material] = []


class _With(BaseModel, Generic[P]):
    predicate: P


@dataclass(frozen=True, slots=True)
class _Said:
    """What both versions say, each in its own words.

    Args:
        stated: the repositories that the build was asked for.
        sources: what was read for it, with commits.
        builder, run, ref, dependencies: as in `Build`.
    """

    stated: tuple[str, ...]
    sources: tuple[_Material, ...]
    builder: str
    run: _Run1 | _Run02
    ref: str | None
    dependencies: int


@dataclass(frozen=True, slots=True)
class Build:
    """A build of the wanted repository; see `Provenance`."""

    commit: str
    ref: str | None
    builder: str
    run: str | None
    started: datetime | None
    finished: datetime | None
    dependencies: int


def read(kind: str, statement: bytes, source: str) -> Build | str:
    """The build that a statement speaks of, or a clause that says why it is not one of the wanted repository.

    Args:
        kind: the statement's predicate type, one of `KINDS`.
        statement: as it was signed.
        source: the wanted repository, `https://github.com/octo/api`.
    """
    said = _said_1(statement) if kind == _V1 else _said_02(statement)
    if isinstance(said, str):
        return f"it is no SLSA provenance: {said}"
    # What was asked for counts first: the wanted repository may also be a mere dependency of another one's build.
    if foreign := [each for each in said.stated if repository(each) != source]:
        return f"it says that {plain(repository(foreign[0]) or foreign[0])} was built, not {source}"
    ours = [each for each in said.sources if each.commit() and repository(each.uri) == source]
    commits = {each.commit() for each in ours}
    if len(commits) != 1:
        return f"it names more than one commit of {source}" if commits else f"it names no commit of {source}"
    commit = ours[0].commit() or ""
    if not _COMMIT.fullmatch(commit):
        return "the commit that it names is not a full one"
    ref = said.ref or _ref(ours[0].uri)
    return Build(
        commit=commit,
        ref=plain(ref) if ref else None,
        builder=plain(said.builder),
        run=plain(said.run.id) if said.run.id else None,
        started=said.run.started,
        finished=said.run.finished,
        dependencies=said.dependencies,
    )


def _said_1(statement: bytes) -> _Said | str:
    found = document(_With[_Slsa1], statement)
    if isinstance(found, str):
        return found
    definition, details = found.predicate.definition, found.predicate.details
    external, known = definition.external, tuple(definition.dependencies)
    stated, ref = [], None
    if isinstance(external.workflow, _Workflow):
        stated.append(external.workflow.repository)
        ref = external.workflow.ref
    if isinstance(external.source, str):
        stated.append(external.source)
    if isinstance(external.config_source, _Material) and external.config_source.uri:
        stated.append(external.config_source.uri)
    return _Said(tuple(stated), known, details.builder.id, details.metadata or _Run1(), ref, len(known))


def _said_02(statement: bytes) -> _Said | str:
    found = document(_With[_Slsa02], statement)
    if isinstance(found, str):
        return found
    said = found.predicate
    source = said.invocation.source
    return _Said((source.uri,), (source,), said.builder.id, said.metadata or _Run02(), None, len(said.materials))


def repository(uri: str) -> str | None:
    """A source repository's address in one form, without ref, `git+` and `.git`; None when it is none.

    Args:
        uri: `git+https://github.com/octo/api@refs/tags/v1.4.0`, say.
    """
    try:
        parts = urlsplit(uri.removeprefix("git+"))
    except ValueError:
        return None
    path = parts.path.partition("@")[0].rstrip("/").removesuffix(".git")
    if parts.scheme not in {"https", "http", "ssh", "git"} or not parts.hostname or "@" in parts.netloc or not path:
        return None
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def _ref(uri: str) -> str | None:
    return uri.rpartition("@")[2] if "@" in uri else None
