"""Verifies an evidence bundle with nothing but the zip and a public key (AUD-08).

Invariant: everything in the zip is hostile until its hash stood in a manifest that was verified; nothing is unpacked onto a disk, and no
more is read than the manifest allows. The first bad thing is named.
"""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError

from bot.evidence.keys import fingerprint
from bot.evidence.manifest import INDEX, LEDGER, MANIFEST, OUTSIDE, PATH, SIGNATURE, Chain, File, Manifest
from storage.chain import Broken, Row, Withheld, parse_extract_line
from storage.chain import verify as walk

MOST_FILES = 10_000
MOST_BYTES = 2 * 1024**3
"""Of all files together, unpacked."""

_LARGEST_MANIFEST = 32 * 1024**2
_SIGNATURE_BYTES = 64
_LONGEST_LINE = 4 * 1024**2
_ENCRYPTED = 0x1
_LOCAL_HEADER, _CENTRAL_HEADER, _END_OF_CENTRAL = 30, 46, 22
"""Bytes of the parts of a zip, without names, extra fields and comments."""
_STEP = 1024**2
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)
"""What zipfile raises for what is broken in a zip."""


@dataclass(frozen=True, slots=True)
class Proven:
    """Everything in the bundle is as it was packed.

    Args:
        manifest: what it says.
        signed: False when it carries no signature: then anybody may have made it.
    """

    manifest: Manifest
    signed: bool


@dataclass(frozen=True, slots=True)
class Bad:
    """The bundle is not what it says.

    Args:
        why: a sentence that names the first bad thing.
    """

    why: str


class _BadError(Exception):
    """Leaves this module as a `Bad`."""


def verify(path: Path, key: Ed25519PublicKey | None) -> Proven | Bad:
    """Judge a bundle.

    Args:
        path: the zip.
        key: whose signature counts; None to look at the hashes alone.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                return _judge(archive, key)
        except _BadError as bad:
            return Bad(str(bad))
        except _UNREADABLE as error:
            return Bad(f"It is no zip that can be read ({type(error).__name__}).")


def _judge(archive: zipfile.ZipFile, key: Ed25519PublicKey | None) -> Proven:
    entries = _entries(archive)
    if MANIFEST not in entries:
        raise _BadError(f"It has no {MANIFEST}.")
    raw = _read(archive, entries[MANIFEST], _LARGEST_MANIFEST)
    signed = _signature(archive, entries, raw, key)
    try:
        manifest = Manifest.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _BadError(f"{MANIFEST} is not of the known form: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from None
    if signed != (manifest.key is not None):
        raise _BadError(f"{MANIFEST} names {manifest.key or 'no key'}, but there is {'a' if signed else 'no'} signature.")
    if signed and key is not None and manifest.key != fingerprint(key):
        raise _BadError(f"{MANIFEST} names the key {manifest.key}, but {fingerprint(key)} signed it.")
    listed = _listed(manifest, entries)
    for file in manifest.files:
        _same(archive, listed[file.path], file)
    _proven(archive, listed[LEDGER], manifest.ledger)
    return Proven(manifest, signed)


def _entries(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """What the zip lists, once it is sure that reading it cannot hurt."""
    infos = archive.infolist()
    if len(infos) > MOST_FILES:
        raise _BadError(f"It lists more than {MOST_FILES:,} files.")
    found: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = info.orig_filename
        if not re.fullmatch(PATH, name) or len(name) > 200:
            raise _BadError(f"It has a file whose name leads elsewhere or is none: {name[:100]!r}.")
        if name in found:
            raise _BadError(f"It has two files with the name {name}.")
        if info.flag_bits & _ENCRYPTED or info.compress_type not in _METHODS:
            raise _BadError(f"{name} is encrypted, or compressed by a method that is not used here.")
        found[name] = info
    if sum(info.file_size for info in infos) > MOST_BYTES:
        raise _BadError(f"It would unpack to more than {MOST_BYTES // 1024**3} GiB.")
    if not _gapless(archive, infos):
        raise _BadError("It holds bytes that belong to none of its files.")
    return found


def _gapless(archive: zipfile.ZipFile, infos: Sequence[zipfile.ZipInfo]) -> bool:
    """Whether the zip is its files and nothing else: what stands between, before or after them is in no manifest.

    Source: PKWARE APPNOTE 6.3, "Local file header", "Central directory structure", "End of central directory record".
    """
    at = 0
    for info in infos:
        if info.header_offset != at or info.extra or info.comment:
            return False
        at += _LOCAL_HEADER + len(info.orig_filename) + info.compress_size
    assert archive.fp is not None
    length = archive.fp.seek(0, 2)
    return length == at + sum(_CENTRAL_HEADER + len(info.orig_filename) for info in infos) + _END_OF_CENTRAL


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> Iterator[bytes]:
    """A file's bytes, and no more of them than allowed, whatever its header says."""
    read = 0
    with archive.open(info) as file:
        while chunk := file.read(min(_STEP, most - read + 1)):
            read += len(chunk)
            if read > most:
                raise _BadError(f"{info.orig_filename} is longer than it may be.")
            yield chunk


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    return b"".join(_chunks(archive, info, most))


