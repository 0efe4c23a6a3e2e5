"""YAML as a careful reader takes it: plain data, with the line and column of every key and value.

Invariant: what a text means does not depend on YAML 1.1's surprises. Only `true` and `false` are booleans, `10:00` and
`2026-12-24` stay text, no key stands twice, and there are no tags, anchors or aliases, so each value stands where it counts.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

import yaml
from typing_extensions import override

MOST_BYTES: Final = 1024 * 1024
_DEEPEST: Final = 20  # PyYAML recurses for each level: something has to stop it before Python does

_LINE_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what PyYAML counts as one

Keys = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, both numbers from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that makes the text unusable.

    Args:
        place: where it was seen.
        keys: the keys that lead there; empty for the whole text.
        text: what is wrong, and what to do.
    """

    place: Place
    keys: Keys
    text: str


class UnusableError(Exception):
    """The text is no such YAML.

    Args:
        faults: what was found; a text that does not parse has one, at which the parser stopped.
    """

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.text for fault in faults))
        self.faults = faults


class Document:
    """The plain data of a text, and where each part of it stands.

    Args:
        raw: UTF-8, with or without a byte order mark, at most `MOST_BYTES`.

    Raises:
        UnusableError: for everything else.
    """

    def __init__(self, raw: bytes) -> None:
        self._keys: dict[Keys, Place] = {}
        self._values: dict[Keys, Place] = {}
        self._faults: list[Fault] = []
        self.data = self._plain(_compose(_decode(raw)), ())
        if self._faults:
            raise UnusableError(*self._faults)

    def place_of_key(self, keys: Keys) -> Place:
        """Where the last of these keys stands."""
        return self._keys.get(keys) or self.place_of_value(keys)

    def place_of_value(self, keys: Keys) -> Place:
        """Where the value to which these keys lead stands; where the nearest parent stands that is there, when it is missing."""
        if keys in self._values:
            return self._values[keys]
        for end in range(len(keys) - 1, 0, -1):
            if place := self._keys.get(keys[:end]) or self._values.get(keys[:end]):
                return place
        return self._values[()]

    def _plain(self, node: yaml.Node, keys: Keys) -> object:
        self._values[keys] = _place(node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, keys)
        if isinstance(node, yaml.SequenceNode):
            return [self._plain(item, (*keys, i)) for i, item in enumerate(node.value)]
        text = self._text(node, keys)
        match node.tag.rpartition(":")[2]:
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return int(text)
            case _:
                return text

    def _mapping(self, node: yaml.MappingNode, keys: Keys) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in node.value:
            place = _place(key.start_mark)
            if not isinstance(key, yaml.ScalarNode):
                self._faults.append(Fault(place, keys, "a key must be plain text"))
                continue
            name = self._text(key, keys)
            if name in found:
                first = self._keys[*keys, name].line
                self._faults.append(Fault(place, (*keys, name), f"stands twice (first in line {first}); keep one"))
                continue
            self._keys[*keys, name] = place
            found[name] = self._plain(value, (*keys, name))
        return found

    def _text(self, node: yaml.Node, keys: Keys) -> str:
        text = str(node.value)
        if any("\ud800" <= character <= "\udfff" for character in text):
            fault = Fault(_place(node.start_mark), keys, "holds half of a character (a lone surrogate); write the character itself")
            self._faults.append(fault)
            return text.encode(errors="replace").decode()
        return text


class _Refused(yaml.MarkedYAMLError):
    """YAML that is valid and still not read here."""


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own shape
    depth = 0

    @override
    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise _Refused(problem="anchors (&) and aliases (*) are not read; write the value out here", problem_mark=event.start_mark)
        if event.tag is not None:
            raise _Refused(problem=f"tags like {event.tag!r} are not read; take it out", problem_mark=event.start_mark)
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _Refused(problem=f"this is nested deeper than {_DEEPEST} levels", problem_mark=event.start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


for _tag, _form, _first in (
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)\Z", "tTfF"),
    ("null", r"(?:~|null|Null|NULL|)\Z", ["~", "n", "N", ""]),
    ("int", r"-?(?:0|[1-9][0-9]{0,17})\Z", "-0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_form), list(_first))


def _place(mark: yaml.Mark) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _place_after(text: str) -> Place:
    lines = _LINE_BREAK.split(text)
    return Place(len(lines), len(lines[-1]) + 1)


def _decode(raw: bytes) -> str:
    if len(raw) > MOST_BYTES:
        raise UnusableError(Fault(Place(1, 1), (), f"is larger than {MOST_BYTES // 1024} KiB; a policy is a short text"))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place_after(raw[: error.start].decode(errors="replace"))
        raise UnusableError(Fault(place, (), "is not UTF-8 text from here on; save it as UTF-8")) from error


def _compose(text: str) -> yaml.Node:
    try:
        root = yaml.compose(text, _Loader)
    except yaml.reader.ReaderError as error:
        at = error.position
        fault = Fault(_place_after(text[:at]), (), f"the character U+{ord(text[at]):04X} has no place in a text file; take it out")
        raise UnusableError(fault) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnusableError(Fault(_place(mark) if mark else Place(1, 1), (), _syntax(error))) from error
    if root is None:
        raise UnusableError(Fault(Place(1, 1), (), "is empty; `signalbox init` writes a first one"))
    return root


def _syntax(error: yaml.MarkedYAMLError) -> str:
    what = error.problem or error.context or "unreadable"
    if isinstance(error, _Refused):
        return what
    if r"'\t'" in what:
        return "a tab cannot indent in YAML; use spaces"
    if "expected a single document" in (error.context or ""):
        return "a second document begins here (`---`); the policy is one"
    return f"this is not YAML: {', '.join(dict.fromkeys(filter(None, (error.context, what))))}"
