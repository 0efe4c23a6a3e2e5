"""`signalbox evidence export | verify | keygen`: bundles on the command line (AUD-03, AUD-08).

Invariant: an export stands in the ledger before its file does; verifying needs no settings, no database and no network.
"""

import asyncio
import getpass
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.console import Console
from rich.text import Text

from bot.build import build
from bot.evidence.keys import KeyProblem, fingerprint, generate, pem_of, public
from bot.evidence.verify import Bad, Proven
from bot.evidence.verify import verify as judge
from bot.log import set_up
from bot.settings import Settings
from commands.core.bundle import Collection, Packed
from commands.core.hand_over import exported
from commands.core.record import Actor
from guards.facts import Facts
from guards.policy import Policy
from storage.errors import StorageError

_BAD, _UNUSABLE = 1, 2
SECONDS = 120.0
"""For all reads outside; nobody waits in Slack."""


def keygen(*, to: Path) -> int:
    """Make a pair of keys, and print the public half for those who verify.

    Args:
        to: a file that is not there yet, for the private key.

    Returns:
        0, or 2 when the file cannot be written.
    """
    try:
        key = generate(to)
    except OSError as error:
        return _unusable(f"{to} cannot be written: {error.strerror or type(error).__name__}")
    Console(stderr=True, highlight=False).print(
        Text(f"Wrote the private key to {to}: give it to the bot as SIGNALBOX_SIGNING_KEY_FILE. The public key, {fingerprint(key)}:"),
        soft_wrap=True,
    )
    print(pem_of(key), end="")  # noqa: T201  alone on standard output, to be redirected
    return 0


def export(settings: Settings, policy: Policy, *, service: str, version: str, to: Path) -> int:
    """Collect, pack, record and write a bundle.

    Args:
        settings, policy: already checked.
        service, version: of the policy file, and validated.
        to: a file that is not there yet.

    Returns:
        0, or 2 when the database cannot be used or the file cannot be written.
    """
    set_up("ERROR")  # what could not be read stands in the bundle
    try:
        collection, packed = asyncio.run(_made(settings, policy, service, version))
        with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(packed.content)
            os.fsync(file.fileno())
    except StorageError as error:
        return _unusable(str(error))
    except OSError as error:
        return _unusable(f"{to} cannot be written: {error.strerror or type(error).__name__}")
    out = Console(highlight=False)
    found = len(collection.items) - len(collection.lacking)
    out.print(Text(f"Wrote {found} pieces of evidence of {service} {version} to {to}."), soft_wrap=True)
    for item in collection.lacking:
        out.print(Text(f"  not there: {item.title} ({_why(item.content)})"), soft_wrap=True)
    if not packed.signed:
        out.print(Text("It is not signed: no SIGNALBOX_SIGNING_KEY is set.", style="bold yellow"), soft_wrap=True)
    out.print(Text(f"Its SHA-256, which stands in the ledger: {packed.sha256}"), soft_wrap=True)
    return 0


async def _made(settings: Settings, policy: Policy, service: str, version: str) -> tuple[Collection, Packed]:
    house = await build(settings, policy)
    try:
        by = Actor(f"host:{getpass.getuser()}", getpass.getuser())
        collection = await house.collect.read(service, version, by, seconds=SECONDS)
        packed = await asyncio.to_thread(house.packer.pack, collection)
        facts = Facts(at=collection.at, policy=policy)
        await house.store.write(lambda tx: exported(tx, collection, packed, facts, "signalbox-evidence"))
        return collection, packed
    finally:
        await house.close()


def verify(bundle: Path, *, key_file: Path | None, allow_unsigned: bool) -> int:
    """Say whether a bundle is as it was packed, and by whom.

    Args:
        bundle: the zip.
        key_file: a PEM public key.
        allow_unsigned: whether the hashes alone are enough.

    Returns:
        0 when it is sound and signed (or unsigned ones are allowed), 1 when not, 2 when the bundle or the key cannot be read.
    """
    key: Ed25519PublicKey | None = None
    try:
        key = public(key_file.read_bytes()) if key_file else None
    except KeyProblem as problem:
        return _unusable(f"{key_file} {problem}")
    except OSError as error:
        return _unusable(f"{key_file} cannot be read: {error.strerror or type(error).__name__}")
    try:
        answer = judge(bundle, key)
    except OSError as error:
        return _unusable(f"{bundle} cannot be read: {error.strerror or type(error).__name__}")
    return _told(answer, bundle, key, allow_unsigned=allow_unsigned)


def _told(answer: Proven | Bad, bundle: Path, key: Ed25519PublicKey | None, *, allow_unsigned: bool) -> int:
    out = Console(highlight=False)
    if isinstance(answer, Bad):
        out.print(Text(f"⛔ {bundle} proves nothing. {answer.why}", style="bold red"), soft_wrap=True)
        return _BAD
    made, by_key = answer.manifest, answer.signed and key is not None
    if not by_key and not allow_unsigned:
        why = "its signature was not looked at: give --key" if answer.signed else "it is not signed, so anybody may have made it"
        out.print(Text(f"⛔ {bundle} is whole, but {why}.", style="bold red"), soft_wrap=True)
        return _BAD
    word = f"signed by {made.key}" if by_key else "NOT PROVEN BY A SIGNATURE"
    out.print(Text(f"✅ {bundle} is as it was packed, {word}.", style="bold green"), soft_wrap=True)
    lines = (
        f"Evidence of {made.service} {made.version}, digest {made.digest or 'unknown'}, commit {made.commit or 'unknown'}.",
        f"Made {made.made_at:%Y-%m-%d %H:%M:%S} UTC for {made.made_by_name} ({made.made_by}): {len(made.files)} files, "
        f"{len(made.ledger.shown)} entries of the ledger, {len(made.lacking)} things not there.",
        f"The ledger ended with entry {made.ledger.head}, {made.ledger.head_hash}: compare it with the hash that was noted elsewhere.",
    )
    for line in lines:
        out.print(Text(_safe(line)), soft_wrap=True)
    return 0


def _safe(text: str) -> str:
    """What a bundle says, on a terminal: control characters are shown, not obeyed (SEC-09)."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def _why(content: object) -> str:
    return getattr(content, "why", "") or "there is none"


def _unusable(why: str) -> int:
    Console(stderr=True, highlight=False).print(Text(f"signalbox: {why}"), soft_wrap=True)
    return _UNUSABLE
