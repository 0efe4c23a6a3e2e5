"""The demo's build pushes what the real adapters take for proof, and CI deploys only what it pulled whole (EVD-09, EVD-10, PRM-03)."""

import io
import tarfile
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.attestations import Trust
from bot.adapters.generic_wire import OrderBody
from bot.adapters.oci_proofs import OciProofs
from bot.adapters.registry import OciArtifacts
from bot.adapters.registry_wire import digest_of
from bot.adapters.signatures import PinnedKeys
from bot.adapters.transport import Limits, Transport
from bot.demo.builds import Builds
from bot.demo.ci_runs import Shop, digest_in
from bot.demo.git import Author, CommandError
from bot.demo.registry import Registry
from bot.demo.repository import Repository
from guards.unread import Absent
from guards.version import Artifact
from tests.world.neighbours import order

DANA = Author("Dana Developer", "dana@example.com")
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SOURCE = "https://github.com/acme/api"


@pytest.fixture
async def builds(tmp_path):
    repository = await Repository.create(tmp_path / "api", tagger=DANA)
    await repository.commit({"api.py": "print(1)\n", "src/more.py": "x\n"}, "First", author=DANA, at=AT)
    await repository.tag("v1.4.0", at=AT)
    return Builds(repository, tmp_path / "ci", "acme/api", SOURCE, lambda: AT)


@pytest.fixture
async def shelf(builds, tmp_path):
    """The adapters over the demo's registry: artifacts and proofs."""
    app, transport = web.Application(), Transport(Limits(wait=0.001))
    app.add_routes(Registry({"acme/api": Shop(tmp_path / "ci", frozenset()).registry("api")}).routes())
    trust = Trust(SOURCE, (PinnedKeys(builds.public_key),))
    async with TestServer(app, host="127.0.0.1") as server:
        where = {"base": str(server.make_url("/")), "repositories": {"api": "acme/api"}}
        yield OciArtifacts(transport, **where), OciProofs(transport, trust={"api": trust}, **where)
    await transport.close()


async def test_what_was_built_is_found_with_everything_that_proves_it(builds, shelf):
    artifacts, proofs = shelf
    built = await builds.build("api", "v1.4.0")
    assert await artifacts.find("api", "v1.4.0") == Artifact("api", "v1.4.0", built.digest, built.commit)
    assert isinstance(await artifacts.find("api", "v1.4.1"), Absent)

    proof = await proofs.find("api", "v1.4.0", built.digest)
    assert proof.invalid == ()
    ((sbom,), (provenance,), (signature,)) = proof.sboms, proof.provenances, proof.signatures
    assert (sbom.named, sbom.components, sbom.digest) == (True, 2, built.digest)
    assert (provenance.commit, provenance.ref, provenance.repository) == (built.commit, "refs/tags/v1.4.0", SOURCE)
    assert provenance.started == provenance.finished == AT
    assert signature.signer == provenance.signer
    assert await proofs.retrievable("api", built.digest)
    assert not await proofs.retrievable("api", "sha256:" + "0" * 64)


async def test_an_sbom_of_something_else_proves_nothing_until_the_right_one_stands_beside_it(builds, shelf):
    _, proofs = shelf
    other = "sha256:" + "b" * 64
    built = await builds.build("api", "v1.4.0", sbom_of=other)
    proof = await proofs.find("api", "v1.4.0", built.digest)
    assert proof.sboms == ()
    assert [each.why for each in proof.invalid] == [f"it is about {other}, which is not this artifact"]

    await builds.attach_sbom(built)
    proof = await proofs.find("api", "v1.4.0", built.digest)
    assert [sbom.named for sbom in proof.sboms] == [True]
    assert len(proof.invalid) == 1


async def test_another_cis_signature_counts_for_nothing(builds, shelf, tmp_path):
    _, proofs = shelf
    impostor = Builds(builds._repository, tmp_path / "ci", "acme/api", SOURCE, lambda: AT + timedelta(hours=1))
    built = await impostor.build("api", "v1.4.0")
    proof = await proofs.find("api", "v1.4.0", built.digest)
    assert (proof.sboms, proof.provenances, proof.signatures, len(proof.invalid)) == ((), (), (), 3)


async def test_one_tag_always_builds_to_the_same_bytes_and_one_that_is_not_there_to_none(builds, tmp_path):
    one, again = [await builds.build("api", "v1.4.0") for _ in range(2)]
    assert one == again
    _, content = Shop(tmp_path / "ci", frozenset()).registry("api").artifact(one.digest)
    with tarfile.open(fileobj=io.BytesIO(content)) as packed:
        assert packed.getnames() == ["api.py", "src/more.py"]
    with pytest.raises(CommandError):
        await builds.build("api", "v2.0.0")


async def test_ci_deploys_what_has_the_digest_and_nothing_else(builds, tmp_path):
    built, shop = await builds.build("api", "v1.4.0"), Shop(tmp_path / "ci", frozenset({"production"}))
    wanted = OrderBody.of(order(digest=built.digest, commit=built.commit))
    assert shop.objection(wanted) is None
    assert shop.deploy(wanted) == built.digest
    folder = tmp_path / "ci" / "production" / "api"
    assert digest_in(folder) == built.digest

    (folder / "artifact.tar.gz").write_bytes(b"something else")
    assert digest_in(folder) == digest_of(b"something else")
    (folder / "manifest.json").write_bytes(b"{")
    assert digest_in(folder) == digest_of(b"something else")

    for blob in (tmp_path / "ci" / "registry" / "api" / "blobs").iterdir():
        blob.write_bytes(b"something else")
    with pytest.raises(OSError, match="missing or changed"):
        shop.deploy(wanted)
    for manifest in (tmp_path / "ci" / "registry" / "api" / "manifests").iterdir():
        manifest.unlink()
    assert shop.objection(wanted) == f"The registry does not hold {built.digest}."
