"""What the machinery needs from artifact registries; `bot/adapters/registry.py` and `oci_proofs.py` implement it."""

from typing import Protocol

from guards.provenance import Proof
from guards.unread import Absent, Unread
from guards.version import Artifact


class Artifacts(Protocol):
    """Where built versions are known by digest: a registry or a build index."""

    async def find(self, service: str, version: str) -> Artifact | Absent | Unread:
        """The artifact that this version names now.

        Args:
            service: name in the policy file; the adapter was made for the services it knows.
            version: `v1.4.0`, validated.
        """
        ...


class Proofs(Protocol):
    """What is attached to an artifact to prove where it comes from and what is in it."""

    async def find(self, service: str, version: str, digest: str) -> Proof | Absent | Unread:
        """What is attached to exactly this digest, verified (EVD-09, EVD-10, EVD-11).

        Args:
            service: name in the policy file; the adapter was made for the services it knows.
            version: `v1.4.0`, validated; a signer's identity may name it.
            digest: `sha256:` and 64 hex digits.

        Returns:
            `Absent` when the artifact itself is not there; an empty `Proof` when nothing is attached to it.
        """
        ...

    async def document(self, service: str, hash: str) -> bytes | Absent | Unread:  # noqa: A002
        """The bytes of something that `find` told of, unchanged (AUD-05).

        Args:
            service: name in the policy file.
            hash: of an `Sbom`, `Provenance` or `Signature`.
        """
        ...

    async def retrievable(self, service: str, digest: str) -> bool | Unread:
        """Whether an artifact can still be pulled whole, such as the previous known-good one (RBK-14).

        Args:
            service: name in the policy file.
            digest: `sha256:` and 64 hex digits.
        """
        ...
