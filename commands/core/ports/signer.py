"""What the machinery needs to sign with the bot's key; `bot/evidence/keys.py` implements it."""

from typing import Protocol


class Signer(Protocol):
    """The bot's Ed25519 key; it never leaves its owner."""

    @property
    def key(self) -> str:
        """Fingerprint of the public half, `sha256:` and 64 hex digits."""
        ...

    def sign(self, text: bytes) -> bytes:
        """A signature, 64 bytes."""
        ...
