"""GitHub's own description of its REST API, as `scripts/peers.sh` fetched it."""

import re
from pathlib import Path

PEERS = Path(__file__).parents[2] / ".peers" / "node_modules" / "@octokit"


def operation(described, method, url_path):
    """The operation whose path template fits, or a failure."""
    for template, operations in described[1]["paths"].items():
        if method in operations and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), url_path):
            return operations[method]
    raise AssertionError(f"GitHub describes no {method} {url_path}")


def example(described, method, path, status):
    content = operation(described, method, path)["responses"][status]["content"]["application/json"]
    return content["schema"], [each["value"] for each in content["examples"].values()]
