"""What an OCI registry holds about an artifact, believed only as far as it is proven (EVD-09, EVD-10, EVD-11, EVD-27, EVD-31, RBK-14)."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.adapters.attestations import Trust
from bot.adapters.oci_proofs import MAX_DOCUMENT, OciProofs
from bot.adapters.registry_auth import Login
from bot.adapters.signatures import PinnedKeys
from bot.adapters.transport import Limits, Transport
from guards.provenance import Invalid, PinnedKey, Proof, Sbom, SbomFormat
from guards.unread import Absent, Unread
from tests.world.attestations import (
    BUILDER,
    BUNDLE,
    COSIGN_SIGN,
    CYCLONEDX,
    CYCLONEDX_PREDICATE,
    DSSE,
    ED25519,
    OTHER_P256,
    P256,
    P384,
    REF,
    RUN,
    SIMPLE,
    SLSA_0_2,
    SLSA_1,
    SOURCE,
    SPDX,
    SPDX_PREDICATE,
    STATEMENT,
    b64,
    cyclonedx,
    dsse,
    pem,
    sign,
    simple,
    slsa_02,
    slsa_1,
    spdx,
    statement,
)
from tests.world.neighbours import BAD, COMMIT, raw_server
from tests.world.proofs import FakeProofs
from tests.world.registry import PASSWORD, FakeRegistry, digest_of

OTHER = "sha256:" + "b" * 64
TRUST = Trust(SOURCE, (PinnedKeys(pem(P256)),))
WHAT = "what is attached to api v1.4.0 at 127.0.0.1"


def of(transport, url, trust=TRUST, **other):
    return OciProofs(transport, base=url, repositories={"api": "team/api"}, trust={"api": trust}, **other)


def dumps(content) -> bytes:
    return json.dumps(content).encode()


@pytest.fixture
async def transport():
    made = Transport(Limits(connect=1, read=2, total=5, wait=0.001))
    yield made
    await made.close()


@pytest.fixture(params=["api", "tag"])
async def registry(request):
    """With a referrers API, and with the tag that stands in for one."""
    fake = FakeRegistry()
    fake.referrers = request.param
    async with TestServer(fake.app(), host="127.0.0.1") as server:
        fake.server, fake.url = server, str(server.make_url("/"))
        fake.artifact = fake.layered(b"layer one", b"layer two")
        yield fake


async def proof_of(transport, registry, trust=TRUST) -> Proof:
    found = await of(transport, registry.url, trust).find("api", "v1.4.0", registry.artifact)
    assert isinstance(found, Proof), found
    return found


async def only_invalid(transport, registry, trust=TRUST) -> str:
    """Why the one thing that is attached proves nothing."""
    found = await proof_of(transport, registry, trust)
    assert (found.sboms, found.provenances, found.signatures) == ((), (), ())
    (invalid,) = found.invalid
    assert invalid.what.startswith("the attachment sha256:")
    return invalid.why


def signed(registry, predicate=None, *, kind=SLSA_1, key=P256, about=None, form="v1", **attach) -> str:
    """Attach a statement in an envelope."""
    payload = statement(about or registry.artifact, slsa_1() if predicate is None else predicate, kind, form)
    return registry.attach(registry.artifact, dsse(key, payload), DSSE, **attach)


# ---------------------------------------------------------------- statements of other types

TESTED = "https://in-toto.io/attestation/test-result/v0.1"


@pytest.mark.parametrize(
    ("predicate", "result"),
    [
        pytest.param({"result": "PASSED", "configuration": []}, "PASSED", id="passed"),
        pytest.param({"result": "FAILED"}, "FAILED", id="failed"),
        pytest.param({"scanner": {"name": "zap"}}, None, id="without a result"),
        pytest.param(None, None, id="without a predicate"),
    ],
)
async def test_a_statement_of_a_type_without_a_rule_is_kept_with_its_result(transport, registry, predicate, result):
    envelope = dsse(P256, statement(registry.artifact, predicate, TESTED))
    registry.attach(registry.artifact, envelope, DSSE)
    (found,) = (await proof_of(transport, registry)).statements
    assert (found.predicate, found.digest, found.result, found.hash) == (TESTED, registry.artifact, result, digest_of(envelope))
    assert found.signer == PinnedKey(fingerprint(P256))


@pytest.mark.parametrize("predicate", [{"result": 1}, {"result": "P" * 41}, ["PASSED"]], ids=["a number", "too long", "a list"])
async def test_a_result_that_cannot_be_read_is_no_result(transport, registry, predicate):
    signed(registry, predicate, kind=TESTED)
    proof = await proof_of(transport, registry)
    assert (proof.statements, len(proof.invalid)) == ((), 1)


async def test_a_statement_that_nobody_trusted_signed_or_of_another_artifact_is_none(transport, registry):
    signed(registry, {"result": "PASSED"}, kind=TESTED, key=OTHER_P256)
    signed(registry, {"result": "PASSED"}, kind=TESTED, about="sha256:" + "0" * 64)
    proof = await proof_of(transport, registry)
    assert (proof.statements, len(proof.invalid)) == ((), 2)


# ---------------------------------------------------------------- the port


@pytest.fixture(params=["fake", "oci"])
async def shelf(request, transport):
    """(proofs, the digest of an artifact with nothing attached, of one with an SBOM, a function that takes it all away)"""
    whole = FakeRegistry()
    bare, proven = whole.layered(b"one"), whole.layered(b"another")
    whole.attach(proven, dumps(cyclonedx(proven)), CYCLONEDX)
    async with TestServer(whole.app(), host="127.0.0.1") as server:
        url = str(server.make_url("/"))
        real = of(transport, url)
        if request.param == "oci":
            yield real, bare, proven, server.close
            return
        fake = FakeProofs()
        fake.add("api", Proof(bare))
        fake.add("api", await real.find("api", "v1.4.0", proven))
        fake.documents[digest_of(dumps(cyclonedx(proven)))] = dumps(cyclonedx(proven))

        async def vanish():
            fake.away = Unread("what is attached to api v1.4.0", "it refused the connection")

        yield fake, bare, proven, vanish


async def test_what_is_attached_is_found_by_digest(shelf):
    proofs, bare, proven, _ = shelf
    assert await proofs.find("api", "v1.4.0", bare) == Proof(bare)
    found = await proofs.find("api", "v1.4.0", proven)
    assert isinstance(found, Proof)
    assert (found.digest, [sbom.digest for sbom in found.sboms]) == (proven, [proven])
    assert isinstance(await proofs.find("api", "v1.4.0", OTHER), Absent)


async def test_a_document_is_copied_unchanged_by_its_hash(shelf):
    """(AUD-05, AUD-12)"""
    proofs, _, proven, vanish = shelf
    found = await proofs.find("api", "v1.4.0", proven)
    [sbom] = found.sboms
    assert await proofs.document("api", sbom.hash) == dumps(cyclonedx(proven))
    assert isinstance(await proofs.document("api", OTHER), Absent)
    await vanish()
    assert isinstance(await proofs.document("api", sbom.hash), Unread)


async def test_what_is_there_is_retrievable(shelf):
    proofs, bare, _, _ = shelf
    assert await proofs.retrievable("api", bare) is True
    assert await proofs.retrievable("api", OTHER) is False


async def test_a_source_that_is_away_is_never_taken_for_an_empty_one(shelf):
    proofs, bare, _, vanish = shelf
    await vanish()
    assert isinstance(await proofs.find("api", "v1.4.0", bare), Unread)
    assert isinstance(await proofs.retrievable("api", bare), Unread)


# ---------------------------------------------------------------- nothing there


async def test_an_artifact_without_anything_attached_has_an_empty_proof(transport, registry):
    assert await proof_of(transport, registry) == Proof(registry.artifact)


async def test_an_artifact_that_is_not_there_is_absent(transport, registry):
    found = await of(transport, registry.url).find("api", "v1.4.0", OTHER)
    assert found == Absent(f"artifact of api v1.4.0 with the digest {OTHER} at 127.0.0.1")


async def test_what_nobody_configured_is_unread(transport, registry):
    proofs = of(transport, registry.url)
    assert isinstance(await proofs.find("web", "v1.4.0", registry.artifact), Unread)
    assert isinstance(await proofs.find("api", "v1.4.0", "v1.4.0"), Unread)
    assert isinstance(await proofs.retrievable("web", registry.artifact), Unread)
    assert registry.asked == []


# ---------------------------------------------------------------- SBOMs (EVD-09)


@pytest.mark.parametrize(
    ("make", "kind", "expected"),
    [
        pytest.param(cyclonedx, CYCLONEDX, (SbomFormat.CYCLONEDX, "1.6", 3), id="CycloneDX"),
        pytest.param(spdx, SPDX, (SbomFormat.SPDX, "2.3", 1), id="SPDX"),
    ],
)
@pytest.mark.parametrize("names", [True, False])
async def test_a_plain_sbom_is_read_and_nobody_signed_it(transport, registry, make, kind, expected, names):
    content = dumps(make(registry.artifact if names else None))
    registry.attach(registry.artifact, content, kind)
    url = f"{registry.url}v2/team/api/blobs/{digest_of(content)}"
    format_, version, components = expected
    sbom = Sbom(format_, version, registry.artifact, names, components, digest_of(content), url, None)
    assert await proof_of(transport, registry) == Proof(registry.artifact, sboms=(sbom,))


async def test_an_sbom_pushed_with_a_general_media_type_is_known_by_its_artifact_type(transport, registry):
    registry.attach(registry.artifact, dumps(cyclonedx()), "application/vnd.oci.image.layer.v1.tar", artifact=CYCLONEDX)
    (sbom,) = (await proof_of(transport, registry)).sboms
    assert sbom.components == 3


@pytest.mark.parametrize(("make", "kind"), [(cyclonedx, CYCLONEDX_PREDICATE), (spdx, SPDX_PREDICATE)])
async def test_a_signed_sbom_says_who_signed_it(transport, registry, make, kind):
    signed(registry, make(registry.artifact), kind=kind)
    (sbom,) = (await proof_of(transport, registry)).sboms
    assert isinstance(sbom.signer, PinnedKey)
    assert (sbom.digest, sbom.named) == (registry.artifact, True)


@pytest.mark.parametrize(("make", "kind"), [(cyclonedx, CYCLONEDX), (spdx, SPDX)])
@pytest.mark.parametrize("with_signature", [True, False])
async def test_an_sbom_of_another_digest_is_none_of_this_one(transport, registry, make, kind, with_signature):
    if with_signature:
        signed(registry, make(OTHER), kind=CYCLONEDX_PREDICATE)
    else:
        registry.attach(registry.artifact, dumps(make(OTHER)), kind)
    assert await only_invalid(transport, registry) == f"it describes {OTHER}, which is not this artifact"


async def test_an_sbom_of_a_platform_is_one_of_its_index(transport, registry):
    platform = registry.image(annotation=COMMIT)
    registry.artifact = registry.index("v1.4.0", images=(platform,))
    registry.attach(registry.artifact, dumps(cyclonedx(platform)), CYCLONEDX)
    (sbom,) = (await proof_of(transport, registry)).sboms
    assert (sbom.digest, sbom.named) == (registry.artifact, True)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'{"bomFormat": "CycloneDX", "specV', id="truncated"),
        pytest.param(b"<html><body>Please log in</body></html>", id="HTML"),
        pytest.param(b"", id="empty"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"\xff\xfe\x00", id="bytes"),
        pytest.param(dumps(cyclonedx() | {"specVersion": "<b>1.6</b>"}), id="a version that is none"),
        pytest.param(dumps({"spdxVersion": "SPDX-2.3"}), id="missing field"),
        pytest.param(dumps({"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": []}), id="SPDX 3"),
    ],
)
async def test_what_is_no_sbom_proves_nothing(transport, registry, content):
    registry.attach(registry.artifact, content, CYCLONEDX)
    assert await only_invalid(transport, registry) == "it is neither CycloneDX JSON nor SPDX 2 JSON"


# ---------------------------------------------------------------- provenance


@pytest.mark.parametrize("key", [P256, ED25519], ids=["ECDSA", "Ed25519"])
async def test_provenance_signed_with_a_pinned_key_tells_how_it_was_built(transport, registry, key):
    payload = statement(registry.artifact, slsa_1())
    envelope = dsse(key, payload)
    registry.attach(registry.artifact, envelope, DSSE)
    trust = Trust(SOURCE, (PinnedKeys(pem(OTHER_P256), pem(key)),))  # one key replaces another

    (found,) = (await proof_of(transport, registry, trust)).provenances
    assert (found.predicate, found.digest, found.commit, found.repository) == (SLSA_1, registry.artifact, COMMIT, SOURCE)
    assert (found.ref, found.builder, found.run, found.dependencies) == (REF, BUILDER, RUN, 1)
    assert (found.started, found.finished) == (datetime(2026, 11, 20, 9, 0, tzinfo=UTC), datetime(2026, 11, 20, 9, 5, tzinfo=UTC))
    assert found.hash == digest_of(envelope)
    assert found.signer == PinnedKey(fingerprint(key))


def fingerprint(key) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return f"sha256:{hashlib.sha256(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()}"


async def test_the_older_provenance_is_read_too(transport, registry):
    signed(registry, slsa_02(), kind=SLSA_0_2, form="v0.1")
    (found,) = (await proof_of(transport, registry)).provenances
    assert (found.predicate, found.commit, found.repository, found.ref, found.builder) == (SLSA_0_2, COMMIT, SOURCE, REF, BUILDER)
    assert (found.run, found.started, found.dependencies) == ("1-1", None, 2)


async def test_a_bundle_made_with_a_key_counts_as_its_envelope_does(transport, registry):
    envelope = json.loads(dsse(P256, statement(registry.artifact, slsa_1())))
    material = {"publicKey": {"hint": "x"}, "tlogEntries": []}
    registry.attach(registry.artifact, dumps({"mediaType": BUNDLE, "verificationMaterial": material, "dsseEnvelope": envelope}), BUNDLE)
    assert len((await proof_of(transport, registry)).provenances) == 1


async def test_url_safe_base64_is_base64(transport, registry):
    envelope = json.loads(dsse(P256, statement(registry.artifact, slsa_1(note="~~~???>>>"))))
    payload = envelope["payload"]
    envelope["payload"] = payload.translate({ord("+"): "-", ord("/"): "_"})
    assert envelope["payload"] != payload
    registry.attach(registry.artifact, dumps(envelope), DSSE)
    assert len((await proof_of(transport, registry)).provenances) == 1


@pytest.mark.parametrize(
    ("predicate", "kind", "why"),
    [
        pytest.param(
            slsa_1(source="https://github.com/thief/api"),
            SLSA_1,
            "it says that https://github.com/thief/api was built, not https://github.com/octo/api",
            id="another repository",
        ),
        pytest.param(
            slsa_1(stated="https://github.com/octo/web"),
            SLSA_1,
            "it says that https://github.com/octo/web was built, not https://github.com/octo/api",
            id="ours is only a dependency of what was built",
        ),
        pytest.param(
            slsa_1(source="https://github.com/octo/api-fork", stated=SOURCE),
            SLSA_1,
            "it names no commit of https://github.com/octo/api",
            id="another repository was read",
        ),
        pytest.param(slsa_1(commit="main"), SLSA_1, "the commit that it names is not a full one", id="a branch"),
        pytest.param(slsa_1(commit=""), SLSA_1, "it names no commit of https://github.com/octo/api", id="no commit"),
        pytest.param(
            slsa_1() | {"runDetails": {}},
            SLSA_1,
            "it is no SLSA provenance: it lacks “predicate.runDetails.builder”",
            id="no builder",
        ),
        pytest.param(
            slsa_02(source="https://github.com/thief/api"),
            SLSA_0_2,
            "it says that https://github.com/thief/api was built, not https://github.com/octo/api",
            id="another repository, older",
        ),
    ],
)
async def test_provenance_of_something_else_proves_nothing(transport, registry, predicate, kind, why):
    signed(registry, predicate, kind=kind)
    assert await only_invalid(transport, registry) == why


@pytest.mark.parametrize(
    ("external", "good"),
    [
        pytest.param({"source": SOURCE}, True, id="GitLab, ours"),
        pytest.param({"source": "https://gitlab.test/thief/api"}, False, id="GitLab, another"),
        pytest.param({"configSource": {"uri": f"{SOURCE}.git#refs/heads/main"}}, True, id="BuildKit, ours"),
        pytest.param({"configSource": {"uri": "https://github.com/thief/api.git"}}, False, id="BuildKit, another"),
        pytest.param({"source": {"anything": 1}, "configSource": "anything"}, True, id="words that we do not know"),
    ],
)
async def test_what_a_builder_was_asked_to_build_counts_first(transport, registry, external, good):
    predicate = slsa_1()
    predicate["buildDefinition"]["externalParameters"] = external
    signed(registry, predicate)
    assert len((await proof_of(transport, registry)).provenances) == good


async def test_provenance_of_two_commits_proves_neither(transport, registry):
    predicate = slsa_1()
    materials = predicate["buildDefinition"]["resolvedDependencies"]
    materials.append({"uri": SOURCE, "digest": {"gitCommit": COMMIT}})
    signed(registry, predicate)
    assert len((await proof_of(transport, registry)).provenances) == 1  # the same one twice is one

    materials.append({"uri": SOURCE, "digest": {"gitCommit": "c" * 40}})
    registry.artifact = registry.layered(b"another")
    signed(registry, predicate)
    assert await only_invalid(transport, registry) == f"it names more than one commit of {SOURCE}"


# ---------------------------------------------------------------- forgeries

WRONG_KEY = "its signature was not made with a pinned key, or its content was changed since"


async def test_a_signature_with_another_key_proves_nothing(transport, registry):
    signed(registry, key=OTHER_P256)
    assert await only_invalid(transport, registry) == WRONG_KEY


async def test_a_changed_payload_proves_nothing(transport, registry):
    envelope = json.loads(dsse(P256, statement(registry.artifact, slsa_1(commit="c" * 40))))
    envelope["payload"] = b64(statement(registry.artifact, slsa_1()))
    registry.attach(registry.artifact, dumps(envelope), DSSE)
    assert await only_invalid(transport, registry) == WRONG_KEY


async def test_a_statement_about_another_artifact_proves_nothing(transport, registry):
    signed(registry, about=OTHER)
    assert await only_invalid(transport, registry) == f"it is about {OTHER}, which is not this artifact"


@pytest.mark.parametrize("subject", [OTHER, None], ids=["another", "none"])
async def test_a_referrer_of_another_artifact_proves_nothing(transport, registry, subject):
    """An index under a tag is written by whoever pushes; only the manifest itself says what it refers to."""
    registry.attach(subject, dumps(cyclonedx()), CYCLONEDX, listed=registry.artifact)
    assert await only_invalid(transport, registry) == f"it refers to {subject or 'nothing'}, not to this artifact"


@pytest.mark.parametrize(
    ("content", "kind", "why"),
    [
        pytest.param(b'{"payload": "', DSSE, "it is no signed envelope: it is not valid JSON", id="truncated"),
        pytest.param(b"<html></html>", DSSE, "it is no signed envelope: it is not valid JSON", id="HTML"),
        pytest.param(b"{}", DSSE, "it is no signed envelope: it lacks “payload”", id="empty"),
        pytest.param(b"null", DSSE, "it is no signed envelope: “it” is not what was agreed", id="null"),
        pytest.param(
            dumps({"payload": "", "payloadType": STATEMENT, "signatures": []}),
            DSSE,
            "it is no signed envelope: “signatures” is not what was agreed",
            id="unsigned",
        ),
        pytest.param(
            dumps({"payload": "%", "payloadType": STATEMENT, "signatures": [{"sig": ""}]}),
            DSSE,
            "it is no signed envelope: “payload” is not what was agreed",
            id="not base64",
        ),
        pytest.param(
            dumps({"payload": "", "payloadType": STATEMENT, "signatures": [{"sig": "AAAA"}]}),
            DSSE,
            WRONG_KEY,
            id="a signature that is none",
        ),
        pytest.param(statement(OTHER, slsa_1()), STATEMENT, "it is no signed envelope: it lacks “payload”", id="a bare statement"),
        pytest.param(dsse(P256, b"hello", "text/plain"), DSSE, "its envelope carries no in-toto statement", id="another payload"),
        pytest.param(dsse(P256, b"hello"), DSSE, "it is no in-toto statement: it is not valid JSON", id="no statement"),
        pytest.param(b"[]", BUNDLE, "it is no sigstore bundle: “it” is not what was agreed", id="no bundle"),
        pytest.param(
            dumps({"mediaType": BUNDLE}), BUNDLE, "its sigstore bundle carries no signed statement", id="a bundle of something else"
        ),
    ],
)
async def test_what_is_no_signed_statement_proves_nothing(transport, registry, content, kind, why):
    registry.attach(registry.artifact, content, kind)
    assert await only_invalid(transport, registry) == why


async def test_forgeries_take_nothing_away_from_what_holds(transport, registry):
    signed(registry, key=OTHER_P256)
    signed(registry)
    registry.attach(registry.artifact, dumps(cyclonedx(OTHER)), CYCLONEDX)
    registry.attach(registry.artifact, dumps(cyclonedx()), CYCLONEDX)
    found = await proof_of(transport, registry)
    assert (len(found.sboms), len(found.provenances), len(found.invalid)) == (1, 1, 2)


async def test_other_things_are_passed_over(transport, registry):
    registry.attach(registry.artifact, b"a signature of Notary", "application/jose+json")
    assert await proof_of(transport, registry) == Proof(registry.artifact)


@pytest.mark.parametrize("pems", [(), ("hello",), (pem(P384),)], ids=["none", "no key", "another curve"])
def test_a_key_that_cannot_be_right_is_refused_at_once(pems):
    with pytest.raises(ValueError, match="public key"):
        PinnedKeys(*pems)


@pytest.mark.parametrize(
    "source", ["octo/api", "git+https://github.com/octo/api", "https://github.com/octo/api.git", "https://x@github.com/octo/api"]
)
async def test_a_source_that_cannot_be_right_is_refused_at_once(transport, source):
    with pytest.raises(ValueError, match="the source of api must be like"):
        of(transport, "https://registry.test", Trust(source, (PinnedKeys(pem(P256)),)))
    with pytest.raises(ValueError, match="nobody"):
        of(transport, "https://registry.test", Trust(SOURCE, ()))


# ---------------------------------------------------------------- signatures


async def test_a_signature_of_the_artifact_says_who_signed(transport, registry):
    signed(registry, {}, kind=COSIGN_SIGN)
    (signature,) = (await proof_of(transport, registry)).signatures
    assert (signature.digest, signature.signer) == (registry.artifact, PinnedKey(fingerprint(P256)))


def tagged(registry, suffix: str) -> tuple[str, ...]:
    return (f"{registry.artifact.replace(':', '-')}.{suffix}",)


@pytest.mark.parametrize(
    ("about", "key", "kept", "why"),
    [
        pytest.param(None, P256, True, None, id="honest"),
        pytest.param(OTHER, P256, True, f"it signs {OTHER}, which is not this artifact", id="of another artifact"),
        pytest.param(None, OTHER_P256, True, WRONG_KEY, id="with another key"),
        pytest.param(None, P256, False, WRONG_KEY, id="without its annotation"),
    ],
)
async def test_a_signature_under_cosigns_tag_binds_by_what_it_signs(transport, registry, about, key, kept, why):
    payload = simple(about or registry.artifact)
    notes = {"dev.cosignproject.cosign/signature": b64(sign(key, payload))} if kept else None
    registry.attach(None, payload, SIMPLE, notes=notes, tags=tagged(registry, "sig"))
    if why:
        assert await only_invalid(transport, registry) == why
    else:
        (signature,) = (await proof_of(transport, registry)).signatures
        assert signature.signer == PinnedKey(fingerprint(P256))


async def test_an_attestation_under_cosigns_tag_binds_by_its_subject(transport, registry):
    registry.attach(None, dsse(P256, statement(registry.artifact, slsa_1())), DSSE, tags=tagged(registry, "att"))
    assert len((await proof_of(transport, registry)).provenances) == 1

    registry.attach(None, dsse(P256, statement(OTHER, slsa_1())), DSSE, tags=tagged(registry, "att"))
    assert await only_invalid(transport, registry) == f"it is about {OTHER}, which is not this artifact"


async def test_nothing_binds_an_unsigned_document_under_a_tag(transport, registry):
    registry.attach(None, dumps(cyclonedx()), CYCLONEDX, tags=tagged(registry, "att"))
    assert "a tag, which can be moved" in await only_invalid(transport, registry)


# ---------------------------------------------------------------- reading


@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_neighbour_never_raises_and_is_unread(bad):
    one, other = (Transport(Limits(connect=1, read=0.2, total=1, wait=0.001)) for _ in range(2))
    async with raw_server(BAD[bad]) as url:
        found = await of(one, url).find("api", "v1.4.0", OTHER)
        there = await of(other, url).retrievable("api", OTHER)
    await one.close()
    await other.close()
    assert isinstance(found, Unread), found
    assert found.what == WHAT
    assert isinstance(there, Unread), there
    assert found.why == there.why != ""


BROKEN = {
    "500": lambda: web.Response(status=500),
    "403": lambda: web.Response(status=403),
    "HTML": lambda: web.Response(text="<html><body>Please log in</body></html>", content_type="text/html"),
    "truncated": lambda: web.Response(body=b'{"schemaVersion": 2, "manifests": ['),
    "another host": lambda: web.Response(status=302, headers={"Location": "http://localhost:1/"}),
    "50 MB": lambda: web.Response(body=b" " * 50_000_000),
}


@pytest.mark.parametrize("place", ["list", "manifest", "blob", "att", "sig"])
@pytest.mark.parametrize("how", BROKEN)
async def test_a_broken_read_anywhere_leaves_everything_unread(transport, registry, place, how):
    """A proof must not vanish because one read failed: what is missing could be what counts, for or against."""
    content = dumps(cyclonedx())
    manifest = registry.attach(registry.artifact, content, CYCLONEDX)
    assert len((await proof_of(transport, registry)).sboms) == 1

    tag = registry.artifact.replace(":", "-")
    listing = f"referrers/{registry.artifact}" if registry.referrers == "api" else f"manifests/{tag}"
    paths = {"list": listing, "manifest": f"manifests/{manifest}", "blob": f"blobs/{digest_of(content)}"}
    path = paths.get(place, f"manifests/{tag}.{place}")
    registry.instead[f"/v2/team/api/{path}"] = BROKEN[how]
    found = await of(transport, registry.url).find("api", "v1.4.0", registry.artifact)
    assert isinstance(found, Unread), found
    assert found.what == WHAT
    assert found.why


async def test_a_404_without_a_registrys_words_is_unread(transport, registry):
    registry.instead[f"/v2/team/api/manifests/{registry.artifact.replace(':', '-')}.att"] = lambda: web.Response(status=404, text="nginx")
    assert isinstance(await of(transport, registry.url).find("api", "v1.4.0", registry.artifact), Unread)


@pytest.mark.parametrize("status", [400, 404, 406])
async def test_a_registry_without_the_api_is_asked_for_the_tag(transport, registry, status):
    registry.referrers, registry.no_api = "tag", status
    registry.attach(registry.artifact, dumps(cyclonedx()), CYCLONEDX)
    assert len((await proof_of(transport, registry)).sboms) == 1


@pytest.mark.parametrize("registry", ["api"], indirect=True)
async def test_all_pages_of_a_list_are_read(transport, registry):
    registry.page = 1
    for n in range(4):
        registry.attach(registry.artifact, dumps(cyclonedx(components=n)), CYCLONEDX)
    assert len((await proof_of(transport, registry)).sboms) == 4

    for n in range(4, 7):
        registry.attach(registry.artifact, dumps(cyclonedx(components=n)), CYCLONEDX)
    found = await of(transport, registry.url).find("api", "v1.4.0", registry.artifact)
    assert found == Unread(WHAT, "what is attached to it fills too many pages")


@pytest.mark.parametrize("registry", ["api"], indirect=True)
@pytest.mark.parametrize("link", ["https://thief.test/list", "/v2/team/web/referrers/x?n=1", "http://127.0.0.1:1/v2/team/api/referrers/x"])
async def test_a_next_page_somewhere_else_is_not_followed(transport, registry, link):
    registry.page = 1
    for n in range(2):
        registry.attach(registry.artifact, dumps(cyclonedx(components=n)), CYCLONEDX)
    path = f"/v2/team/api/referrers/{registry.artifact}"
    listing = {"mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}
    headers = {"Link": f'<{link}>; rel="next"', "Content-Type": listing["mediaType"]}
    registry.instead[path] = lambda: web.Response(body=dumps(listing), headers=headers)
    found = await of(transport, registry.url).find("api", "v1.4.0", registry.artifact)
    assert found == Unread(WHAT, "the next page of what is attached to it is somewhere else")


async def test_too_many_attachments_are_unread(transport, registry):
    for n in range(65):
        registry.attach(registry.artifact, b"%d" % n, "application/jose+json")
    found = await of(transport, registry.url).find("api", "v1.4.0", registry.artifact)
    assert found == Unread(WHAT, "more than 64 things are attached to it")


async def test_a_document_that_is_too_large_is_not_even_read(transport, registry):
    content = dumps(cyclonedx())
    registry.attach(registry.artifact, content, CYCLONEDX, size=MAX_DOCUMENT + 1)
    assert await only_invalid(transport, registry) == "it is larger than 16 MiB"
    assert f"/v2/team/api/blobs/{digest_of(content)}" not in registry.asked


async def test_a_document_larger_than_other_answers_is_read(transport, registry):
    registry.attach(registry.artifact, dumps(cyclonedx() | {"notes": "x" * 6 * 1024 * 1024}), CYCLONEDX)
    assert len((await proof_of(transport, registry)).sboms) == 1


async def test_a_referrer_that_is_gone_is_said_to_be(transport, registry):
    """Registries that keep referrers under a tag leave it listed when it is deleted."""
    gone = registry.attach(registry.artifact, dumps(cyclonedx()), CYCLONEDX)
    del registry.manifests[gone]
    found = await proof_of(transport, registry)
    assert found.invalid == (Invalid(f"the attachment {gone[:19]}…", "it is listed, but the registry no longer has it"),)


async def test_what_was_verified_is_not_read_again(transport, registry):
    content = dsse(P256, statement(registry.artifact, slsa_1()))
    manifest = registry.attach(registry.artifact, content, DSSE)
    proofs = of(transport, registry.url)
    first = await proofs.find("api", "v1.4.0", registry.artifact)
    again = await proofs.find("api", "v1.4.0", registry.artifact)
    assert first == again
    assert registry.asked.count(f"/v2/team/api/manifests/{manifest}") == 1
    assert registry.asked.count(f"/v2/team/api/blobs/{digest_of(content)}") == 1

    registry.attach(registry.artifact, dumps(cyclonedx()), CYCLONEDX)  # the list itself is always read
    more = await proofs.find("api", "v1.4.0", registry.artifact)
    assert (len(more.provenances), len(more.sboms)) == (1, 1)


async def test_what_one_service_believes_another_in_the_same_repository_does_not(transport, registry):
    signed(registry)
    trust = {"api": TRUST, "web": Trust("https://github.com/octo/web", TRUST.signers)}
    proofs = OciProofs(transport, base=registry.url, repositories=dict.fromkeys(trust, "team/api"), trust=trust)
    assert len((await proofs.find("api", "v1.4.0", registry.artifact)).provenances) == 1
    found = await proofs.find("web", "v1.4.0", registry.artifact)
    assert found.provenances == ()
    assert found.invalid[0].why == f"it says that {SOURCE} was built, not https://github.com/octo/web"


async def test_a_private_registry_is_read_with_one_token(transport, registry):
    registry.auth = "bearer"
    signed(registry)
    registry.attach(registry.artifact, dumps(cyclonedx()), CYCLONEDX)
    proofs = of(transport, registry.url, login=Login("robot", SecretStr(PASSWORD)))
    found = await proofs.find("api", "v1.4.0", registry.artifact)
    assert (len(found.provenances), len(found.sboms)) == (1, 1)
    assert await proofs.retrievable("api", registry.artifact) is True
    assert registry.scopes == ["repository:team/api:pull"]

    assert isinstance(await of(transport, registry.url).find("api", "v1.4.0", registry.artifact), Unread)


# ---------------------------------------------------------------- retrievable


async def test_an_artifact_is_retrievable_while_all_of_it_is_there(transport, registry):
    proofs = of(transport, registry.url)
    assert await proofs.retrievable("api", registry.artifact) is True
    assert await proofs.retrievable("api", OTHER) is False

    layer = digest_of(b"layer two")
    del registry.blobs[layer]
    assert await proofs.retrievable("api", registry.artifact) is False


async def test_an_index_is_retrievable_while_all_its_platforms_are(transport, registry):
    one, other = registry.layered(b"one"), registry.layered(b"other")
    index = registry.index(images=(one, other))
    proofs = of(transport, registry.url)
    assert await proofs.retrievable("api", index) is True

    del registry.manifests[other]
    assert await proofs.retrievable("api", index) is False


async def test_layers_that_a_registry_may_not_hold_are_not_asked_for(transport, registry):
    foreign = registry.layered(b"windows", kind="application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
    registry.blobs.pop(digest_of(b"windows"))
    assert await of(transport, registry.url).retrievable("api", foreign) is True


async def test_a_layer_that_cannot_be_asked_for_leaves_it_unread(transport, registry):
    registry.instead[f"/v2/team/api/blobs/{digest_of(b'layer one')}"] = lambda: web.Response(status=500)
    found = await of(transport, registry.url).retrievable("api", registry.artifact)
    assert found == Unread(f"whether {registry.artifact[:19]}… of api is still at 127.0.0.1", "it failed with status 500")


async def test_one_deadline_holds_for_all_reads_together(transport, registry):
    proofs = of(transport, registry.url, total=0.0001)
    found = await proofs.find("api", "v1.4.0", registry.artifact)
    assert found == Unread(WHAT, "no complete answer within 0.0001 s")
    assert isinstance(await proofs.retrievable("api", registry.artifact), Unread)
