"""A scratch git repository with real commits, signed tags and a real build, for the demo and the tests.

Invariant: git reads no configuration but the repository's own, every command has a time limit, one tag always builds to the same bytes.
"""

import asyncio
import gzip
import hashlib
import io
import os
import re
import shutil
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.adapters.generic_wire import ArtifactBody
from bot.demo.ci_runs import Shop, write

_SECONDS = 30.0
_NOTHING = os.devnull


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody who commits.

    Args:
        name: shown.
        email: the identity.
    """

    name: str
    email: str


class CommandError(RuntimeError):
    """git or ssh-keygen failed; the message carries what it said."""


class Repository:
    """One repository; make it with `create`.

    Attributes:
        folder: the working tree.
        signing: whether tags are signed; False when ssh-keygen is missing, and `tag` then says so in the tag's message.
    """

    def __init__(self, folder: Path, tagger: Author, *, signing: bool) -> None:
        self.folder, self.signing = folder, signing
        self._tagger = tagger

    @classmethod
    async def create(cls, folder: Path, *, tagger: Author) -> "Repository":
        """An empty repository on branch main.

        Args:
            folder: must not exist, or be empty; the tagger's key is kept beside it.
            tagger: who signs releases.

        Raises:
            CommandError: when git fails or is missing.
        """
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        made = cls(folder, tagger, signing=shutil.which("ssh-keygen") is not None)
        await made._git("init", "--quiet", "--initial-branch=main")
        if made.signing:
            key = folder.with_name(f"{folder.name}-release-key")
            await _run(("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", tagger.email, "-f", str(key)), folder, _environment(folder))
            public = await asyncio.to_thread(key.with_suffix(".pub").read_text)
            signers = key.with_suffix(".signers")
            await asyncio.to_thread(signers.write_text, f'{tagger.email} namespaces="git" {public}')
            for name, value in (("gpg.format", "ssh"), ("user.signingKey", str(key)), ("gpg.ssh.allowedSignersFile", str(signers))):
                await made._git("config", name, value)
        return made

    async def commit(self, files: Mapping[str, str], message: str, *, author: Author, at: datetime) -> str:
        """Write files and commit them; the commit's 40 hex digits.

        Args:
            files: path in the repository to content.
            message: the commit message.
            author: also the committer.
            at: aware.
        """
        for name, content in files.items():
            path = (self.folder / name).resolve()
            if not path.is_relative_to(self.folder.resolve()):
                raise ValueError(f"{name} is outside the repository")
            await asyncio.to_thread(write, path, content.encode())
        await self._git("add", "--all")
        await self._git("commit", "--quiet", "--no-verify", "--allow-empty", f"--message={message}", who=author, at=at)
        return (await self._git("rev-parse", "HEAD")).decode().strip()

    async def tag(self, version: str, *, at: datetime) -> None:
        """An annotated tag on the present commit, signed by the tagger when `signing`.

        Args:
            version: `v1.4.0`.
            at: aware.
        """
        message = f"Release {version}" if self.signing else f"Release {version} (not signed: ssh-keygen is missing)"
        await self._git("tag", "--sign" if self.signing else "--annotate", f"--message={message}", version, who=self._tagger, at=at)

    async def verified(self, version: str) -> bool:
        """Whether the tag carries a good signature of a known key, by git's exit code: its words say "Good" for unknown keys too."""
        try:
            await self._git("verify-tag", version)
        except CommandError:
            return False
        return True

    async def build(self, root: Path, service: str, version: str, *, reviewers: Iterable[str] = ()) -> ArtifactBody:
        """Build the tree at a tag and register it with the demo CI.

        Args:
            root: the demo CI's folder.
            service: name in the policy file.
            version: a tag of this repository.
            reviewers: who approved its pull requests; git cannot know.
        """
        commit = (await self._git("rev-parse", f"{version}^{{commit}}")).decode().strip()
        tree = await self._git("archive", "--format=tar", version)
        content = await asyncio.to_thread(_artifact, tree)
        artifact = ArtifactBody(
            service=service,
            version=version,
            digest=f"sha256:{hashlib.sha256(content).hexdigest()}",
            commit=commit,
            authors=await self._authors(version),
            reviewers=frozenset(reviewers),
        )
        await asyncio.to_thread(_register, Shop(root, frozenset()), artifact, content)
        return artifact

    async def _authors(self, version: str) -> frozenset[str]:
        """Everyone whose work came in since the version before: authors and co-authors, by e-mail."""
        try:
            before = (await self._git("describe", "--tags", "--abbrev=0", f"{version}^")).decode().strip()
            commits = f"{before}..{version}"
        except CommandError:  # the first version
            commits = version
        log = await self._git("log", "--format=<%ae>%n%(trailers:key=Co-authored-by,valueonly)", commits)
        return frozenset(re.findall(r"<([^<>\s]+)>", log.decode("utf-8", "replace")))

    async def _git(self, *words: str, who: Author | None = None, at: datetime | None = None) -> bytes:
        environment = _environment(self.folder)
        person = who or self._tagger
        for role in ("AUTHOR", "COMMITTER"):
            environment |= {f"GIT_{role}_NAME": person.name, f"GIT_{role}_EMAIL": person.email}
            if at is not None:
                environment[f"GIT_{role}_DATE"] = at.isoformat()
        return await _run(("git", "-c", f"core.hooksPath={_NOTHING}", *words), self.folder, environment)


def _environment(folder: Path) -> dict[str, str]:
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


async def _run(command: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> bytes:
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
        raise CommandError(f"{' '.join(command[:4])} …: {err.decode('utf-8', 'replace').strip()}")
    return out


def _artifact(tree: bytes) -> bytes:
    """The same tree always becomes the same bytes: sorted names, one owner, one time, two modes."""
    packed = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(tree)) as source,
        gzip.GzipFile(filename="", mode="wb", fileobj=packed, mtime=0) as squeezed,
        tarfile.open(fileobj=squeezed, mode="w", format=tarfile.USTAR_FORMAT) as target,
    ):
        for member in sorted((m for m in source.getmembers() if m.isfile()), key=lambda m: m.name):
            plain = tarfile.TarInfo(member.name)
            plain.size, plain.mode = member.size, 0o755 if member.mode & 0o100 else 0o644
            target.addfile(plain, source.extractfile(member))
    return packed.getvalue()


def _register(shop: Shop, artifact: ArtifactBody, content: bytes) -> None:
    write(shop.stored(artifact.digest), content)
    shop.register(artifact)
