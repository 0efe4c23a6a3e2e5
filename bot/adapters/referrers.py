"""Lists what is attached to an artifact in an OCI registry.

Invariant: a list is whole or `UnreadError`; being on it proves nothing yet.

Source: OCI Distribution Specification 1.1, "Listing Referrers" and "Referrers Tag Schema"; cosign "Signature specification".
"""

import re
from urllib.parse import unquote, urljoin, urlsplit

from bot.adapters.answers import Answer
from bot.adapters.reading import UnreadError
from bot.adapters.registry_pull import Pull
from bot.adapters.registry_wire import ACCEPT, INDEXES, Manifest
from guards.unread import Unread

_MAX_PAGES = 5
# A registry without the API answers 404; some answer 400 or 406, as the most used client has learnt (go-containerregistry, `referrers.go`).
_NO_API = frozenset({400, 404, 406})
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?')

Listed = list[tuple[str, Manifest | None]]
"""Digests of manifests, each with the manifest when it was read already."""


async def referring(pull: Pull, digest: str) -> Listed:
    """The digests of what refers to the artifact, by the API or, where a registry has none, by the tag that pushers keep instead."""
    listed: Listed = []
    path = f"referrers/{digest}"
    for page in range(_MAX_PAGES):
        answer = await pull.get(path, ACCEPT, expect={200, *_NO_API} if page == 0 else {200})
        if answer.status != 200:
            return await _fallback(pull, digest)
        listed += _manifests(pull, pull.manifest(answer)[1])
        following = _following(pull, answer, path)
        if following is None:
            return listed
        path = following
    raise pull.failed("what is attached to it fills too many pages")


async def _fallback(pull: Pull, digest: str) -> Listed:
    """The referrers tag schema: an index under the tag `sha256-…`."""
    answer = await pull.get(f"manifests/{_tag(digest)}", ACCEPT)
    if answer.status != 404:
        return _manifests(pull, pull.manifest(answer)[1])
    absent = pull.absent(answer)
    if isinstance(absent, Unread):
        raise UnreadError(absent)
    return []


def _manifests(pull: Pull, listing: Manifest) -> Listed:
    if listing.manifests is None:
        raise pull.failed("the list of what is attached to it is no index")
    return [(each.digest, None) for each in listing.manifests if each.media_type not in INDEXES]


def _following(pull: Pull, answer: Answer, path: str) -> str | None:
    """The path of the next page (RFC 8288), which has to be another page of the same list."""
    link = _NEXT.search(answer.headers.get("link", ""))
    if link is None:
        return None
    here, target = urlsplit(f"{pull.url}/{path}"), urlsplit(urljoin(f"{pull.url}/{path}", link[1]))
    if (target.scheme, target.netloc, unquote(target.path)) != (here.scheme, here.netloc, here.path):
        raise pull.failed("the next page of what is attached to it is somewhere else")
    return f"{path.partition('?')[0]}?{target.query}"


async def tagged(pull: Pull, digest: str, suffix: str) -> Listed:
    """What cosign attached in its older form: an image under the tag `sha256-….att` or `.sig`. What it signs binds it, not the tag."""
    answer = await pull.get(f"manifests/{_tag(digest)}.{suffix}", ACCEPT)
    if answer.status != 404:
        return [pull.manifest(answer)]
    absent = pull.absent(answer)
    if isinstance(absent, Unread):
        raise UnreadError(absent)
    return []


def _tag(digest: str) -> str:
    return digest.replace(":", "-")
