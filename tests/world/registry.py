"""A small OCI registry with a token service."""

import base64
import hashlib
import json
import math
from collections.abc import Callable

from aiohttp import web

from tests.world.neighbours import COMMIT

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
REVISION = "org.opencontainers.image.revision"
PASSWORD = "a-registry-password"


def digest_of(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


class FakeRegistry:
    """Serves `team/api`.

    Attributes:
        auth: "open", "bearer" or "basic".
        lie: set to a digest and manifests claim to have it.
        realm: the token service that challenges name; None for this server's own.
        expires_in: what the token service says about its tokens; None says nothing.
        good_for: how many reads a new token is good for.
        granted: the reads that are left of each token.
        denies: the status for a token that is not good: 401, or 403 as some registries say.
        asked: every path that was asked for.
        unchanged: how often it said that a manifest is still the same.
        scopes: the scope of every token that was asked for.
        referrers: "api", or "tag" for a registry that keeps none and answers `no_api`.
        page: how many referrers a page of the API has.
        instead: path to an answer, for what a broken registry says there.
    """

    def __init__(self) -> None:
        self.auth, self.lie, self.realm = "open", None, None
        self.manifests: dict[str, tuple[str, bytes]] = {}
        self.blobs: dict[str, bytes] = {}
        self.expires_in: object = 300
        self.good_for = math.inf
        self.granted: dict[str, float] = {}
        self.denies = 401
        self.asked: list[str] = []
        self.unchanged = 0
        self.scopes: list[str] = []
        self.referrers, self.no_api, self.page = "api", 404, 100
        self.instead: dict[str, Callable[[], web.StreamResponse]] = {}
        self._attached: dict[str, list[str]] = {}

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/token", self._token),
                web.get("/v2/team/{name}/manifests/{ref}", self._manifest),
                web.get("/v2/team/{name}/blobs/{ref}", self._blob),
                web.get("/v2/team/{name}/referrers/{ref}", self._referrers),
            ]
        )
        return app

    def image(self, *tags: str, annotation: str | None = None, label: str | None = None, **extra: object) -> str:
        """Push an image; its digest."""
        config = json.dumps({"config": {"Labels": {REVISION: label} if label else None}, **extra}).encode()
        self.blobs[digest_of(config)] = config
        body = {"schemaVersion": 2, "mediaType": MANIFEST, "config": {"digest": digest_of(config)}, "layers": []}
        if annotation:
            body["annotations"] = {REVISION: annotation}
        return self._push(MANIFEST, body, tags)

    def index(self, *tags: str, images: tuple[str, ...], annotation: str | None = None, attestation: str | None = None) -> str:
        """Push an index over images; its digest."""
        body: dict = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [{"digest": d, "mediaType": MANIFEST} for d in images]}
        if attestation:
            note = {"vnd.docker.reference.type": "attestation-manifest"}
            body["manifests"].append({"digest": attestation, "mediaType": MANIFEST, "annotations": note})
        if annotation:
            body["annotations"] = {REVISION: annotation}
        return self._push(INDEX, body, tags)

    def layered(self, *layers: bytes, tags: tuple[str, ...] = ("v1.4.0",), kind: str = LAYER) -> str:
        """Push an image with a commit and these layers; its digest."""
        config = self.blob(json.dumps({"config": {"Labels": {REVISION: COMMIT}}}).encode())
        parts = [{"mediaType": kind, "digest": self.blob(layer), "size": len(layer)} for layer in layers]
        return self._push(MANIFEST, {"schemaVersion": 2, "mediaType": MANIFEST, "config": {"digest": config}, "layers": parts}, tags)

    def blob(self, content: bytes) -> str:
        """Push a blob; its digest."""
        self.blobs[digest_of(content)] = content
        return digest_of(content)

    def attach(
        self,
        subject: str | None,
        content: bytes,
        kind: str,
        *,
        listed: str | None = None,
        artifact: str | None = None,
        notes: dict[str, str] | None = None,
        size: int | None = None,
        tags: tuple[str, ...] = (),
    ) -> str:
        """Push something that refers to an artifact; the digest of its manifest.

        Args:
            subject: the artifact's digest; None names none.
            content: one blob.
            kind: its media type.
            listed: among whose referrers it stands, when not among its subject's.
            artifact: the artifact type, when it is not the blob's media type.
            notes: annotations of the blob.
            size: what the manifest says that it has, when not the truth.
            tags: besides its digest.
        """
        layer = {"mediaType": kind, "digest": self.blob(content), "size": len(content) if size is None else size}
        body = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": artifact or kind,
            "config": {"mediaType": EMPTY, "digest": self.blob(b"{}"), "size": 2},
            "layers": [layer | ({"annotations": notes} if notes else {})],
        }
        if subject:
            body["subject"] = {"mediaType": MANIFEST, "digest": subject, "size": 1}
        digest = self._push(MANIFEST, body, tags)
        if where := listed or subject:
            self._attached.setdefault(where, []).append(digest)
            if self.referrers == "tag":
                self._push(INDEX, self._listing(self._attached[where]), (where.replace(":", "-"),))
        return digest

    def _listing(self, digests: list[str]) -> dict:
        return {"schemaVersion": 2, "mediaType": INDEX, "manifests": [{"mediaType": MANIFEST, "digest": d, "size": 1} for d in digests]}

    async def _referrers(self, request: web.Request) -> web.StreamResponse:
        if refused := self._refusal(request):
            return refused
        if self.referrers == "tag":
            return web.Response(status=self.no_api, text="404 page not found")
        everything, first = self._attached.get(request.match_info["ref"], []), int(request.query.get("last", 0))
        following = first + self.page
        path = request.path.replace(":", "%3A")
        link = {"Link": f'<{path}?last={following}>; rel="next"'} if following < len(everything) else {}
        listing = json.dumps(self._listing(everything[first:following])).encode()
        return web.Response(body=listing, headers={"Content-Type": INDEX, **link})

    def _push(self, kind: str, content: dict, tags: tuple[str, ...]) -> str:
        body = json.dumps(content).encode()
        digest = digest_of(body)
        for ref in (*tags, digest):
            self.manifests[ref] = (kind, body)
        return digest

    def _refusal(self, request: web.Request) -> web.StreamResponse | None:
        self.asked.append(request.path)
        if instead := self.instead.get(request.path):
            return instead()
        basic = "Basic " + base64.b64encode(f"robot:{PASSWORD}".encode()).decode()
        given = request.headers.get("Authorization", "")
        if self.auth == "open" or (self.auth == "basic" and given == basic):
            return None
        token = given.removeprefix("Bearer ")
        if self.auth == "bearer" and self.granted.get(token, 0) > 0:
            self.granted[token] -= 1
            return None
        if given and self.denies == 403:
            return web.json_response({"errors": [{"code": "DENIED"}]}, status=403)
        realm = self.realm or str(request.url.origin().with_path("/token"))
        challenge = f'Bearer realm="{realm}",service="registry.test",scope="repository:team/api:pull,push"'
        header = {"WWW-Authenticate": challenge if self.auth == "bearer" else 'Basic realm="x"'}
        return web.json_response({"errors": [{"code": "UNAUTHORIZED"}]}, status=401, headers=header)

    async def _token(self, request: web.Request) -> web.Response:
        self.scopes.append(request.query["scope"])
        if request.headers.get("Authorization") != "Basic " + base64.b64encode(f"robot:{PASSWORD}".encode()).decode():
            return web.json_response({}, status=401)
        token = f"a-pull-token-{len(self.scopes)}"
        self.granted[token] = self.good_for
        return web.json_response({"access_token": token} | ({} if self.expires_in is None else {"expires_in": self.expires_in}))

    async def _manifest(self, request: web.Request) -> web.StreamResponse:
        if refused := self._refusal(request):
            return refused
        if request.match_info["name"] != "api":
            return web.json_response({"errors": [{"code": "NAME_UNKNOWN"}]}, status=404)
        if found := self.manifests.get(request.match_info["ref"]):
            kind, body = found
            etag = f'"{digest_of(body)}"'
            if request.headers.get("If-None-Match") == etag:
                self.unchanged += 1
                return web.Response(status=304, headers={"ETag": etag})
            headers = {"Content-Type": kind, "Docker-Content-Digest": self.lie or digest_of(body), "ETag": etag}
            return web.Response(body=body, headers=headers)
        return web.json_response({"errors": [{"code": "MANIFEST_UNKNOWN", "message": "manifest unknown"}]}, status=404)

    async def _blob(self, request: web.Request) -> web.StreamResponse:
        if refused := self._refusal(request):
            return refused
        body = self.blobs.get(request.match_info["ref"])
        return web.Response(body=body) if body is not None else web.json_response({"errors": [{"code": "BLOB_UNKNOWN"}]}, status=404)


def usual(registry: FakeRegistry) -> str:
    """Push api v1.4.0 with its commit; the digest."""
    return registry.image("v1.4.0", annotation=COMMIT)
