"""What is behind a link: there, gone, or not read; and nobody can have the bot ask what is not public (REC-19)."""

import asyncio
import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bot.adapters import links
from bot.adapters.links import HttpLinks, public
from bot.neighbours import links_of
from bot.settings import Settings
from commands.core.ports.links import Broken, Leads, Links
from guards.unread import Unread
from tests.world.links import FakeLinks

HERE = "127.0.0.1"


class Site:
    """A small site on loopback that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self.answer)
        return app

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path, request.headers["Host"]))
        assert not {"Authorization", "Cookie"} & set(request.headers)
        match request.path:
            case "/there":
                return web.Response(text="x" * 100_000, headers={"Set-Cookie": "a=b"})
            case "/no-head":
                return web.Response(status=405 if request.method == "HEAD" else 200)
            case "/head-says-gone":
                return web.Response(status=404 if request.method == "HEAD" else 200)
            case "/moved":
                return web.Response(status=301, headers={"Location": "/there"})
            case "/moved-away":
                return web.Response(status=302, headers={"Location": f"http://inside.test:{request.url.port}/there"})
            case "/moved-to-a-file":
                return web.Response(status=302, headers={"Location": "file:///etc/passwd"})
            case "/circle":
                return web.Response(status=302, headers={"Location": "/circle"})
            case "/gone-for-good":
                return web.Response(status=410)
            case path if path.startswith("/says-"):
                return web.Response(status=int(path.removeprefix("/says-")))
            case _:
                return web.Response(status=404)


async def names(host: str, port: int) -> list[str]:
    """`site.test` is this machine, taken for a public one; `inside.test` is not."""
    known = {"site.test": [HERE], "inside.test": ["127.0.0.2"], "both.test": [HERE, "10.0.0.1"], "nowhere.test": []}
    if host not in known:
        raise socket.gaierror(socket.EAI_NONAME, "no such name")
    return known[host]


@pytest.fixture
async def site():
    made = Site()
    server = TestServer(made.app(), host=HERE)
    await server.start_server()
    made.url = f"http://site.test:{server.port}"
    yield made
    await server.close()


@pytest.fixture
def real():
    return HttpLinks(resolve=names, allowed=lambda address: address == HERE)


@pytest.fixture(params=["http", "fake"])
def both(request, real, site) -> Links:
    pages = {f"{site.url}/there": Leads(), f"{site.url}/nothing": Broken("its server says 404")}
    return real if request.param == "http" else FakeLinks(pages)


async def test_what_is_there_leads_somewhere(both, site):
    assert await both.look(f"{site.url}/there") == Leads()


async def test_what_its_server_does_not_know_is_broken(both, site):
    assert await both.look(f"{site.url}/nothing") == Broken("its server says 404")


async def test_a_name_that_nobody_knows_is_unread(both):
    answer = await both.look("https://no-such-name.test/page")
    assert isinstance(answer, Unread)
    assert answer.why == "its name could not be resolved"


@pytest.mark.parametrize("page", ["no-head", "head-says-gone", "moved", "there#part", "there?q=1"])
async def test_what_can_be_reached_in_some_way_is_there(real, site, page):
    assert await real.look(f"{site.url}/{page}") == Leads()


async def test_it_is_asked_for_by_its_own_name_first_by_head(real, site):
    await real.look(f"{site.url}/there")
    assert site.asked == [("HEAD", "/there", site.url.removeprefix("http://"))]
    await real.look(f"{site.url}/nothing")
    assert [method for method, _, _ in site.asked[1:]] == ["HEAD", "GET"]


@pytest.mark.parametrize(
    ("page", "answer"), [("gone-for-good", Broken), *((f"says-{status}", Unread) for status in (401, 403, 429, 500, 503))]
)
async def test_only_a_server_that_says_so_makes_a_link_broken(real, site, page, answer):
    assert isinstance(await real.look(f"{site.url}/{page}"), answer)


@pytest.mark.parametrize("page", ["nothing", "gone-for-good"])
async def test_who_hides_what_is_private_does_not_make_a_link_broken(site, page):
    """GitHub answers 404 for a private repository to whoever has not signed in."""
    looks = HttpLinks(resolve=names, allowed=lambda address: address == HERE, hiding=frozenset({"site.test"}))
    answer = await looks.look(f"{site.url}/{page}")
    assert isinstance(answer, Unread)
    assert "also for what is there" in answer.why
    assert await looks.look(f"{site.url}/there") == Leads()


def test_of_links_to_github_a_404_proves_nothing():
    settings = Settings.model_validate({"GITHUB_URL": "https://git.acme.example", "GITHUB_API_URL": "https://git.acme.example/api/v3"})
    assert links_of(settings).hiding == {"github.com", "git.acme.example"}


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
        "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "2002:7f00:1::", "64:ff9b::a00:1",
    ],
)  # fmt: skip
def test_what_is_not_public_is_never_asked(address):
    assert not public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::808:808"])
def test_what_is_public_is(address):
    assert public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/there", "http://localhost:{port}/there", "http://[::1]:{port}/there", "http://2130706433:{port}/there",
        "http://0x7f.1:{port}/there", "http://[::ffff:127.0.0.1]:{port}/there",
    ],
)  # fmt: skip
async def test_this_machine_is_not_reached_by_any_of_its_names(site, url):
    answer = await HttpLinks().look(url.replace("{port}", site.url.rpartition(":")[2]))
    assert isinstance(answer, Unread)
    assert site.asked == []


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://site.test/x", "https://user:secret@site.test/", "javascript:alert(1)", "http://", "http://[bad", "//site.test/x", ""],
)  # fmt: skip
async def test_what_is_no_plain_address_is_not_asked(real, site, url):
    assert isinstance(await real.look(url), Unread)
    assert site.asked == []


async def test_a_redirect_leads_nowhere_else_than_a_link_may(real, site):
    for page in ("moved-away", "moved-to-a-file"):
        assert isinstance(await real.look(f"{site.url}/{page}"), Unread)
    assert {path for _, path, _ in site.asked} == {"/moved-away", "/moved-to-a-file"}
    answer = await real.look(f"{site.url}/circle")
    assert isinstance(answer, Unread)
    assert answer.why == "it redirects in circles"


async def test_a_name_with_one_inner_address_is_not_asked_at_all(real, site):
    answer = await real.look(site.url.replace("site.test", "both.test") + "/there")
    assert isinstance(answer, Unread)
    assert answer.why == "it is not on the public internet, so it is not looked at"
    assert isinstance(await real.look("http://nowhere.test/"), Unread)
    assert site.asked == []


async def test_the_address_that_was_checked_is_the_one_that_is_asked(site):
    """A name that tells another address at the second question gets no second question."""
    asked = []

    async def bending(host, port):
        asked.append(host)
        return [HERE] if len(asked) == 1 else ["10.0.0.1"]

    assert await HttpLinks(resolve=bending, allowed=lambda a: a == HERE).look(f"{site.url}/there") == Leads()
    assert asked == ["site.test"]


async def test_a_server_that_does_not_answer_is_unread(monkeypatch, real):
    with socket.create_server((HERE, 0)) as silent:  # it takes connections, and nobody reads them
        url = f"http://site.test:{silent.getsockname()[1]}/there"
        monkeypatch.setattr(links, "READ", 0.2)
        assert await real.look(url) == Unread("the link", "its server gave no answer in time")
        monkeypatch.setattr(links, "READ", 5.0)
        real = HttpLinks(resolve=names, allowed=lambda address: address == HERE, seconds=0.2)
        assert await real.look(url) == Unread("the link", "no answer within 0.2 s")
    monkeypatch.undo()
    assert await real.look(url) == Unread("the link", "no connection could be made")


async def test_whoever_speaks_no_http_is_unread(real):
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        await reader.read(1)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(babble, HERE, 0)
    answer = await real.look(f"http://site.test:{server.sockets[0].getsockname()[1]}/")
    assert isinstance(answer, Unread)
    assert answer.why == "the connection broke off"
    server.close()
    await server.wait_closed()


def secured(name: str, tmp_path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for a name, and that of somebody who trusts it."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    certificate = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    pem = tmp_path / "server.pem"
    pem.write_bytes(certificate + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(pem)
    return serving, ssl.create_default_context(cadata=certificate.decode())


async def test_a_certificate_has_to_be_for_the_name_that_stands_in_the_link(tmp_path):
    """Although it is the address that is asked."""
    serving, trusting = secured("site.test", tmp_path)
    server = TestServer(Site().app(), host=HERE)
    await server.start_server(ssl=serving)

    async def anybody(host, port):
        return [HERE]

    looks = HttpLinks(resolve=anybody, allowed=lambda a: a == HERE, tls=trusting)
    assert await looks.look(f"https://site.test:{server.port}/there") == Leads()
    assert isinstance(await looks.look(f"https://other.test:{server.port}/there"), Unread)
    assert isinstance(await HttpLinks(resolve=anybody, allowed=lambda a: a == HERE).look(f"https://site.test:{server.port}/there"), Unread)
    await server.close()


def test_certificates_are_verified():
    assert links._authorities().verify_mode is ssl.CERT_REQUIRED
    assert links._authorities().check_hostname
