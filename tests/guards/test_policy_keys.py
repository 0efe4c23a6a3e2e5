"""What each key of the policy file takes, and what it means when it is left out: files that people have written rely on it (POL-01).

A bound or a default that changes shows here as one line of `tests/golden/policy-keys.txt`; `UPDATE_GOLDEN=1` writes it.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from guards.policy import Policy

GOLDEN = Path(__file__).parents[1] / "golden" / "policy-keys.txt"


def test_what_the_file_takes_changes_on_purpose_only() -> None:
    whole = Policy.model_json_schema()
    parts = {"Policy": whole, **whole["$defs"]}
    now = "\n".join(line for name, part in sorted(parts.items()) for line in _lines(name, part)) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(now, encoding="utf-8")
    assert now == GOLDEN.read_text(encoding="utf-8")


def _lines(name: str, part: dict[str, Any]) -> Iterator[str]:
    if "enum" in part:
        yield f"{name}: {' | '.join(map(str, part['enum']))}"
    for key, node in part.get("properties", {}).items():
        yield f"{name}.{key}: {_takes(node)}" + ("" if key in part.get("required", ()) else f" = {node.get('default')}")


def _takes(node: dict[str, Any]) -> str:
    """The shape and its bounds, without what is told to people."""
    bounds = [f"{word} {node[word]}" for word in sorted(node) if word.startswith(("min", "max", "exclusive", "unique", "pattern", "const"))
              and word != "patternProperties"]  # fmt: skip
    inner = [*node.get("anyOf", ()), *node.get("oneOf", ()), *([node["items"]] if "items" in node else ())]
    inner += node.get("patternProperties", {}).values()
    if isinstance(node.get("additionalProperties"), dict):
        inner.append(node["additionalProperties"])
    kind = node["$ref"].rpartition("/")[2] if "$ref" in node else node.get("type", "one of")
    return " ".join([kind, *bounds]) + (f" ({', '.join(map(_takes, inner))})" if inner else "")
