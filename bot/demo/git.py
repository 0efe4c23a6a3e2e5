"""Runs git and ssh-keygen for the demo.

Invariant: git reads no configuration but the repository's own and what stands on its command line, and every command has a time limit.
"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_SECONDS = 30.0
_NOTHING = os.devnull


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody whose name stands on commits and tags.

    Args:
        name: shown.
        email: the identity.
    """

    name: str
    email: str


class CommandError(RuntimeError):
    """A command failed, took too long or is not installed; the message carries what it said."""


@dataclass(frozen=True, slots=True)
class Git:
    """git in one folder.

    Args:
        folder: the working tree.
        config: name to value, for every command.
    """

    folder: Path
    config: Mapping[str, str]

    async def __call__(self, *words: str, who: Author | None = None, committer: Author | None = None, at: datetime | None = None) -> str:
        """What a command prints, without the line's end.

        Args:
            words: the command.
            who: author of the commit, or tagger, that it makes.
            committer: of the commit, when it is somebody else.
            at: when, aware; the machine's time when None.

        Raises:
            CommandError: see there.
        """
        environment = surroundings(self.folder)
        for role, person in (("AUTHOR", who), ("COMMITTER", committer or who)):
            if person is not None:
                environment |= {f"GIT_{role}_NAME": person.name, f"GIT_{role}_EMAIL": person.email}
            if at is not None:
                environment[f"GIT_{role}_DATE"] = at.isoformat()
        out, _ = await run(self._command(words), self.folder, environment)
        return out.decode("utf-8", "replace").rstrip("\n")

    async def raw(self, *words: str) -> bytes:
        """What a command prints, as bytes; raises as `__call__`."""
        return (await run(self._command(words), self.folder, surroundings(self.folder)))[0]

    async def tells(self, *words: str) -> str | None:
        """What a command prints, or None when it fails."""
        try:
            return await self(*words)
        except CommandError:
            return None

    async def verify_tag(self, name: str) -> tuple[bool, str]:
        """Whether a tag carries a good signature of an allowed signer, by git's exit code, and what git says about it.

        The words alone prove nothing: they say "Good" for unknown keys too.
        """
        try:
            _, said = await run(self._command(("verify-tag", name)), self.folder, surroundings(self.folder))
        except CommandError as error:
            return False, str(error)
        return True, said.decode("utf-8", "replace")

    def _command(self, words: tuple[str, ...]) -> tuple[str, ...]:
        settings = {"core.hooksPath": _NOTHING, **self.config}
        return ("git", *(word for name, value in settings.items() for word in ("-c", f"{name}={value}")), *words)


async def make_key(path: Path, comment: str) -> str:
    """A new Ed25519 key pair for signing, without a passphrase; the public half, one line.

    Args:
        path: of the private half; the public half stands beside it with `.pub`.
        comment: whose it is.
    """
    await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
    await run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)), path.parent, surroundings(path.parent))
    return (await asyncio.to_thread(path.with_name(f"{path.name}.pub").read_text)).strip()


def signing_with(key: Path) -> dict[str, str]:
    """The configuration under which git signs with this key."""
    return {"gpg.format": "ssh", "user.signingKey": str(key)}


def surroundings(folder: Path) -> dict[str, str]:
    """An environment that carries nothing of this machine's user but the path to programs."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "LC_ALL": "C",
        "TZ": "UTC",
        "GIT_CONFIG_GLOBAL": _NOTHING,
        "GIT_CONFIG_SYSTEM": _NOTHING,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CEILING_DIRECTORIES": str(folder.parent),
    }


async def run(command: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> tuple[bytes, bytes]:
    """What a program prints to standard output and to standard error.

    Raises:
        CommandError: see there.
    """
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
        )
    except FileNotFoundError as error:
        raise CommandError(f"{command[0]} is not installed") from error
    try:
        async with asyncio.timeout(_SECONDS):
            out, err = await process.communicate()
    except TimeoutError as error:
        raise CommandError(f"{command[0]} took longer than {_SECONDS:g} s") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise CommandError(f"{_shown(command)} …: {err.decode('utf-8', 'replace').strip()}")
    return out, err


def _shown(command: tuple[str, ...]) -> str:
    """The program and what it was to do, without its settings."""
    words = iter(command)
    told: list[str] = []
    for word in words:
        if word == "-c" and command[0] == "git":
            next(words, None)
        else:
            told.append(word)
    return " ".join(told[:3])
