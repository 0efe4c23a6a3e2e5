"""What every source of artifacts behind the port does, held by the fake and by each adapter (PRM-04, EVD-31)."""

import json

import pytest
import respx
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.adapters.generic_ci import GenericArtifacts
from bot.adapters.registry import OciArtifacts
from bot.adapters.registry_auth import Login
from bot.adapters.transport import Limits, Transport
from guards.unread import Absent, Unread
from guards.version import Artifact
from tests.world import demo_ci
from tests.world.artifacts import FakeArtifacts
from tests.world.moments import RealClock
from tests.world.neighbours import BAD, COMMIT, DIGEST, raw_server
from tests.world.registry import INDEX, PASSWORD, FakeRegistry, digest_of, usual

LOGIN = Login("robot", SecretStr(PASSWORD))
OTHER = "a" * 40


def oci(transport, url, login=None, **other):
    return OciArtifacts(transport, base=url, repositories={"api": "team/api"}, login=login, **other)


def generic(transport, url):
    return GenericArtifacts(transport, name="demo", base=url, secret=SecretStr(demo_ci.SECRET), clock=RealClock())


@pytest.fixture
async def transport():
    made = Transport(Limits(connect=1, read=0.5, total=2, wait=0.001))
    yield made
    await made.close()


@pytest.fixture
async def registry():
    fake = FakeRegistry()
    async with TestServer(fake.app(), host="127.0.0.1") as server:
        fake.server, fake.url = server, str(server.make_url("/"))
        yield fake


@pytest.fixture(params=["fake", "generic", "oci"])
async def shelf(request, transport, registry, tmp_path):
    """(artifacts, the digest of api v1.4.0, a function that takes it away)"""
    if request.param == "fake":
        fake = FakeArtifacts(Artifact("api", "v1.4.0", DIGEST, COMMIT))

        async def vanish():
            fake.away = Unread("the artifact api v1.4.0", "it refused the connection")

        yield fake, DIGEST, vanish
    elif request.param == "generic":
        async with demo_ci.demo_ci(tmp_path) as process:
            yield generic(transport, process.url), DIGEST, process.stop
    else:
        yield oci(transport, registry.url), usual(registry), registry.server.close


async def test_a_version_names_a_digest_and_a_commit(shelf):
    artifacts, digest, _ = shelf
    found = await artifacts.find("api", "v1.4.0")
    assert isinstance(found, Artifact)
    assert (found.service, found.version, found.digest, found.commit) == ("api", "v1.4.0", digest, COMMIT)


async def test_a_version_that_was_never_built_is_absent(shelf):
    artifacts, _, _ = shelf
    assert isinstance(await artifacts.find("api", "v1.4.1"), Absent)


async def test_a_source_that_is_away_is_never_taken_for_an_empty_one(shelf):
    artifacts, _, vanish = shelf
    await vanish()
    found = await artifacts.find("api", "v1.4.0")
    assert isinstance(found, Unread)
    assert found.what.startswith("the artifact api v1.4.0")


@pytest.mark.parametrize("make", [oci, generic])
@pytest.mark.parametrize("bad", BAD)
async def test_a_bad_neighbour_never_raises_and_is_unread(make, bad):
    transport = Transport(Limits(connect=1, read=0.2, total=1, wait=0.001))
    async with raw_server(BAD[bad]) as url:
        found = await make(transport, url).find("api", "v1.4.0")
    assert isinstance(found, Unread), found
    assert found.what.startswith("the artifact api v1.4.0 at ")
    assert found.why
    await transport.close()


# ---------------------------------------------------------------- the registry's own ways


@pytest.mark.parametrize(
    "push",
    [
        pytest.param(lambda r: r.image("v1.4.0", annotation=COMMIT), id="annotation of the manifest"),
        pytest.param(lambda r: r.image("v1.4.0", label=COMMIT), id="label of the configuration"),
        pytest.param(lambda r: r.index("v1.4.0", images=(r.image(label=OTHER),), annotation=COMMIT), id="annotation of the index"),
        pytest.param(lambda r: r.index("v1.4.0", images=(r.image(label=COMMIT), r.image(annotation=COMMIT))), id="all platforms alike"),
        pytest.param(
            lambda r: r.index("v1.4.0", images=(r.image(label=COMMIT),), attestation=r.image(sbom=1)), id="an attestation beside it"
        ),
    ],
)
async def test_the_commit_is_read_from_where_builders_write_it(transport, registry, push):
    digest = push(registry)
    assert await oci(transport, registry.url).find("api", "v1.4.0") == Artifact("api", "v1.4.0", digest, COMMIT)


