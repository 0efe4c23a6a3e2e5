"""Writes build/sbom.cdx.json: what the bot is made of, as CycloneDX, from the locked requirements and what is installed of them (SEC-06).

Invariant: it holds each locked package that is installed on this platform, with the version and the hashes of the lock; the same lock and
the same platform give the same bytes. What is installed in another version than the lock says is no SBOM but an error.

Source: CycloneDX 1.6, checked against its own JSON schema before anything is written.
"""

import json
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.checks.licences import NAMED, allowed, licence, locked

ROOT = Path(__file__).parents[2]
WRITTEN = ROOT / "build" / "sbom.cdx.json"
EXTRAS = ("otel", "sigstore")
"""What the lock of the image has beyond what the project always needs."""


def components(lock: str) -> dict[str, Component]:
    """A component for each package of a lock that belongs on this platform, by its canonical name.

    Raises:
        ValueError: it is not installed in the locked version.
    """
    found = {}
    for name in sorted(map(canonicalize_name, locked(lock))):
        [(version, rest)] = re.findall(rf"^{re.escape(name)}==(\S+)(.*(?:\n +.*)*)", lock, re.MULTILINE)
        if metadata.version(name) != version:
            raise ValueError(f"{name} {metadata.version(name)} is installed, the lock has {version}: run `make setup`")
        said = licence(name)
        found[name] = Component(
            name=name,
            version=version,
            type=ComponentType.LIBRARY,
            bom_ref=f"pkg:pypi/{name}@{version}",
            purl=PackageURL("pypi", None, name, version),
            licenses=[LicenseExpression(said)] if allowed(said) else [DisjunctiveLicense(id=NAMED[name][0])] if name in NAMED else [],
            properties=[Property(name="signalbox:locked", value=digest) for digest in re.findall(r"sha256:[0-9a-f]{64}", rest)],
        )
    return found


def needs(name: str, known: dict[str, Component], extras: tuple[str, ...] = ("",)) -> list[Component]:
    """The components that a package asks for."""
    asked = [each for each in map(Requirement, metadata.requires(name) or ()) if _asked(each, extras)]
    direct = [known[found] for found in sorted({canonicalize_name(each.name) for each in asked} & known.keys())]
    return direct + [part for each in asked if each.extras for part in _of_extras(each, known) if part not in direct]


def _asked(each: Requirement, extras: Iterable[str]) -> bool:
    return not each.marker or any(each.marker.evaluate({"extra": extra}) for extra in extras)


def _of_extras(asked: Requirement, known: dict[str, Component]) -> list[Component]:
    """What `package[extra]` brings beyond the package itself."""
    its = [each for each in map(Requirement, metadata.requires(asked.name) or ()) if not _asked(each, ("",)) and _asked(each, asked.extras)]
    return [known[found] for found in sorted({canonicalize_name(each.name) for each in its} & known.keys())]


def made(lock: str) -> str:
    """The SBOM as JSON.

    Raises:
        ValueError: it does not follow the schema, or a package differs from its lock.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = components(lock)
    root = Component(
        name=project["name"],
        version=project["version"],
        type=ComponentType.APPLICATION,
        bom_ref="signalbox",
        licenses=[LicenseExpression(project["license"])],
    )
    bom = Bom(components=known.values())
    bom.metadata.component = root
    for name, component in known.items():
        bom.register_dependency(component, needs(name, known))
    bom.register_dependency(root, needs(project["name"], known, ("", *EXTRAS)))
    told = json.loads(JsonV1Dot6(bom).output_as_string())
    del told["serialNumber"], told["metadata"]["timestamp"]  # the only two that differ from run to run
    text = json.dumps(told, indent=1, sort_keys=True)
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"no valid CycloneDX: {wrong}")
    return text + "\n"


if __name__ == "__main__":
    text = made((ROOT / "requirements" / "runtime.txt").read_text())
    WRITTEN.parent.mkdir(parents=True, exist_ok=True)
    WRITTEN.write_text(text)
    print(f"{WRITTEN.relative_to(ROOT)}: {text.count('pkg:pypi/')} references, {len(text)} characters")  # noqa: T201
    sys.exit(0)
