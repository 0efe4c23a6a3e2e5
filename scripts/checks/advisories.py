"""`python -m scripts.checks.advisories ALL.zip`: the locked packages against the known vulnerabilities of a copy of OSV's data (SEC-05).

The zip is the one that OSV publishes for PyPI, one JSON file for each advisory. No network is used here: `make audit` fetches the zip, or
is told where a mirror has put one.

Invariant: a zip without advisories for a package that is locked, or one that cannot be read, is a failure and no clean bill.

Source: the OSV schema, "affected[].ranges" (https://ossf.github.io/osv-schema/).
"""

import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).parents[2]
LOCKS = ("build", "runtime")
"""What the image is built with and runs with."""


@dataclass(frozen=True, order=True)
class Hit:
    """A locked version that an advisory is about."""

    package: str
    version: str
    advisory: str
    fixed: str

    def __str__(self) -> str:
        return f"{self.package} {self.version}: {self.advisory}, {f'fixed in {self.fixed}' if self.fixed else 'not fixed yet'}"


def locked(text: str) -> dict[str, str]:
    """Name and version of each package of a requirements file."""
    return {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE)}


def _ordered(events: Iterable[Mapping[str, str]]) -> list[tuple[Version, str]]:
    found = []
    for event in events:
        for kind, said in event.items():
            try:
                found.append((Version("0.dev0" if said == "0" else said), kind))
            except InvalidVersion:
                continue  # some very old versions are none; `versions` names them
    return sorted(found, key=lambda each: (each[0], each[1] == "last_affected"))


def affects(affected: Mapping[str, Any], version: str) -> bool:
    """Whether a version is one that an entry of `affected` is about."""
    if version in affected.get("versions", ()):
        return True
    mine = Version(version)
    for span in affected.get("ranges", ()):
        hit = False
        for at, kind in _ordered(span.get("events", ())) if span.get("type") == "ECOSYSTEM" else ():
            if at > mine or (at == mine and kind == "last_affected"):
                break
            hit = kind == "introduced"
        if hit:
            return True
    return False


def _fixed(affected: Mapping[str, Any]) -> str:
    return ", ".join(
        event["fixed"]
        for span in affected.get("ranges", ())
        if span.get("type") == "ECOSYSTEM"
        for event in span["events"]
        if "fixed" in event
    )


def hits(advisories: Iterable[Mapping[str, Any]], packages: Mapping[str, str]) -> list[Hit]:
    """What is known against these versions; what was withdrawn is not."""
    found = {
        Hit(name, packages[name], advisory["id"], _fixed(affected))
        for advisory in advisories
        if "withdrawn" not in advisory
        for affected in advisory.get("affected", ())
        if affected.get("package", {}).get("ecosystem") == "PyPI"
        for name in [canonicalize_name(affected["package"]["name"])]
        if name in packages and affects(affected, packages[name])
    }
    return sorted(found)


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The advisories of a zip."""
    with zipfile.ZipFile(path) as packed:
        for name in packed.namelist():
            if name.endswith(".json"):
                yield json.loads(packed.read(name))


def main(path: Path) -> int:
    """Say what was found; 0 when nothing was."""
    locks = ((ROOT / "requirements" / f"{lock}.txt").read_text() for lock in LOCKS)
    packages = {name: version for lock in locks for name, version in locked(lock).items()}
    advisories = list(read(path))
    newest = max((str(each.get("modified", "")) for each in advisories), default="")
    if not any(
        canonicalize_name(part["package"]["name"]) in packages
        for each in advisories
        for part in each.get("affected", ())
        if "package" in part
    ):
        print(f"{path.name} has no advisory about anything that is locked here: is it OSV's zip for PyPI?", file=sys.stderr)  # noqa: T201
        return 2
    found = hits(advisories, packages)
    print(*found, f"{len(packages)} packages, {len(advisories)} advisories, the newest of {newest}: {len(found)} hits", sep="\n")  # noqa: T201
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
