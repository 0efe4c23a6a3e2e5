"""What a pull request means to a reader of the changelog: told from Conventional Commits and labels (REC-05, REC-18, NAM-08).

Invariant: each pull request stands under exactly one heading. One that does not say what it is stands under Changed and is flagged; none
is left out.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from guards.vcs import Pull
from guards.vocabulary import Migration


class Heading(StrEnum):
    """The headings of a version's changelog, in the order in which they are shown."""

    ADDED = "Added"
    CHANGED = "Changed"
    DEPRECATED = "Deprecated"
    FIXED = "Fixed"
    SECURITY = "Security"


_TYPES = {"feat": Heading.ADDED, "fix": Heading.FIXED} | dict.fromkeys(
    ("docs", "style", "refactor", "perf", "test", "chore"), Heading.CHANGED
)
"""The types of NAM-08."""

_SURE_LABELS = {"security": Heading.SECURITY, "deprecation": Heading.DEPRECATED, "deprecated": Heading.DEPRECATED}
"""Labels that say more than a type can."""

_LABELS = {
    "feature": Heading.ADDED,
    "enhancement": Heading.ADDED,
    "bug": Heading.FIXED,
    "documentation": Heading.CHANGED,
    "refactoring": Heading.CHANGED,
    "dependencies": Heading.CHANGED,
}
"""Labels that stand for a type where the title has none."""

_BREAKING = frozenset({"breaking", "breaking-change"})
_MIGRATION = frozenset({"migration", "data-migration"})
_BEHIND_FLAG = frozenset({"feature-flag", "behind-flag"})
_TITLE = re.compile(r"(?P<type>[A-Za-z]+)(?:\((?P<scope>[^()]*)\))?(?P<bang>!)?:\s+(?P<text>\S.*)")
_FOOTER = re.compile(r"^BREAKING[ -]CHANGE:", re.MULTILINE)
_PICKED = re.compile(
    r"cherry[ -]picked from commit ([0-9a-f]{7,40})|\bbackport(?:s| of)?:? (?:PR )?((?:[\w.-]+/[\w.-]+)?#[0-9]+)", re.IGNORECASE
)
_BACKPORT_TITLE = re.compile(r"^\[?backport\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Entry:
    """One pull request in the changelog.

    Args:
        heading: where it stands.
        text: its title without the type.
        name, url, author: as people know it, `#12` or `acme/config#12`; author None when the account was deleted.
        tickets: work items.
        breaking: what worked before may not any more.
        migration: it changes the database.
        behind_flag: it is switched on later, by a flag (REC-14).
        backport: of what: `#9` or a commit; "" when it does not name it, None for what is no backport (REC-05).
        unsorted: neither title nor label say what it is (NAM-08).
    """

    heading: Heading
    text: str
    name: str
    url: str
    author: str | None
    tickets: tuple[str, ...]
    breaking: bool
    migration: bool
    behind_flag: bool
    backport: str | None
    unsorted: bool


def entry_of(pull: Pull, repository: str | None = None) -> Entry:
    """The pull request as the changelog has it; `repository` is that of another one than the service's own."""
    labels = frozenset(label.lower() for label in pull.labels)
    title = _TITLE.fullmatch(pull.title.strip())
    word = title["type"].lower() if title else ""
    known = title is not None and word in _TYPES
    by_label = next((heading for label, heading in _LABELS.items() if label in labels), None)
    heading = next((heading for label, heading in _SURE_LABELS.items() if label in labels), None)
    if heading is None and title and (title["scope"] or "").lower() == "security":
        heading = Heading.SECURITY
    return Entry(
        heading=heading or _TYPES.get(word) or by_label or Heading.CHANGED,
        text=title["text"] if title and known else pull.title.strip(),
        name=f"{repository or ''}#{pull.number}",
        url=pull.url,
        author=pull.author.id if pull.author else None,
        tickets=pull.tickets,
        breaking=bool(title and title["bang"]) or bool(_BREAKING & labels) or bool(_FOOTER.search(pull.body)),
        migration=pull.declared.migration not in {None, Migration.NONE}
        or bool(_MIGRATION & labels)
        or any("migrations" in path.split("/")[:-1] for path in pull.paths or ()),
        behind_flag=bool(_BEHIND_FLAG & labels),
        backport=backport_of(pull),
        unsorted=not known and heading is None and by_label is None,
    )


def type_of(title: str) -> tuple[str, bool]:
    """The type of a Conventional Commit's title, lower case, and whether it is marked as breaking; "" for a title without one."""
    found = _TITLE.fullmatch(title.strip())
    return (found["type"].lower(), found["bang"] is not None) if found else ("", False)


def backport_of(pull: Pull) -> str | None:
    """What a backport brings to another branch: a pull request or a commit; "" when it does not say, None for what is no backport."""
    found = _PICKED.search(f"{pull.title}\n{pull.body}")
    if found:
        return found[2] or found[1][:12]
    labelled = any(label == "backport" or label.startswith("backport:") for label in map(str.lower, pull.labels))
    return "" if labelled or _BACKPORT_TITLE.match(pull.title) else None


def entries_of(pulls: Iterable[tuple[str | None, Pull]]) -> tuple[Entry, ...]:
    """All of them, each with its repository, by heading and in it as they came."""
    found = [entry_of(pull, repository) for repository, pull in pulls]
    return tuple(entry for heading in Heading for entry in found if entry.heading is heading)
