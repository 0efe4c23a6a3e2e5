"""The card that README.md shows, drawn by the code that draws the real ones.

Invariant: a pure function of the code and of the example policy.
"""

import textwrap
from datetime import UTC, datetime, timedelta

from commands.core.cards import change_card
from commands.core.text import Card, plain
from guards.assessment import Declared
from guards.content import Content
from guards.facts import Approval, Artifact, Change, Deployment, Facts, Verdict
from guards.lifecycle import State
from guards.policy import Policy
from guards.vocabulary import ChangeType, Migration, Question, Risk, Role

_AT = datetime(2026, 11, 24, 9, 40, tzinfo=UTC)  # a Tuesday morning in Berlin, inside the window
_DIGEST, _COMMIT = "sha256:" + "1f3d" * 16, "9fceb02d" * 5


def sample(policy: Policy) -> Card:
    """A change of the example policy that one of two people approved.

    Args:
        policy: `examples/signalbox.yaml`.
    """
    linus, grace = policy.by_id["linus@example.com"], policy.by_id["grace@example.com"]
    content = Content(
        "billing-api", "production", "v1.4.0", _DIGEST, _COMMIT, ChangeType.NORMAL, Migration.NONE, policy.hash,
        declared=Declared(frozenset({Question.CUSTOMER_VISIBLE}), Risk.MEDIUM, "a new page for invoices", "none", "none"),
    )  # fmt: skip
    change = Change("CR-2026-1124-001", content, State.AWAITING, linus.id, linus.name, _AT)
    approval = Approval(
        grace.id, grace.name, frozenset({Role.RELEASE_MANAGER}), Verdict.APPROVED, "diff read, staging looks quiet", content.hash,
        _AT + timedelta(minutes=6), _AT + timedelta(hours=5),
    )  # fmt: skip
    facts = Facts(
        at=_AT + timedelta(minutes=10), policy=policy, people={linus.id: linus, grace.id: grace},
        groups={group: frozenset() for grants in policy.roles.values() for grant in grants for group in grant.groups},
        artifact=Artifact("billing-api", "v1.4.0", _DIGEST, _COMMIT, frozenset({"ada@example.com"}), frozenset()),
        registered=Artifact("billing-api", "v1.4.0", _DIGEST, _COMMIT),
        before=Deployment("billing-api", "staging", "v1.4.0", _DIGEST, _COMMIT, _AT - timedelta(hours=20)),
        running=Deployment("billing-api", "production", "v1.3.2", "sha256:" + "77c0" * 16, "ab12" * 10, _AT - timedelta(days=6)),
        change=change, approvals=(approval,), in_flight=None, duplicate=None, freezes=(),
    )  # fmt: skip
    return change_card(change, facts)


def as_text(card: Card, width: int = 96) -> str:
    """A card as an indented block of plain text.

    Args:
        card: what to show.
        width: of a line, in characters.
    """
    lines = [card.title, ""]
    wide = max((len(label) for label, _ in card.facts), default=0)
    lines += [f"{label:<{wide}}  {plain(line)}" for label, line in card.facts]
    for part in card.parts:
        lines += ["", part.heading, *(f"  {plain(line)}" for line in part.lines)]
    lines += ["", "  ".join(f"[{button.label}]" for button in card.buttons), "", plain(card.footer)]
    folded = [textwrap.wrap(line, width, subsequent_indent="    ") or [""] for line in lines]
    return "\n".join(f"    {line}".rstrip() for group in folded for line in group).replace("`", "")
