"""The registry adapters against a real registry, with artifacts, SBOMs and signatures made here, honest and forged (EVD-09 … EVD-11, RBK-14).

`scripts/peers.sh` fetches the registry. Version 2.8 has no referrers API, so what is attached is found by the tag that stands in for it.
"""

import json
from datetime import date

import httpx
import pytest
from pydantic import SecretStr

from bot.adapters.attestations import Trust
from bot.adapters.oci_proofs import OciProofs
from bot.adapters.registry import OciArtifacts
from bot.adapters.registry_auth import Login
from bot.adapters.signatures import PinnedKeys
from bot.adapters.sigstore_identity import SigstoreIdentity
from bot.adapters.transport import Limits, Transport
from guards.provenance import Identity, PinnedKey, Proof
from guards.unread import Absent, Unread
from guards.version import Artifact
from tests.world.attestations import (
    BUNDLE,
    CYCLONEDX,
    DSSE,
    ED25519,
    OTHER_P256,
    P256,
    SOURCE,
    SPDX,
    b64,
    cyclonedx,
    dsse,
    pem,
    slsa_1,
    spdx,
    statement,
)
from tests.world.docker_registry import Builder, TokenService, docker_registry
from tests.world.neighbours import COMMIT
from tests.world.sigstore import ISSUER, SIGNED, WORKFLOW, SmallSigstore

pytestmark = pytest.mark.peers

OTHER = "sha256:" + "b" * 64
SIGSTORE = SmallSigstore()
IDENTITY = SigstoreIdentity(root=SIGSTORE.root(), as_of=date(2026, 11, 1), identity=WORKFLOW.replace("v1.4.0", "{version}"), issuer=ISSUER)
TRUST = Trust(SOURCE, (PinnedKeys(pem(P256), pem(ED25519)), IDENTITY))


@pytest.fixture
async def transport():
    made = Transport(Limits(wait=0.001))
    yield made
    await made.close()


@pytest.fixture
async def registry(tmp_path):
    async with docker_registry(tmp_path) as url:
        yield url


@pytest.fixture
async def builder(registry):
    async with httpx.AsyncClient(trust_env=False) as client:
        yield Builder(client, registry)


def proofs(transport, url, **other):
    return OciProofs(transport, base=url, repositories={"api": "team/api"}, trust={"api": TRUST}, **other)


def artifacts(transport, url, **other):
    return OciArtifacts(transport, base=url, repositories={"api": "team/api"}, **other)


async def proof_of(transport, url, digest) -> Proof:
    found = await proofs(transport, url).find("api", "v1.4.0", digest)
    assert isinstance(found, Proof), found
    return found


def dumps(content) -> bytes:
    return json.dumps(content).encode()


async def test_an_honest_release_proves_all_that_it_says(transport, registry, builder):
    digest = await builder.image(COMMIT, "v1.4.0")
    await builder.attach(digest, dumps(cyclonedx(digest)), CYCLONEDX)
    await builder.attach(digest, dumps(spdx(digest)), SPDX)
    for key in (P256, ED25519):
        await builder.attach(digest, dsse(key, statement(digest, slsa_1())), DSSE)
    await builder.attach(digest, SIGSTORE.bundle(statement(digest, slsa_1())), BUNDLE)

    assert await artifacts(transport, registry).find("api", "v1.4.0") == Artifact("api", "v1.4.0", digest, COMMIT)
    found = await proof_of(transport, registry, digest)
    assert found.invalid == ()
    assert [(sbom.digest, sbom.named) for sbom in found.sboms] == [(digest, True)] * 2
    assert [(each.digest, each.commit, each.repository) for each in found.provenances] == [(digest, COMMIT, SOURCE)] * 3
    by_key, by_other_key, by_identity = [each.signer for each in found.provenances]
    assert isinstance(by_key, PinnedKey)
    assert isinstance(by_other_key, PinnedKey)
    assert by_key != by_other_key
    assert by_identity == Identity(WORKFLOW, ISSUER, SIGNED, date(2026, 11, 1))
    for each in (*found.sboms, *found.provenances):
        async with httpx.AsyncClient(trust_env=False) as person:
            assert (await person.get(each.url)).status_code == 200


async def test_a_release_without_anything_attached_proves_nothing(transport, registry, builder):
    digest = await builder.image(COMMIT, "v1.4.0")
    assert await proof_of(transport, registry, digest) == Proof(digest)


async def test_what_was_never_pushed_is_absent(transport, registry, builder):
    assert isinstance(await proofs(transport, registry).find("api", "v1.4.0", OTHER), Absent)  # not even the repository is there
    await builder.image(COMMIT, "v1.4.0")
    assert isinstance(await proofs(transport, registry).find("api", "v1.4.0", OTHER), Absent)
    assert isinstance(await artifacts(transport, registry).find("api", "v1.4.1"), Absent)


def tampered(digest: str) -> bytes:
    envelope = json.loads(dsse(P256, statement(digest, slsa_1(commit="c" * 40))))
    return dumps(envelope | {"payload": b64(statement(digest, slsa_1()))})


