"""How the bot proves to GitHub who it is: by a plain token, or by a GitHub App's (`bot/adapters/github_app.py`).

Invariant: a token never appears in a sentence or a log.
"""

from typing import Protocol

from pydantic import SecretStr

from guards.unread import Unread

API_HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}


class Auth(Protocol):
    """Where the adapter gets its tokens from."""

    async def token(self, repository: str) -> str | Unread:
        """A token that is good for the next minutes.

        Args:
            repository: `owner/name`, what the token is for.
        """
        ...

    def refused(self, repository: str) -> None:
        """GitHub answered 401: do not use the present token for this repository again."""
        ...


class TokenAuth:
    """A plain token: a fine-grained personal token, or one that somebody else renews. It is the same for every repository.

    Args:
        token: with "Actions: read and write" on the repositories.
    """

    def __init__(self, token: SecretStr) -> None:
        self._token = header_safe(token.get_secret_value())

    async def token(self, repository: str) -> str | Unread:  # noqa: ARG002  there is only one
        """See `Auth.token`."""
        return self._token

    def refused(self, repository: str) -> None:
        """See `Auth.refused`; there is no other token."""


def header_safe(token: str) -> str:
    """A token that can stand in a header.

    Raises:
        ValueError: it cannot.
    """
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("a GitHub token is printable ASCII without spaces")
    return token
