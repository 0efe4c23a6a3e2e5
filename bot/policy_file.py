"""Reads the policy file and says everything that is wrong with it at once, each problem at its line and column (POL-01, OPS-14).

Invariant: what `load` returns is a consistent `Policy`; whatever the file holds, the only other way out is `PolicyFileError`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from typing_extensions import override

from bot.strict_yaml import MOST_BYTES, Document, Keys, Place, UnusableError
from guards.consistency import nearest
from guards.policy import Policy, PolicyError
from guards.values import IN_WORDS


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in the file.

    Args:
        file: the path as it was given.
        place: where it stands; None when the file could not be read at all.
        keys: the keys that lead there; empty for the whole file.
        text: what is wrong, and what to do.
    """

    file: str
    place: Place | None
    keys: Keys
    text: str

    @override
    def __str__(self) -> str:
        place = f"{self.file}:{self.place.line}:{self.place.column}" if self.place else self.file
        return ": ".join(part for part in (place, ".".join(map(str, self.keys)), self.text) if part)


class PolicyFileError(Exception):
    """The file cannot be used.

    Args:
        problems: everything that was found, in the order of the file; at least one.
    """

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def load(path: Path) -> Policy:
    """Read a policy file.

    Args:
        path: YAML as `bot.strict_yaml` reads it.

    Raises:
        PolicyFileError: for each reason why there is no policy. Whether the parts fit together is only told
            once each part has the right shape.
    """
    try:
        with path.open("rb") as opened:
            raw = opened.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise PolicyFileError([Problem(str(path), None, (), f"cannot be read ({reason}); `signalbox init` writes a first one")]) from error
    return parse(raw, str(path))


def parse(raw: bytes, file: str) -> Policy:
    """The policy that a file's bytes hold.

    Args:
        raw: what the file holds.
        file: its name, for the problems.

    Raises:
        PolicyFileError: as `load` does.
    """
    try:
        document = Document(raw)
    except UnusableError as error:
        raise PolicyFileError([Problem(file, fault.place, fault.keys, fault.text) for fault in error.faults]) from error
    try:
        # JSON in strict mode takes lists for tuples and text for enums, but no "yes" for true and no "1" for 1.
        policy = Policy.model_validate_json(json.dumps(document.data), strict=True)
    except ValidationError as error:
        found = {Problem(file, *what) for details in error.errors(include_url=False) for what in _explain(details, document)}
        raise PolicyFileError(sorted(found, key=_in_file_order)) from error
    if strange := [Problem(file, document.place_of_value(keys), keys, text) for keys, text in _calendars(policy)]:
        raise PolicyFileError(sorted(strange, key=_in_file_order))
    return policy


def _calendars(policy: Policy) -> Iterator[tuple[Keys, str]]:
    """Codes that name no holiday calendar: which there are, only the library knows, and guards know no library."""
    if not policy.calendars:
        return
    from bot.holiday_codes import mistake

    named: list[tuple[Keys, tuple[str, ...]]] = [((), policy.holidays)]
    named += [(("services", name), service.holidays or ()) for name, service in policy.services.items()]
    named += [(("windows", name), window.holidays or ()) for name, window in policy.windows.items()]
    for keys, codes in named:
        for index, code in enumerate(codes):
            if text := mistake(code):
                yield (*keys, "holidays", index), text


def _in_file_order(problem: Problem) -> tuple[int, int, str]:
    return (problem.place.line, problem.place.column, str(problem)) if problem.place else (0, 0, str(problem))


def _explain(details: ErrorDetails, document: Document) -> Iterator[tuple[Place, Keys, str]]:
    """What one of pydantic's errors means in this document."""
    if isinstance(broken := details.get("ctx", {}).get("error"), PolicyError):
        for keys, text in broken.problems:
            yield document.place_of_value(keys), keys, text
        return
    keys = _path(details["loc"], document.data)
    if details["type"] == "extra_forbidden":
        word = str(keys[-1])
        yield document.place_of_key(keys), keys, f"unknown key {word!r}{nearest(word, _known_keys(keys[:-1], document.data))}"
    elif keys and keys[-1] == "[key]":
        yield document.place_of_key(keys[:-1]), keys[:-1], _in_words(details)
    elif details["type"].startswith("union_tag"):
        yield document.place_of_value((*keys, "kind")), (*keys, "kind"), _in_words(details)
    else:
        yield document.place_of_value(keys), keys, _in_words(details)


