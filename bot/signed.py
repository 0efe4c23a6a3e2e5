"""Checkpoints of the ledger as a third party reads them: lines of a file, held against public keys (AUD-08).

Invariant: pure. A line that is not signed by a key that was given proves nothing and is never left out in silence.
"""

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bot.evidence.keys import fingerprint
from storage.checkpoints import Checkpoint, parse_line, statement

_LONGEST = 4_096


class NotSigned(Exception):  # noqa: N818 - named for what it is
    """The checkpoints prove nothing; its text is a clause that names the first bad one."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was signed, and may be believed.

    Args:
        heads: size of the ledger → hash of its last entry then.
        last: the one of the longest ledger; None when there is none.
        others: how many were signed by keys that nobody gave, and were not looked at.
    """

    heads: Mapping[int, str]
    last: Checkpoint | None = None
    others: int = 0


def read_lines(lines: Iterable[bytes]) -> list[Checkpoint]:
    """The checkpoints of a file, one in each line; empty lines are left out.

    Raises:
        NotSigned: a line is none.
    """
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(parse_line(line[:_LONGEST].decode("ascii").strip()))
        except ValueError:
            raise NotSigned(f"line {number} is no checkpoint of a ledger") from None
    return found


def known_of(found: Iterable[Checkpoint], keys: Iterable[Ed25519PublicKey], *, others: bool = False) -> Known:
    """Hold checkpoints against public keys.

    Args:
        found: in any order.
        keys: of whoever may have signed.
        others: pass over those of other keys, as after a key was replaced.

    Raises:
        NotSigned: one is not signed by a key that was given, or two contradict each other.
    """
    named = {fingerprint(key): key for key in keys}
    heads: dict[int, str] = {}
    last: Checkpoint | None = None
    passed = 0
    for one in found:
        if one.key not in named and others:
            passed += 1
            continue
        _signed(one, named)
        if heads.setdefault(one.size, one.head) != one.head:
            raise NotSigned(f"there are two checkpoints of {one.size} entries, and they contradict each other: there were two histories")
        last = one if last is None or one.size > last.size else last
    return Known(heads, last, passed)


def _signed(one: Checkpoint, named: Mapping[str, Ed25519PublicKey]) -> None:
    if one.key not in named:
        raise NotSigned(f"the checkpoint of {one.size} entries is signed by {one.key}, which is no key that was given")
    try:
        named[one.key].verify(base64.b64decode(one.signature), statement(one.size, one.head, one.at))
    except InvalidSignature:
        raise NotSigned(f"the checkpoint of {one.size} entries was not signed by {one.key}") from None
