"""The demo CI's memory and its hands: runs as files that survive a restart, and deployments as files in a folder for each environment.

Invariant: a run is on disk before anybody hears of it, and succeeds only after the deployed bytes were read back and hashed (PRM-03).
"""

import io
import json
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from bot.adapters.generic_wire import ArtifactBody, OrderBody, RunBody, RunReport
from bot.adapters.registry_wire import digest_of
from bot.demo.files import write
from bot.demo.registry_store import RegistryStore, layer_of
from commands.core.ports.ci import RunState

SUITE = "integration.py"
"""What the integration suite of a set is, in the repository of the service whose suite is ordered."""

_SUITE_TAKES = 30.0  # seconds, at most
OVER = frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED, RunState.TIMED_OUT})
_INDEX = TypeAdapter(list[ArtifactBody])


class _Part(BaseModel):
    """One entry of a set that is to be tested together."""

    service: str
    version: str
    digest: str
    commit: str


_SET = TypeAdapter(list[_Part])


class Record(BaseModel):
    """One run on disk.

    Args:
        order: what was asked, compared when the same key comes again.
        run: our id.
        state: where it stands.
        digest: what was read back after deploying.
        told: the last state that a callback delivered.
        silent: never call back (a fault of the demo).
        fail: end as failed (a fault of the demo).
        slow: seconds to stay running (a fault of the demo).
    """

    order: OrderBody
    run: str
    state: RunState = RunState.QUEUED
    digest: str | None = None
    told: RunState | None = None
    silent: bool = False
    fail: bool = False
    slow: float = 0.0

    def body(self) -> RunBody:
        """The run as the contract shows it."""
        return RunBody(key=self.order.key, run=self.run, state=self.state, digest=self.digest)

    def log(self) -> str:
        """What the run wrote: what it was asked for, and what it read back after deploying."""
        order, done = self.order, "tested" if self.order.manifest else "deployed"
        lines = [f"run {self.run} of order {order.key}: {order.service} {order.version} to {order.environment}"]
        lines += [f"{done} {self.digest} to {order.environment}"] if self.digest else []
        return "\n".join([*lines, f"the run is {self.state.value}", ""])

    def report(self) -> RunReport:
        """The run as a callback tells it."""
        return RunReport(type="run", **self.body().model_dump())


@dataclass(frozen=True, slots=True)
class Shop:
    """The demo CI's folder. Every method blocks; call it from a thread.

    Args:
        root: holds `artifacts.json`, `registry/`, `runs/` and one folder for each environment.
        environments: the ones that may be deployed to.
    """

    root: Path
    environments: frozenset[str]

    def registry(self, service: str) -> RegistryStore:
        """Where builds of a service are pushed to and its deployments pull from."""
        return RegistryStore(self.root / "registry" / service)

    def index(self) -> list[ArtifactBody]:
        """What was built, read anew each time because builds go on beside us."""
        path = self.root / "artifacts.json"
        return _INDEX.validate_json(path.read_bytes()) if path.exists() else []

    def artifact(self, service: str, version: str) -> ArtifactBody | None:
        """What this version names now."""
        return next((a for a in self.index() if (a.service, a.version) == (service, version)), None)

    def register(self, artifact: ArtifactBody) -> None:
        """Publish a version, or move it to another digest."""
        others = [a for a in self.index() if (a.service, a.version) != (artifact.service, artifact.version)]
        write(self.root / "artifacts.json", _INDEX.dump_json([*others, artifact], indent=1))

    def objection(self, order: OrderBody) -> str | None:
        """Why this order cannot be carried out, as a sentence, or None."""
        if order.manifest is not None:
            return self._cannot_test(order)
        if order.environment not in self.environments:
            return f"There is no environment {order.environment} here."
        known = [a for a in self.index() if a.service == order.service]
        if not known:
            return f"There is no service {order.service} here."
        if not any((a.version, a.digest, a.commit) == (order.version, order.digest, order.commit) for a in known):
            return f"No artifact of {order.service} {order.version} with this digest and commit was built here."
        if self.registry(order.service).manifest(order.digest) is None:
            return f"The registry does not hold {order.digest}."
        return None

    def record(self, key: str) -> Record | None:
        """The run with this key."""
        path = self._path(key)
        return Record.model_validate_json(path.read_bytes()) if path.exists() else None

    def records(self) -> list[Record]:
        """All runs, by key."""
        return [Record.model_validate_json(path.read_bytes()) for path in sorted((self.root / "runs").glob("*.json"))]

    def keep(self, record: Record) -> None:
        """Write a run durably."""
        write(self._path(record.order.key), record.model_dump_json().encode())

    def deploy(self, order: OrderBody) -> str:
        """Pull the artifact into its environment and return the digest of what lies there now.

        Raises:
            OSError: when something cannot be pulled, read or written.
        """
        folder = self.root / order.environment / order.service
        manifest, content = self.registry(order.service).artifact(order.digest)
        write(folder / "artifact.tar.gz", content)
        write(folder / "manifest.json", manifest)
        found = digest_in(folder)
        note = {"service": order.service, "version": order.version, "commit": order.commit, "digest": found, "key": order.key}
        write(folder / "VERSION", json.dumps(note, indent=1).encode())
        return found

    def _cannot_test(self, order: OrderBody) -> str | None:
        """Why a set cannot be tested: each part of it must be what was built here."""
        known = {(a.service, a.version, a.digest, a.commit) for a in self.index()}
        for part in _SET.validate_json(order.manifest or "[]"):
            if (part.service, part.version, part.digest, part.commit) not in known:
                return f"No artifact of {part.service} {part.version} with this digest and commit was built here."
        return None

    def integrate(self, order: OrderBody) -> bool:
        """Unpack every part of a set beside the others and run the suite that lies in the order's service; whether it passed.

        Raises:
            OSError: when a part cannot be pulled, or the suite took too long.
        """
        with tempfile.TemporaryDirectory(prefix="signalbox-suite-") as name:
            for part in _SET.validate_json(order.manifest or "[]"):
                _, content = self.registry(part.service).artifact(part.digest)
                with tarfile.open(fileobj=io.BytesIO(content)) as packed:
                    packed.extractall(Path(name) / part.service, filter="data")
            suite = Path(name) / order.service / SUITE
            try:
                done = subprocess.run([sys.executable, "-I", str(suite)], cwd=name, capture_output=True, timeout=_SUITE_TAKES, check=False)
            except subprocess.TimeoutExpired as error:
                raise OSError("the suite took too long") from error
        return done.returncode == 0

    def _path(self, key: str) -> Path:
        return self.root / "runs" / f"{key}.json"


def digest_in(folder: Path) -> str:
    """What lies in an environment, hashed now: the manifest's digest if it names exactly the bytes beside it, else those bytes' own.

    Raises:
        OSError: a file is missing.
    """
    manifest, content = (folder / "manifest.json").read_bytes(), digest_of((folder / "artifact.tar.gz").read_bytes())
    try:
        return digest_of(manifest) if layer_of(manifest) == content else content
    except ValueError:  # no manifest any more
        return content
