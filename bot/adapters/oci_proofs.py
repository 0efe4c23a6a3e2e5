"""What an OCI registry holds about an artifact besides the artifact: SBOMs, provenance and signatures, verified (EVD-09 … EVD-11).

Invariant: an answer is complete. When anything that is attached cannot be read, everything is `Unread`, so that no proof can be hidden
by a broken read; what can be read but proves nothing is `Invalid` and takes nothing away from the rest.

Source: OCI Distribution Specification 1.1, "Listing Referrers" and "Referrers Tag Schema"; OCI Image Specification 1.1, "Guidelines for
Artifact Usage"; cosign "Bundle specification" (bundles as referrers) and "Signature specification" (the tags `.att` and `.sig`).
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.adapters import attestations, slsa
from bot.adapters.attestations import Attached, Found, Trust
from bot.adapters.reading import UnreadError, together
from bot.adapters.referrers import referring, tagged
from bot.adapters.registry_auth import Login
from bot.adapters.registry_pull import Pull, Registry
from bot.adapters.registry_wire import Descriptor, Manifest, is_digest
from bot.adapters.transport import Transport
from guards.provenance import Invalid, Proof, Provenance, Sbom, Signature, Statement
from guards.unread import Absent, Unread

MAX_DOCUMENT = 16 * 1024 * 1024
"""Bytes of one SBOM or attestation. Those of large images have a few MiB."""

_MAX_ATTACHED = 64
_MAX_PARTS = 20
_MAX_LAYERS = 256
_KEPT = 512
_BUNDLE = "application/vnd.dev.sigstore.bundle"
_SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
_SIMPLE_SIGNATURE = "dev.cosignproject.cosign/signature"
_FORMS: Mapping[str, Callable[[Attached], list[Found]]] = {
    "application/vnd.cyclonedx+json": attestations.sbom,
    "application/spdx+json": attestations.sbom,
    "text/spdx+json": attestations.sbom,
    "application/vnd.dsse.envelope.v1+json": attestations.envelope,
    "application/vnd.in-toto+json": attestations.envelope,
}


@dataclass(frozen=True, slots=True)
class _Subject:
    """The artifact that is asked about; `digests` holds its platforms' too."""

    trust: Trust
    version: str
    digest: str
    digests: frozenset[str]


