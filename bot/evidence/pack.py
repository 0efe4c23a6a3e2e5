"""Packs what was collected into one zip, with a page to read and a manifest that is signed.

Invariant: the same collection makes the same bytes; each file stands in the manifest with its hash, and nothing else is in the zip.
"""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.evidence.manifest import INDEX, LEDGER, MANIFEST, SIGNATURE, Chain, File, Lacking, Manifest, Source
from bot.evidence.page import page
from commands.core.bundle import Collection, Item, Packed
from guards.unread import Unread
from storage.chain import Row, export_lines

if TYPE_CHECKING:
    from bot.evidence.keys import Ed25519Signer

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest moment that a zip can name, for every file: when things were read stands in the manifest."""


class Zip:
    """Implements the `Packer` port.

    Args:
        key: signs the manifest; None leaves the bundle unsigned, and it says so.
        program: the version of this program.
    """

    def __init__(self, key: "Ed25519Signer | None", program: str) -> None:
        self._key = key
        self._program = program

    def pack(self, collection: Collection) -> Packed:
        """See `Packer.pack`."""
        files = {f"evidence/{item.name}": (item.content, item) for item in collection.items if isinstance(item.content, bytes)}
        contents: dict[str, bytes] = {path: content for path, (content, _) in files.items()}
        listed = [_file(path, content, item.media_type, _source(item)) for path, (content, item) in files.items()]
        contents[LEDGER] = "".join(f"{line}\n" for line in export_lines(collection.ledger.entries)).encode()
        listed.append(
            _file(LEDGER, contents[LEDGER], "application/jsonl", _own(collection, "ledger", "the ledger, other entries withheld"))
        )
        made = self._manifest(collection, sorted(listed, key=lambda file: file.path))
        contents[INDEX] = page(made, [row for row in collection.ledger.entries if isinstance(row, Row)]).encode()
        index = _file(INDEX, contents[INDEX], "text/html", _own(collection, "index", "the page to begin with"))
        signed = made.model_copy(update={"files": [index, *made.files]}).encoded()
        first = {MANIFEST: signed} | ({SIGNATURE: self._key.sign(signed)} if self._key else {})
        packed = zipped(first | dict(sorted(contents.items())))
        name = f"evidence-{collection.service}-{collection.version}-{collection.at:%Y%m%dT%H%M%SZ}.zip".replace("/", "-")
        return Packed(name, packed, hashlib.sha256(packed).hexdigest(), self._key is not None)

    def _manifest(self, collection: Collection, files: list[File]) -> Manifest:
        entries, (after, after_hash), (head, head_hash) = collection.ledger.entries, collection.ledger.after, collection.ledger.head
        shown = [entry.seq for entry in entries if isinstance(entry, Row)]
        return Manifest(
            format="signalbox-evidence-1",
            signalbox=self._program,
            service=collection.service,
            version=collection.version,
            repository=collection.repository,
            digest=collection.digest,
            commit=collection.commit,
            made_at=collection.at,
            made_by=collection.by.id,
            made_by_name=collection.by.name,
            policy=collection.policy,
            key=self._key.key if self._key else None,
            ledger=Chain(after=after, after_hash=after_hash, head=head, head_hash=head_hash, shown=shown),
            files=files,
            lacking=[_lacking(item) for item in collection.lacking],
        )


def zipped(contents: Mapping[str, bytes]) -> bytes:
    """A zip of these files in this order, without anything that depends on the machine or the moment."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, content in contents.items():
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
            archive.writestr(entry, content)
    return packed.getvalue()


def _file(path: str, content: bytes, media_type: str, source: Source) -> File:
    return File(path=path, sha256=hashlib.sha256(content).hexdigest(), size=len(content), media_type=media_type, source=source)


def _source(item: Item) -> Source:
    trail = sorted(each.value for each in item.trail)
    return Source(
        kind=item.kind.value, title=item.title, system=item.source, keys=dict(item.keys), url=item.url, read_at=item.at, trail=trail
    )


def _own(collection: Collection, kind: str, title: str) -> Source:
    return Source(kind=kind, title=title, system="Signalbox", read_at=collection.at)


def _lacking(item: Item) -> Lacking:
    assert not isinstance(item.content, bytes)
    if isinstance(item.content, Unread):
        return Lacking(state="unread", what=item.content.what, why=item.content.why, source=_source(item))
    return Lacking(state="absent", what=item.content.what, why="", source=_source(item))
