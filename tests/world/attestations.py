"""Makes what builders attach to artifacts: statements, envelopes and SBOMs, honest and forged. Keys are made for this run alone."""

import base64
import json

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.world.neighbours import COMMIT

SOURCE = "https://github.com/octo/api"
REF = "refs/tags/v1.4.0"
BUILDER = "https://github.com/actions/runner/github-hosted"
RUN = f"{SOURCE}/actions/runs/1/attempts/1"

SLSA_1 = "https://slsa.dev/provenance/v1"
SLSA_0_2 = "https://slsa.dev/provenance/v0.2"
CYCLONEDX_PREDICATE = "https://cyclonedx.org/bom"
SPDX_PREDICATE = "https://spdx.dev/Document"
COSIGN_SIGN = "https://sigstore.dev/cosign/sign/v1"

DSSE = "application/vnd.dsse.envelope.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
CYCLONEDX = "application/vnd.cyclonedx+json"
SPDX = "application/spdx+json"
SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
STATEMENT = "application/vnd.in-toto+json"

P256 = ec.generate_private_key(ec.SECP256R1())
OTHER_P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()


def pem(key) -> str:
    """The public half."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def sign(key, message: bytes) -> bytes:
    """ECDSA over SHA-256, or Ed25519."""
    return key.sign(message) if isinstance(key, ed25519.Ed25519PrivateKey) else key.sign(message, ec.ECDSA(hashes.SHA256()))


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def pae(payload: bytes, kind: str = STATEMENT) -> bytes:
    """What a DSSE signature is over."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


def dsse(key, payload: bytes, kind: str = STATEMENT) -> bytes:
    """A signed envelope."""
    signature = {"sig": b64(sign(key, pae(payload, kind))), "keyid": ""}
    return json.dumps({"payload": b64(payload), "payloadType": kind, "signatures": [signature]}).encode()


def statement(digest: str, predicate: object, kind: str = SLSA_1, form: str = "v1") -> bytes:
    """An in-toto statement about one digest."""
    subject = [{"name": "registry.test/team/api", "digest": {"sha256": digest.removeprefix("sha256:")}}]
    return json.dumps(
        {"_type": f"https://in-toto.io/Statement/{form}", "subject": subject, "predicateType": kind, "predicate": predicate}
    ).encode()


def slsa_1(source: str = SOURCE, commit: str = COMMIT, stated: str | None = None, **external: object) -> dict:
    """As GitHub Actions writes it.

    Args:
        source, commit: what was read.
        stated: what was asked to be built, when it is something else.
        external: more external parameters.
    """
    workflow = {"workflow": {"ref": REF, "repository": stated or source, "path": ".github/workflows/release.yml"}}
    material = {"uri": f"git+{source}@{REF}", "digest": {"gitCommit": commit}}
    return {
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": workflow | external,
            "resolvedDependencies": [material],
        },
        "runDetails": {
            "builder": {"id": BUILDER},
            "metadata": {"invocationId": RUN, "startedOn": "2026-11-20T10:00:00+01:00", "finishedOn": "2026-11-20T09:05:00Z"},
        },
    }


def slsa_02(source: str = SOURCE, commit: str = COMMIT) -> dict:
    """As the SLSA generator for GitHub writes it."""
    material = {"uri": f"git+{source}@{REF}", "digest": {"sha1": commit}}
    return {
        "builder": {"id": BUILDER},
        "buildType": "https://github.com/slsa-framework/slsa-github-generator/container@v1",
        "invocation": {"configSource": material | {"entryPoint": ".github/workflows/release.yml"}},
        "metadata": {"buildInvocationId": "1-1", "completeness": {}},
        "materials": [material, {"uri": "pkg:pypi/httpx@0.28", "digest": {"sha256": "0" * 64}}],
    }


def cyclonedx(digest: str | None = None, components: int = 2) -> dict:
    """As trivy writes it, with a component inside each but the last."""
    inner = {"type": "library", "name": "inner"}
    listed = [{"type": "library", "name": f"lib-{n}", "components": [inner] if n else []} for n in range(components)]
    root = {"type": "container", "name": "api"} | ({"purl": f"pkg:oci/api@{digest.replace(':', '%3A')}?arch=amd64"} if digest else {})
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "metadata": {"component": root}, "components": listed}


def spdx(digest: str | None = None) -> dict:
    """As syft writes it."""
    root = {"SPDXID": "SPDXRef-root", "name": "api", "versionInfo": "v1.4.0"}
    if digest:
        root["checksums"] = [{"algorithm": "SHA256", "checksumValue": digest.removeprefix("sha256:")}]
    return {
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "packages": [root, {"SPDXID": "SPDXRef-lib", "name": "lib", "checksums": [{"algorithm": "SHA256", "checksumValue": "0" * 64}]}],
        "relationships": [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-root"}],
    }


def simple(digest: str) -> bytes:
    """What `cosign sign --key` signed before bundles."""
    image = {"docker-manifest-digest": digest}
    return json.dumps({"critical": {"identity": {}, "image": image, "type": "cosign container image signature"}, "optional": None}).encode()