def _signature(archive: zipfile.ZipFile, entries: dict[str, zipfile.ZipInfo], raw: bytes, key: Ed25519PublicKey | None) -> bool:
    """Whether there is a signature; when a key is given it has to be that key's."""
    if SIGNATURE not in entries:
        return False
    signature = _read(archive, entries[SIGNATURE], _SIGNATURE_BYTES)
    if key is None:
        return True
    try:
        key.verify(signature, raw)
    except InvalidSignature:
        raise _BadError(f"{SIGNATURE} is no signature of {MANIFEST} by the key {fingerprint(key)}.") from None
    return True


def _listed(manifest: Manifest, entries: dict[str, zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """The entry of each file of the manifest: there is no other, and none is missing."""
    names = [file.path for file in manifest.files]
    if twice := {name for name in names if names.count(name) > 1} if len(names) != len(set(names)) else set():
        raise _BadError(f"{MANIFEST} names {min(twice)} twice.")
    for name in (*names, INDEX, LEDGER):
        if name not in entries:
            raise _BadError(f"{name} is missing.")
    for name in entries:
        if name not in OUTSIDE and name not in names:
            raise _BadError(f"{name} is in the zip, but not in {MANIFEST}.")
    return {name: entries[name] for name in names}


def _same(archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: File) -> None:
    hashed, size = hashlib.sha256(), 0
    for chunk in _chunks(archive, info, file.size):
        hashed.update(chunk)
        size += len(chunk)
    if size != file.size or hashed.hexdigest() != file.sha256:
        raise _BadError(f"{file.path} was changed: its bytes are not those that {MANIFEST} names.")


def _proven(archive: zipfile.ZipFile, info: zipfile.ZipInfo, chain: Chain) -> None:
    """That the entries shown stand in the ledger's chain, where the manifest says (AUD-01)."""
    shown: list[int] = []

    def entries(file: IO[bytes]) -> Iterator[Row | Withheld]:
        number = chain.after
        while line := file.readline(_LONGEST_LINE):
            number += 1
            try:
                entry = parse_extract_line(line)
            except ValueError:
                raise _BadError(f"{LEDGER} has a line that is no entry, where entry {number} should be.") from None
            if isinstance(entry, Row):
                shown.append(entry.seq)
            yield entry

    with archive.open(info) as file:
        answer = walk(entries(file), (chain.head, chain.head_hash), (chain.after, chain.after_hash))
    if isinstance(answer, Broken):
        raise _BadError(f"{LEDGER} is broken: {answer.why}.")
    if shown != chain.shown:
        raise _BadError(f"{LEDGER} shows other entries than {MANIFEST} names.")
