"""The manifest of an evidence bundle: what is in it, what is not and why, and what binds it together.

Invariant: it is read as strictly as it is written; a field that nobody knows is a mistake, and so is a path that leaves the bundle.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

MANIFEST, SIGNATURE, INDEX, LEDGER = "manifest.json", "manifest.sig", "index.html", "ledger.jsonl"
OUTSIDE = frozenset({MANIFEST, SIGNATURE})
"""What the manifest cannot name: itself and its signature."""

PATH = r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*"
"""Below the bundle's root: no part begins with a dot, so none leads out of it."""

Path = Annotated[str, StringConstraints(pattern=rf"^{PATH}$", max_length=200)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Source(_Part):
    """Where a piece of evidence comes from.

    Args:
        kind: its class; `ledger` and `index` for the two parts that are no evidence by themselves.
        title: a noun phrase for people.
        system: the system of record.
        keys: what it is found by again there.
        url: where a person can read it there.
        read_at: UTC.
        trail: items of the audit trail that it carries.
    """

    kind: str
    title: str
    system: str
    keys: dict[str, str] = Field(default_factory=dict)
    url: str | None = None
    read_at: AwareDatetime = Field(strict=False)
    trail: list[str] = Field(default_factory=list)


class File(_Part):
    """A file of the bundle.

    Args:
        path: in the zip.
        sha256, size: of its bytes.
        media_type: of its content.
        source: where it comes from.
    """

    path: Path
    sha256: Sha256
    size: int = Field(ge=0)
    media_type: str
    source: Source


class Lacking(_Part):
    """Something that was looked for and is not in the bundle.

    Args:
        state: `absent` when the source says that there is none, `unread` when it could not be read.
        what: a noun phrase.
        why: what happened, "" for what is absent.
        source: where it was looked for.
    """

    state: Literal["absent", "unread"]
    what: str
    why: str
    source: Source


class Chain(_Part):
    """What the extract of the ledger proves.

    Args:
        after, after_hash: number and hash of the entry before its first.
        head, head_hash: number and hash of its last, which was the ledger's last.
        shown: numbers of the entries about the version; all others are withheld.
    """

    after: int = Field(ge=0)
    after_hash: Sha256
    head: int = Field(ge=0)
    head_hash: Sha256
    shown: list[int]


class Manifest(_Part):
    """Everything that the signature covers.

    Args:
        format: of this file.
        signalbox: the program's version.
        service, version, repository: what the bundle is about.
        digest, commit: what the version is (AUD-04); None when nobody knew.
        made_at: UTC.
        made_by, made_by_name: for whom.
        policy: hash of the policy file in force.
        key: fingerprint of the key that signed; None when none did.
        ledger: what binds `ledger.jsonl` to the ledger.
        files: all others than the manifest and its signature, by path.
        lacking: what is not there.
    """

    format: Literal["signalbox-evidence-1"]
    signalbox: str
    service: str
    version: str
    repository: str
    digest: str | None
    commit: str | None
    made_at: AwareDatetime = Field(strict=False)
    made_by: str
    made_by_name: str
    policy: str
    key: str | None
    ledger: Chain
    files: list[File]
    lacking: list[Lacking]

    def encoded(self) -> bytes:
        """The bytes that are signed."""
        return (self.model_dump_json(indent=1) + "\n").encode()