def _path(loc: tuple[str | int, ...], data: object) -> Keys:
    """The keys of a pydantic location: without the `kind` that it adds where a section has several forms."""
    path: list[str | int] = []
    named = False
    for part in loc:
        if not named and _has_forms(path) and isinstance(data, dict) and data.get("kind") == part:
            named = True
            continue
        path.append(part)
        named, data = False, _step(data, part)
    return tuple(path)


def _has_forms(path: list[str | int]) -> bool:
    """Whether a path leads to a section with several forms."""
    match path:
        case ["ci" | "artifacts", _] | ["artifacts", _, "signers", _]:
            return True
        case _:
            return False


def _step(data: object, key: str | int) -> object:
    if isinstance(data, dict):
        return data.get(key)
    return data[key] if isinstance(data, list) and isinstance(key, int) else None


_SHAPES: Final = {
    "string_type": "write text",
    "int_type": "write a whole number",
    "bool_type": "write true or false",
    "tuple_type": "write a list, like [one, two]",
    "dict_type": "write keys with values under it",
    "model_type": "write keys with values under it",
    "model_attributes_type": "write keys with values under it",
}


_NEVER_SHOWN: Final = frozenset({"secret", "password", "url"})  # where people put secrets by mistake


def _in_words(details: ErrorDetails) -> str:
    ctx, value, kind = details.get("ctx", {}), details["input"], details["type"]
    shown = "what stands here" if _NEVER_SHOWN.intersection(details["loc"][-1:]) else _shown(value)
    if kind in _SHAPES:
        advice = " (in quotes)" if kind == "string_type" and isinstance(value, int) else ""
        return f"{_SHAPES[kind]}{advice}, not {shown}"
    match kind:
        case "value_error":
            return str(ctx["error"])
        case "string_pattern_mismatch":
            return f"{shown} does not fit; write {IN_WORDS.get(ctx['pattern'], ctx['pattern'])}"
        case "enum" | "literal_error" | "union_tag_invalid":
            word = ctx.get("tag", value)
            known = re.findall(r"'([^']*)'", ctx.get("expected_tags") or ctx["expected"])
            if not known:
                return f"write {ctx['expected']}, not {shown}"
            return f"{_shown(word)} is not known{nearest(str(word), known)}"
        case "missing" | "union_tag_not_found":
            return "is missing"
        case "too_short":
            return f"give at least {ctx['min_length']}"
        case "string_too_short":
            return f"write at least {ctx['min_length']} character"
        case "string_too_long":
            return f"write at most {ctx['max_length']} characters"
        case "greater_than":
            return "must be more than nothing"
        case "greater_than_equal":
            return f"{shown} is too small; at least {ctx['ge']}"
        case "less_than_equal":
            return f"{shown} is too large; at most {ctx['le']}"
        case _:
            return details["msg"]


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case dict():
            return "keys with values"
        case list():
            return "a list"
        case str() if len(value) > 60:
            return repr(f"{value[:60]}…")
        case _:
            return repr(value)


def _known_keys(keys: Keys, data: object) -> list[str]:
    """The keys of the section to which a path leads."""
    kind: object = Policy
    for key in keys:
        data = _step(data, key)
        kind = _inside(kind, key)
    models = [model for model in _members(kind) if isinstance(model, type) and issubclass(model, BaseModel)]
    chosen = data.get("kind") if isinstance(data, dict) else None
    if len(models) > 1:  # a section with several forms: the one that its `kind` names
        models = [m for m in models if chosen in get_args(m.model_fields["kind"].annotation)]
    return [name for model in models for name in model.model_fields]


def _members(kind: object) -> tuple[object, ...]:
    if get_origin(kind) is Annotated:
        return _members(get_args(kind)[0])
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def _inside(kind: object, key: str | int) -> object:
    for member in _members(kind):
        if isinstance(member, type) and issubclass(member, BaseModel) and str(key) in member.model_fields:
            return member.model_fields[str(key)].annotation
        if get_origin(member) is Mapping or get_origin(member) is tuple:
            return get_args(member)[0 if get_origin(member) is tuple else 1]
    raise AssertionError(f"no section has {key!r}")
