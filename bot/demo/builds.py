"""The demo's build: from a signed tag to an artifact in the registry, with everything that proves where it comes from.

Invariant: one tag always builds to the same bytes, and nothing is attached that was not made from them unless the demo asks for it.
"""

import asyncio
import gzip
import io
import tarfile
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bot.adapters.generic_wire import ArtifactBody
from bot.demo import statements
from bot.demo.ci_runs import Shop
from bot.demo.repository import Repository
from bot.demo.statements import DSSE, Built


class Builds:
    """Builds one service.

    Args:
        repository: where its tags are.
        root: the demo CI's folder.
        name: of what is built, as the registry has it: `acme/api`.
        source: the repository's address in provenance: `https://github.com/acme/api`.
        now: the present moment, aware.
        key: that this CI signs with; a new one when left out.

    Attributes:
        public_key: of the key that this CI signs with, PEM; a policy pins it.
    """

    def __init__(
        self, repository: Repository, root: Path, name: str, source: str, now: Callable[[], datetime], key: Ed25519PrivateKey | None = None
    ) -> None:
        self._repository, self._shop, self._name, self._source, self._now = repository, Shop(root, frozenset()), name, source, now
        self._key = key or Ed25519PrivateKey.generate()
        self.public_key = self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    async def build(self, service: str, version: str, *, sbom_of: str | None = None) -> ArtifactBody:
        """Build the tree at a tag, push it with its SBOM, provenance and signature, and enter it in the demo CI's index.

        Args:
            service: name in the policy file.
            version: a tag of the repository.
            sbom_of: another digest, which the SBOM then names: a mistake for the demo.
        """
        began = self._now()
        commit, tree = await asyncio.gather(self._repository.commit_of(version), self._repository.archive(version))
        content = await asyncio.to_thread(packed, tree)
        registry = self._shop.registry(service)
        digest = await asyncio.to_thread(registry.push, content, commit=commit, tag=version)
        built = Built(self._name, digest, self._source, version, commit, began, self._now())
        bill = statements.sbom(replace(built, digest=sbom_of) if sbom_of else built, content, self._key)
        for document in (bill, statements.provenance(built, self._key), statements.signature(built, self._key)):
            await asyncio.to_thread(registry.attach, digest, document, DSSE)
        authors = await self._repository.authors(version)
        artifact = ArtifactBody(service=service, version=version, digest=digest, commit=commit, authors=authors)
        await asyncio.to_thread(self._shop.register, artifact)
        return artifact

    async def attach_sbom(self, built: ArtifactBody) -> None:
        """Attach an SBOM that names the artifact itself, beside what is attached already."""
        registry = self._shop.registry(built.service)
        _, content = await asyncio.to_thread(registry.artifact, built.digest)
        about = Built(self._name, built.digest, self._source, built.version, built.commit, self._now(), self._now())
        await asyncio.to_thread(registry.attach, built.digest, statements.sbom(about, content, self._key), DSSE)


def packed(tree: bytes) -> bytes:
    """The files of a tar file as a gzipped one that is always the same: sorted names, one owner, one time, two modes."""
    artifact = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(tree)) as source,
        gzip.GzipFile(filename="", mode="wb", fileobj=artifact, mtime=0) as squeezed,
        tarfile.open(fileobj=squeezed, mode="w", format=tarfile.USTAR_FORMAT) as target,
    ):
        for member in sorted((m for m in source.getmembers() if m.isfile()), key=lambda m: m.name):
            plain = tarfile.TarInfo(member.name)
            plain.size, plain.mode = member.size, 0o755 if member.mode & 0o100 else 0o644
            target.addfile(plain, source.extractfile(member))
    return artifact.getvalue()
