"""Proofs in memory that the tests fill; they pass the same contract tests as the real adapter."""

from guards.provenance import Proof
from guards.unread import Absent, Unread


class FakeProofs:
    """Implements the `Proofs` port.

    Attributes:
        away: set to an `Unread`, every look-up answers it.
        gone: digests of which a part is no longer there.
        documents: hash → what is stored under it.
    """

    def __init__(self) -> None:
        self.away: Unread | None = None
        self.gone: set[str] = set()
        self.documents: dict[str, bytes] = {}
        self._known: dict[tuple[str, str], Proof] = {}

    def add(self, service: str, proof: Proof) -> None:
        """Publish an artifact with what is attached to it, or attach something else."""
        self._known[service, proof.digest] = proof

    async def find(self, service: str, version: str, digest: str) -> Proof | Absent | Unread:
        return self.away or self._known.get((service, digest)) or Absent(f"artifact of {service} {version} with the digest {digest}")

    async def document(self, service: str, hash: str) -> bytes | Absent | Unread:
        return self.away or self.documents.get(hash) or Absent(f"document {hash} of {service}")

    async def retrievable(self, service: str, digest: str) -> bool | Unread:
        return self.away or ((service, digest) in self._known and digest not in self.gone)
