"""Pulls manifests and blobs from an OCI registry (a container registry), by tag or by digest.

Invariant: whatever is asked for by digest has that digest; what does not, or cannot be read, is an `UnreadError` (EVD-31).

Source: OCI Distribution Specification 1.1, "Pulling manifests", "Pulling blobs"; OCI Image Specification 1.1.
"""

import re
import time
from collections.abc import Callable, Collection, Mapping
from urllib.parse import urlsplit

from bot.adapters.answers import Answer
from bot.adapters.etags import Tagged
from bot.adapters.reading import UnreadError, parsed, together
from bot.adapters.registry_auth import Login, RegistryAuth
from bot.adapters.registry_wire import ACCEPT, INDEXES, MANIFESTS, Manifest, digest_of, is_digest, says_absent
from bot.adapters.transport import Transport
from guards.unread import Absent, Unread

_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*")
_MAX_PLATFORMS = 20
_ROOM = 8 * 1024 * 1024
"""Bytes of tagged manifests that are kept, to be asked for by "only if it changed"."""


class Registry:
    """One registry and what is known of it.

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
        self._repositories, self.host = dict(repositories), parts.hostname
        self._kept = Tagged(_ROOM)

    def pull(self, service: str, what: str) -> "Pull":
        """The reads for one look-up.

        Args:
            service: name in the policy file.
            what: a noun phrase that fits "could not read …", for everything that fails.

        Raises:
            UnreadError: no repository is configured for the service.
        """
        repository = self._repositories.get(service)
        if repository is None:
            raise UnreadError(Unread(what, "no repository is configured for this service"))
        return Pull(self._transport, self._auth, self._kept, self._base, repository, what)


class Pull:
    """The reads for one look-up in one repository; made by `Registry.pull`. Every method raises `UnreadError`.

    Attributes:
        url: of the repository, `https://registry.example.com/v2/team/api`.
        what: see `Registry.pull`.
    """

    def __init__(self, transport: Transport, auth: RegistryAuth, kept: Tagged, base: str, repository: str, what: str) -> None:
        self._transport, self._auth, self._kept, self._repository, self.what = transport, auth, kept, repository, what
        self.url = f"{base}/v2/{repository}"

    def failed(self, why: str) -> UnreadError:
        """What is raised for a read that failed; the subject of `why` is "it"."""
        return UnreadError(Unread(self.what, why))

    async def get(
        self,
        path: str,
        headers: Mapping[str, str],
        *,
        method: str = "GET",
        expect: Collection[int] = frozenset({200, 404}),
        elsewhere: bool = False,
        size: int | None = None,
    ) -> Answer:
        """Read below the repository; one 401 is answered, and a tag that still names the same costs a 304 only.

        Args:
            path: `manifests/v1.4.0`.
            headers: besides `Authorization`.
            method: GET or HEAD.
            expect: the statuses that are an answer.
            elsewhere, size: as in `Transport.read`.
        """
        # A registry may say "unchanged" of a digest without looking whether it is still there (Debian's docker-registry does).
        by_name = method == "GET" and not elsewhere and "sha256:" not in path
        kept = self._kept.get(f"{self.url}/{path}") if by_name else None

        async def read(authorization: str | None, also: set[int]) -> Answer:
            with_it = {**headers, "Authorization": authorization} if authorization else dict(headers)
            if kept:
                with_it["If-None-Match"] = kept.headers["etag"]
            answer = await self._transport.read(
                self.what,
                f"{self.url}/{path}",
                headers=with_it,
                expect={*expect, *also, *({304} if kept else ())},
                method=method,
                elsewhere=elsewhere,
                size=size,
            )
            if isinstance(answer, Unread):
                raise UnreadError(answer)
            if answer.status == 304 and kept:
                return kept
            if answer.status == 200 and by_name:
                self._kept.put(f"{self.url}/{path}", answer)
            return answer

        if held := self._auth.held(self._repository):
            answer = await read(held, {401, 403})
            if answer.status not in {401, 403}:
                return answer
            # Withdrawn, or from before our rights were extended (some registries say 403 then): ask as if for the first time.
        answer = await read(None, {401})
        if answer.status != 401:
            return answer
        value = await self._auth.answer(self.what, answer, self._repository)
        if isinstance(value, Unread):
            raise UnreadError(value)
        return await read(value, set())

    def manifest(self, answer: Answer, wanted: str | None = None) -> tuple[str, Manifest]:
        """The digest of a manifest's bytes, and its content.

        Args:
            answer: a 200.
            wanted: the digest it was asked for by, if it was.
        """
        digest = digest_of(answer.body)
        said = answer.headers.get("docker-content-digest", digest)
        if (is_digest(said) and said != digest) or wanted not in {None, digest}:
            raise self.failed("its content does not have the digest that it claims")
        manifest = parsed(Manifest, self.what, answer)
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip() or manifest.media_type
        if media_type not in INDEXES | MANIFESTS or manifest.media_type not in {None, media_type}:
            raise self.failed("it is neither an image manifest nor an index")
        if (media_type in INDEXES) != (manifest.manifests is not None):
            raise self.failed("it is neither an image manifest nor an index")
        return digest, manifest

    async def by_digest(self, digest: str) -> Manifest | None:
        """The manifest with this digest; None when the registry says that it has none."""
        answer = await self.get(f"manifests/{self._checked(digest)}", ACCEPT)
        if self._says_absent(answer):
            return None
        return self.manifest(answer, digest)[1]

    async def blob(self, digest: str, size: int | None = None) -> Answer | None:
        """The blob with this digest; None when the registry says that it has none.

        Args:
            digest: `sha256:…`.
            size: how many bytes it may have; the transport's limit when None.
        """
        answer = await self.get(f"blobs/{self._checked(digest)}", {}, elsewhere=True, size=size)
        if self._says_absent(answer):
            return None
        if digest_of(answer.body) != digest:
            raise self.failed("a part of it does not have the digest that it claims")
        return answer

    async def has_blob(self, digest: str) -> bool:
        """Whether the blob is there, without reading it."""
        answer = await self.get(f"blobs/{self._checked(digest)}", {}, method="HEAD", elsewhere=True)
        return answer.status == 200

    async def platforms(self, manifest: Manifest) -> list[tuple[str, Manifest | None]]:
        """The manifests of an index's images, each with its digest; None for one that is not there."""
        wanted = [each.digest for each in manifest.platforms()]
        if len(wanted) > _MAX_PLATFORMS:
            raise self.failed(f"it has more than {_MAX_PLATFORMS} platforms")
        found = await together([self.by_digest(digest) for digest in wanted])
        if any(each is not None and each.manifests is not None for each in found):
            raise self.failed("its index contains another index")
        return list(zip(wanted, found, strict=True))

    def absent(self, answer: Answer) -> Absent | Unread:
        """What a 404 means: a registry says what is missing in its own error format; any other may be a proxy's."""
        if says_absent(answer):
            return Absent(self.what.removeprefix("the "))
        return Unread(self.what, "it answered 404 without a registry's words; is its address right?")

    def _says_absent(self, answer: Answer) -> bool:
        if answer.status == 404 and not says_absent(answer):
            raise self.failed("it answered 404 without a registry's words; is its address right?")
        return answer.status == 404

    def _checked(self, digest: str) -> str:
        if not is_digest(digest):
            raise self.failed("it names a digest that is not SHA-256")
        return digest