@pytest.mark.parametrize(
    ("push", "why"),
    [
        pytest.param(lambda r: r.image("v1.4.0"), "it carries no org.opencontainers.image.revision", id="none"),
        pytest.param(lambda r: r.image("v1.4.0", label="main"), "its org.opencontainers.image.revision is not a full commit", id="branch"),
        pytest.param(
            lambda r: r.index("v1.4.0", images=(r.image(label=COMMIT), r.image(label=OTHER))),
            "its platforms were built from different commits",
            id="two commits",
        ),
        pytest.param(
            lambda r: r.index("v1.4.0", images=(r.image(label=COMMIT), r.image())),
            "its platforms were built from different commits",
            id="one platform without",
        ),
    ],
)
async def test_an_image_whose_commit_cannot_be_told_is_unread(transport, registry, push, why):
    push(registry)
    assert await oci(transport, registry.url).find("api", "v1.4.0") == Unread("the commit of api v1.4.0 at 127.0.0.1", why)


async def test_content_that_does_not_have_its_digest_is_unread(transport, registry):
    what = "the artifact api v1.4.0 at 127.0.0.1"
    child = registry.image(label=COMMIT)
    registry.index("v1.4.0", images=(child,))
    assert isinstance(await oci(transport, registry.url).find("api", "v1.4.0"), Artifact)

    registry.lie = DIGEST
    assert await oci(transport, registry.url).find("api", "v1.4.0") == Unread(what, "its content does not have the digest that it claims")

    registry.lie = None
    (config,) = registry.blobs
    registry.blobs[config] = json.dumps({"config": {"Labels": {"org.opencontainers.image.revision": OTHER}}}).encode()
    found = await oci(transport, registry.url).find("api", "v1.4.0")
    assert found == Unread(what, "a part of it does not have the digest that it claims")

    registry.manifests[child] = registry.manifests[registry.image(annotation=OTHER)]  # another image in the place of that digest
    assert await oci(transport, registry.url).find("api", "v1.4.0") == Unread(what, "its content does not have the digest that it claims")


@pytest.mark.parametrize("auth", ["bearer", "basic"])
async def test_a_private_registry_is_read_with_a_login_and_not_without(transport, registry, auth):
    digest, registry.auth = usual(registry), auth
    found = await oci(transport, registry.url, LOGIN).find("api", "v1.4.0")
    assert found == Artifact("api", "v1.4.0", digest, COMMIT)
    assert set(registry.scopes) <= {"repository:team/api:pull"}  # never push, whatever the challenge offers

    stranger = await oci(transport, registry.url).find("api", "v1.4.0")
    assert isinstance(stranger, Unread)
    wrong = await oci(transport, registry.url, Login("robot", SecretStr("wrong-password"))).find("api", "v1.4.0")
    assert isinstance(wrong, Unread)
    assert "wrong-password" not in repr(wrong)


MANIFEST = "/v2/team/api/manifests/v1.4.0"


@pytest.mark.parametrize(("said", "holds"), [(300, 290), (None, 50), ("3600", 3590)], ids=["said", "not said", "as a word"])
async def test_a_token_is_used_until_shortly_before_it_expires(transport, registry, said, holds):
    """60 s when nothing is said (CNCF Distribution, Token Authentication Specification)."""
    usual(registry)
    registry.auth, registry.expires_in = "bearer", said
    moment = 1000.0
    artifacts = oci(transport, registry.url, LOGIN, elapsed=lambda: moment)
    assert isinstance(await artifacts.find("api", "v1.4.0"), Artifact)
    moment += holds - 1
    assert isinstance(await artifacts.find("api", "v1.4.0"), Artifact)
    assert len(registry.scopes) == 1
    assert registry.asked == [MANIFEST] * 3  # challenged once, and never again

    moment += 1
    assert isinstance(await artifacts.find("api", "v1.4.0"), Artifact)
    assert len(registry.scopes) == 2


@pytest.mark.parametrize("said", [0, -5, 5])
async def test_a_token_that_hardly_lives_is_used_for_what_it_was_asked_for(transport, registry, said):
    usual(registry)
    registry.auth, registry.expires_in = "bearer", said
    artifacts = oci(transport, registry.url, LOGIN)
    for _ in range(2):
        assert isinstance(await artifacts.find("api", "v1.4.0"), Artifact)
    assert len(registry.scopes) == 2


@pytest.mark.parametrize("said", ["soon", [], 10**400])
async def test_a_lifetime_that_is_none_is_unread(transport, registry, said):
    usual(registry)
    registry.auth, registry.expires_in = "bearer", said
    found = await oci(transport, registry.url, LOGIN).find("api", "v1.4.0")
    assert found.why == "its token service: “expires_in” in its answer is not what was agreed"


@pytest.mark.parametrize("denies", [401, 403])
async def test_a_token_that_the_registry_refuses_is_renewed_once(transport, registry, denies):
    usual(registry)
    registry.auth, registry.denies = "bearer", denies
    artifacts = oci(transport, registry.url, LOGIN)
    assert isinstance(await artifacts.find("api", "v1.4.0"), Artifact)

    registry.granted.clear()
    assert isinstance(await artifacts.find("api", "v1.4.0"), Artifact)
    assert len(registry.scopes) == 2

    registry.good_for = 0
    registry.granted.clear()
    assert isinstance(await artifacts.find("api", "v1.4.0"), Unread)
    assert len(registry.scopes) == 3


