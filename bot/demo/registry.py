"""The demo's registry: as much of the OCI distribution API as it takes to pull.

Invariant: it answers as registries do and changes nothing; CI pushes into the files of `registry_store` directly.

Source: OCI Distribution Specification 1.1, "Pull", "Listing Referrers", "Error Codes".
"""

import asyncio

from aiohttp import web

from bot.adapters.registry_wire import digest_of
from bot.demo.registry_store import MANIFEST, RegistryStore

_INDEX = "application/vnd.oci.image.index.v1+json"


class Registry:
    """The server.

    Args:
        store: what it holds.
        repository: the one repository that it has.
    """

    def __init__(self, store: RegistryStore, repository: str) -> None:
        self._store, self._repository = store, repository

    def routes(self) -> list[web.RouteDef]:
        """To be added to an application; HEAD comes with GET."""
        base = f"/v2/{self._repository}"
        return [
            web.get(f"{base}/manifests/{{reference}}", self._manifest),
            web.get(f"{base}/blobs/{{digest}}", self._blob),
            web.get(f"{base}/referrers/{{digest}}", self._referrers),
            web.get("/v2/{path:.*}", self._no_such_repository),
        ]

    async def _manifest(self, request: web.Request) -> web.Response:
        content = await asyncio.to_thread(self._store.manifest, request.match_info["reference"])
        if content is None:
            return _refused("MANIFEST_UNKNOWN")
        digest = digest_of(content)
        if request.headers.get("If-None-Match") == f'"{digest}"':
            return web.Response(status=304, headers={"ETag": f'"{digest}"'})
        return web.Response(body=content, headers={"Content-Type": MANIFEST, "Docker-Content-Digest": digest, "ETag": f'"{digest}"'})

    async def _blob(self, request: web.Request) -> web.Response:
        content = await asyncio.to_thread(self._store.blob, request.match_info["digest"])
        return _refused("BLOB_UNKNOWN") if content is None else web.Response(body=content, content_type="application/octet-stream")

    async def _referrers(self, request: web.Request) -> web.Response:
        found = await asyncio.to_thread(self._store.referrers, request.match_info["digest"])
        listing = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": found}
        return web.json_response(listing, content_type=_INDEX)

    async def _no_such_repository(self, _: web.Request) -> web.Response:
        return _refused("NAME_UNKNOWN")


def _refused(code: str) -> web.Response:
    return web.json_response({"errors": [{"code": code, "message": code.lower().replace("_", " ")}]}, status=404)
