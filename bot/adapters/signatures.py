"""Says whether something carries the signature of a public key that the configuration pins.

Invariant: nothing is `Verified` unless a cryptographic check over exactly the returned bytes succeeded.

Source: DSSE 1.0 (envelope and protocol); cosign "Signature specification".
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Annotated, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from guards.provenance import PinnedKey, Signer

STATEMENT_TYPE = "application/vnd.in-toto+json"
_MAX_SIGNATURES = 10


def _base64(value: object) -> object:
    """Standard or URL-safe (DSSE 1.0, "Base64()")."""
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("is not base64") from error


Bytes = Annotated[bytes, BeforeValidator(_base64)]


class _Signature(BaseModel):
    sig: Bytes


class Envelope(BaseModel):
    """A DSSE envelope."""

    model_config = ConfigDict(populate_by_name=True)
    payload: Bytes
    payload_type: str = Field(alias="payloadType")
    signatures: list[_Signature] = Field(min_length=1, max_length=_MAX_SIGNATURES)

    def signed(self) -> bytes:
        """What the signatures are made over (DSSE 1.0, "PAE")."""
        kind = self.payload_type.encode()
        return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(self.payload), self.payload)


@dataclass(frozen=True, slots=True)
class Signed:
    """Something that claims to be signed.

    Args:
        content: what it says, if the signature is good.
        message: the bytes that the signature is over.
        signatures: any one has to be good.
        bundle: the sigstore bundle that it stands in, as stored; None when it stands in none.
    """

    content: bytes
    message: bytes
    signatures: tuple[bytes, ...]
    bundle: bytes | None = None

    @classmethod
    def enveloped(cls, envelope: Envelope, bundle: bytes | None = None) -> "Signed":
        """What a DSSE envelope carries."""
        return cls(envelope.payload, envelope.signed(), tuple(each.sig for each in envelope.signatures), bundle)


@dataclass(frozen=True, slots=True)
class Verified:
    """A signature that was checked.

    Args:
        content: what was signed.
        signer: by whom.
    """

    content: bytes
    signer: Signer


@dataclass(frozen=True, slots=True)
class Unverified:
    """A signature that proves nothing.

    Args:
        why: a clause whose subject is "it", for people.
    """

    why: str


class Signers(Protocol):
    """Those whose signature counts."""

    def verify(self, signed: Signed, version: str) -> Verified | Unverified:
        """Check a signature. Takes CPU for milliseconds: not to be called on the event loop.

        Args:
            signed: what is to be checked.
            version: of the artifact; an identity may name it.
        """
        ...


class PinnedKeys:
    """Public keys that the configuration pins; several while one replaces another.

    Args:
        pems: SubjectPublicKeyInfo in PEM: ECDSA on P-256 (over SHA-256), or Ed25519.

    Raises:
        ValueError: a key that is none, or of another kind.
    """

    def __init__(self, *pems: str) -> None:
        if not pems:
            raise ValueError("at least one public key is needed")
        self._keys = tuple(_load(pem) for pem in pems)

    def verify(self, signed: Signed, version: str) -> Verified | Unverified:  # noqa: ARG002  (a key knows no version)
        """See `Signers.verify`."""
        for key in self._keys:
            if any(_good(key, signature, signed.message) for signature in signed.signatures):
                return Verified(signed.content, PinnedKey(_fingerprint(key)))
        return Unverified("its signature was not made with a pinned key, or its content was changed since")


_Key = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


def _load(pem: str) -> _Key:
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError as error:
        raise ValueError("a public key must be SubjectPublicKeyInfo in PEM (-----BEGIN PUBLIC KEY-----)") from error
    if isinstance(key, ed25519.Ed25519PublicKey) or (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)):
        return key
    raise ValueError("a public key must be ECDSA on P-256, or Ed25519")


def _good(key: _Key, signature: bytes, message: bytes) -> bool:
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
        else:
            key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _fingerprint(key: _Key) -> str:
    return f"sha256:{hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()}"
