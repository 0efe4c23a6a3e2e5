"""`python -m scripts.checks.secrets [FILE …]`: no tracked file, or none of these in this folder, holds a secret (SEC-03, SEC-05).

What detect-secrets finds has to stand in .secrets.baseline, by its hash: there somebody looked at it and it is none. Lines may move.
A private key cannot: all of them have the hash of their first line, so one that is none says so on its line.
`--accept` writes that file anew; read what it adds before it is committed.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BASELINE = ROOT / ".secrets.baseline"
OFF = ("KeywordDetector",)
"""It takes any word after `secret=` for one; bandit looks at those in code."""


def scan(folder: Path, files: list[str]) -> dict[str, list[dict[str, Any]]]:
    """What detect-secrets finds in these files of a folder, without asking anybody whether it works."""
    off = [word for name in OFF for word in ("--disable-plugin", name)]
    program = str(Path(sys.executable).with_name("detect-secrets"))
    said = subprocess.run([program, "scan", "--no-verify", "--all-files", *off, *files], cwd=folder, stdout=subprocess.PIPE, check=True)
    found: dict[str, list[dict[str, Any]]] = json.loads(said.stdout)["results"]
    return found


def main(words: list[str]) -> int:
    """Say what is new; 0 when nothing is."""
    files = [word for word in words if not word.startswith("-")]
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    ours = [name for name in tracked if name != BASELINE.name and not name.endswith(".png") and (ROOT / name).is_file()]
    found = scan(Path.cwd(), files) if files else scan(ROOT, ours)
    if "--accept" in words:
        known = {
            each["hashed_secret"]: f"{each['type']}, {file}" for file, secrets in sorted(found.items(), reverse=True) for each in secrets
        }
        BASELINE.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")
        return 0
    accepted = json.loads(BASELINE.read_text())
    new = [
        f"{file}:{each['line_number']}: {each['type']}"
        for file, secrets in found.items()
        for each in secrets
        if each["hashed_secret"] not in accepted
    ]
    print(*new, f"{len(new)} things that look like secrets and that nobody looked at", sep="\n")  # noqa: T201
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
