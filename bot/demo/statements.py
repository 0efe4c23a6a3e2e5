"""What the demo's CI says about what it built: a bill of materials, SLSA provenance, and a signature, in the formats of their trades.

Invariant: what is signed is signed over exactly the bytes that are stored.

Source: CycloneDX 1.6 JSON; in-toto Statement v1; SLSA Provenance v1; DSSE 1.0; cosign "Bundle specification" for the signature's predicate.
"""

import base64
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot.adapters.attestations import COSIGN_SIGN
from bot.adapters.signatures import STATEMENT_TYPE, Envelope

_CYCLONEDX = "https://cyclonedx.org/bom"
DSSE = "application/vnd.dsse.envelope.v1+json"
_SLSA = "https://slsa.dev/provenance/v1"


@dataclass(frozen=True, slots=True)
class Built:
    """One build.

    Args:
        name: of what was built, `acme/api`.
        digest: of the artifact.
        source: the repository, `https://github.com/acme/api`.
        tag: that was built.
        commit: 40 hex digits.
        began, ended: aware.
    """

    name: str
    digest: str
    source: str
    tag: str
    commit: str
    began: datetime
    ended: datetime


def sbom(built: Built, archive: bytes, key: Ed25519PrivateKey) -> bytes:
    """An envelope with a CycloneDX document that names the artifact and lists its files.

    Args:
        built: what it says that it describes.
        archive: the artifact, a gzipped tar file.
        key: CI's.
    """
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        files = [(member.name, packed.extractfile(member)) for member in packed.getmembers()]
        components = [
            {"type": "file", "name": name, "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(file.read()).hexdigest()}]}
            for name, file in files
            if file
        ]
    purl = f"pkg:oci/{built.name.rpartition('/')[2]}@{built.digest.replace(':', '%3A')}"
    about = {"type": "container", "name": built.name, "version": built.tag, "purl": purl}
    document = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": {"component": about}, "components": components}
    return _signed(built, _CYCLONEDX, document, key)


def provenance(built: Built, key: Ed25519PrivateKey) -> bytes:
    """An envelope that says from which commit the artifact was built, and when."""
    ref = f"refs/tags/{built.tag}"
    definition = {
        "buildType": "https://actions.github.io/buildtypes/workflow/v1",
        "externalParameters": {"workflow": {"ref": ref, "repository": built.source, "path": ".github/workflows/build.yml"}},
        "resolvedDependencies": [{"uri": f"git+{built.source}@{ref}", "digest": {"gitCommit": built.commit}}],
    }
    times = {"startedOn": built.began.isoformat(), "finishedOn": built.ended.isoformat()}
    details = {"builder": {"id": "https://ci.acme.example/builders/demo"}, "metadata": {"invocationId": f"build-{built.tag}", **times}}
    return _signed(built, _SLSA, {"buildDefinition": definition, "runDetails": details}, key)


def signature(built: Built, key: Ed25519PrivateKey) -> bytes:
    """An envelope that says nothing but which digest was signed."""
    return _signed(built, COSIGN_SIGN, {}, key)


def _signed(built: Built, kind: str, predicate: Mapping[str, object], key: Ed25519PrivateKey) -> bytes:
    subject = {"name": built.name, "digest": {"sha256": built.digest.removeprefix("sha256:")}}
    statement = {"_type": "https://in-toto.io/Statement/v1", "subject": [subject], "predicateType": kind, "predicate": predicate}
    payload = json.dumps(statement).encode()
    unsigned = {"payload": _base64(payload), "payloadType": STATEMENT_TYPE}
    message = Envelope.model_validate(unsigned | {"signatures": [{"sig": ""}]}).signed()
    return json.dumps(unsigned | {"signatures": [{"keyid": "", "sig": _base64(key.sign(message))}]}).encode()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
