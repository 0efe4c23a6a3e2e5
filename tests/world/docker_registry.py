"""A real registry (CNCF Distribution, as Debian packages it) on loopback, and what a builder does to push to it."""

import asyncio
import base64
import contextlib
import json
import re
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import jwt
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.world.registry import EMPTY, INDEX, LAYER, MANIFEST, REVISION, digest_of

PROGRAM = Path(__file__).parents[2] / ".peers" / "usr" / "bin" / "docker-registry"
STARTS_WITHIN = 20
"""Seconds."""


def program() -> str:
    """Where the registry is; `scripts/peers.sh` fetches it."""
    found = str(PROGRAM) if PROGRAM.exists() else shutil.which("docker-registry")
    assert found, "no docker-registry here: run scripts/peers.sh"
    return found


@asynccontextmanager
async def docker_registry(place: Path, auth: dict | None = None) -> AsyncIterator[str]:
    """A registry with its storage in `place`; yields its base URL."""
    config = {
        "version": 0.1,
        "log": {"level": "info", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(place / "storage")}, "delete": {"enabled": True}},
        "http": {"addr": "127.0.0.1:0", "secret": "of-this-test"},
    }
    file = place / "registry.yml"
    file.write_text(json.dumps(config | ({"auth": auth} if auth else {})))  # JSON is YAML too
    process = await asyncio.create_subprocess_exec(
        program(), "serve", str(file), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    drained = None
    try:
        async with asyncio.timeout(STARTS_WITHIN):
            url = await _listening(process.stderr)
        drained = asyncio.create_task(process.stderr.read())
        yield url
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if drained:
            await drained


async def _listening(log: asyncio.StreamReader) -> str:
    said = b""
    while line := await log.readline():
        said += line
        if found := re.search(rb"listening on (127\.0\.0\.1:\d+)", line):
            return f"http://{found[1].decode()}"
    raise AssertionError(f"the registry did not start: {said.decode()}")


class Builder:
    """Pushes to `team/api` as a builder does.

    Args:
        client: with whatever the registry wants for authorization.
        url: the registry's base URL.
    """

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client, self._url = client, f"{url}/v2/team/api"
        self._attached: dict[str, list[dict]] = {}

    async def blob(self, content: bytes) -> dict:
        """Push a blob; its descriptor."""
        begun = await self._client.post(f"{self._url}/blobs/uploads/")
        assert begun.status_code == 202, begun.text
        place = httpx.URL(begun.headers["location"]).copy_merge_params({"digest": digest_of(content)})
        done = await self._client.put(place, content=content, headers={"Content-Type": "application/octet-stream"})
        assert done.status_code == 201, done.text
        return {"digest": digest_of(content), "size": len(content)}

    async def manifest(self, content: dict, *tags: str) -> str:
        """Push a manifest or an index; its digest."""
        body = json.dumps(content).encode()
        for ref in (digest_of(body), *tags):
            done = await self._client.put(f"{self._url}/manifests/{ref}", content=body, headers={"Content-Type": content["mediaType"]})
            assert done.status_code == 201, done.text
        return digest_of(body)

    async def image(self, commit: str, *tags: str, layer: bytes = b"a layer") -> str:
        """Push an image that says which commit it was built from; its digest."""
        config = await self.blob(
            json.dumps({"config": {"Labels": {REVISION: commit}}, "rootfs": {"type": "layers", "diff_ids": []}}).encode()
        )
        layers = [await self.blob(layer) | {"mediaType": LAYER}]
        config |= {"mediaType": "application/vnd.oci.image.config.v1+json"}
        return await self.manifest({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}, *tags)

    async def attach(self, subject: str, content: bytes, kind: str, *, listed: str | None = None) -> str:
        """Push something that refers to an artifact, and list it under the tag, as pushers do where a registry has no API for it.

        Args:
            subject: the artifact's digest.
            content: one blob.
            kind: its media type.
            listed: among whose referrers it is listed, when not among its subject's.
        """
        layer = await self.blob(content) | {"mediaType": kind}
        refers = {"mediaType": MANIFEST, "digest": subject, "size": 1}
        body = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "artifactType": kind,
            "config": await self.blob(b"{}") | {"mediaType": EMPTY},
            "layers": [layer],
            "subject": refers,
        }
        digest = await self.manifest(body)
        where = listed or subject
        self._attached.setdefault(where, []).append(
            {"mediaType": MANIFEST, "digest": digest, "size": len(json.dumps(body)), "artifactType": kind}
        )
        await self.manifest({"schemaVersion": 2, "mediaType": INDEX, "manifests": self._attached[where]}, where.replace(":", "-"))
        return digest

    async def delete(self, path: str) -> None:
        """Delete `manifests/sha256:…` or `blobs/sha256:…`."""
        done = await self._client.delete(f"{self._url}/{path}")
        assert done.status_code == 202, done.text


