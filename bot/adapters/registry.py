"""An OCI registry (a container registry) as the place where built versions are known by digest.

Invariant: the digest is the hash of the manifest's own bytes, and an artifact whose commit cannot be verified is `Unread` (PRM-04, EVD-31).

Source: OCI Distribution Specification 1.1, "Pulling manifests"; OCI Image Specification 1.1, "Annotations".
"""

import hashlib
import re
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from bot.adapters.answers import Answer, parse
from bot.adapters.registry_auth import Login, RegistryAuth
from bot.adapters.transport import Transport
from guards.facts import Absent, Artifact, Unread

REVISION = "org.opencontainers.image.revision"
_INDEXES = frozenset({"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"})
_MANIFESTS = frozenset({"application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"})
_ACCEPT = {"Accept": ", ".join(sorted(_INDEXES | _MANIFESTS))}
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_MAX_PLATFORMS = 20
# Manifests that describe another one (provenance, SBOM) stand in the same index and carry no revision.
_ATTESTATION = "vnd.docker.reference.type"


class _Descriptor(BaseModel):
    digest: str
    annotations: dict[str, str] | None = None


class _Manifest(BaseModel):
    """An image manifest or an index; only what is needed of either."""

    model_config = ConfigDict(populate_by_name=True)
    media_type: str | None = Field(default=None, alias="mediaType")
    annotations: dict[str, str] | None = None
    config: _Descriptor | None = None
    manifests: list[_Descriptor] | None = None


class _Settings(BaseModel):
    labels: dict[str, str] | None = Field(default=None, alias="Labels")


class _Config(BaseModel):
    config: _Settings | None = None


class _Error(BaseModel):
    code: str


class _Errors(BaseModel):
    errors: list[_Error]


class _UnreadError(Exception):
    def __init__(self, unread: Unread) -> None:
        super().__init__(unread.why)
        self.unread = unread


