"""What is attached to an artifact to prove where it comes from and what is in it (EVD-09, EVD-10, EVD-11, EVD-27).

Invariant: a `Provenance`, a `Signature` and a signed `Sbom` exist only when their signature was verified against what the
configuration pins; what failed is an `Invalid` that says why, and never looks like one of the others.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class PinnedKey:
    """A public key that the configuration pins made the signature.

    Args:
        fingerprint: `sha256:` and the hash of the key's SubjectPublicKeyInfo (DER), 64 hex digits.
    """

    fingerprint: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody whom a certificate authority of the pinned trust root knows by this name made the signature.

    Args:
        name: the certificate's subject alternative name, as the configuration demands it; for a workflow its address and ref.
        issuer: who vouched for the name (the OIDC issuer).
        signed: when, UTC, as the transparency log or a timestamp authority proves it.
        root_as_of: the day on which the trust root was fetched; keys withdrawn since are still trusted, so people see its age.
    """

    name: str
    issuer: str
    signed: datetime
    root_as_of: date


Signer = PinnedKey | Identity


class SbomFormat(StrEnum):
    """The two formats of a software bill of materials that are read."""

    CYCLONEDX = "CycloneDX"
    SPDX = "SPDX"


@dataclass(frozen=True, slots=True)
class Sbom:
    """A bill of materials for exactly one digest (EVD-09).

    Args:
        format, version: `CycloneDX` and `1.6`, `SPDX` and `2.3`.
        digest: of the artifact that it is attached to: `sha256:` and 64 hex digits.
        named: whether the document itself names that digest, or that of one of its platforms. When False, the binding is the
            registry's alone, or the signer's.
        components: how many it lists, at any depth.
        hash: of the stored document, `sha256:` and 64 hex digits; it cannot change under that name.
        url: where the document can be read.
        signer: who signed it; None when nobody did.
    """

    format: SbomFormat
    version: str
    digest: str
    named: bool
    components: int
    hash: str
    url: str
    signer: Signer | None


@dataclass(frozen=True, slots=True)
class Provenance:
    """A verified statement of how one digest was built (EVD-10, EVD-27).

    Args:
        predicate: the statement's predicate type, `https://slsa.dev/provenance/v1`.
        digest: of the artifact that was built.
        commit: 40 hex digits.
        repository: from where, `https://github.com/octo/api`; the one that the configuration demands.
        ref: the git ref that was built, `refs/tags/v1.4.0`, when it says one.
        builder: the URI of the build platform.
        run: the builder's name of the run, when it says one.
        started, finished: of the build, UTC, when it says so.
        dependencies: how many resolved dependencies it lists.
        signer: whose signature was verified.
        hash, url: of the stored attestation, as in `Sbom`.
    """

    predicate: str
    digest: str
    commit: str
    repository: str
    ref: str | None
    builder: str
    run: str | None
    started: datetime | None
    finished: datetime | None
    dependencies: int
    signer: Signer
    hash: str
    url: str


@dataclass(frozen=True, slots=True)
class Signature:
    """A verified signature over the digest itself, without further statements (EVD-11).

    Args:
        digest: of the artifact that was signed.
        signer: whose signature was verified.
        hash, url: of the stored signature, as in `Sbom`.
    """

    digest: str
    signer: Signer
    hash: str
    url: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A verified statement about the digest of a type that has no rule of its own (EVD-02).

    Args:
        predicate: its type, like `https://in-toto.io/attestation/test-result/v0.1`.
        digest: of the artifact.
        result: as the predicate tells it; None when it tells none.
        signer: whose signature was verified.
        hash, url: of the stored attestation, as in `Sbom`.
    """

    predicate: str
    digest: str
    result: str | None
    signer: Signer
    hash: str
    url: str


@dataclass(frozen=True, slots=True)
class Invalid:
    """Something that is attached but proves nothing.

    Args:
        what: a noun phrase ("the attestation sha256:1f0c…").
        why: a clause whose subject is "it", for people.
    """

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Proof:
    """Everything that is attached to one digest and is understood; empty when nothing is.

    Args:
        digest: of the artifact.
        sboms, provenances, signatures, statements: what holds.
        invalid: what does not; anybody who may push can add to it, so it never takes away from what holds.
    """

    digest: str
    sboms: tuple[Sbom, ...] = ()
    provenances: tuple[Provenance, ...] = ()
    signatures: tuple[Signature, ...] = ()
    invalid: tuple[Invalid, ...] = ()
    statements: tuple[Statement, ...] = ()
