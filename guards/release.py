"""What is remembered about one release: what people wrote into its record and its notes, and where it ran (REC-01, REC-03, PRM-12).

Invariant: a revision never changes; a correction is a newer one, and one of published notes is an erratum below them (REC-17).
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

UNWRITTEN = "none"
"""What a form was opened on when nothing was written yet, in the place of a hash."""

_PLACEHOLDERS = frozenset({"", "later", "tba", "tbc", "tbd", "todo", "to do", "to be done", "to be defined", "pending", "wip", "x", "xxx"})
_WORD = re.compile(r"\w+")


def is_said(text: str) -> bool:
    """Whether a text says something: blanks, signs alone, `later` and `TBD` do not (REC-03); `none known` does."""
    return " ".join(_WORD.findall(text.lower())) not in _PLACEHOLDERS


@dataclass(frozen=True, slots=True)
class RevertText:
    """What is said of a version that takes something back (HOT-18); how it is rolled back is said of every version.

    Args:
        reason: why it is taken back.
        impact: who notices, and how.
        verification: what will show that it worked.
        flags: what becomes of feature flags and configuration that belong to it.
    """

    reason: str = ""
    impact: str = ""
    verification: str = ""
    flags: str = ""


@dataclass(frozen=True, slots=True)
class RecordText:
    """What people write into a release record, because nothing else can tell it.

    Args:
        issues: known issues and risks, with what is done about them and what to watch.
        rollback: how it is rolled back; to which version, the bot knows.
        revert: of a version that takes something back; None where nobody wrote of that.
        by, name: who wrote it: corporate id, and the name as it was then.
        at: UTC.
    """

    issues: str
    rollback: str
    by: str
    name: str
    at: datetime
    revert: RevertText | None = None

    @property
    def hash(self) -> str:
        """sha256 over what is written, hex: what approvals bind to; who wrote it, and when, is no part of it."""
        return _record_hash(self)


class NotesKind(StrEnum):
    """What a revision of release notes is."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ERRATUM = "erratum"


@dataclass(frozen=True, slots=True)
class Erratum:
    """A correction of notes that were published.

    Args:
        text: Markdown.
        name: who wrote it, as it was then.
        at: UTC.
    """

    text: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReleaseNotes:
    """The notes of one version as they stand now.

    Args:
        text: Markdown: the newest draft, or what was published.
        by, name: who wrote or published it: corporate id, and the name as it was then.
        at: UTC.
        published: when, UTC; None for a draft.
        errata: what was corrected since, oldest first.
        url: where they can be read; None until the VCS told it.
    """

    text: str
    by: str
    name: str
    at: datetime
    published: datetime | None = None
    errata: tuple[Erratum, ...] = ()
    url: str | None = None

    @property
    def whole(self) -> str:
        """The text with its errata below, each under a dated heading."""
        return "\n\n".join([self.text.rstrip(), *(f"## Erratum {e.at:%Y-%m-%d}\n\n{e.text.strip()}" for e in self.errata)])

    @property
    def hash(self) -> str:
        """sha256 over all that is written and whether it is published, hex: what a form was opened on."""
        return _hash({"whole": self.whole, "published": self.published is not None})


@dataclass(frozen=True, slots=True)
class Promotion:
    """One entry of the promotion log: the version entered an environment (PRM-12, PRM-14).

    Args:
        environment: canonical name.
        digest, commit: what was put there.
        at: when CI was done, UTC.
        change: our change's id; None when CI deployed by itself.
        approvers: names of those who approved it, as they were then.
    """

    environment: str
    digest: str
    commit: str
    at: datetime
    change: str | None = None
    approvers: tuple[str, ...] = ()


@lru_cache(maxsize=128)  # a revision never changes, and is asked for its hash by each judgement of each change of the version
def _record_hash(record: RecordText) -> str:
    revert = {"revert": asdict(record.revert)} if record.revert else {}
    return _hash({"issues": record.issues, "rollback": record.rollback, **revert})


def _hash(parts: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
