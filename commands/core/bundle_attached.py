"""The items of a bundle that the registry holds: SBOMs, provenance and signatures, the documents themselves (AUD-05, AUD-12).

Invariant: a document is copied unchanged under the hash by which it was verified; a reference to a registry that is gone proves nothing.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from commands.core.bundle import EvidenceClass, Item, Trail
from commands.core.bundle_records import as_json
from commands.core.deadline import Deadline
from commands.core.ports.artifacts import Proofs
from commands.core.ports.clock import Clock
from guards.provenance import Proof, Provenance, Sbom, Signature
from guards.unread import Absent, Unread
from guards.version import Artifact

_KINDS = (EvidenceClass.SBOM, EvidenceClass.PROVENANCE)


@dataclass(frozen=True, slots=True)
class Registry:
    """Where the documents of one service are read.

    Args:
        proofs: None when the policy names no signers there.
        source: its name in the policy.
        clock: the present.
        deadline: for all reads together.
    """

    proofs: Proofs | None
    source: str
    clock: Clock
    deadline: Deadline

    async def items(self, service: str, version: str, artifact: Artifact | None) -> tuple[Item, ...]:
        """Everything that is attached to the artifact, each document, and what was verified of it.

        Args:
            service, version: names.
            artifact: what the version is; None when nobody knows.
        """
        what = f"what is attached to {service} {version}"
        keys = {"version": version} | ({"digest": artifact.digest} if artifact else {})
        if self.proofs is None:
            return self._none(_KINDS, keys, Unread(what, "the policy names no signers for its registry"))
        if artifact is None:
            return self._none(_KINDS, keys, Unread(what, "nobody knows its digest"))
        proof = await self.deadline.read(what, self.proofs.find, service, version, artifact.digest)
        if isinstance(proof, Absent | Unread):
            return self._none(_KINDS, keys, proof)
        attached: tuple[Sbom | Provenance | Signature, ...] = (*proof.sboms, *proof.provenances, *proof.signatures)
        documents = await self._documents(self.proofs, service, {each.hash for each in attached})
        items = [self._document(each, number, keys, documents[each.hash]) for number, each in enumerate(attached, 1)]
        lacking = [kind for kind in _KINDS if kind not in {item.kind for item in items}]
        nothing = Absent(f"such document attached to {service} {version}")
        return (self._verified(proof, keys), *items, *self._none(lacking, keys, nothing))

    async def _documents(self, proofs: Proofs, service: str, hashes: set[str]) -> dict[str, bytes | Absent | Unread]:
        """Each once, although one document may carry several statements."""
        wanted = sorted(hashes)
        reads = (self.deadline.read(f"the document {hash_[:19]}…", proofs.document, service, hash_) for hash_ in wanted)
        return dict(zip(wanted, await asyncio.gather(*reads), strict=True))

    def _verified(self, proof: Proof, keys: Mapping[str, str]) -> Item:
        title, name = "what was verified, and by whose signature", "registry/verified.json"
        return Item(EvidenceClass.PROVENANCE, title, name, self.source, keys, self.clock.now(), as_json(proof))

    def _document(
        self, each: Sbom | Provenance | Signature, number: int, keys: Mapping[str, str], content: bytes | Absent | Unread
    ) -> Item:
        trail = frozenset[Trail]()
        if isinstance(each, Sbom):
            kind, word, title = EvidenceClass.SBOM, "sbom", f"{each.format.value} {each.version}, {each.components} components"
        elif isinstance(each, Provenance):
            kind, word, title = EvidenceClass.PROVENANCE, "provenance", f"provenance by {each.builder}"
            trail = frozenset({Trail.PROVENANCE})
        else:
            kind, word, title = EvidenceClass.PROVENANCE, "signature", "signature over the digest"
        name, keys = f"registry/{number:02d}-{word}.json", {**keys, "hash": each.hash}
        return Item(kind, title, name, self.source, keys, self.clock.now(), content, url=each.url, trail=trail)

    def _none(self, kinds: Iterable[EvidenceClass], keys: Mapping[str, str], why: Absent | Unread) -> tuple[Item, ...]:
        def item(kind: EvidenceClass) -> Item:
            trail = frozenset({Trail.PROVENANCE}) if kind is EvidenceClass.PROVENANCE else frozenset[Trail]()
            name = f"registry/{kind.value.lower()}.json"
            return Item(kind, f"the {kind.value}", name, self.source, keys, self.clock.now(), why, trail=trail)

        return tuple(map(item, kinds))