class OciProofs:
    """Implements the `Proofs` port for one registry.

    What was verified is kept by digest: neither the attachment nor its signature can change under it.

    Args:
        transport, base, repositories, login, elapsed: as in `Registry`.
        trust: service to what its attestations have to fulfil.
        total: seconds for one whole answer.

    Raises:
        ValueError: when a setting cannot be right.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        base: str,
        repositories: Mapping[str, str],
        trust: Mapping[str, Trust],
        login: Login | None = None,
        elapsed: Callable[[], float] = time.monotonic,
        total: float = 30.0,
    ) -> None:
        for service, wanted in trust.items():
            if slsa.repository(wanted.source) != wanted.source:
                raise ValueError(f"the source of {service} must be like https://github.com/octo/api")
            if not wanted.signers:
                raise ValueError(f"{service} names nobody whose signature counts")
        self._registry = Registry(transport, base=base, repositories=repositories, login=login, elapsed=elapsed)
        self._trust, self._total = dict(trust), total
        self._kept: OrderedDict[tuple[str, _Subject, str, bool], tuple[Found, ...]] = OrderedDict()

    async def find(self, service: str, version: str, digest: str) -> Proof | Absent | Unread:
        """See `Proofs.find`."""
        what = f"what is attached to {service} {version} at {self._registry.host}"
        trust = self._trust.get(service)
        if trust is None:
            return Unread(what, "nobody is configured whose signature counts for this service")
        if not is_digest(digest):
            return Unread(what, "its digest is not SHA-256")
        try:
            async with asyncio.timeout(self._total):
                return await self._find(self._registry.pull(service, what), trust, service, version, digest)
        except UnreadError as failed:
            return failed.unread
        except TimeoutError:
            return Unread(what, f"no complete answer within {self._total:g} s")

    async def document(self, service: str, hash: str) -> bytes | Absent | Unread:  # noqa: A002
        """See `Proofs.document`. The registry's answer is believed only when its bytes have this hash."""
        what = f"the document {hash[:19]}… of {service} at {self._registry.host}"
        try:
            async with asyncio.timeout(self._total):
                answer = await self._registry.pull(service, what).blob(hash, MAX_DOCUMENT)
        except UnreadError as failed:
            return failed.unread
        except TimeoutError:
            return Unread(what, f"no complete answer within {self._total:g} s")
        return Absent(what.removeprefix("the ")) if answer is None else answer.body

    async def retrievable(self, service: str, digest: str) -> bool | Unread:
        """See `Proofs.retrievable`. Layers and configurations are asked for, not read."""
        what = f"whether {digest[:19]}… of {service} is still at {self._registry.host}"
        try:
            async with asyncio.timeout(self._total):
                return await _whole(self._registry.pull(service, what), digest)
        except UnreadError as failed:
            return failed.unread
        except TimeoutError:
            return Unread(what, f"no complete answer within {self._total:g} s")

    async def _find(self, pull: Pull, trust: Trust, service: str, version: str, digest: str) -> Proof | Absent:
        manifest = await pull.by_digest(digest)
        if manifest is None:
            return Absent(f"artifact of {service} {version} with the digest {digest} at {self._registry.host}")
        subject = _Subject(trust, version, digest, frozenset({digest, *(each.digest for each in manifest.platforms())}))
        referrers, *older = await together([referring(pull, digest), tagged(pull, digest, "att"), tagged(pull, digest, "sig")])
        known = dict(older[0] + older[1] + referrers)  # a referrer that is tagged too is a referrer
        if len(known) > _MAX_ATTACHED:
            raise pull.failed(f"more than {_MAX_ATTACHED} things are attached to it")
        found = [each for some in await together([self._examine(pull, subject, *one) for one in known.items()]) for each in some]
        return Proof(
            digest,
            sboms=tuple(each for each in found if isinstance(each, Sbom)),
            provenances=tuple(each for each in found if isinstance(each, Provenance)),
            signatures=tuple(each for each in found if isinstance(each, Signature)),
            invalid=tuple(each for each in found if isinstance(each, Invalid)),
            statements=tuple(each for each in found if isinstance(each, Statement)),
        )

    async def _examine(self, pull: Pull, subject: _Subject, digest: str, manifest: Manifest | None) -> tuple[Found, ...]:
        """What one attached manifest proves.

        Args:
            pull, subject: what is asked.
            digest: of the manifest.
            manifest: when it was already read, because a tag named it; else its `subject` has to be the artifact.
        """
        by_tag = manifest is not None
        key = (pull.url, subject, digest, by_tag)  # two services may share a repository and trust others
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        if manifest is None:
            manifest = await pull.by_digest(digest)
            if manifest is None:
                return (Invalid(attestations.named(digest), "it is listed, but the registry no longer has it"),)
            if manifest.subject is None or manifest.subject.digest != subject.digest:
                refers = manifest.subject.digest if manifest.subject and is_digest(manifest.subject.digest) else "nothing"
                return (Invalid(attestations.named(digest), f"it refers to {refers}, not to this artifact"),)
        parts = manifest.layers or []
        if len(parts) > _MAX_PARTS:
            return (Invalid(attestations.named(digest), f"it has more than {_MAX_PARTS} parts"),)
        kind = manifest.artifact_type or (manifest.config.media_type if manifest.config else "")
        found = tuple(each for some in await together([_part(pull, subject, kind, part, by_tag) for part in parts]) for each in some)
        self._kept[key] = found
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return found


async def _part(pull: Pull, subject: _Subject, kind: str, part: Descriptor, by_tag: bool) -> list[Found]:
    form = _form(part.media_type) or _form(kind)
    signature = (part.annotations or {}).get(_SIMPLE_SIGNATURE, "") if part.media_type == _SIMPLE else None
    if form is None and signature is None:
        return []
    if by_tag and form is attestations.sbom:
        return [Invalid(attestations.named(part.digest), "nothing but a tag, which can be moved, says that it belongs to this artifact")]
    if part.size > MAX_DOCUMENT:
        return [Invalid(attestations.named(part.digest), f"it is larger than {MAX_DOCUMENT // 1024**2} MiB")]
    answer = await pull.blob(part.digest, MAX_DOCUMENT)
    if answer is None:
        raise pull.failed("a part of it is missing from the registry (404)")
    url = f"{pull.url}/blobs/{part.digest}"
    attached = Attached(subject.trust, subject.version, subject.digest, subject.digests, part.digest, url, answer.body)
    if signature is not None:
        return await asyncio.to_thread(attestations.simple, attached, signature)
    assert form is not None
    return await asyncio.to_thread(form, attached)


def _form(media_type: str) -> Callable[[Attached], list[Found]] | None:
    return attestations.bundle if media_type.startswith(_BUNDLE) else _FORMS.get(media_type)


async def _whole(pull: Pull, digest: str) -> bool:
    """Whether a manifest and everything that a pull of it would fetch are there."""
    manifest = await pull.by_digest(digest)
    if manifest is None:
        return False
    images = [manifest] if manifest.manifests is None else [image for _, image in await pull.platforms(manifest)]
    wanted: set[str] = set()
    for image in images:
        if image is None:
            return False
        parts = [image.config] if image.config else []
        # Layers that may not be distributed are fetched from their makers, whatever the registry holds.
        parts += [each for each in image.layers or [] if not re.search("nondistributable|foreign", each.media_type)]
        wanted |= {each.digest for each in parts}
    if len(wanted) > _MAX_LAYERS:
        raise pull.failed(f"it has more than {_MAX_LAYERS} layers")
    return all(await together([pull.has_blob(each) for each in sorted(wanted)]))
