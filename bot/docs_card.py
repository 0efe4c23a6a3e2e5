"""The card that README.md shows, drawn by the code that draws the real ones.

Invariant: a pure function of the code and of the example policy.
"""

import textwrap
from datetime import UTC, datetime, timedelta

from commands.core.change_card import change_card
from commands.core.text import Card, plain
from guards.assessment import Declared
from guards.change import Approval, Change, Verdict
from guards.codeowners import CodeOwners
from guards.content import Content
from guards.facts import Facts
from guards.hotfix import HotfixFacts
from guards.lifecycle import State
from guards.policy import Policy
from guards.provenance import PinnedKey, Proof, Provenance, Sbom, SbomFormat, Signature
from guards.release import Promotion, RecordText, ReleaseNotes
from guards.vcs import Check, CheckState, Commit, Contributor, Protection, Pull, Review, ReviewState, Span, Tag
from guards.version import Artifact, Deployment, Evidence, Merged
from guards.vocabulary import ChangeType, Migration, Question, Risk, Role

_AT = datetime(2026, 11, 24, 9, 40, tzinfo=UTC)  # a Tuesday morning in Berlin, inside the window
_DIGEST, _COMMIT = "sha256:" + "1f3d" * 16, "9fceb02d" * 5


def sample(policy: Policy) -> Card:
    """A change of the example policy that one of two people approved.

    Args:
        policy: `examples/signalbox.yaml`.
    """
    linus, grace = policy.by_id["linus@example.com"], policy.by_id["grace@example.com"]
    record = RecordText("None known; watch the error rate.", "Promote v1.3.2 again.", linus.id, linus.name, _AT)
    notes = ReleaseNotes("## Known issues\n\nNone known.\n\n## Rollback\n\nBack to v1.3.2.", linus.id, linus.name, _AT)
    content = Content(
        "billing-api", "production", "v1.4.0", _DIGEST, _COMMIT, ChangeType.NORMAL, Migration.NONE, policy.hash, "ab12" * 10, record.hash,
        declared=Declared(frozenset({Question.CUSTOMER_VISIBLE}), Risk.MEDIUM, "a new page for invoices", "none", "none"),
    )  # fmt: skip
    change = Change("CR-2026-1124-001", content, State.AWAITING, linus.id, linus.name, _AT - timedelta(days=1))
    approval = Approval(
        grace.id, grace.name, frozenset({Role.RELEASE_MANAGER}), Verdict.APPROVED, "diff read, staging looks quiet", content.hash,
        _AT + timedelta(minutes=6), _AT + timedelta(hours=5),
    )  # fmt: skip
    facts = Facts(
        at=_AT + timedelta(minutes=10), policy=policy, people={linus.id: linus, grace.id: grace},
        groups={group: frozenset() for grants in policy.roles.values() for grant in grants for group in grant.groups},
        artifact=Artifact(
            "billing-api", "v1.4.0", _DIGEST, _COMMIT, frozenset({"ada@example.com"}), frozenset({"ghopper"}), (_MERGED,), tag="7a9e" * 10
        ),
        registered=Artifact("billing-api", "v1.4.0", _DIGEST, _COMMIT),
        before=Deployment("billing-api", "staging", "v1.4.0", _DIGEST, _COMMIT, _AT - timedelta(hours=30)),
        running=Deployment("billing-api", "production", "v1.3.2", "sha256:" + "77c0" * 16, "ab12" * 10, _AT - timedelta(days=6)),
        change=change, approvals=(approval,), in_flight=None, duplicate=None, freezes=(), incidents=(), exceptions=(), evidence=_evidence(),
        record=record, notes=notes, hotfixes=HotfixFacts(), promotions=(Promotion("staging", _DIGEST, _COMMIT, _AT - timedelta(hours=20)),),
    )  # fmt: skip
    return change_card(change, facts)


_ADA, _GRACE = Contributor("ada-l", "ada@example.com", "Ada Lovelace"), Contributor("ghopper")
_KEY = PinnedKey("sha256:" + "5cf0" * 16)
_URL = "https://github.com/example/billing-api"
_MERGED = Merged(212, "Round sums half to even", f"{_URL}/pull/212", "ada-l", ("PAY-418",))


def _evidence() -> Evidence:
    """Everything that the example policy asks for, proven."""
    reviews = (Review("ghopper", ReviewState.APPROVED, _COMMIT, _AT - timedelta(days=2)),)
    pull = Pull(
        212, _MERGED.title, _MERGED.url, "main", _COMMIT, _AT - timedelta(days=2), _COMMIT, _ADA, (_ADA,), reviews,
        frozenset({"risk:medium"}), "", _GRACE,
        _MERGED.tickets, ("src/sums.py",), "feature/PAY-418-round-sums",
    )  # fmt: skip
    commit = Commit(_COMMIT, _MERGED.title, f"{_URL}/commit/{_COMMIT}", _ADA, _ADA, (), verified=True, pulls=(212,))
    checks = ("lint", "unit-test", "integration-test", "sast")
    return Evidence(
        tag=Tag(
            "example/billing-api", "v1.4.0", "7a9e" * 10, _COMMIT, True, True, "valid",
            Contributor(None, "release-bot@example.com", "Release Bot"), _AT - timedelta(days=2),
        ),
        work=Span("example/billing-api", "ab12" * 10, _COMMIT, (commit,), (pull,)),
        checks=tuple(Check(name, CheckState.PASSED, None, _AT, 1, "github-actions", 1) for name in checks),
        owners=CodeOwners.read("CODEOWNERS", "* @ghopper"),
        owners_before=CodeOwners.read("CODEOWNERS", "* @ghopper"),
        protection=Protection("main", frozenset(checks), 1, enforce_admins=True),
        proof=Proof(
            _DIGEST,
            (Sbom(SbomFormat.CYCLONEDX, "1.6", _DIGEST, True, 214, "sha256:" + "b0" * 32, _URL, _KEY),),
            (
                Provenance(
                    "https://slsa.dev/provenance/v1", _DIGEST, _COMMIT, _URL, "refs/tags/v1.4.0", "https://github.com/actions/runner", None,
                    None, None, 31, _KEY, "sha256:" + "c0" * 32, _URL,
                ),
            ),
            (Signature(_DIGEST, _KEY, "sha256:" + "d0" * 32, _URL),),
        ),
        retrievable=True,
    )  # fmt: skip


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
