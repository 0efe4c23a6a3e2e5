"""Who owns which path, by GitHub's CODEOWNERS rules.

Invariant: the last line whose pattern matches decides, also when it names nobody; a line that GitHub would skip is skipped and counted.

Source: GitHub, "About code owners" (syntax, exceptions to gitignore); gitignore(5) for the patterns.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

_OWNER = re.compile(r"@[A-Za-z0-9][A-Za-z0-9_-]*(?:/[A-Za-z0-9_.-]+)?|[^@\s]+@[^@\s]+\.[^@\s]+")
_FIELD = re.compile(r"(?:\\.|\S)+")  # a backslash keeps the blank behind it
_COMMENT = re.compile(r"(?:^|\s)#.*")
_UNSUPPORTED = re.compile(r"^!|^\\#|[\[\]]")  # gitignore has these, CODEOWNERS has not


@dataclass(frozen=True, slots=True)
class Rule:
    """One line.

    Args:
        line: its number in the file, from 1.
        pattern: as written.
        owners: `@login`, `@org/team` or an e-mail address, as written; empty when it takes owners away.
        segments: of the pattern, `**` for any number of them; made from it.
    """

    line: int
    pattern: str
    owners: tuple[str, ...]
    segments: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parts = self.pattern.split("/")
        wanted = [part for part in parts if part]
        if len(wanted) == 1 and parts[0]:
            wanted.insert(0, "**")  # a lone name, without a slash in front, may stand anywhere
        if parts[-1] in {"", "**"}:
            wanted += ["**", "*"]  # everything below the directory
        elif parts[-1] != "*":
            wanted.append("**")  # the file, or everything below the directory; `dir/*` is the files in it alone
        object.__setattr__(self, "segments", tuple(wanted))

    def matches(self, path: str) -> bool:
        """Whether the pattern covers a path of a file, written from the repository's root without a slash in front."""
        return _path(self.segments, tuple(path.strip("/").split("/")))


@dataclass(frozen=True, slots=True)
class CodeOwners:
    """A CODEOWNERS file.

    Args:
        path: where it stands in the repository.
        rules: the lines that count, in the file's order.
        skipped: numbers of the lines that GitHub cannot read and therefore skips.
    """

    path: str
    rules: tuple[Rule, ...]
    skipped: tuple[int, ...] = ()

    @classmethod
    def read(cls, path: str, text: str) -> "CodeOwners":
        """The file with this content."""
        rules, skipped = [], []
        for number, line in enumerate(text.splitlines(), start=1):
            fields = _FIELD.findall(_COMMENT.sub("", line))
            if not fields:
                continue
            pattern, owners = fields[0], tuple(fields[1:])
            if _UNSUPPORTED.search(pattern) or not pattern.strip("/") or not all(_OWNER.fullmatch(owner) for owner in owners):
                skipped.append(number)
            else:
                rules.append(Rule(number, pattern, owners))
        return cls(path, tuple(rules), tuple(skipped))

    def owners(self, path: str) -> tuple[str, ...]:
        """Who owns a file: `@login`, `@org/team` or e-mail addresses; empty when nobody does.

        Args:
            path: from the repository's root, `src/pay/ledger.py`.
        """
        return next((rule.owners for rule in reversed(self.rules) if rule.matches(path)), ())


def _path(pattern: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    """Whether a path's segments match: `**` stands for any number of them."""
    return _wild(pattern, parts, "**", _name)


def _name(pattern: str, text: str) -> bool:
    """Whether one segment matches: `*` for any characters, `?` for one, a backslash for the next one itself."""
    return _wild(tuple(re.findall(r"\\.|.", pattern)), tuple(text), "*", lambda p, c: p == "?" or p.removeprefix("\\") == c)


def _wild(pattern: tuple[str, ...], items: tuple[str, ...], star: str, same: Callable[[str, str], bool]) -> bool:
    """Goes back to the last star only, so that no pattern takes longer than its length times the items'."""
    at = item = 0
    back: tuple[int, int] | None = None
    while item < len(items):
        if at < len(pattern) and pattern[at] == star:
            at, back = at + 1, (at, item)
        elif at < len(pattern) and same(pattern[at], items[item]):
            at, item = at + 1, item + 1
        elif back:
            back = (back[0], back[1] + 1)
            at, item = back[0] + 1, back[1]
        else:
            return False
    return all(left == star for left in pattern[at:])
