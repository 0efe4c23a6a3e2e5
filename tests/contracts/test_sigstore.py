"""Whose identity a sigstore bundle proves, under a pinned trust root and without a network (EVD-10, EVD-11)."""

import json
import socket
from datetime import date, timedelta

import pytest

from bot.adapters.attestations import Attached, Trust, bundle
from bot.adapters.signatures import Envelope, PinnedKeys, Signed, Unverified, Verified
from bot.adapters.sigstore_identity import SigstoreIdentity
from guards.provenance import Identity, Invalid
from tests.world.attestations import P256, SOURCE, b64, dsse, pae, pem, sign, slsa_1, statement
from tests.world.neighbours import COMMIT
from tests.world.sigstore import ISSUER, SIGNED, WORKFLOW, SmallSigstore

STATEMENT = statement("sha256:" + "a" * 64, slsa_1())
AS_OF = date(2026, 11, 1)
DAY = timedelta(days=1)
EXPIRED = "its signature does not hold: when it was made, the trust root's keys were not valid yet, or no longer"


@pytest.fixture(scope="module")
def sigstore():
    return SmallSigstore()


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """Verifying needs nobody: a name that is looked up, or a connection that is made, fails the test."""

    def refuse(*_, **__):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def wanted(root: bytes, identity: str = WORKFLOW.replace("v1.4.0", "{version}"), issuer: str = ISSUER) -> SigstoreIdentity:
    return SigstoreIdentity(root=root, as_of=AS_OF, identity=identity, issuer=issuer)


def signed(bundle: bytes) -> Signed:
    return Signed.enveloped(Envelope.model_validate(json.loads(bundle)["dsseEnvelope"]), bundle)


def changed(bundle: bytes, *path: str | int, to: object) -> bytes:
    """The bundle with one value replaced."""
    body = json.loads(bundle)
    place = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(body).encode()


def test_a_release_workflow_is_known_by_its_name_and_who_vouches_for_it(sigstore):
    found = wanted(sigstore.root()).verify(signed(sigstore.bundle(STATEMENT)), "v1.4.0")
    assert found == Verified(STATEMENT, Identity(WORKFLOW, ISSUER, SIGNED, AS_OF))


def test_what_a_bundle_in_a_registry_says_is_believed_on_that_identitys_word(sigstore):
    digest = "sha256:" + "a" * 64
    trust = Trust(SOURCE, (PinnedKeys(pem(P256)), wanted(sigstore.root())))
    for who, good in ((WORKFLOW, True), (WORKFLOW + "-x", False)):
        content = sigstore.bundle(STATEMENT, who=who)
        (found,) = bundle(Attached(trust, "v1.4.0", digest, frozenset({digest}), digest, "https://registry.test/x", content))
        if good:
            assert (found.commit, found.repository, found.signer) == (COMMIT, SOURCE, Identity(WORKFLOW, ISSUER, SIGNED, AS_OF))
        else:
            pinned = "its signature was not made with a pinned key, or its content was changed since"
            assert found == Invalid(f"the attachment {digest[:19]}…", f"{pinned}; it was signed by {who}, not by {WORKFLOW}")


def test_a_person_is_known_by_an_address(sigstore):
    bundle = sigstore.bundle(STATEMENT, who="ada@example.com", issuer="https://accounts.example.com")
    found = wanted(sigstore.root(), "ada@example.com", "https://accounts.example.com").verify(signed(bundle), "v1.4.0")
    assert isinstance(found, Verified)


@pytest.mark.parametrize(
    ("who", "issuer", "version", "why"),
    [
        pytest.param(
            WORKFLOW, ISSUER, "v1.4.1", f"it was signed by {WORKFLOW}, not by {WORKFLOW.replace('v1.4.0', 'v1.4.1')}", id="another version"
        ),
        pytest.param(
            WORKFLOW.replace("octo", "thief"),
            ISSUER,
            "v1.4.0",
            f"it was signed by {WORKFLOW.replace('octo', 'thief')}, not by {WORKFLOW}",
            id="another repository",
        ),
        pytest.param(WORKFLOW + "-x", ISSUER, "v1.4.0", f"it was signed by {WORKFLOW}-x, not by {WORKFLOW}", id="a longer name"),
        pytest.param(WORKFLOW, "https://issuer.test", "v1.4.0", f"{ISSUER} did not vouch for who signed it", id="another issuer"),
    ],
)
def test_another_identity_proves_nothing(sigstore, who, issuer, version, why):
    bundle = sigstore.bundle(STATEMENT, who=who, issuer=issuer)
    assert wanted(sigstore.root()).verify(signed(bundle), version) == Unverified(why)


def test_another_sigstore_proves_nothing(sigstore):
    found = wanted(SmallSigstore().root()).verify(signed(sigstore.bundle(STATEMENT)), "v1.4.0")
    assert isinstance(found, Unverified)
    assert found.why.startswith("its signature does not hold: ")


