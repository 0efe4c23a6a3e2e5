"""An OCI registry (a container registry) as the place where built versions are known by digest.

Invariant: the digest is the hash of the manifest's own bytes, and an artifact whose commit cannot be verified is `Unread` (PRM-04, EVD-31).

Source: OCI Distribution Specification 1.1, "Pulling manifests"; OCI Image Specification 1.1, "Annotations".
"""

import re
import time
from collections.abc import Callable, Mapping

from pydantic import BaseModel, Field

from bot.adapters.reading import UnreadError, parsed
from bot.adapters.registry_auth import Login
from bot.adapters.registry_pull import Pull, Registry
from bot.adapters.registry_wire import ACCEPT, Manifest
from bot.adapters.transport import Transport
from guards.unread import Absent, Unread
from guards.version import Artifact

REVISION = "org.opencontainers.image.revision"
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_COMMIT = re.compile(r"[0-9a-f]{40}")


class _Settings(BaseModel):
    labels: dict[str, str] | None = Field(default=None, alias="Labels")


class _Config(BaseModel):
    config: _Settings | None = None


class OciArtifacts:
    """Implements the `Artifacts` port for one registry. Who wrote and reviewed the code, a registry does not tell.

    Args:
        transport, base, repositories, login, elapsed: as in `Registry`.

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
        self._registry = Registry(transport, base=base, repositories=repositories, login=login, elapsed=elapsed)

    async def find(self, service: str, version: str) -> Artifact | Absent | Unread:
        """See `Artifacts.find`. The version is the tag."""
        what = f"the artifact {service} {version} at {self._registry.host}"
        try:
            pull = self._registry.pull(service, what)
            if not _TAG.fullmatch(version):
                return Unread(what, "a tag cannot carry this version")
            answer = await pull.get(f"manifests/{version}", ACCEPT)
            if answer.status == 404:
                return pull.absent(answer)
            digest, manifest = pull.manifest(answer)
            commits = await _commits(pull, manifest)
        except UnreadError as failed:
            return failed.unread
        what = f"the commit of {service} {version} at {self._registry.host}"
        if len(commits) != 1:
            return Unread(what, "its platforms were built from different commits" if commits else f"it carries no {REVISION}")
        (commit,) = commits
        if not _COMMIT.fullmatch(commit):
            return Unread(what, f"its {REVISION} is not a full commit")
        return Artifact(service=service, version=version, digest=digest, commit=commit)


async def _commits(pull: Pull, manifest: Manifest) -> set[str]:
    """The commits that an image, or the images of an index, say they were built from."""
    if revision := (manifest.annotations or {}).get(REVISION):
        return {revision}
    if manifest.manifests is not None:
        found: set[str] = set()
        for _, platform in await pull.platforms(manifest):
            if platform is None:
                raise pull.failed("a part of it is missing from the registry (404)")
            # A platform that names no commit counts as one of its own, so that it can never hide behind the others.
            found |= await _commits(pull, platform) or {""}
        return found - {""} if found == {""} else found
    if manifest.config is None:
        return set()
    answer = await pull.blob(manifest.config.digest)
    if answer is None:
        raise pull.failed("a part of it is missing from the registry (404)")
    config = parsed(_Config, pull.what, answer)
    revision = ((config.config and config.config.labels) or {}).get(REVISION)
    return {revision} if revision else set()
