"""The licences of what is installed with the bot, against those that we may ship (SEC-05).

Invariant: a licence that is not listed, or that cannot be read, fails: nothing new comes in without somebody having looked.
"""

import re
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]

ALLOWED = frozenset({
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0", "Unlicense", "Zlib",
})  # fmt: skip
"""Permissive ones, by their SPDX names."""

NAMED = {
    "certifi": ("MPL-2.0", "a list of certificates, shipped as it is"),
    "psycopg": ("LGPL-3.0-only", "imported, unchanged, and replaceable in the image"),
    "psycopg-binary": ("LGPL-3.0-only", "imported, unchanged, and replaceable in the image"),
    "recurring-ical-events": ("LGPL-3.0-or-later", "imported, unchanged, and replaceable in the image"),
    "sigstore-models": ("Apache-2.0", "its metadata says nothing; the licence is in its files"),
    "x-wr-timezone": ("LGPL-3.0-or-later", "imported, unchanged, and replaceable in the image"),
}
"""Packages that somebody looked at, with the licence that was found and why it may be shipped."""

WORDS = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
"""What packages say that give no SPDX name."""


def locked(text: str) -> list[str]:
    """The packages of a requirements file that are installed on this machine, by name."""
    found = [Requirement(line.partition(" \\")[0]) for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    return [each.name for each in found if each.marker is None or each.marker.evaluate()]


def licence(package: str) -> str:
    """What a package says its licence is: an SPDX expression, or words of its own; empty where it says nothing.

    Raises:
        metadata.PackageNotFoundError: it is not installed.
    """
    about = metadata.metadata(package)
    if expression := about.get("License-Expression"):
        return str(expression)
    said = [each.rpartition(" :: ")[2] for each in about.get_all("Classifier") or () if each.startswith("License :: ")]
    said = said or [str(about.get("License") or "").partition("\n")[0]]
    return " OR ".join(WORDS.get(each, each) for each in said)


def allowed(expression: str) -> bool:
    """Whether one of its alternatives is allowed in all its parts; parentheses and exceptions are for people to read."""
    return any(all(part.strip() in ALLOWED for part in choice.split(" AND ")) for choice in expression.split(" OR "))


def problems(packages: Iterable[str]) -> list[str]:
    """A line for each package that may not be shipped as far as we know."""
    found = []
    for package in packages:
        said = licence(package)
        known, _ = NAMED.get(package, (None, ""))
        if not allowed(said) and (known is None or said not in ("", known)):
            found.append(f"{package}: its licence {said or '(none given)'!r} is not one that we looked at; see scripts/checks/licences.py")
    return found


if __name__ == "__main__":
    names = locked((ROOT / "requirements" / "runtime.txt").read_text())
    wrong = problems(names)
    print(*wrong, f"{len(names)} packages, {len(wrong)} without a licence that we looked at", sep="\n")  # noqa: T201
    sys.exit(bool(wrong))
