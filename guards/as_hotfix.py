"""As which hotfix a version goes to production: what its approvers, its risk and its go/no-go hang on (HOT-06, HOT-07, HOT-20).

Invariant: only what a hotfix was begun for is one; neither a label nor the name of a branch makes a version one.
"""

from guards.content import Content
from guards.decision import Unsure
from guards.facts import Facts, Request
from guards.hotfix import Hotfix, HotfixFacts, HotfixState
from guards.unread import Unread

COUNTS = frozenset({HotfixState.OPEN, HotfixState.SHIPPED, HotfixState.CLOSED})
"""Its branch was found to begin at what production runs, and nobody gave it up."""


def untold(what: Request | Content, facts: Facts) -> Unsure | None:
    """Why it is not known whether a version is a hotfix where that matters, or None."""
    known = facts.hotfixes
    return Unsure(known.what, known.why) if isinstance(known, Unread) and what.environment in facts.policy.production else None


def hotfix_of(what: Request | Content, facts: Facts) -> Hotfix | None:
    """The hotfix as which a version goes to production, if it is one that was not given up; None where it is none, or not known."""
    found = facts.hotfixes.of_version if isinstance(facts.hotfixes, HotfixFacts) else None
    if found is None or what.environment not in facts.policy.production or found.version != what.version:
        return None
    return found if found.state in COUNTS else None
