"""`signalbox evidence verify | keygen`: what an auditor runs, and what makes the key (AUD-08).

Invariant: neither needs settings, a database or a network, nor anything of the bot that does.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.console import Console
from rich.text import Text

from bot.evidence.keys import KeyProblem, fingerprint, generate, pem_of, public
from bot.evidence.verify import Bad, Proven
from bot.evidence.verify import verify as judge

_BAD, _UNUSABLE = 1, 2


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
        out.print(Text(f"⛔ {bundle} proves nothing. {_safe(answer.why)}", style="bold red"), soft_wrap=True)
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
        f"{len(made.ledger.shown)} entries of the ledger; things that are not there: {len(made.lacking)}.",
        f"The ledger ended with entry {made.ledger.head}, {made.ledger.head_hash}: compare it with the hash that was noted elsewhere.",
    )
    for line in lines:
        out.print(Text(_safe(line)), soft_wrap=True)
    return 0


def _safe(text: str) -> str:
    """What a bundle says, on a terminal: control characters are shown, not obeyed (SEC-09)."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)


def _unusable(why: str) -> int:
    Console(stderr=True, highlight=False).print(Text(f"signalbox: {why}"), soft_wrap=True)
    return _UNUSABLE
