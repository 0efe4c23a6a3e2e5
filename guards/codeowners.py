"""Who owns which path, by GitHub's CODEOWNERS rules.

Invariant: the last line whose pattern matches decides, also when it names nobody; a line that GitHub would skip is skipped and counted.

Source: GitHub, "About code owners" (syntax, exceptions to gitignore); gitignore(5) for the patterns.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_OWNER = re.compile(r"@[A-Za-z0-9][A-Za-z0-9_-]*(?:/[A-Za-z0-9_.-]+)?|[^@\s]+@[^@\s]+\.[^@\s]+")
_FIELD = re.compile(r"(?:\\.|\S)+")  # a backslash keeps the blank behind it
_COMMENT = re.compile(r"(?:^|\s)#.*")
_NEVER = "(?!)"
"""Matches nothing: for a backslash with nothing behind it."""
_ANY, _WILD = "**", re.compile(r"[*?\\]")
_UNSUPPORTED = re.compile(r"^!|^\\#|[\[\]]")  # gitignore has these, CODEOWNERS has not


@dataclass(frozen=True, slots=True)
class Rule:
    """One line.

    Args:
        line: its number in the file, from 1.
        pattern: as written.
        owners: `@login`, `@org/team` or an e-mail address, as written; empty when it takes owners away.
        segments: of the pattern, read once: `**` for any number of them, text for one like it, a pattern where it holds wildcards.
    """

    line: int
    pattern: str
    owners: tuple[str, ...]
    segments: tuple[str | re.Pattern[str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parts = self.pattern.split("/")
        wanted = [part for part in parts if part]
        if len(wanted) == 1 and parts[0]:
            wanted.insert(0, "**")  # a lone name, without a slash in front, may stand anywhere
        if parts[-1] in {"", "**"}:
            wanted += ["**", "*"]  # everything below the directory
        elif parts[-1] != "*":
            wanted.append("**")  # the file, or everything below the directory; `dir/*` is the files in it alone
        object.__setattr__(self, "segments", tuple(map(_segment, wanted)))

    def matches(self, path: str) -> bool:
        """Whether the pattern covers a path of a file, written from the repository's root without a slash in front."""
        return self.covers(parts_of(path))

    def covers(self, parts: Sequence[str]) -> bool:
        """The same for a path as `parts_of` gives it: many rules are asked about one path."""
        return _below(self.segments, parts)


def parts_of(path: str) -> tuple[str, ...]:
    """The names in a path, from the root on."""
    return tuple(path.strip("/").split("/"))


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
    _found: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Owners that were looked up already: a release touches the same file many times, and is judged many times."""

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
        if path not in self._found:
            parts = parts_of(path)
            self._found[path] = next((rule.owners for rule in reversed(self.rules) if rule.covers(parts)), ())
        return self._found[path]


def _segment(text: str) -> str | re.Pattern[str]:
    """One segment: `*` for any characters, `?` for one, a backslash for the next one itself.

    What stands between two stars is found at its first place and never again, so that no name takes longer than its length times the
    pattern's.
    """
    if text == _ANY or not _WILD.search(text):
        return text
    chunks = [""]
    for sign in re.findall(r"\\.|.", text, re.DOTALL):
        if sign == "*":
            chunks.append("")
        else:
            chunks[-1] += {"?": ".", "\\": _NEVER}.get(sign) or re.escape(sign.removeprefix("\\"))
    first, *others = chunks
    if not others:
        return re.compile(first, re.DOTALL)
    *between, last = others
    return re.compile(first + "".join(f"(?>.*?{chunk})" for chunk in between if chunk) + f".*{last}", re.DOTALL)


def _below(pattern: Sequence[str | re.Pattern[str]], parts: Sequence[str]) -> bool:
    """Whether a path's names match. Goes back to the last `**` only, so that nothing takes longer than its length times the pattern's."""
    at = part = 0
    back: tuple[int, int] | None = None
    while part < len(parts):
        wanted = pattern[at] if at < len(pattern) else None
        if wanted == _ANY:
            at, back = at + 1, (at, part)
        elif wanted is not None and (wanted == parts[part] if isinstance(wanted, str) else wanted.fullmatch(parts[part])):
            at, part = at + 1, part + 1
        elif back:
            back = (back[0], back[1] + 1)
            at, part = back[0] + 1, back[1]
        else:
            return False
    return all(left == _ANY for left in pattern[at:])
