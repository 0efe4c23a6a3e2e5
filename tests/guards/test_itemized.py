"""Each item of evidence that the policy names is met, or somebody said why it does not apply (EVD-02 … -06, -23, -24, -28, -30)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from inline_snapshot import snapshot
from pydantic import ValidationError

from guards.attestation import Attestation, Word
from guards.decision import Allow, Refusal, Unsure
from guards.evidence_rules import EnvironmentEvidence
from guards.evidence_rules import Evidence as Rules
from guards.facts import Facts
from guards.item_rules import DEFAULT_ITEMS, EvidenceItem
from guards.itemized import itemized, may_attest, reason_said, unauthored
from guards.provenance import Statement
from guards.unread import Unread
from guards.vcs import CheckState
from guards.version import Beside
from guards.vocabulary import Action, Profile, Requirement, Role
from tests.guards.cases import (
    ARTIFACT,
    AT,
    DANA,
    HOUR,
    MARA,
    MINUTE,
    OTHER_DIGEST,
    QUINN,
    REQUEST,
    THEO,
    Expected,
    again,
    exemption,
    facts,
    request,
    said,
    told,
)
from tests.guards.proofs import EVIDENCE, KEY, PROOF, TAG, asking, check

TESTED = "https://in-toto.io/attestation/test-result/v0.1"
DAST = EvidenceItem(about="a dynamic scan", checks=("dast*",), predicates=(TESTED,), said_by=(Role.QA,), not_applicable=(Role.SECURITY,))
VAULT = EvidenceItem(about="secrets come from a vault", said_by=(Role.SECURITY,), lasts=timedelta(days=90))
LINTED = EvidenceItem(about="it was linted", checks=("lint",))
LOST = Unread("what was asked for", "no answer within 5 s")


def under(**items: EvidenceItem) -> Any:
    """A policy that asks for these items and nothing else."""
    asked = {"production": EnvironmentEvidence(add=(Requirement.ITEMS,))}
    return asking(Rules(profile=Profile.STARTER, environments=asked, items=items))


def word(what: Word = Word.NOT_APPLICABLE, role: Role = Role.SECURITY, **parts: Any) -> Attestation:
    """What Mara said an hour ago."""
    one = Attestation(
        "ATT-2026-1124-001", "api", ARTIFACT.version, ARTIFACT.digest, "dast", what, "nothing of it can be reached", MARA.id, MARA.name,
        frozenset({role}), AT - HOUR,
    )  # fmt: skip
    return replace(one, **parts)


def statement(result: str | None = "PASSED", predicate: str = TESTED) -> Statement:
    return Statement(predicate, ARTIFACT.digest, result, KEY, "sha256:" + "e0" * 32, "https://registry.test/e0")


def known(*words: Attestation, items: dict[str, EvidenceItem] | None = None, checks: Any = EVIDENCE.checks, proof: Any = PROOF) -> Facts:
    """Nothing shows the scan but what is given."""
    read = facts(under(**(items or {"dast": DAST})), attestations=words)
    return replace(read, evidence=replace(EVIDENCE, checks=checks, proof=proof))


def ran(*names: str, state: CheckState = CheckState.PASSED, **parts: Any) -> Facts:
    return known(checks=tuple(check(name, state, **parts) for name in names))


def beside(known: Facts, checks: Any) -> Facts:
    other = Beside("example/config", TAG, EVIDENCE.work, checks=checks)
    return replace(known, evidence=replace(known.evidence, beside=(other,)))


def stated(*statements: Statement) -> Facts:
    return known(proof=replace(PROOF, statements=statements))


LATER = AT - HOUR / 2


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        pytest.param(known(), Refusal.EVIDENCE_LACKING, id="nothing shows it"),
        pytest.param(known(items={"lint": LINTED}), Allow, id="a check that ran anyway"),
        # by a check
        pytest.param(ran("dast"), Allow, id="a check"),
        pytest.param(ran("dast-nightly", "lint"), Allow, id="a check that the pattern covers"),
        pytest.param(ran("sast"), Refusal.EVIDENCE_LACKING, id="a check that it does not cover"),
        pytest.param(ran("dast", by="mallory"), Refusal.EVIDENCE_LACKING, id="reported by somebody else"),
        pytest.param(ran("dast", state=CheckState.FAILED), Refusal.EVIDENCE_LACKING, id="a check that failed"),
        pytest.param(ran("dast", state=CheckState.SKIPPED), Refusal.EVIDENCE_LACKING, id="a check that was skipped"),
        pytest.param(known(checks=(check("dast"), check("dast-api", CheckState.FAILED))), Refusal.EVIDENCE_LACKING, id="one of two failed"),
        pytest.param(known(checks=LOST), Unsure, id="the checks are unread"),
        pytest.param(known(word(), checks=LOST), Unsure, id="a check that was not read could have failed"),
        pytest.param(known(word(), checks=None), Allow, id="nobody reads its checks"),
        pytest.param(beside(ran("dast"), (check("dast", CheckState.FAILED),)), Refusal.EVIDENCE_LACKING, id="it failed in another repository"),
        pytest.param(beside(ran("dast"), LOST), Unsure, id="those of another repository are unread"),
        # by a statement
        pytest.param(stated(statement()), Allow, id="a statement"),
        pytest.param(stated(statement(None)), Allow, id="a statement without a result"),
        pytest.param(stated(statement("FAILED")), Refusal.EVIDENCE_LACKING, id="a statement of another result"),
        pytest.param(stated(statement(), statement("WARNED")), Refusal.EVIDENCE_LACKING, id="two statements"),
        pytest.param(stated(statement(predicate="https://example.com/other")), Refusal.EVIDENCE_LACKING, id="a statement of something else"),
        pytest.param(known(proof=LOST), Unsure, id="the statements are unread"),
        # by somebody's word
        pytest.param(known(word()), Allow, id="not applicable"),
        pytest.param(known(word(Word.HOLDS, Role.QA)), Allow, id="it holds"),
        pytest.param(known(word(Word.HOLDS)), Refusal.EVIDENCE_LACKING, id="it holds, said by one who may say only that it does not apply"),
        pytest.param(known(word(role=Role.DEVELOPER)), Refusal.EVIDENCE_LACKING, id="a role that the policy does not name any more"),
        pytest.param(known(word(item="e2e")), Refusal.EVIDENCE_LACKING, id="of another item"),
        pytest.param(known(word(digest=OTHER_DIGEST)), Refusal.EVIDENCE_LACKING, id="of another artifact"),
        pytest.param(known(word(digest="sha256:" + "0a" * 32)), Refusal.EVIDENCE_LACKING, id="of another, that sorts before"),
        pytest.param(known(word(digest=again(ARTIFACT.digest))), Allow, id="of this one, read anew"),
        pytest.param(known(word(Word.FAILS)), Refusal.EVIDENCE_LACKING, id="it fails"),
        pytest.param(known(word(), word(Word.FAILS, at=LATER)), Refusal.EVIDENCE_LACKING, id="it fails after all"),
        pytest.param(known(word(), word(Word.FAILS, at=AT - 2 * HOUR)), Allow, id="it failed at first"),
        pytest.param(known(word(), checks=(check("dast", CheckState.FAILED),)), Refusal.EVIDENCE_LACKING, id="no word outvotes a check"),
        pytest.param(known(word(Word.FAILS), checks=(check("dast"),)), Refusal.EVIDENCE_LACKING, id="no check outvotes a word"),
        pytest.param(replace(known(), attestations=LOST), Unsure, id="the words are unread"),
        pytest.param(replace(ran("dast"), attestations=LOST), Unsure, id="a word that was not read could say that it fails"),
        pytest.param(replace(known(items={"lint": LINTED}), attestations=LOST), Allow, id="nobody's word counts for it"),
        # what lasts
        pytest.param(known(word(Word.HOLDS, item="vault", digest=OTHER_DIGEST, until=AT + HOUR), items={"vault": VAULT}), Allow, id="it lasts"),
        *(
            pytest.param(known(word(Word.HOLDS, item="vault", until=AT + ends, at=AT + begins), items={"vault": VAULT}), answer, id=name)
            for begins, ends, answer, name in (
                (-HOUR, MINUTE, Allow, "until the minute before"),
                (-HOUR, 0 * MINUTE, Refusal.EVIDENCE_LACKING, "until the minute"),
                (-HOUR, -MINUTE, Refusal.EVIDENCE_LACKING, "it is over"),
                (0 * MINUTE, HOUR, Allow, "from the minute"),
                (MINUTE, HOUR, Refusal.EVIDENCE_LACKING, "not before it is said"),
            )
        ),
        # what is asked for
        pytest.param(known(items={"dast": DAST.model_copy(update={"services": ("web",)})}), Allow, id="of another service"),
        pytest.param(known(items={"dast": DAST.model_copy(update={"environments": ("staging",)})}), Allow, id="in another environment"),
        pytest.param(facts(), Allow, id="not required"),
        pytest.param(replace(known(), exceptions=(exemption(requirement=Requirement.ITEMS),)), Refusal.EVIDENCE_LACKING, id="no exception"),
    ],
)  # fmt: skip
def test_each_item_is_met_or_said_not_to_apply(facts: Facts, answer: Expected) -> None:
    assert said(itemized(REQUEST, facts)) == answer


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        pytest.param(
            known(),
            snapshot(
                (
                    "Of the evidence that the policy names: dast: nothing shows it.",
                    "Have CI report it for 9fceb02d0ae5, or say it where the policy lets you: `/release attest api v1.4.0 <item> …`.",
                )
            ),
            id="nothing",
        ),
        pytest.param(
            known(word(Word.FAILS), checks=(check("dast"),), items={"dast": DAST, "vault": VAULT}),
            snapshot(
                (
                    "Of the evidence that the policy names: dast: it fails, Mara said: nothing of it can be reached. vault: nothing shows it.",
                    "Have CI report it for 9fceb02d0ae5, or say it where the policy lets you: `/release attest api v1.4.0 <item> …`.",
                )
            ),
            id="against",
        ),
        pytest.param(
            known(word(), proof=replace(PROOF, statements=(statement(),))),
            snapshot(("dast: statement sha256:e0e0e0e0e0e0… passed; not applicable, Mara said: nothing of it can be reached",)),
            id="met twice",
        ),
        pytest.param(known(items={"dast": DAST.model_copy(update={"services": ()})}), snapshot(("the policy names no item",)), id="none"),
    ],
)
def test_what_people_read(facts: Facts, sentence: tuple[str, ...]) -> None:
    assert told(itemized(REQUEST, facts)) == sentence


# ---------------------------------------------------------------- who says it

ITEMS = {"dast": DAST, "lint": LINTED}


def saying(by: Any, what: Word = Word.HOLDS, item: str = "dast") -> Any:
    return request(action=Action.ATTEST, by=by, attestation=word(what, item=item), rationale="looked at it")


@pytest.mark.parametrize(
    ("by", "what", "item", "answer"),
    [
        pytest.param(QUINN, Word.HOLDS, "dast", Allow, id="by a Slack group"),
        pytest.param(MARA, Word.NOT_APPLICABLE, "dast", Allow, id="by name"),
        pytest.param(MARA, Word.HOLDS, "dast", Refusal.NOT_PERMITTED, id="security says only that it does not apply"),
        pytest.param(MARA, Word.FAILS, "dast", Allow, id="that it fails says each of them"),
        pytest.param(QUINN, Word.FAILS, "dast", Allow, id="and the other"),
        pytest.param(THEO, Word.FAILS, "dast", Refusal.NOT_PERMITTED, id="nobody else"),
        pytest.param(MARA, Word.HOLDS, "lint", Refusal.NOT_PERMITTED, id="only a check shows it"),
        pytest.param(LOST, Word.HOLDS, "dast", Unsure, id="who asks is unread"),
    ],
)
def test_whose_word_counts(by: Any, what: Word, item: str, answer: Expected) -> None:
    assert said(may_attest(saying(by, what, item), known(items=ITEMS))) == answer


def test_a_group_that_was_not_read_is_no_refusal() -> None:
    assert said(may_attest(saying(QUINN), replace(known(), groups={"S0QUALITY": LOST}))) == Unsure


def test_what_alone_shows_it_is_said() -> None:
    item = LINTED.model_copy(update={"predicates": (TESTED,)})
    assert told(may_attest(saying(MARA, item="lint"), known(items={"lint": item}))) == snapshot(
        ("Nobody says of lint that it holds.", "It is shown by a check or a signed statement; docs/policy.md says how.")
    )
    assert told(may_attest(saying(THEO), known())) == snapshot(
        ("You are not among those who say of dast that it holds.", "Ask somebody who is qa.")
    )


@pytest.mark.parametrize(
    ("by", "what", "known", "answer"),
    [
        pytest.param(QUINN, Word.HOLDS, facts(), Allow, id="somebody else"),
        pytest.param(DANA, Word.HOLDS, facts(), Refusal.OWN_WORK, id="its author"),
        pytest.param(DANA, Word.NOT_APPLICABLE, facts(), Refusal.OWN_WORK, id="its author, that it does not apply"),
        pytest.param(DANA, Word.FAILS, facts(), Allow, id="its author, that it fails"),
        pytest.param(LOST, Word.HOLDS, facts(), Allow, id="nobody: others turn that away"),
        pytest.param(QUINN, Word.HOLDS, facts(artifact=LOST), Unsure, id="nobody knows who wrote it"),
    ],
)
def test_nobody_vouches_for_their_own_work(by: Any, what: Word, known: Facts, answer: Expected) -> None:
    assert said(unauthored(saying(by, what), known)) == answer


@pytest.mark.parametrize("text", ["", " ", "tbd", "later", "-"])
def test_it_says_why(text: str) -> None:
    assert said(reason_said(replace(saying(MARA), rationale=text), facts())) == Refusal.NO_RATIONALE
    assert said(reason_said(saying(MARA), facts())) == Allow


# ---------------------------------------------------------------- the policy file


def test_an_item_that_nothing_could_meet_is_an_error() -> None:
    with pytest.raises(ValidationError, match="nothing could meet it"):
        EvidenceItem(about="something")


def test_an_item_names_services_and_environments_that_there_are() -> None:
    for wrong in ({"services": ("wbe",)}, {"environments": ("prod",)}):
        with pytest.raises(ValueError, match=r"evidence\.items\.dast"):
            under(dast=DAST.model_copy(update=wrong))


def test_the_register_is_asked_for_where_nothing_else_is_said() -> None:
    assert Rules().items == DEFAULT_ITEMS
    named = " ".join(item.about for item in DEFAULT_ITEMS.values())
    assert all(
        row in named for row in ("EVD-02", "EVD-03", "EVD-04", "EVD-05", "EVD-06", "EVD-23", "EVD-24", "EVD-28", "EVD-30", "RBAC-15")
    )
