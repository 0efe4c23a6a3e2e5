"""What the demo's registry holds: manifests and blobs as files by digest, and tags that name them.

Invariant: content is found by its own hash and by nothing else; what no longer has it is not given out.

Source: OCI Image Specification 1.1, "Image Manifest" and "Guidelines for Artifact Usage".
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter

from bot.adapters.registry import REVISION
from bot.adapters.registry_wire import Manifest, digest_of, is_digest
from bot.demo.files import write

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_EMPTY = "application/vnd.oci.empty.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_TAGS = TypeAdapter(dict[str, str])


@dataclass(frozen=True, slots=True)
class RegistryStore:
    """One repository of a registry. Every method blocks; call it from a thread.

    Args:
        root: its folder.
    """

    root: Path

    # ------------------------------------------------------------ pulling

    def manifest(self, reference: str) -> bytes | None:
        """The bytes of a manifest, by tag or by digest; None when there is none."""
        return self._read("manifests", self._tags().get(reference, reference))

    def blob(self, digest: str) -> bytes | None:
        """A blob; None when there is none."""
        return self._read("blobs", digest)

    def artifact(self, digest: str) -> tuple[bytes, bytes]:
        """The manifest of an artifact and its one layer, as `push` took it.

        Raises:
            OSError: when a part is missing or changed.
        """
        manifest = self.manifest(digest)
        content = self.blob(layer_of(manifest)) if manifest else None
        if manifest is None or content is None:
            raise OSError(f"a part of {digest} is missing or changed")
        return manifest, content

    def referrers(self, digest: str) -> list[dict[str, object]]:
        """Descriptors of all manifests that refer to this one."""
        found = []
        for content in self._manifests():
            manifest = Manifest.model_validate_json(content)
            if manifest.subject and manifest.subject.digest == digest:
                found.append(_descriptor(MANIFEST, content) | {"artifactType": manifest.artifact_type})
        return found

    # ------------------------------------------------------------ pushing

    def push(self, content: bytes, *, commit: str, tag: str) -> str:
        """Push an artifact of one layer; the digest of its manifest.

        Args:
            content: the layer.
            commit: that it was built from.
            tag: names it from now on.
        """
        config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Labels": {REVISION: commit}}}).encode()
        parts = {"config": self._blob(_CONFIG, config), "layers": [self._blob(_LAYER, content)], "annotations": {REVISION: commit}}
        digest = self._manifest(parts)
        write(self.root / "tags.json", json.dumps(self._tags() | {tag: digest}, indent=1).encode())
        return digest

    def attach(self, subject: str, content: bytes, kind: str) -> str:
        """Push something that refers to an artifact; the digest of its manifest.

        Args:
            subject: the artifact's digest.
            content: the document.
            kind: its media type.
        """
        about, _ = self.artifact(subject)
        layer = self._blob(kind, content)
        return self._manifest(
            {"artifactType": kind, "config": self._blob(_EMPTY, b"{}"), "layers": [layer], "subject": _descriptor(MANIFEST, about)}
        )

    # ------------------------------------------------------------ the files

    def _read(self, folder: str, digest: str) -> bytes | None:
        path = self.root / folder / digest.removeprefix("sha256:")
        if not is_digest(digest) or not path.exists():
            return None
        content = path.read_bytes()
        return content if digest_of(content) == digest else None

    def _manifests(self) -> Iterator[bytes]:
        names = sorted(path.name for path in (self.root / "manifests").glob("*"))
        return (content for name in names if (content := self.manifest(f"sha256:{name}")))

    def _tags(self) -> dict[str, str]:
        path = self.root / "tags.json"
        return _TAGS.validate_json(path.read_bytes()) if path.exists() else {}

    def _blob(self, kind: str, content: bytes) -> dict[str, object]:
        write(self.root / "blobs" / digest_of(content).removeprefix("sha256:"), content)
        return _descriptor(kind, content)

    def _manifest(self, parts: Mapping[str, object]) -> str:
        content = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, **parts}).encode()
        write(self.root / "manifests" / digest_of(content).removeprefix("sha256:"), content)
        return digest_of(content)


def layer_of(manifest: bytes) -> str:
    """The digest of an artifact's one layer, as its manifest names it.

    Raises:
        ValueError: it is no such manifest.
    """
    layers = Manifest.model_validate_json(manifest).layers
    if not layers:
        raise ValueError("the manifest names no layer")
    return layers[0].digest


def _descriptor(kind: str, content: bytes) -> dict[str, object]:
    return {"mediaType": kind, "digest": digest_of(content), "size": len(content)}
