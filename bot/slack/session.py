"""The HTTP session to Slack's Web API.

Invariant: no answer takes more than `MOST` bytes of memory, whatever it says of its own length or unpacks to.
"""

import re
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from typing_extensions import override

MOST = 8 * 1024 * 1024
"""Bytes of one answer. The members of the largest user group are less than one MiB."""


class Limited(aiohttp.ClientResponse):
    """An answer that is read up to `MOST` bytes."""

    @override
    async def read(self) -> bytes:
        """The whole body.

        Raises:
            aiohttp.ClientPayloadError: it is larger.
        """
        if self._body is None:
            body = bytearray()
            async for part in self.content.iter_any():  # unpacked already
                body += part
                if len(body) > MOST:
                    self.close()
                    raise aiohttp.ClientPayloadError(f"the answer is larger than {MOST // 1024**2} MiB")
            self._body = bytes(body)  # where json() and text() look for it
        return self._body


def slack_session(seconds: float) -> aiohttp.ClientSession:
    """A session whose answers are limited in time and size.

    Args:
        seconds: for one call.
    """
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds), response_class=Limited)


def is_code(said: str) -> bool:
    """Whether this can be one of Slack's error codes; whatever is none may be anything, also what we sent, and is told to nobody."""
    return re.fullmatch(r"[a-z0-9_]{1,80}", said) is not None


def status_of(error: SlackApiError) -> int:
    """The status of the answer that the SDK raised for; 0 when it does not tell."""
    response: Any = error.response
    return getattr(response, "status_code", None) or getattr(response, "status", None) or 0
