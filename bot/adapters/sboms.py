"""Reads a software bill of materials: CycloneDX JSON or SPDX 2 JSON (EVD-09).

Invariant: a document that names another artifact than the one it is attached to is `Misfit`, never an SBOM of this one.

Source: CycloneDX 1.x JSON, `metadata.component`; SPDX 2.x JSON, `DESCRIBES`; Package URL type `oci`.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from guards.provenance import SbomFormat

_NAMED = re.compile(r"sha256(?::|%3[Aa])([0-9a-f]{64})(?![0-9a-f])")
_HEX = re.compile(r"[0-9a-fA-F]{64}")
_Version = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,3}\.[0-9]{1,3}(?:\.[0-9]{1,3})?$")]


class _Model(BaseModel):
    model_config = ConfigDict(populate_by_name=True)


class _CycloneHash(_Model):
    alg: str
    content: str


class _Component(_Model):
    name: str
    version: str = ""
    purl: str = ""
    hashes: list[_CycloneHash] = []
    components: list["_Component"] = []

    def digests(self) -> Iterator[str]:
        yield from _NAMED.findall(f"{self.version} {self.purl}")
        yield from (each.content.lower() for each in self.hashes if each.alg == "SHA-256" and _HEX.fullmatch(each.content))


class _Metadata(_Model):
    component: _Component | None = None


class CycloneDx(_Model):
    """A CycloneDX document; only what is needed."""

    kind: Literal["CycloneDX"] = Field(alias="bomFormat")
    spec: _Version = Field(alias="specVersion")
    metadata: _Metadata = _Metadata()
    components: list[_Component] = []

    def digests(self) -> set[str]:
        """The SHA-256 hashes, 64 hex digits, by which it names what it describes."""
        return set(self.metadata.component.digests()) if self.metadata.component else set()

    def count(self) -> int:
        """How many components it lists, at any depth."""
        waiting, seen = [self.components, self.metadata.component.components if self.metadata.component else []], 0
        while waiting:
            for each in waiting.pop():
                seen += 1
                waiting.append(each.components)
        return seen


class _Checksum(_Model):
    algorithm: str
    value: str = Field(alias="checksumValue")


class _Reference(_Model):
    locator: str = Field(alias="referenceLocator")


class _Package(_Model):
    id: str = Field(alias="SPDXID")
    name: str
    version: str = Field(default="", alias="versionInfo")
    checksums: list[_Checksum] = []
    references: list[_Reference] = Field(default=[], alias="externalRefs")

    def digests(self) -> Iterator[str]:
        yield from _NAMED.findall(" ".join((self.version, *(each.locator for each in self.references))))
        yield from (each.value.lower() for each in self.checksums if each.algorithm == "SHA256" and _HEX.fullmatch(each.value))


class _Relation(_Model):
    one: str = Field(alias="spdxElementId")
    kind: str = Field(alias="relationshipType")
    other: str = Field(alias="relatedSpdxElement")


class Spdx(_Model):
    """An SPDX 2 document; only what is needed."""

    id: str = Field(alias="SPDXID")
    spec: Annotated[str, StringConstraints(pattern=r"^SPDX-2\.[0-9]{1,2}$")] = Field(alias="spdxVersion")
    packages: list[_Package] = []
    relations: list[_Relation] = Field(default=[], alias="relationships")
    describes: list[str] = Field(default=[], alias="documentDescribes")

    def _described(self) -> list[_Package]:
        ids = {*self.describes, *(r.other for r in self.relations if r.kind == "DESCRIBES" and r.one == self.id)}
        ids |= {r.one for r in self.relations if r.kind == "DESCRIBED_BY" and r.other == self.id}
        return [package for package in self.packages if package.id in ids]

    def digests(self) -> set[str]:
        """The SHA-256 hashes, 64 hex digits, by which it names what it describes."""
        return {digest for package in self._described() for digest in package.digests()}

    def count(self) -> int:
        """How many packages it lists, without those that it describes as a whole."""
        return len(self.packages) - len(self._described())


Document = CycloneDx | Spdx
_DOCUMENT: TypeAdapter[Document] = TypeAdapter(Document)


class Contents(NamedTuple):
    """What a bill of materials says.

    Args:
        format, version: as in `Sbom`.
        named: whether it names the artifact's digest.
        components: how many it lists.
    """

    format: SbomFormat
    version: str
    named: bool
    components: int


@dataclass(frozen=True, slots=True)
class Misfit:
    """A document that is no bill of materials of this artifact.

    Args:
        why: a clause whose subject is "it", for people.
    """

    why: str


def read(content: bytes) -> Document | Misfit:
    """A stored document.

    Args:
        content: JSON.
    """
    try:
        return _DOCUMENT.validate_json(content)
    except ValidationError:
        return Misfit("it is neither CycloneDX JSON nor SPDX 2 JSON")


def contents(document: Document, digests: Collection[str]) -> Contents | Misfit:
    """What a document says about an artifact, or that it is about another one.

    Args:
        document: as read.
        digests: of the artifact and, when it is an index, of its platforms: `sha256:…`.
    """
    named = {f"sha256:{each}" for each in document.digests()}
    if named and not named & set(digests):
        return Misfit(f"it describes {min(named)}, which is not this artifact")
    if isinstance(document, CycloneDx):
        return Contents(SbomFormat.CYCLONEDX, document.spec, bool(named), document.count())
    return Contents(SbomFormat.SPDX, document.spec.removeprefix("SPDX-"), bool(named), document.count())
