"""Which of many patterns cover which of many changed files; patterns are written as in CODEOWNERS.

Invariant: the answer for a file is that of each pattern asked by itself; a file and a pattern are read once.
"""

from collections.abc import Iterable, Sequence

from guards.codeowners import Rule, parts_of


class Patterns:
    """Patterns, and what they said about files so far.

    Args:
        patterns: in the order in which they answer.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._rules = tuple((pattern, Rule(0, pattern, ())) for pattern in patterns)
        self._covering: dict[str, tuple[str, ...]] = {}

    def covering(self, path: str) -> tuple[str, ...]:
        """Those that cover a file, in their order."""
        if path not in self._covering:
            parts = parts_of(path)
            self._covering[path] = tuple(pattern for pattern, rule in self._rules if rule.covers(parts))
        return self._covering[path]

    def first(self, paths: Sequence[str]) -> dict[str, str]:
        """Each pattern that covers one of the files, in the patterns' order, with the first file that it covers."""
        found: dict[str, str] = {}
        for path in paths:
            for pattern in self.covering(path):
                found.setdefault(pattern, path)
        return {pattern: found[pattern] for pattern, _ in self._rules if pattern in found} if found else found
