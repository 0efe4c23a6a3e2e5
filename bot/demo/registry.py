"""The demo's registry: as much of the OCI distribution API as it takes to pull.

Invariant: it answers as registries do and changes nothing; CI pushes into the files of `registry_store` directly.

Source: OCI Distribution Specification 1.1, "Pull", "Listing Referrers", "Error Codes".
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from aiohttp import web

from bot.adapters.registry_wire import digest_of
from bot.demo.registry_store import MANIFEST, RegistryStore

_INDEX = "application/vnd.oci.image.index.v1+json"


class Registry:
    """The server.

    Args:
        stores: repository → what it holds.
        down: whether it is down for a request.
    """

    def __init__(self, stores: Mapping[str, RegistryStore], down: Callable[[], bool] = lambda: False) -> None:
        self._stores, self._down = stores, down

    def routes(self) -> list[web.RouteDef]:
        """To be added to an application; HEAD comes with GET."""
        served: dict[str, _Handler] = {}
        for repository, store in self._stores.items():
            served[f"/v2/{repository}/manifests/{{reference}}"] = partial(_manifest, store)
            served[f"/v2/{repository}/blobs/{{digest}}"] = partial(_blob, store)
            served[f"/v2/{repository}/referrers/{{digest}}"] = partial(_referrers, store)
        served["/v2/{path:.*}"] = _no_such_repository
        return [web.get(path, self._up(handler)) for path, handler in served.items()]

    def _up(self, handler: "_Handler") -> "_Handler":
        async def handle(request: web.Request) -> web.Response:
            return web.Response(status=503) if self._down() else await handler(request)

        return handle


_Handler = Callable[[web.Request], Awaitable[web.Response]]


async def _manifest(store: RegistryStore, request: web.Request) -> web.Response:
    content = await asyncio.to_thread(store.manifest, request.match_info["reference"])
    if content is None:
        return _refused("MANIFEST_UNKNOWN")
    digest = digest_of(content)
    if request.headers.get("If-None-Match") == f'"{digest}"':
        return web.Response(status=304, headers={"ETag": f'"{digest}"'})
    return web.Response(body=content, headers={"Content-Type": MANIFEST, "Docker-Content-Digest": digest, "ETag": f'"{digest}"'})


async def _blob(store: RegistryStore, request: web.Request) -> web.Response:
    content = await asyncio.to_thread(store.blob, request.match_info["digest"])
    return _refused("BLOB_UNKNOWN") if content is None else web.Response(body=content, content_type="application/octet-stream")


async def _referrers(store: RegistryStore, request: web.Request) -> web.Response:
    found = await asyncio.to_thread(store.referrers, request.match_info["digest"])
    listing = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": found}
    return web.json_response(listing, content_type=_INDEX)


async def _no_such_repository(_: web.Request) -> web.Response:
    return _refused("NAME_UNKNOWN")


def _refused(code: str) -> web.Response:
    return web.json_response({"errors": [{"code": code, "message": code.lower().replace("_", " ")}]}, status=404)
