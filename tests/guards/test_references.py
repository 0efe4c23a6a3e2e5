"""An approval refers to a pull request, a work item, an incident or a change request (PRM-10)."""

from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot

from guards.decision import Allow, Refusal, Unsure
from guards.facts import Facts
from guards.references import references_of, referring
from guards.sections import ApprovalRule
from guards.unread import Unread
from guards.version import Evidence, Merged
from tests.guards.cases import ARTIFACT, CHANGE, POLICY, Expected, facts, policy, request, said, told
from tests.guards.proofs import strict

ASKING = policy(approvals={"production": ApprovalRule(references=True)})
PULL = Merged(12, "Round sums", "https://git.test/12", "dana-d", ("PAY-12",))
LOST = Unread("the artifact", "no answer within 5 s")


def merged(*pulls: Merged) -> Facts:
    return facts(ASKING, artifact=replace(ARTIFACT, merged=pulls))


@pytest.mark.parametrize(
    ("known", "rationale", "answer"),
    [
        pytest.param(merged(PULL), "read", Allow, id="the version's pull requests"),
        pytest.param(merged(), "read", Refusal.NO_RATIONALE, id="nothing"),
        pytest.param(facts(ASKING), "read", Refusal.NO_RATIONALE, id="the source does not tell them"),
        pytest.param(facts(ASKING), "read PAY-12", Allow, id="a work item"),
        pytest.param(facts(ASKING), "read #12", Allow, id="a pull request"),
        pytest.param(facts(ASKING), "read https://git.test/12", Allow, id="a link"),
        pytest.param(facts(ASKING), "mends INC-2026-1124-001", Allow, id="an incident"),
        pytest.param(facts(ASKING), "like CR-2026-1101-001", Allow, id="another change"),
        pytest.param(facts(ASKING), f"{CHANGE.id} is fine", Refusal.NO_RATIONALE, id="the change itself"),
        pytest.param(facts(ASKING), "p95 is v1 and page#", Refusal.NO_RATIONALE, id="what looks like one"),
        pytest.param(facts(ASKING, artifact=LOST), "read", Unsure, id="unread"),
        pytest.param(facts(ASKING, evidence=Evidence(work=LOST)), "read", Unsure, id="its history is unread"),
        pytest.param(facts(ASKING, evidence=Evidence(work=LOST)), "read #12", Allow, id="its history is unread, and the reason names one"),
        pytest.param(facts(), "read", Allow, id="not required"),
        pytest.param(facts(strict()), "read", Refusal.NO_RATIONALE, id="the strict profile asks for it"),
    ],
)
def test_what_an_approval_refers_to(known: Facts, rationale: str, answer: Expected) -> None:
    assert said(referring(request(rationale=rationale), known)) == answer


@pytest.mark.parametrize(
    ("known", "rationale", "sentence"),
    [
        pytest.param(merged(PULL), "read #12, PAY-12", snapshot(("it refers to https://git.test/12, PAY-12, #12",)), id="found"),
        pytest.param(
            merged(*(replace(PULL, url=f"https://git.test/{n}") for n in range(9))),
            "read",
            snapshot(("it refers to https://git.test/0, PAY-12, https://git.test/1, https://git.test/2, https://git.test/3 and 5 more",)),
            id="many",
        ),
        pytest.param(
            merged(),
            "read",
            snapshot(
                (
                    "It refers to nothing: no pull request of the version is known, and the reason names none.",
                    "Name the pull request, the incident or the change request in the reason: `#12`, `PAY-12`, a link.",
                )
            ),
            id="nothing",
        ),
        pytest.param(facts(POLICY), "read", snapshot(("references: not required by policy",)), id="not asked for"),
    ],
)
def test_what_people_read(known: Facts, rationale: str, sentence: Any) -> None:
    assert told(referring(request(rationale=rationale), known)) == sentence


def test_each_is_named_once() -> None:
    assert references_of(request(rationale="PAY-12, PAY-13 and PAY-13"), merged(PULL)) == ("https://git.test/12", "PAY-12", "PAY-13")
