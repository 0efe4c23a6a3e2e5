"""Pictures that somebody was sent: uploaded ones, and those at an address on this machine.

Invariant: a browser is given only what begins as a PNG, JPEG or GIF does, and only what stands in something that the person sees;
nothing outside this machine is fetched.
Source: Slack's reference of the image block and the Slack file object ("Supported file types include png, jpg, jpeg, and gif").
"""

from collections.abc import Iterator
from hashlib import blake2s
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.workspace.state import State, Upload

_SIGNS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF87a": "image/gif", b"GIF89a": "image/gif"}
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})
_MOST, _PATIENCE = 4 * 2**20, aiohttp.ClientTimeout(total=5)


def kind(content: bytes | None) -> str | None:
    """The media type of a picture, told by how it begins; None for what is none."""
    return next((kind for sign, kind in _SIGNS.items() if content and content.startswith(sign)), None)


def is_picture(file: Upload | None) -> bool:
    """Whether an uploaded file can be shown."""
    return file is not None and kind(file.content) is not None


def name_of(image: Any) -> str | None:
    """What the page calls a picture of Block Kit: an uploaded file by its id, an address on this machine by its digest."""
    if isinstance(given := image.get("slack_file"), dict):
        return str(given.get("id"))
    url = str(image.get("image_url", ""))
    return blake2s(url.encode(), digest_size=12).hexdigest() if urlsplit(url).hostname in _HERE else None


def within(part: Any) -> Iterator[dict[str, Any]]:
    """Every image block and image element in these blocks."""
    if isinstance(part, list):
        for each in part:
            yield from within(each)
    elif isinstance(part, dict):
        if part.get("type") == "image":
            yield part
        for each in part.values():
            if isinstance(each, dict | list):
                yield from within(each)


def unseen(state: State, blocks: Any) -> list[str]:
    """Why Slack would refuse the uploaded files that these blocks show; empty when it would not."""
    asked = (each["slack_file"] for each in within(blocks) if each.get("slack_file"))
    return [
        f"[ERROR] invalid slack file: {file.get('id') or file.get('url')}"
        for file in asked
        if (found := state.uploads.get(file.get("id", ""))) is None or not found.shared or not is_picture(found)
    ]


async def fetched(url: str) -> bytes | None:
    """A picture from an address on this machine, as Slack would fetch it from a public one; None when there is none."""
    try:
        async with aiohttp.ClientSession(timeout=_PATIENCE) as session, session.get(url, allow_redirects=False) as answer:
            content = bytearray()
            async for chunk in answer.content.iter_any():
                content += chunk
                if len(content) > _MOST:
                    return None
            return bytes(content) if answer.status == 200 else None
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None
