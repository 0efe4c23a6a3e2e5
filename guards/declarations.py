"""What a pull request's text declares under the headings of its template: risk, tests, database, rollout and such (REC-15, DBM-01).

Invariant: the text is data that somebody typed. What stands in a comment, a quote or a code block declares nothing, and neither does a
template that nobody filled in: where a line offers several answers, none was chosen.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from guards.vocabulary import Migration, Risk

LONGEST = 65_536
"""Characters that are read: as many as GitHub lets a text have."""

_SHOWN = 200
"""Characters of one declaration that are kept."""


class Topic(StrEnum):
    """What a template asks for, in the order in which it is shown."""

    RISK = "risk"
    TESTS = "tests"
    SECURITY = "security"
    DATABASE = "database"
    ROLLOUT = "rollout"
    ROLLBACK = "rollback"


_WORDS = {
    **dict.fromkeys(("risk", "risks"), Topic.RISK),
    **dict.fromkeys(("test", "tests", "testing", "tested"), Topic.TESTS),
    "security": Topic.SECURITY,
    **dict.fromkeys(("database", "db", "migration", "migrations", "schema"), Topic.DATABASE),
    **dict.fromkeys(("rollout", "roll-out", "deployment"), Topic.ROLLOUT),
    **dict.fromkeys(("rollback", "roll-back", "backout", "back-out"), Topic.ROLLBACK),
}
"""Words of a heading that make it one about a topic."""

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r"#{1,6}[ \t]+(.*)|\*\*(.*)\*\*:?")
_LABEL = re.compile(r"(?:[-*+] )?\*{0,2}([A-Za-z][A-Za-z /&-]{1,39})\*{0,2}:\*{0,2}(?: +(.*))?")
_BOX = re.compile(r"[-*+] \[([ xX])\] *(.*)")
_LABEL_WORDS = 3
"""A label has at most so many words; a longer one is a sentence."""

_EMPHASIS = re.compile(r"[*_`]+")
_NONE = re.compile(r"(?:none|no|nothing|not applicable|n/a)\b")
_MIGRATIONS = {
    Migration.EXPAND: re.compile(r"\b(?:expand(?:s|ing)?|additive)\b"),
    Migration.CONTRACT: re.compile(r"\bcontract(?:s|ing)?\b(?! tests?\b)"),
    Migration.OTHER: re.compile(r"^(?:other|yes)\b|\b(?:irreversible|destructive)\b"),
}
_RISK = re.compile(rf"\b(?:{'|'.join(Risk)})\b")


@dataclass(frozen=True, slots=True)
class Declarations:
    """What one pull request declares.

    Args:
        said: topic → its text in one line, shortened; a topic that nobody wrote about is not in it.
        migration: what it does to the database; None when that is not said, or not clearly.
        risk: how risky its author says that it is; None as above.
    """

    said: Mapping[Topic, str]
    migration: Migration | None = None
    risk: Risk | None = None


def declared_in(body: str) -> Declarations:
    """Read a pull request's text.

    Args:
        body: Markdown, as somebody typed it.
    """
    lines: dict[Topic, list[str]] = {}
    for topic, line in _lines(_COMMENT.sub("", body[:LONGEST])):
        lines.setdefault(topic, []).append(line)
    said = {topic: _shown(lines[topic]) for topic in Topic if topic in lines}
    return Declarations(said, _migration(lines.get(Topic.DATABASE, ())), _risk(lines.get(Topic.RISK, ())))


def _lines(text: str) -> Iterator[tuple[Topic, str]]:
    """Each line that says something about a topic, with the topic."""
    current: frozenset[Topic] = frozenset()
    fence = ""
    for line in (raw.strip() for raw in text.splitlines()):
        if line[:3] in {"```", "~~~"} and fence in {"", line[:3]}:
            fence = "" if fence else line[:3]
        elif fence or not line or line.startswith(">"):
            continue
        elif heading := _HEADING.fullmatch(line):
            current = _topics(heading[1] or heading[2] or "")
        elif (label := _LABEL.fullmatch(line)) and (about := _labelled(label[1])):
            if label[2]:
                yield from ((topic, label[2]) for topic in about)
            else:
                current = about
        else:
            box = _BOX.fullmatch(line)
            if box is None or box[1] != " ":
                yield from ((topic, box[2] if box else line) for topic in current)


def _topics(title: str) -> frozenset[Topic]:
    words = re.findall(r"[a-z-]+", title[:_SHOWN].lower())
    return frozenset(_WORDS[word] for word in words if word in _WORDS)


def _labelled(label: str) -> frozenset[Topic]:
    return _topics(label) if len(label.split()) <= _LABEL_WORDS else frozenset()


def _shown(lines: Sequence[str]) -> str:
    """In one line, without what is not seen."""
    whole = "".join(" " if unicodedata.category(c) in {"Cc", "Cf", "Cs"} else c for c in " ".join(lines)[: 4 * _SHOWN])
    text = " ".join(whole.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _migration(lines: Sequence[str]) -> Migration | None:
    """The weightiest that is named; none when "none" is offered beside others, as an unfilled template does."""
    text = _EMPHASIS.sub("", " ".join(lines)).lower()
    named = [migration for migration, pattern in _MIGRATIONS.items() if pattern.search(text)]
    if _NONE.match(text):
        return None if named else Migration.NONE
    return named[-1] if named else None


def _risk(lines: Sequence[str]) -> Risk | None:
    """The one level that the first line names; none when it names several."""
    named = {Risk(word) for word in _RISK.findall(lines[0].lower())} if lines else set()
    return named.pop() if len(named) == 1 else None
