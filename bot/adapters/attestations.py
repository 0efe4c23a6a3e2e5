"""Reads what is attached to an artifact: in-toto statements in DSSE envelopes or sigstore bundles, and plain SBOMs (EVD-09, EVD-10).

Invariant: a statement is believed only after its signature was verified, only about a digest that it names as its subject, and a
provenance only when it says that the configured repository was built.

Source: in-toto Attestation Framework 1.0 (Statement v0.1 and v1); SLSA Provenance v0.2 and v1; cosign "Bundle specification" and
"Signature specification".
"""

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from bot.adapters import sboms, slsa
from bot.adapters.answers import plain
from bot.adapters.documents import document
from bot.adapters.signatures import STATEMENT_TYPE, Bytes, Envelope, Signed, Signers, Unverified, Verified
from guards.provenance import Invalid, Provenance, Sbom, Signature, Signer, Statement

Found = Sbom | Provenance | Signature | Statement | Invalid

COSIGN_SIGN = "https://sigstore.dev/cosign/sign/v1"
_SBOMS = ("https://cyclonedx.org/bom", "https://spdx.dev/Document")
_MAX_SUBJECTS = 1000


@dataclass(frozen=True, slots=True)
class Trust:
    """What an attestation of a service has to fulfil.

    Args:
        source: the repository that has to be built, `https://github.com/octo/api`.
        signers: any one of them has to have signed.
    """

    source: str
    signers: tuple[Signers, ...]

    def verify(self, signed: Signed, version: str) -> Verified | Unverified:
        """Ask one after the other."""
        reasons = []
        for signers in self.signers:
            answer = signers.verify(signed, version)
            if isinstance(answer, Verified):
                return answer
            reasons.append(answer.why)
        return Unverified("; ".join(dict.fromkeys(reasons)) or "no signer is configured for this service")


@dataclass(frozen=True, slots=True)
class Attached:
    """Something that is attached, and to what.

    Args:
        service's `trust`, `version`: what it has to fulfil.
        digest: of the artifact.
        digests: of the artifact and, when it is an index, of its platforms.
        hash, url: its own; see `Sbom`.
        content: its bytes.
    """

    trust: Trust
    version: str
    digest: str
    digests: frozenset[str]
    hash: str
    url: str
    content: bytes

    def invalid(self, why: str) -> Invalid:
        """It proves nothing."""
        return Invalid(named(self.hash), why)


def named(digest: str) -> str:
    """A noun phrase for something that is attached."""
    return f"the attachment {digest[: len('sha256:') + 12]}…"


# ---------------------------------------------------------------- forms


def sbom(attached: Attached) -> list[Found]:
    """A plain document, which nobody signed."""
    return [_sbom(attached, sboms.read(attached.content), None)]


def envelope(attached: Attached) -> list[Found]:
    """A statement in a DSSE envelope, with a signature by a key."""
    found = document(Envelope, attached.content)
    if isinstance(found, str):
        return [attached.invalid(f"it is no signed envelope: {found}")]
    return _statement(attached, found, Signed.enveloped(found))


class _Bundle(BaseModel):
    envelope: Envelope | None = Field(default=None, alias="dsseEnvelope")


def bundle(attached: Attached) -> list[Found]:
    """A statement in a sigstore bundle."""
    found = document(_Bundle, attached.content)
    if isinstance(found, str):
        return [attached.invalid(f"it is no sigstore bundle: {found}")]
    if found.envelope is None:
        return [attached.invalid("its sigstore bundle carries no signed statement")]
    return _statement(attached, found.envelope, Signed.enveloped(found.envelope, attached.content))


class _Image(BaseModel):
    digest: str = Field(alias="docker-manifest-digest")


class _Critical(BaseModel):
    image: _Image
    type: Literal["cosign container image signature", "atomic container signature"]


class _Simple(BaseModel):
    critical: _Critical


class _Annotation(BaseModel):
    signature: Bytes


