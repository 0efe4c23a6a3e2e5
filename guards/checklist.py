"""The checklist of a go/no-go: four areas, the eight items of the release record, and what else a release takes (GNG-03, GNG-04, GNG-11).

Invariant: each item belongs to one area; what is not `BY_PEOPLE` is judged by the bot alone (GNG-05).
"""

from collections.abc import Mapping
from enum import StrEnum


class Area(StrEnum):
    """The four areas of the checklist; each answers for its part (GNG-03)."""

    ARTIFACT = "artifact"
    QUALITY = "quality"
    GOVERNANCE = "governance"
    OPERATIONS = "operations"


class Item(StrEnum):
    """What the checklist asks, in the order in which it is shown; the first eight are those of the release record (GNG-04)."""

    TAG = "tag"
    DIGEST = "digest"
    CHECKS = "checks"
    PROOF = "proof"
    REVIEWS = "reviews"
    WINDOW = "window"
    ROLLBACK = "rollback"
    MONITORING = "monitoring"
    RECORD = "record"
    NOTES = "notes"
    BLOCKERS = "blockers"
    COMMUNICATIONS = "communications"
    RUNBOOKS = "runbooks"
    COVER = "cover"


AREA_OF: Mapping[Item, Area] = {
    Item.TAG: Area.ARTIFACT,
    Item.DIGEST: Area.ARTIFACT,
    Item.PROOF: Area.ARTIFACT,
    Item.CHECKS: Area.QUALITY,
    Item.REVIEWS: Area.QUALITY,
    Item.BLOCKERS: Area.QUALITY,
    Item.WINDOW: Area.GOVERNANCE,
    Item.ROLLBACK: Area.GOVERNANCE,
    Item.RECORD: Area.GOVERNANCE,
    Item.NOTES: Area.GOVERNANCE,
    Item.COMMUNICATIONS: Area.GOVERNANCE,
    Item.MONITORING: Area.OPERATIONS,
    Item.RUNBOOKS: Area.OPERATIONS,
    Item.COVER: Area.OPERATIONS,
}
"""Which area an item belongs to."""

MEANS: Mapping[Item, str] = {
    Item.TAG: "CI's tag is signed and names the candidate's commit",
    Item.DIGEST: "the digest is recorded and equal to staging's",
    Item.CHECKS: "the required checks passed",
    Item.PROOF: "SBOM, provenance and signature are attached",
    Item.REVIEWS: "code owners and reviewers approved, and the authors are known",
    Item.WINDOW: "the run departs inside a change window, and no freeze holds it",
    Item.ROLLBACK: "there is a last good version to go back to",
    Item.MONITORING: "monitoring and alerts are confirmed, and on-call is notified",
    Item.RECORD: "the release record is complete",
    Item.NOTES: "the release notes are complete",
    Item.BLOCKERS: "no release blocker is open, what came onto the release branch is in order, and the candidate is its newest commit",
    Item.COMMUNICATIONS: "communications are posted",
    Item.RUNBOOKS: "alerts and runbooks are updated",
    Item.COVER: "support and on-call cover the window",
}
"""What is true when an item is met."""

BY_PEOPLE = (Item.COMMUNICATIONS, Item.MONITORING, Item.RUNBOOKS, Item.COVER)
"""Items that only people can confirm: the area that owns one does (GNG-11)."""
