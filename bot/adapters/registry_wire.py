"""What an OCI registry says: manifests, indexes, descriptors and errors, as far as they are needed.

Invariant: these only read; surplus fields are ignored, as both specifications ask.

Source: OCI Image Specification 1.1, "Image Manifest", "Image Index", "Descriptor"; OCI Distribution Specification 1.1, "Error Codes".
"""

import hashlib
import re
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from bot.adapters.answers import Answer, parse

INDEXES = frozenset({"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"})
MANIFESTS = frozenset({"application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"})
ACCEPT: Mapping[str, str] = {"Accept": ", ".join(sorted(INDEXES | MANIFESTS))}
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# Manifests that describe another one (provenance, SBOM) stand in the same index as the platforms.
_ATTESTATION = "vnd.docker.reference.type"


_ABSENT = frozenset({"MANIFEST_UNKNOWN", "BLOB_UNKNOWN", "NAME_UNKNOWN"})


class Descriptor(BaseModel):
    """What a manifest says of another thing; only what is needed."""

    model_config = ConfigDict(populate_by_name=True)
    digest: str
    media_type: str = Field(default="", alias="mediaType")
    size: int = 0
    annotations: dict[str, str] | None = None


class Manifest(BaseModel):
    """An image manifest or an index; only what is needed of either."""

    model_config = ConfigDict(populate_by_name=True)
    media_type: str | None = Field(default=None, alias="mediaType")
    artifact_type: str | None = Field(default=None, alias="artifactType")
    annotations: dict[str, str] | None = None
    config: Descriptor | None = None
    layers: list[Descriptor] | None = None
    manifests: list[Descriptor] | None = None
    subject: Descriptor | None = None

    def platforms(self) -> list[Descriptor]:
        """The images of an index, without what only describes them."""
        return [each for each in self.manifests or [] if _ATTESTATION not in (each.annotations or {})]


class _Error(BaseModel):
    code: str


class _Errors(BaseModel):
    errors: list[_Error]


def digest_of(content: bytes) -> str:
    """`sha256:` and the hash."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def is_digest(text: str) -> bool:
    """Whether it is a SHA-256 digest as registries write it."""
    return bool(_DIGEST.fullmatch(text))


def says_absent(answer: Answer) -> bool:
    """Whether a 404 says in a registry's own words that there is no such manifest, blob or repository."""
    errors = parse(_Errors, "", answer)
    return isinstance(errors, _Errors) and any(error.code in _ABSENT for error in errors.errors)