def simple(attached: Attached, signature: str) -> list[Found]:
    """The older form of cosign: a payload that names the digest, its signature in an annotation.

    Args:
        attached: the payload.
        signature: base64.
    """
    try:
        raw = _Annotation.model_validate({"signature": signature}).signature
    except ValidationError:
        return [attached.invalid("its signature is not base64")]
    answer = attached.trust.verify(Signed(attached.content, attached.content, (raw,)), attached.version)
    if isinstance(answer, Unverified):
        return [attached.invalid(answer.why)]
    found = document(_Simple, answer.content)
    if isinstance(found, str):
        return [attached.invalid(f"it is no signature of an image: {found}")]
    if found.critical.image.digest != attached.digest:
        return [attached.invalid(f"it signs {plain(found.critical.image.digest)}, which is not this artifact")]
    return [Signature(attached.digest, answer.signer, attached.hash, attached.url)]


# ---------------------------------------------------------------- statements


class _Subject(BaseModel):
    digest: dict[str, str]


class _Statement(BaseModel):
    type: Literal["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"] = Field(alias="_type")
    subject: list[_Subject] = Field(min_length=1, max_length=_MAX_SUBJECTS)
    predicate_type: str = Field(alias="predicateType")


def _statement(attached: Attached, envelope: Envelope, signed: Signed) -> list[Found]:
    if envelope.payload_type != STATEMENT_TYPE:
        return [attached.invalid("its envelope carries no in-toto statement")]
    answer = attached.trust.verify(signed, attached.version)
    if isinstance(answer, Unverified):
        return [attached.invalid(answer.why)]
    statement = document(_Statement, answer.content)
    if isinstance(statement, str):
        return [attached.invalid(f"it is no in-toto statement: {statement}")]
    subjects = [f"sha256:{each.digest.get('sha256', '')}" for each in statement.subject]
    if attached.digest not in subjects:
        return [attached.invalid(f"it is about {plain(subjects[0])}, which is not this artifact")]
    kind = statement.predicate_type
    if kind in slsa.KINDS:
        return [_provenance(attached, answer, kind)]
    if kind == COSIGN_SIGN:
        return [Signature(attached.digest, answer.signer, attached.hash, attached.url)]
    if kind.startswith(_SBOMS):
        return [_sbom(attached, _predicate(answer.content), answer.signer)]
    result = document(_Results, answer.content)
    if isinstance(result, str):
        return [attached.invalid(f"its result is none: {result}")]
    said = result.predicate.result if isinstance(result.predicate, _Result) else None
    return [Statement(kind, attached.digest, said, answer.signer, attached.hash, attached.url)]


class _Result(BaseModel):
    result: str | None = Field(default=None, max_length=40)


class _Results(BaseModel):
    predicate: _Result | None = None


class _Sboms(BaseModel):
    predicate: sboms.Document


def _predicate(content: bytes) -> sboms.Document | sboms.Misfit:
    found = document(_Sboms, content)
    return sboms.Misfit("its statement holds neither CycloneDX JSON nor SPDX 2 JSON") if isinstance(found, str) else found.predicate


def _sbom(attached: Attached, found: sboms.Document | sboms.Misfit, signer: Signer | None) -> Found:
    read = found if isinstance(found, sboms.Misfit) else sboms.contents(found, attached.digests)
    if isinstance(read, sboms.Misfit):
        return attached.invalid(read.why)
    return Sbom(read.format, read.version, attached.digest, read.named, read.components, attached.hash, attached.url, signer)


def _provenance(attached: Attached, answer: Verified, kind: str) -> Found:
    build = slsa.read(kind, answer.content, attached.trust.source)
    if isinstance(build, str):
        return attached.invalid(build)
    return Provenance(
        predicate=kind,
        digest=attached.digest,
        commit=build.commit,
        repository=attached.trust.source,
        ref=build.ref,
        builder=build.builder,
        run=build.run,
        started=build.started,
        finished=build.finished,
        dependencies=build.dependencies,
        signer=answer.signer,
        hash=attached.hash,
        url=attached.url,
    )