@pytest.mark.parametrize(
    ("since", "until", "good"),
    [
        pytest.param(SIGNED - DAY, SIGNED + DAY, True, id="valid"),
        pytest.param(SIGNED - DAY, SIGNED, True, id="valid until that second"),
        pytest.param(SIGNED - DAY, SIGNED - timedelta(seconds=1), False, id="expired"),
        pytest.param(SIGNED + timedelta(seconds=1), None, False, id="not valid yet"),
    ],
)
def test_a_signature_counts_only_while_the_roots_keys_were_valid(sigstore, since, until, good):
    """The library alone would let a withdrawn key count for ever."""
    found = wanted(sigstore.root(since=since, until=until)).verify(signed(sigstore.bundle(STATEMENT)), "v1.4.0")
    assert isinstance(found, Verified) if good else found == Unverified(EXPIRED)


def test_an_expired_key_may_stand_beside_a_valid_one(sigstore):
    """Roots keep what they trusted once, for what was signed then."""
    root, old = json.loads(sigstore.root()), json.loads(SmallSigstore().root(until=SIGNED - DAY))
    for name in ("tlogs", "ctlogs", "certificateAuthorities"):
        root[name] = old[name] + root[name]
    found = wanted(json.dumps(root).encode()).verify(signed(sigstore.bundle(STATEMENT)), "v1.4.0")
    assert isinstance(found, Verified)


ENTRY = ("verificationMaterial", "tlogEntries", 0)


@pytest.mark.parametrize(
    ("path", "to"),
    [
        pytest.param(("dsseEnvelope", "payload"), b64(statement("sha256:" + "b" * 64, slsa_1())), id="another payload"),
        pytest.param(("dsseEnvelope", "payloadType"), "text/plain", id="another type"),
        pytest.param(("dsseEnvelope", "signatures", 0, "sig"), b64(sign(P256, pae(STATEMENT))), id="another key's signature"),
        pytest.param((*ENTRY, "integratedTime"), str(int(SIGNED.timestamp()) + 60), id="another moment"),
        pytest.param((*ENTRY, "inclusionPromise", "signedEntryTimestamp"), b64(sign(P256, b"x")), id="a forged promise"),
        pytest.param((*ENTRY, "inclusionProof", "rootHash"), b64(b"0" * 32), id="a forged proof"),
        pytest.param((*ENTRY, "canonicalizedBody"), b64(b"{}"), id="another entry"),
        pytest.param((*ENTRY, "inclusionPromise"), None, id="nothing proves when"),
        pytest.param(("verificationMaterial", "tlogEntries"), [], id="never logged"),
        pytest.param(("verificationMaterial", "certificate", "rawBytes"), b64(b"hello"), id="no certificate"),
        pytest.param(("verificationMaterial",), {"publicKey": {"hint": "x"}}, id="a key's bundle"),
        pytest.param(("verificationMaterial",), None, id="no material"),
        pytest.param(("mediaType",), "application/json", id="another format"),
        pytest.param((*ENTRY, "integratedTime"), "9" * 19, id="a moment outside all calendars"),
    ],
)
def test_a_bundle_that_was_tampered_with_proves_nothing(sigstore, path, to):
    bundle = sigstore.bundle(STATEMENT)
    assert isinstance(wanted(sigstore.root()).verify(signed(bundle), "v1.4.0"), Verified)
    found = wanted(sigstore.root()).verify(signed(changed(bundle, *path, to=to)), "v1.4.0")
    assert isinstance(found, Unverified), found
    assert found.why.startswith("its ")


def test_a_signature_that_was_logged_after_its_certificate_expired_proves_nothing(sigstore):
    late = sigstore.bundle(STATEMENT, logged=SIGNED + timedelta(minutes=11))
    assert isinstance(wanted(sigstore.root()).verify(signed(late), "v1.4.0"), Unverified)
    in_time = sigstore.bundle(STATEMENT, logged=SIGNED + timedelta(minutes=9))
    assert isinstance(wanted(sigstore.root()).verify(signed(in_time), "v1.4.0"), Verified)


def test_a_bare_envelope_proves_nobodys_identity(sigstore):
    envelope = Envelope.model_validate_json(dsse(P256, STATEMENT))
    found = wanted(sigstore.root()).verify(Signed.enveloped(envelope), "v1.4.0")
    assert found == Unverified("it stands in no sigstore bundle, so nobody's identity can be verified")


@pytest.mark.parametrize("bundle", [b"", b"null", b'{"mediaType": "', b"<html></html>", b"[" * 100_000])
def test_what_is_no_bundle_proves_nothing(sigstore, bundle):
    found = wanted(sigstore.root()).verify(Signed(STATEMENT, b"", (), bundle), "v1.4.0")
    assert found == Unverified("its sigstore bundle cannot be understood")


@pytest.mark.parametrize(
    ("root", "identity", "issuer", "why"),
    [
        pytest.param(b"<html>", WORKFLOW, ISSUER, "not valid JSON", id="no JSON"),
        pytest.param(b"{}", WORKFLOW, ISSUER, "must name tlogs, ctlogs, certificateAuthorities", id="no root"),
        pytest.param(None, "", ISSUER, "must both be named", id="nobody"),
        pytest.param(None, WORKFLOW, "", "must both be named", id="no issuer"),
    ],
)
def test_a_setting_that_cannot_be_right_is_refused_at_once(sigstore, root, identity, issuer, why):
    with pytest.raises(ValueError, match=why):
        wanted(sigstore.root() if root is None else root, identity, issuer)


def test_without_the_extra_it_is_refused_at_once(sigstore, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"signalbox\[sigstore\]"):
        wanted(sigstore.root())