class TokenService:
    """Gives tokens that a registry believes, to one user (CNCF Distribution, "Token Authentication Implementation").

    It shares its address with the registry behind it, as many do: elsewhere, a password is only sent over TLS.

    Attributes:
        url: the address of both.
        behind: the registry's own.
        scopes: every scope that was asked for.
        granted: how many tokens were given.
    """

    def __init__(self, place: Path, user: str, password: str) -> None:
        self._key, self.scopes, self.granted = ec.generate_private_key(ec.SECP256R1()), [], 0
        self.url = self.behind = ""
        self._basic = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "token service")])
        now = datetime.now(UTC)
        self._certificate = x509.CertificateBuilder(
            name, name, self._key.public_key(), 1, now - timedelta(hours=1), now + timedelta(hours=1)
        ).sign(self._key, hashes.SHA256())
        self.bundle = place / "tokens.pem"
        self.bundle.write_bytes(self._certificate.public_bytes(Encoding.PEM))

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[dict]:
        """Yields the registry's `auth` section."""
        app = web.Application()
        app.router.add_get("/token", self._answer)
        app.router.add_get("/{path:.*}", self._pass_on)
        async with TestServer(app, host="127.0.0.1") as server:
            self.url = str(server.make_url("/"))
            yield {
                "token": {
                    "realm": str(server.make_url("/token")),
                    "service": "registry.test",
                    "issuer": "issuer.test",
                    "rootcertbundle": str(self.bundle),
                }
            }

    def token(self, *actions: str) -> str:
        """For `team/api`."""
        now = int(time.time())
        access = [{"type": "repository", "name": "team/api", "actions": list(actions)}]
        claims = {
            "iss": "issuer.test",
            "sub": "robot",
            "aud": "registry.test",
            "iat": now,
            "nbf": now - 5,
            "exp": now + 300,
            "jti": f"{now}",
            "access": access,
        }
        chain = [base64.b64encode(self._certificate.public_bytes(Encoding.DER)).decode()]
        return jwt.encode(claims, self._key, "ES256", headers={"x5c": chain})

    async def _pass_on(self, request: web.Request) -> web.Response:
        wanted = {name: value for name, value in request.headers.items() if name in {"Accept", "Authorization"}}
        async with httpx.AsyncClient(trust_env=False) as client:
            found = await client.request(request.method, self.behind + request.path_qs, headers=wanted)
        passed = {"Content-Type", "Docker-Content-Digest", "Www-Authenticate", "Link"}
        return web.Response(
            status=found.status_code, body=found.content, headers={n: found.headers[n] for n in passed if n in found.headers}
        )

    async def _answer(self, request: web.Request) -> web.Response:
        self.scopes.append(request.query.get("scope", ""))
        if request.headers.get("Authorization") != self._basic:
            return web.json_response({}, status=401)
        self.granted += 1
        return web.json_response({"token": self.token("pull"), "expires_in": 300})
