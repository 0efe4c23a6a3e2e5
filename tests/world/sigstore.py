"""A small sigstore: a certificate authority, a log of certificates and a log of signatures, with keys made for this run alone.

What it makes is verified by the sigstore library against the trust root that it writes, so the library says whether it is right.
"""

import hashlib
import json
import struct
from datetime import UTC, datetime, timedelta

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.world.attestations import BUNDLE, STATEMENT, b64, pae, sign

ISSUER = "https://token.actions.githubusercontent.com"
WORKFLOW = "https://github.com/octo/api/.github/workflows/release.yml@refs/tags/v1.4.0"
SIGNED = datetime(2026, 11, 20, 9, 5, tzinfo=UTC)
_ISSUER_OID = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_SCT_OID = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")


def _spki(key) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _key_id(key) -> bytes:
    return hashlib.sha256(_spki(key)).digest()


def _new():
    return ec.generate_private_key(ec.SECP256R1())


def _octets(content: bytes) -> bytes:
    """A DER OCTET STRING of at most 255 bytes."""
    return (b"\x04" + bytes([len(content)]) if len(content) < 128 else b"\x04\x81" + bytes([len(content)])) + content


class SmallSigstore:
    """Issues certificates to whoever asks, logs them, and logs what they sign.

    Attributes:
        begins, ends: how long its keys are valid by the trust root; `ends` None says nothing.
    """

    def __init__(self) -> None:
        self.begins: datetime = SIGNED - timedelta(days=365)
        self.ends: datetime | None = None
        self._ca_key, self._ct_key, self._log_key = _new(), _new(), _new()
        name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "small sigstore"), x509.NameAttribute(NameOID.COMMON_NAME, "root")])
        key = self._ca_key.public_key()
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self._ca = (
            x509.CertificateBuilder(name, name, key, x509.random_serial_number(), self.begins, SIGNED + timedelta(days=3650))
            .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .sign(self._ca_key, hashes.SHA256())
        )

    def root(self, *, since: datetime | None = None, until: datetime | None = None) -> bytes:
        """The trust root, as `trusted_root.json`; its keys are valid in `[since, until]`."""
        span = {"start": (since or self.begins).isoformat()} | ({"end": until.isoformat()} if until else {})

        def log(key) -> dict:
            public = {"rawBytes": b64(_spki(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": span}
            return {"baseUrl": "https://log.test", "hashAlgorithm": "SHA2_256", "publicKey": public, "logId": {"keyId": b64(_key_id(key))}}

        chain = {"certificates": [{"rawBytes": b64(self._ca.public_bytes(Encoding.DER))}]}
        authority = {
            "subject": {"organization": "small sigstore", "commonName": "root"},
            "uri": "https://ca.test",
            "certChain": chain,
            "validFor": span,
        }
        return json.dumps(
            {
                "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
                "tlogs": [log(self._log_key)],
                "ctlogs": [log(self._ct_key)],
                "certificateAuthorities": [authority],
                "timestampAuthorities": [],
            }
        ).encode()

    def bundle(
        self, payload: bytes, *, who: str = WORKFLOW, issuer: str = ISSUER, at: datetime = SIGNED, logged: datetime | None = None
    ) -> bytes:
        """What somebody signed, with everything that proves it.

        Args:
            payload: an in-toto statement.
            who, issuer: whose certificate.
            at: when the certificate was issued, for ten minutes.
            logged: when the signature was logged, if not at once.
        """
        key = _new()
        certificate = self._certificate(key, who, issuer, at)
        signature = sign(key, pae(payload))
        entry = self._entry(certificate, payload, signature, logged or at)
        public = {"rawBytes": b64(certificate.public_bytes(Encoding.DER))}
        envelope = {"payload": b64(payload), "payloadType": STATEMENT, "signatures": [{"sig": b64(signature)}]}
        material = {"certificate": public, "tlogEntries": [entry]}
        return json.dumps({"mediaType": BUNDLE, "verificationMaterial": material, "dsseEnvelope": envelope}).encode()

    def _certificate(self, key, who: str, issuer: str, at: datetime) -> x509.Certificate:
        usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
        name = x509.UniformResourceIdentifier(who) if "://" in who else x509.RFC822Name(who)
        serial = x509.random_serial_number()
        builder = (
            x509.CertificateBuilder(self._ca.subject, x509.Name([]), key.public_key(), serial, at, at + timedelta(minutes=10))
            .add_extension(usage, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._ca_key.public_key()), critical=False)
            .add_extension(x509.SubjectAlternativeName([name]), critical=True)
            .add_extension(x509.UnrecognizedExtension(_ISSUER_OID, issuer.encode()), critical=False)
        )
        # A log signs the certificate as it is without the log's own extension (RFC 6962 3.2).
        bare = builder.sign(self._ca_key, hashes.SHA256()).tbs_certificate_bytes
        moment = struct.pack("!Q", int(at.timestamp() * 1000))
        issued_by = hashlib.sha256(_spki(self._ca_key)).digest()
        proof = sign(self._ct_key, b"\0\0" + moment + b"\0\1" + issued_by + len(bare).to_bytes(3, "big") + bare + b"\0\0")
        stamp = b"\0" + _key_id(self._ct_key) + moment + b"\0\0" + b"\4\3" + struct.pack("!H", len(proof)) + proof
        listed = struct.pack("!H", len(stamp)) + stamp
        listed = struct.pack("!H", len(listed)) + listed
        return builder.add_extension(x509.UnrecognizedExtension(_SCT_OID, _octets(listed)), critical=False).sign(
            self._ca_key, hashes.SHA256()
        )

    def _entry(self, certificate: x509.Certificate, payload: bytes, signature: bytes, at: datetime) -> dict:
        """An entry of a log that has no other: its root hash is the hash of the leaf."""
        signer = {"signature": b64(signature), "verifier": b64(certificate.public_bytes(Encoding.PEM))}
        hashed = {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()}
        spec = {"payloadHash": hashed, "envelopeHash": hashed, "signatures": [signer]}
        body = rfc8785.dumps({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec})
        moment, log = int(at.timestamp()), _key_id(self._log_key)
        root = hashlib.sha256(b"\0" + body).digest()
        note = f"log.test - 1\n1\n{b64(root)}\n"
        checkpoint = f"{note}\n\u2014 log.test {b64(log[:4] + sign(self._log_key, note.encode()))}\n"
        promise = rfc8785.dumps({"body": b64(body), "integratedTime": moment, "logID": log.hex(), "logIndex": 0})
        proof = {"logIndex": "0", "rootHash": b64(root), "treeSize": "1", "hashes": [], "checkpoint": {"envelope": checkpoint}}
        return {
            "logIndex": "0",
            "logId": {"keyId": b64(log)},
            "kindVersion": {"kind": "dsse", "version": "0.0.1"},
            "integratedTime": str(moment),
            "inclusionPromise": {"signedEntryTimestamp": b64(sign(self._log_key, promise))},
            "inclusionProof": proof,
            "canonicalizedBody": b64(body),
        }