class OciArtifacts:
    """Implements the `Artifacts` port for one registry. Who wrote and reviewed the code, a registry does not tell.

    Args:
        transport: shared by all neighbours.
        base: `https://registry.example.com`, without `/v2`.
        repositories: service to repository, `api` to `team/api`.
        login: None for anonymous access.
        elapsed: seconds on a clock that never goes back, for how long tokens hold.

    Raises:
        ValueError: when a setting cannot be right.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        base: str,
        repositories: Mapping[str, str],
        login: Login | None = None,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(base)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
            raise ValueError("the registry's URL must be http(s)://host[/path], without credentials and query")
        for repository in repositories.values():
            if not _REPOSITORY.fullmatch(repository):
                raise ValueError(f"{repository} is not a repository's name")
        self._transport, self._base = transport, base.rstrip("/")
        self._auth = RegistryAuth(transport, base=self._base, login=login, elapsed=elapsed)
        self._repositories, self._host = dict(repositories), parts.hostname

    async def find(self, service: str, version: str) -> Artifact | Absent | Unread:
        """See `Artifacts.find`. The version is the tag."""
        what = f"the artifact {service} {version} at {self._host}"
        repository = self._repositories.get(service)
        if repository is None:
            return Unread(what, "no repository is configured for this service")
        if not _TAG.fullmatch(version):
            return Unread(what, "a tag cannot carry this version")
        pull = _Pull(self._transport, self._auth, self._base, repository, what)
        try:
            answer = await pull.get(f"manifests/{version}", _ACCEPT)
            if answer.status == 404:
                return _absent(what, answer)
            digest, manifest = pull.manifest(answer)
            commits = await pull.commits(manifest)
        except _UnreadError as failed:
            return failed.unread
        what = f"the commit of {service} {version} at {self._host}"
        if len(commits) != 1:
            return Unread(what, "its platforms were built from different commits" if commits else f"it carries no {REVISION}")
        (commit,) = commits
        if not _COMMIT.fullmatch(commit):
            return Unread(what, f"its {REVISION} is not a full commit")
        return Artifact(service=service, version=version, digest=digest, commit=commit)


class _Pull:
    """The reads for one look-up."""

    def __init__(self, transport: Transport, auth: RegistryAuth, base: str, repository: str, what: str) -> None:
        self._transport, self._auth, self._repository, self._what = transport, auth, repository, what
        self._url = f"{base}/v2/{repository}"

    async def get(self, path: str, headers: Mapping[str, str], *, elsewhere: bool = False) -> Answer:
        """GET below the repository; 200 and 404 are answers, one 401 is answered."""

        async def read(authorization: str | None, expect: set[int]) -> Answer:
            with_it = {**headers, "Authorization": authorization} if authorization else headers
            answer = await self._transport.read(self._what, f"{self._url}/{path}", headers=with_it, expect=expect, elsewhere=elsewhere)
            if isinstance(answer, Unread):
                raise _UnreadError(answer)
            return answer

        if held := self._auth.held(self._repository):
            answer = await read(held, {200, 401, 403, 404})
            if answer.status not in {401, 403}:
                return answer
            # Withdrawn, or from before our rights were extended (some registries say 403 then): ask as if for the first time.
        answer = await read(None, {200, 401, 404})
        if answer.status != 401:
            return answer
        value = await self._auth.answer(self._what, answer, self._repository)
        if isinstance(value, Unread):
            raise _UnreadError(value)
        return await read(value, {200, 404})

    def manifest(self, answer: Answer, wanted: str | None = None) -> tuple[str, _Manifest]:
        """The digest of a manifest's bytes, and its content.

        Args:
            answer: a 200.
            wanted: the digest it was asked for by, if it was.
        """
        digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
        said = answer.headers.get("docker-content-digest", digest)
        if (_DIGEST.fullmatch(said) and said != digest) or wanted not in {None, digest}:
            raise _UnreadError(Unread(self._what, "its content does not have the digest that it claims"))
        manifest = parse(_Manifest, self._what, answer)
        if isinstance(manifest, Unread):
            raise _UnreadError(manifest)
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip() or manifest.media_type
        if media_type not in _INDEXES | _MANIFESTS or manifest.media_type not in {None, media_type}:
            raise _UnreadError(Unread(self._what, "it is neither an image manifest nor an index"))
        if (media_type in _INDEXES) != (manifest.manifests is not None):
            raise _UnreadError(Unread(self._what, "it is neither an image manifest nor an index"))
        return digest, manifest

    async def commits(self, manifest: _Manifest) -> set[str]:
        """The commits that an image, or the images of an index, say they were built from."""
        if revision := (manifest.annotations or {}).get(REVISION):
            return {revision}
        if manifest.manifests is not None:
            return await self._of_platforms(manifest.manifests)
        if manifest.config is None:
            return set()
        answer = await self._by_digest("blobs", manifest.config.digest, {}, elsewhere=True)
        if f"sha256:{hashlib.sha256(answer.body).hexdigest()}" != manifest.config.digest:
            raise _UnreadError(Unread(self._what, "its configuration does not have the digest that it claims"))
        config = parse(_Config, self._what, answer)
        if isinstance(config, Unread):
            raise _UnreadError(config)
        revision = ((config.config and config.config.labels) or {}).get(REVISION)
        return {revision} if revision else set()

    async def _of_platforms(self, descriptors: list[_Descriptor]) -> set[str]:
        platforms = [each for each in descriptors if _ATTESTATION not in (each.annotations or {})]
        if len(platforms) > _MAX_PLATFORMS:
            raise _UnreadError(Unread(self._what, f"it has more than {_MAX_PLATFORMS} platforms"))
        found: set[str] = set()
        for platform in platforms:
            answer = await self._by_digest("manifests", platform.digest, _ACCEPT)
            _, manifest = self.manifest(answer, platform.digest)
            if manifest.manifests is not None:
                raise _UnreadError(Unread(self._what, "its index contains another index"))
            # A platform that names no commit counts as one of its own, so that it can never hide behind the others.
            found |= await self.commits(manifest) or {""}
        return found - {""} if found == {""} else found

    async def _by_digest(self, kind: str, digest: str, headers: Mapping[str, str], *, elsewhere: bool = False) -> Answer:
        if not _DIGEST.fullmatch(digest):
            raise _UnreadError(Unread(self._what, "it names a digest that is not SHA-256"))
        answer = await self.get(f"{kind}/{digest}", headers, elsewhere=elsewhere)
        if answer.status != 200:
            raise _UnreadError(Unread(self._what, "a part of it is missing from the registry (404)"))
        return answer


def _absent(what: str, answer: Answer) -> Absent | Unread:
    """A registry says what is missing in its own error format; any other 404 may be a proxy's."""
    errors = parse(_Errors, what, answer)
    if isinstance(errors, _Errors) and any(error.code in {"MANIFEST_UNKNOWN", "NAME_UNKNOWN"} for error in errors.errors):
        return Absent(what.removeprefix("the "))
    return Unread(what, "it answered 404 without a registry's words; is its address right?")
