"""The pages under docs/ that are made from the code, so that they cannot say anything else than it does.

Invariant: each page is a pure function of the code; `signalbox docs --check` fails when a file differs from it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema
from typing_extensions import override

from bot.docs_card import as_text, sample
from bot.docs_chat import MADE, commands_page, example, lifecycle_drawing, refusals_page
from bot.settings import SECRETS, Settings
from guards.policy import Policy
from guards.values import IN_WORDS, written_duration

Schema = dict[str, Any]

_REQUIREMENTS: Final = re.compile(r"\s*\(((?:[A-Z]{2,4}-[0-9]{2}(?:, )?)+)\)")


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is made.

    Args:
        path: below the repository's root.
        render: makes the text, which ends with a line break.
        part: the name of the marked part of a written page that is made, `<!-- part -->` to `<!-- /part -->`; None for a whole page.
    """

    path: str
    render: Callable[[], str]
    part: str | None = None

    def text(self, now: str | None) -> str:
        """What the file should hold.

        Args:
            now: what it holds, None when it is not there.
        """
        if self.part is None:
            return self.render()
        begin, end = f"<!-- {self.part}: made by `signalbox docs` -->", f"<!-- /{self.part} -->"
        before, found, rest = (now or "").partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            before, after = now or "", "\n"
        return f"{before}{begin}\n\n{self.render()}\n\n{end}{after}"


class _AsWritten(GenerateJsonSchema):
    """Defaults in the form that the file takes: `30m`, not `PT30M`."""

    @override
    def encode_default(self, dft: Any) -> Any:
        if isinstance(dft, tuple):
            return [self.encode_default(each) for each in dft]
        if isinstance(dft, time):
            return f"{dft:%H:%M}"
        return written_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def schema() -> Schema:
    """JSON Schema (draft 2020-12) of the policy file, for editors and for checks outside Signalbox.

    It knows the shape of every part, not whether the parts fit together: that is `signalbox check`.
    """
    made = Policy.model_json_schema(schema_generator=_AsWritten)
    for node in _nodes(made):
        if "patternProperties" in node:  # a name that does not fit is an error here, as it is in the models
            node["additionalProperties"] = False
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | made | {"title": "Signalbox policy"}


def _nodes(node: object) -> Iterator[Schema]:
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _nodes(inner)


# ---------------------------------------------------------------- docs/policy.md


def policy_page() -> str:
    """Every key of the policy file: what it takes, what it means, which requirement asks for it."""
    made = Policy.model_json_schema(schema_generator=_AsWritten)
    parts = made["$defs"]
    lines = [
        "# The policy file",
        "",
        MADE,
        "",
        "Who may move what, where and when: one YAML file, kept in a repository and reviewed like code (POL-01, RBAC-11). What it does not",
        "grant is refused (CMD-09). `signalbox check` tells every mistake in it, `signalbox schema` prints its JSON Schema, and",
        "`examples/signalbox.yaml` is a complete one.",
        "",
        "It is read more strictly than YAML 1.1 asks for: only `true` and `false` are booleans, `10:00` and `2026-12-24` are what they",
        "look like, a key may not stand twice, and there are no tags, anchors or aliases.",
        "",
        "## The file",
        "",
        *_table(made, parts),
    ]
    for name in _in_order(made, parts):
        part = parts[name]
        lines += ["", f"## {name}", "", _plain(part.get("description", "")).partition("\n\n")[0].replace("\n", " "), ""]
        lines += _words(part) if "enum" in part else _table(part, parts)
    return "\n".join(lines) + "\n"


def _in_order(node: Schema, parts: Schema) -> list[str]:
    """Names of all parts, each after the one that first uses it."""
    found: dict[str, None] = {}

    def follow(inner: Schema) -> None:
        for ref in [str(n["$ref"]).rpartition("/")[2] for n in _nodes(inner.get("properties", {})) if "$ref" in n]:
            if ref not in found:
                found[ref] = None
                follow(parts[ref])

    follow(node)
    return list(found)


def _words(part: Schema) -> list[str]:
    return [", ".join(f"`{word}`" for word in part["enum"])]


def _table(part: Schema, parts: Schema) -> list[str]:
    rows = ["| key | takes | left out | meaning | requirement |", "| --- | --- | --- | --- | --- |"]
    for key, node in part.get("properties", {}).items():
        description = node.get("description", "")
        asked = ", ".join(found[1] for found in _REQUIREMENTS.finditer(description))
        default = "**needed**" if key in part.get("required", ()) else _default(node)
        rows.append(f"| `{key}` | {_cell(_takes(node, parts))} | {_cell(default)} | {_cell(_plain(description))} | {asked} |")
    return rows