def tampered_bundle(digest: str) -> bytes:
    bundle = json.loads(SIGSTORE.bundle(statement(digest, slsa_1(commit="c" * 40))))
    bundle["dsseEnvelope"]["payload"] = b64(statement(digest, slsa_1()))
    return dumps(bundle)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        pytest.param(lambda d: dumps(cyclonedx(OTHER)), CYCLONEDX, id="SBOM of another digest"),
        pytest.param(lambda d: dumps(cyclonedx(d))[:-40], CYCLONEDX, id="truncated SBOM"),
        pytest.param(lambda d: b"<html></html>", CYCLONEDX, id="HTML"),
        pytest.param(lambda d: b" " * 20_000_000, CYCLONEDX, id="20 MB"),
        pytest.param(lambda d: dsse(OTHER_P256, statement(d, slsa_1())), DSSE, id="wrong key"),
        pytest.param(lambda d: dsse(P256, statement(OTHER, slsa_1())), DSSE, id="wrong digest"),
        pytest.param(lambda d: dsse(P256, statement(d, slsa_1("https://github.com/thief/api"))), DSSE, id="wrong repository"),
        pytest.param(tampered, DSSE, id="tampered payload"),
        pytest.param(lambda d: SIGSTORE.bundle(statement(d, slsa_1()), who=WORKFLOW.replace("octo", "thief")), BUNDLE, id="wrong identity"),
        pytest.param(lambda d: SIGSTORE.bundle(statement(d, slsa_1()), issuer="https://issuer.test"), BUNDLE, id="wrong issuer"),
        pytest.param(lambda d: SmallSigstore().bundle(statement(d, slsa_1())), BUNDLE, id="wrong root"),
        pytest.param(lambda d: SIGSTORE.bundle(statement(OTHER, slsa_1())), BUNDLE, id="wrong digest in a bundle"),
        pytest.param(tampered_bundle, BUNDLE, id="tampered bundle"),
    ],
)
async def test_a_forgery_proves_nothing_and_the_honest_one_beside_it_still_does(transport, registry, builder, make, kind):
    digest = await builder.image(COMMIT, "v1.4.0")
    await builder.attach(digest, make(digest), kind)
    found = await proof_of(transport, registry, digest)
    assert (found.sboms, found.provenances, found.signatures) == ((), (), ())
    (invalid,) = found.invalid
    assert invalid.why

    await builder.attach(digest, dsse(P256, statement(digest, slsa_1())), DSSE)
    assert len((await proof_of(transport, registry, digest)).provenances) == 1


async def test_an_expired_root_proves_nothing(transport, registry, builder):
    digest = await builder.image(COMMIT, "v1.4.0")
    await builder.attach(digest, SIGSTORE.bundle(statement(digest, slsa_1())), BUNDLE)
    assert len((await proof_of(transport, registry, digest)).provenances) == 1

    root = SIGSTORE.root(until=SIGNED.replace(year=2025, month=12))
    expired = SigstoreIdentity(root=root, as_of=date(2025, 11, 1), identity=WORKFLOW, issuer=ISSUER)
    found = await OciProofs(transport, base=registry, repositories={"api": "team/api"}, trust={"api": Trust(SOURCE, (expired,))}).find(
        "api", "v1.4.0", digest
    )
    assert found.provenances == ()
    assert found.invalid[0].why.endswith("not valid yet, or no longer")


async def test_what_belongs_to_another_artifact_proves_nothing_here(transport, registry, builder):
    honest = await builder.image(COMMIT, "v1.4.0")
    other = await builder.image(COMMIT, "v1.4.1", layer=b"another layer")
    await builder.attach(other, dumps(cyclonedx()), CYCLONEDX, listed=honest)
    (invalid,) = (await proof_of(transport, registry, honest)).invalid
    assert invalid.why == f"it refers to {other}, not to this artifact"


async def test_an_artifact_is_retrievable_until_a_part_of_it_is_deleted(transport, registry, builder):
    first = await builder.image(COMMIT, "v1.4.0", layer=b"first")
    second = await builder.image(COMMIT, "v1.4.1", layer=b"second")
    known = proofs(transport, registry)
    assert await known.retrievable("api", first) is True
    assert await known.retrievable("api", second) is True
    assert await known.retrievable("api", OTHER) is False

    await builder.delete(f"manifests/{first}")
    assert await known.retrievable("api", first) is False
    assert isinstance(await known.find("api", "v1.4.0", first), Absent)

    async with httpx.AsyncClient(trust_env=False) as person:
        manifest = (
            await person.get(f"{registry}/v2/team/api/manifests/{second}", headers={"Accept": "application/vnd.oci.image.manifest.v1+json"})
        ).json()
    await builder.delete(f"blobs/{manifest['layers'][0]['digest']}")
    assert await known.retrievable("api", second) is False


async def test_a_registry_that_went_away_is_unread(transport, tmp_path):
    async with docker_registry(tmp_path) as url, httpx.AsyncClient(trust_env=False) as client:
        digest = await Builder(client, url).image(COMMIT, "v1.4.0")
        assert await proof_of(transport, url, digest) == Proof(digest)
    assert isinstance(await proofs(transport, url).find("api", "v1.4.0", digest), Unread)
    assert isinstance(await proofs(transport, url).retrievable("api", digest), Unread)


async def test_a_private_registry_is_read_with_a_token_for_pulling_alone(transport, tmp_path):
    tokens = TokenService(tmp_path, "robot", "a-registry-password")
    async with tokens.serve() as auth, docker_registry(tmp_path, auth) as url:
        tokens.behind = url
        async with httpx.AsyncClient(trust_env=False, headers={"Authorization": f"Bearer {tokens.token('pull', 'push')}"}) as client:
            builder = Builder(client, url)
            digest = await builder.image(COMMIT, "v1.4.0")
            await builder.attach(digest, dsse(P256, statement(digest, slsa_1())), DSSE)

        login = Login("robot", SecretStr("a-registry-password"))
        found = await proofs(transport, tokens.url, login=login).find("api", "v1.4.0", digest)
        assert len(found.provenances) == 1
        assert tokens.scopes == ["repository:team/api:pull"]
        assert await artifacts(transport, tokens.url, login=login).find("api", "v1.4.0") == Artifact("api", "v1.4.0", digest, COMMIT)
        assert isinstance(await proofs(transport, tokens.url).find("api", "v1.4.0", digest), Unread)