async def test_a_token_that_is_withdrawn_between_two_reads_is_renewed_there(transport, registry):
    digest = registry.index("v1.4.0", images=(registry.image(label=COMMIT),))
    registry.auth, registry.good_for = "bearer", 1
    assert await oci(transport, registry.url, LOGIN).find("api", "v1.4.0") == Artifact("api", "v1.4.0", digest, COMMIT)
    assert len(registry.scopes) == 3  # the index, the image, its configuration


async def test_a_registry_with_passwords_asks_for_ours_once(transport, registry):
    usual(registry)
    registry.auth = "basic"
    artifacts = oci(transport, registry.url, LOGIN)
    for _ in range(3):
        assert isinstance(await artifacts.find("api", "v1.4.0"), Artifact)
    assert registry.asked == [MANIFEST] * 4


async def test_two_repositories_never_share_a_token(transport, registry):
    usual(registry)
    registry.auth = "bearer"
    artifacts = OciArtifacts(transport, base=registry.url, repositories={"api": "team/api", "web": "team/web"}, login=LOGIN)
    assert isinstance(await artifacts.find("api", "v1.4.0"), Artifact)
    assert isinstance(await artifacts.find("web", "v1.4.0"), Absent)
    assert registry.scopes == ["repository:team/api:pull", "repository:team/web:pull"]


async def test_a_password_never_goes_to_a_token_service_without_tls(transport, registry):
    usual(registry)
    registry.auth, registry.realm = "bearer", "http://token.invalid/token"
    found = await oci(transport, registry.url, LOGIN).find("api", "v1.4.0")
    assert found == Unread("the artifact api v1.4.0 at 127.0.0.1", "it sends us to a token service without TLS")


@respx.mock
async def test_a_password_never_goes_where_a_store_of_blobs_says(transport):
    """Registries redirect blobs to a store elsewhere; its challenge is not the registry's."""
    config = json.dumps({"config": {"Labels": {"org.opencontainers.image.revision": COMMIT}}}).encode()
    manifest = json.dumps({"config": {"digest": digest_of(config)}}).encode()
    kind = {"Content-Type": "application/vnd.oci.image.manifest.v1+json"}
    respx.get("https://registry.test/v2/team/api/manifests/v1.4.0").respond(content=manifest, headers=kind)
    blob = f"https://registry.test/v2/team/api/blobs/{digest_of(config)}"
    respx.get(blob).respond(307, headers={"Location": "https://store.test/blob"})
    store = respx.get("https://store.test/blob").respond(content=config)
    thief = respx.get("https://thief.test/token").respond(json={"token": "t"})
    artifacts = oci(transport, "https://registry.test", LOGIN)
    assert isinstance(await artifacts.find("api", "v1.4.0"), Artifact)

    store.respond(401, headers={"WWW-Authenticate": 'Bearer realm="https://thief.test/token"'})
    found = await artifacts.find("api", "v1.4.0")
    assert found == Unread("the artifact api v1.4.0 at registry.test", "it does not accept our credentials (401)")
    assert not thief.called


async def test_a_service_or_version_that_no_registry_can_hold_is_unread(transport, registry):
    artifacts = oci(transport, registry.url)
    assert isinstance(await artifacts.find("web", "v1.4.0"), Unread)
    assert isinstance(await artifacts.find("api", "v1.4.0+../../x"), Unread)
    assert registry.asked == []


@pytest.mark.parametrize(
    "body", [{"mediaType": "text/plain"}, {"mediaType": INDEX, "manifests": [{"digest": "md5:1"}]}, {"mediaType": INDEX}]
)
async def test_what_is_neither_manifest_nor_index_is_unread(transport, registry, body):
    raw = json.dumps(body).encode()
    registry.manifests["v1.4.0"] = (body["mediaType"], raw)
    assert digest_of(raw)
    assert isinstance(await oci(transport, registry.url).find("api", "v1.4.0"), Unread)


@pytest.mark.parametrize("base", ["registry.test", "https://robot:secret@registry.test", "ftp://registry.test"])
async def test_an_address_that_cannot_be_right_is_refused_at_once(transport, base):
    with pytest.raises(ValueError, match="registry's URL"):
        oci(transport, base)
    with pytest.raises(ValueError, match="not a repository"):
        OciArtifacts(transport, base="https://registry.test", repositories={"api": "../x"})


async def test_a_second_look_at_a_registry_costs_its_word_that_nothing_changed(transport, registry):
    digest = usual(registry)
    artifacts = oci(transport, registry.url)
    first = await artifacts.find("api", "v1.4.0")
    assert await artifacts.find("api", "v1.4.0") == first
    assert registry.unchanged == 1

    moved = registry.image("v1.4.0", annotation=OTHER)
    found = await artifacts.find("api", "v1.4.0")
    assert isinstance(found, Artifact)
    assert (found.digest, found.commit) == (moved, OTHER)
    assert moved != digest
    assert registry.unchanged == 1