def _default(node: Schema) -> str:
    default = node.get("default")
    if not default and default is not False:
        return "none"
    match default:
        case dict() if "$ref" in node:
            return "its own defaults"
        case dict():
            return "; ".join(f"`{key}`: {_inner(value)}" for key, value in default.items())
        case list():
            return ", ".join(f"`{item}`" for item in default)
        case bool():
            return f"`{str(default).lower()}`"
        case _:
            return f"`{default}`"


def _inner(value: Any) -> str:
    """A default inside of a table: what says nothing is left out."""
    match value:
        case dict():
            return ", ".join(f"{key} {_inner(one)}" for key, one in value.items() if one) or "nothing"
        case list():
            return " and ".join(map(_inner, value))
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)


def _takes(node: Schema, parts: Schema) -> str:
    if "$ref" in node:
        return _link(node["$ref"])
    if options := node.get("anyOf") or node.get("oneOf"):
        return " or ".join(_takes(option, parts) for option in options if option.get("type") != "null")
    if "const" in node:
        return f"`{node['const']}`"
    match node.get("type"):
        case "array":
            return f"list of {_takes(node['items'], parts)}"
        case "object":
            inner = node.get("additionalProperties") or next(iter(node["patternProperties"].values()))
            key = _link(node["propertyNames"]["$ref"]) if "propertyNames" in node else "name"
            return f"{key} → {_takes(inner, parts)}"
        case "string":
            return IN_WORDS[node["pattern"]] if "pattern" in node else "text"
        case "integer":
            return f"{node['minimum']} to {node['maximum']}" if "minimum" in node else "whole number"
        case "boolean":
            return "`true` or `false`"
        case other:
            raise AssertionError(f"the reference cannot tell what {other!r} is")


def _link(ref: str) -> str:
    name = ref.rpartition("/")[2]
    return f"[{name}](#{name.lower()})"


def _plain(description: str) -> str:
    return _REQUIREMENTS.sub("", description)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


# ---------------------------------------------------------------- docs/settings.md


def settings_page() -> str:
    """Every environment variable: what it means and what happens without it."""
    rows = ["| variable | left out | meaning | from a file |", "| --- | --- | --- | --- |"]
    for field in Settings.model_fields.values():
        name, default = str(field.validation_alias), field.get_default()
        if hasattr(default, "get_secret_value"):
            default = default.get_secret_value()
        shown = "not set" if default is None else f"`{default}`"
        rows.append(f"| `{name}` | {shown} | {_cell(field.description or '')} | {f'`{name}_FILE`' if name in SECRETS else ''} |")
    return "\n".join(
        [
            "# The settings",
            "",
            MADE,
            "",
            "Addresses, tokens and secrets come from the environment, and from nowhere else (OPS-14). An empty variable is not set.",
            "`signalbox check` tells every mistake, and what this policy needs and does not find.",
            "",
            *rows,
            "",
            "Each secret can come from a file instead: `<NAME>_FILE` holds its path, and a line break at the end of the file is dropped.",
            "Giving both is a mistake. The same holds for the secrets that the policy names (`ci.*.secret`, `artifacts.*.secret`,",
            "`artifacts.*.password`, `incidents.intake.*.secret`): the policy holds the variable's name, never the secret.",
            "",
        ]
    )


# ---------------------------------------------------------------- all pages

PAGES: Final[tuple[Page, ...]] = (
    Page("docs/policy.md", policy_page),
    Page("docs/settings.md", settings_page),
    Page("docs/commands.md", commands_page),
    Page("docs/refusals.md", refusals_page),
    Page("docs/design.md", lifecycle_drawing, part="lifecycle"),
    Page("README.md", lambda: as_text(sample(example())), part="card"),
)


def write(root: Path) -> list[str]:
    """Write each page that differs; the paths that were written."""
    stale = differing(root)
    for page in PAGES:
        if page.path in stale:
            target = root / page.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(page.text(_now(target)), encoding="utf-8")
    return stale


def differing(root: Path) -> list[str]:
    """The paths of the pages that are missing or differ from what the code says."""
    return [page.path for page in PAGES if (now := _now(root / page.path)) is None or now != page.text(now)]


def _now(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None
