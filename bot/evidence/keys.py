"""The Ed25519 key of the bot, which signs evidence bundles and checkpoints of the ledger: made, read, named.

Invariant: a private key leaves here only into a file that its owner alone may read; no message carries any part of it.

Source: RFC 8032 (Ed25519), RFC 8410 (its PEM forms).
"""

import hashlib
import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from pydantic import SecretStr


class KeyProblem(Exception):  # noqa: N818 - named for what it is
    """A key that cannot be used; its text is a clause whose subject is "it"."""


def private(pem: str) -> Ed25519PrivateKey:
    """A private key.

    Raises:
        KeyProblem: it is none, or of another kind.
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyProblem("is no PEM private key without a passphrase") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyProblem("is no Ed25519 key; make one with `signalbox evidence keygen`")
    return key


def public(pem: bytes) -> Ed25519PublicKey:
    """A public key.

    Raises:
        KeyProblem: it is none, or of another kind.
    """
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise KeyProblem("is no PEM public key") from None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyProblem("is no Ed25519 key")
    return key


def pem_of(key: Ed25519PublicKey) -> str:
    """The public half as auditors get it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def fingerprint(key: Ed25519PublicKey) -> str:
    """`sha256:` and the hash of its SubjectPublicKeyInfo (DER), 64 hex digits."""
    return f"sha256:{hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()}"


class Ed25519Signer:
    """Signs, and says by which key.

    Args:
        key: the private half; it stays here.
    """

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @property
    def key(self) -> str:
        """Fingerprint of the public half."""
        return fingerprint(self._key.public_key())

    @property
    def public(self) -> Ed25519PublicKey:
        """The public half."""
        return self._key.public_key()

    def sign(self, text: bytes) -> bytes:
        """A signature, 64 bytes."""
        return self._key.sign(text)


def signer_of(pem: SecretStr | None) -> Ed25519Signer | None:
    """Who signs with a private key; None without one."""
    return Ed25519Signer(private(pem.get_secret_value())) if pem else None


def generate(to: Path) -> Ed25519PublicKey:
    """Make a pair of keys.

    Args:
        to: a file that is not there yet; it gets the private key and is readable for its owner alone.

    Returns:
        The public half.

    Raises:
        OSError: the file is there, or cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key.public_key()
