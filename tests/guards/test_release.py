"""The release record: which of its twelve fields are said, which are empty, and which could not be read (REC-01, REC-02, REC-17).

Each case changes one thing of a world in which everything is proven and written.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from inline_snapshot import snapshot

from guards.artifact import built
from guards.decision import Allow, Refusal, Unsure
from guards.evidence import NOT_REQUIRED
from guards.evidence_rules import EnvironmentEvidence
from guards.evidence_rules import Evidence as Rules
from guards.facts import Facts
from guards.policy import Policy
from guards.release import Erratum, RecordText, ReleaseNotes, is_said
from guards.release_record import Field, Value, filled_in, incomplete, record_of, recorded, unedited
from guards.unread import Absent, Unread
from guards.version import Beside
from guards.vocabulary import Profile, Requirement
from tests.guards.cases import ARTIFACT, AT, FACTS, POLICY, REQUEST, RUNNING, exemption, policy, request, said, told, utc
from tests.guards.proofs import NOTES, PROOF, RECORD, STRICT, asking, check, proven, pull, worked

LOST = Unread("what was asked for", "no answer within 5 s")
ONLY = asking(Rules(profile=Profile.STARTER, environments={"production": EnvironmentEvidence(add=(Requirement.RECORD,))}))
"""A policy that asks for the record and for nothing else."""


def known(**parts: Any) -> Facts:
    return replace(proven(), **parts)


def bare(**parts: Any) -> Facts:
    """Only the record is asked for; no evidence was read."""
    return replace(FACTS, policy=ONLY, record=RECORD, **parts)


UNSAID = Unread("the work in example/config", "no answer within 5 s")
ELSEWHERE = Beside("example/config", tag=UNSAID, work=UNSAID)


def value(field: Field, facts: Facts, **asked: Any) -> Value:
    return record_of(request(**asked), facts).fields[field]


# ---------------------------------------------------------------- the fields


def test_a_whole_record() -> None:
    record = record_of(REQUEST, proven())
    assert incomplete(record) == ()
    assert {field.value: text for field, text in record.fields.items()} == snapshot(
        {
            "release tag": "v1.4.0, object 7a9000000000, signature valid",
            "commit": "9fceb02d0ae598e95dc970b74767f19372d61af8",
            "tickets": "PAY-12",
            "pull requests": "#12",
            "artifact": "example/x v1.4.0@sha256:1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f",
            "build provenance": "run run-9 of https://ci.test/builder, attestation sha256:c0c0c0c0c0c0…",
            "SBOM": "CycloneDX 1.6 sha256:b0b0b0b0b0b0…",
            "required checks": "lint passed, sast passed",
            "promotion log": "staging 2026-11-23 11:00 UTC by CR-2026-1123-001",
            "rollback plan": "back to v1.3.0 (sha256:9c9c9c9c9c9c…): promote v1.3.0 again",
            "known issues and risks": "none known; watch the error rate",
            "production window": "weekdays, open until Tue 24 Nov 16:00 Europe/Berlin",
        }
    )


@pytest.mark.parametrize(
    ("field", "facts", "expected"),
    [
        pytest.param(Field.TAG, known(evidence=replace(proven().evidence, tag=Absent("tag"))), None, id="no tag"),
        pytest.param(Field.TAG, proven(tag=LOST), LOST, id="tag unread"),
        pytest.param(Field.TAG, bare(), "v1.4.0", id="a tag that nobody asks for is the version itself"),
        pytest.param(Field.COMMIT, known(artifact=LOST), LOST, id="artifact unread"),
        pytest.param(Field.COMMIT, known(artifact=Absent("artifact")), None, id="no artifact"),
        pytest.param(Field.ARTIFACT, known(artifact=Absent("artifact")), None, id="no artifact, no digest"),
        pytest.param(Field.TICKETS, worked(pull(tickets=())), None, id="no ticket"),
        pytest.param(Field.TICKETS, worked(commits=()), "nothing new: the target runs this commit", id="no work, no ticket"),
        pytest.param(Field.TICKETS, bare(), NOT_REQUIRED, id="tickets that nobody asks for"),
        pytest.param(Field.TICKETS, proven(work=Absent("commit")), None, id="the commit is gone"),
        pytest.param(Field.TICKETS, bare(evidence=proven(work=Absent("commit")).evidence), NOT_REQUIRED, id="gone, and not asked for"),
        pytest.param(Field.TICKETS, proven(beside=(ELSEWHERE,)), UNSAID, id="work of another repository that could not be read"),
        pytest.param(Field.TICKETS, proven(beside=(replace(ELSEWHERE, work=Absent("tag")),)), None, id="no such work there"),
        pytest.param(
            Field.PULL_REQUESTS,
            proven(beside=(replace(ELSEWHERE, work=worked(pull(number=3)).evidence.work),)),
            "#12, example/config#3",
            id="of another repository too",
        ),
        pytest.param(Field.PULL_REQUESTS, worked(), None, id="no pull request"),
        pytest.param(Field.PULL_REQUESTS, bare(evidence=worked().evidence), NOT_REQUIRED, id="none, and none asked for"),
        pytest.param(Field.PULL_REQUESTS, bare(), NOT_REQUIRED, id="pull requests that nobody asks for"),
        pytest.param(
            Field.PULL_REQUESTS,
            worked(pull(body="Backport of #9"), pull(number=13, labels=frozenset({"backport:1.6"}))),
            "#12 (backport of #9), #13 (backport of a change that it does not name)",
            id="backports with their sources",
        ),
        pytest.param(Field.PROVENANCE, proven(proof=replace(PROOF, provenances=())), None, id="no provenance"),
        pytest.param(
            Field.PROVENANCE, bare(evidence=proven(proof=replace(PROOF, provenances=())).evidence), NOT_REQUIRED, id="nor asked for"
        ),
        pytest.param(Field.PROVENANCE, bare(), NOT_REQUIRED, id="provenance that nobody asks for"),
        pytest.param(Field.PROVENANCE, proven(proof=LOST), LOST, id="proof unread"),
        pytest.param(
            Field.PROVENANCE,
            proven(proof=replace(PROOF, provenances=(replace(PROOF.provenances[0], digest="sha256:" + "0" * 64),))),
            None,
            id="the provenance of another digest",
        ),
        pytest.param(Field.SBOM, proven(proof=replace(PROOF, sboms=())), None, id="no SBOM"),
        pytest.param(Field.SBOM, bare(evidence=proven(proof=replace(PROOF, sboms=())).evidence), NOT_REQUIRED, id="none, none asked for"),
        pytest.param(Field.SBOM, bare(), NOT_REQUIRED, id="an SBOM that nobody asks for"),
        pytest.param(Field.CHECKS, proven(checks=(check("another"),)), None, id="none of the required checks"),
        pytest.param(Field.CHECKS, bare(evidence=proven(checks=()).evidence), NOT_REQUIRED, id="no checks, none asked for"),
        pytest.param(Field.CHECKS, bare(), NOT_REQUIRED, id="checks that nobody asks for"),
        pytest.param(Field.PROMOTIONS, known(promotions=LOST), LOST, id="log unread"),
        pytest.param(Field.PROMOTIONS, known(promotions=()), None, id="it ran nowhere"),
        pytest.param(
            Field.PROMOTIONS,
            known(promotions=(replace(FACTS.promotions[0], change=None),)),  # type: ignore[index, type-var]
            "staging 2026-11-23 11:00 UTC",
            id="deployed by CI itself",
        ),
        pytest.param(Field.ROLLBACK, known(record=None), None, id="nobody wrote how to go back"),
        pytest.param(Field.ROLLBACK, known(record=replace(RECORD, rollback="TBD")), None, id="to be done is no plan"),
        pytest.param(Field.ROLLBACK, known(record=LOST), LOST, id="what is written is unread"),
        pytest.param(Field.ROLLBACK, known(running=LOST), LOST, id="what runs is unread"),
        pytest.param(Field.ROLLBACK, known(running=None), "nothing runs there yet: promote v1.3.0 again", id="nothing to go back to"),
        pytest.param(
            Field.ROLLBACK, known(running=replace(RUNNING, version="v1.4.0")), "it runs there now: promote v1.3.0 again", id="it runs"
        ),
        pytest.param(Field.ISSUES, known(record=None), None, id="no issues written"),
        pytest.param(Field.ISSUES, known(record=replace(RECORD, issues="later")), None, id="later"),
        pytest.param(Field.ISSUES, known(record=LOST), LOST, id="issues unread"),
        pytest.param(Field.WINDOW, known(freezes=LOST), LOST, id="freezes unread"),
        pytest.param(Field.WINDOW, known(at=utc("2026-11-24 20:00")), "from Wed 25 Nov 10:00 Europe/Berlin", id="the next window"),
        pytest.param(Field.WINDOW, known(policy=policy(windows={})), None, id="no window in sight"),
        pytest.param(Field.WINDOW, known(policy=policy(holidays=("DE",)), holidays={"DE": LOST}), LOST, id="holidays unread"),
    ],
)
def test_a_field(field: Field, facts: Facts, expected: Value) -> None:
    assert value(field, facts) == expected


def test_an_exception_fills_the_field_that_shows_what_it_stands_in_for() -> None:
    """REC-18; the exception names who approved it, and stands in the ledger by itself."""
    lacking = worked(pull(tickets=()))
    assert value(Field.TICKETS, replace(lacking, exceptions=(exemption(),))) == "by exception EXC-2026-1121-001"
    assert said(recorded(REQUEST, replace(lacking, record=RECORD, exceptions=(exemption(),)))) is Allow
    assert value(Field.TICKETS, replace(lacking, exceptions=(exemption(requirement=Requirement.REVIEWS),))) is None
    assert value(Field.TICKETS, replace(lacking, exceptions=LOST)) == LOST
    assert value(Field.SBOM, replace(proven(proof=replace(PROOF, sboms=())), exceptions=LOST)) is None  # nothing waives it here


def test_what_is_asked_for_and_was_not_read_is_not_empty() -> None:
    nothing = replace(FACTS, policy=STRICT, record=RECORD, notes=NOTES)
    unread = {field for field, text in record_of(REQUEST, nothing).fields.items() if isinstance(text, Unread)}
    assert unread == {Field.TAG, Field.TICKETS, Field.PULL_REQUESTS, Field.PROVENANCE, Field.SBOM, Field.CHECKS}


def test_the_first_environment_has_no_log_and_no_windows() -> None:
    assert value(Field.PROMOTIONS, known(promotions=()), environment="dev") == "nothing yet: this is its first environment"
    assert value(Field.WINDOW, known(), environment="dev") == "open at all times"


def test_an_artifact_without_coordinates_goes_by_its_service() -> None:
    services = {name: s.model_copy(update={"coordinates": None}) for name, s in POLICY.services.items()}
    under = Policy.model_construct(**{name: getattr(POLICY, name) for name in Policy.model_fields} | {"services": services})
    assert value(Field.ARTIFACT, replace(FACTS, policy=under)) == f"api v1.4.0@{ARTIFACT.digest}"


# ---------------------------------------------------------------- the guards


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(proven(), Allow, id="whole"),
        pytest.param(bare(), Allow, id="whole, with what is not required"),
        pytest.param(replace(FACTS, record=None), Allow, id="not asked for"),
        pytest.param(known(record=None), Refusal.RECORD_INCOMPLETE, id="nothing written"),
        pytest.param(known(promotions=()), Refusal.RECORD_INCOMPLETE, id="no promotion log"),
        pytest.param(known(record=LOST), Unsure, id="unread"),
        pytest.param(known(promotions=LOST), Unsure, id="the log is unread"),
        pytest.param(known(record=None, promotions=LOST), Refusal.RECORD_INCOMPLETE, id="one empty, one unread"),
    ],
)
def test_the_record_is_complete_before_production(facts: Facts, expected: Any) -> None:
    """REC-01, REC-02."""
    assert said(recorded(REQUEST, facts)) == expected


def test_what_people_read() -> None:
    assert told(recorded(REQUEST, known(record=None))) == snapshot(
        (
            "The release record of api v1.4.0 lacks: rollback plan, known issues and risks.",
            "`/release record complete api v1.4.0` asks for what people write; `/release record api v1.4.0` shows all of it. Or ask for an exception: `/release exception request`.",
        )
    )
    assert told(recorded(REQUEST, proven())) == snapshot(("all 12 fields of the release record are filled",))
    assert told(recorded(REQUEST, replace(FACTS, record=None))) == ("release-record: not required by policy",)


@pytest.mark.parametrize(
    ("seen", "facts", "expected"),
    [
        pytest.param(None, known(), Allow, id="typed"),
        pytest.param(RECORD.hash, known(), Allow, id="opened on what is there"),
        pytest.param("none", known(record=None), Allow, id="opened when nothing was written"),
        pytest.param("none", known(), Refusal.STALE_CARD, id="somebody wrote meanwhile"),
        pytest.param(RECORD.hash, known(record=replace(RECORD, issues="one")), Refusal.STALE_CARD, id="somebody edited it meanwhile"),
        pytest.param(RECORD.hash, known(record=None), Refusal.STALE_CARD, id="it is gone"),
        pytest.param(RECORD.hash, known(record=LOST), Unsure, id="unread"),
    ],
)
def test_nobody_overwrites_what_they_did_not_see(seen: str | None, facts: Facts, expected: Any) -> None:
    """REC-17."""
    assert said(unedited(request(seen=seen), facts)) == expected


@pytest.mark.parametrize(
    ("issues", "rollback", "expected"),
    [
        pytest.param("none known", "promote v1.3.0", Allow, id="both"),
        pytest.param("", "promote v1.3.0", Refusal.INCOMPLETE, id="no issues"),
        pytest.param("none known", "Later!", Refusal.INCOMPLETE, id="later"),
    ],
)
def test_both_are_written(issues: str, rollback: str, expected: Any) -> None:
    assert said(filled_in(request(record=RecordText(issues, rollback, "", "", AT)), FACTS)) == expected


def test_nothing_written_at_all_is_asked_for() -> None:
    assert told(filled_in(REQUEST, FACTS)) == snapshot(
        ("Not given yet: known issues and risks, rollback plan.", "Say it in a sentence; `none known` is one, `later` is not.")
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param(FACTS, Allow, id="built"),
        pytest.param(replace(FACTS, artifact=Absent("artifact of api v1.4.0")), Refusal.NO_ARTIFACT, id="never built"),
        pytest.param(replace(FACTS, artifact=LOST), Unsure, id="unread"),
    ],
)
def test_only_of_what_was_built_something_is_written(facts: Facts, expected: Any) -> None:
    assert said(built(REQUEST, facts)) == expected


# ---------------------------------------------------------------- the nouns


@pytest.mark.parametrize("text", ["none known", "n/a", "v1.3.0", "läuft", "0"])
def test_words_that_say_something(text: str) -> None:
    assert is_said(text)


@pytest.mark.parametrize("text", ["", "  ", "-", "later", "Later.", "TBD", "to be done", "…", "???", "WIP", "TODO:"])
def test_words_that_say_nothing(text: str) -> None:
    """REC-03."""
    assert not is_said(text)


def test_the_hash_is_of_the_words_and_not_of_who_wrote_them_when() -> None:
    assert replace(RECORD, by="x", name="X", at=AT + timedelta(days=1)).hash == RECORD.hash
    assert len({RECORD.hash, replace(RECORD, issues="one").hash, replace(RECORD, rollback="one").hash}) == 3
    assert RecordText("a", "bc", "", "", AT).hash != RecordText("ab", "c", "", "", AT).hash


def test_errata_stand_below_what_was_published_each_with_its_date() -> None:
    notes = ReleaseNotes("# v1\n", "a", "A", AT, AT, (Erratum("one", "A", AT), Erratum("two", "B", AT + timedelta(days=1))))
    assert notes.whole == "# v1\n\n## Erratum 2026-11-24\n\none\n\n## Erratum 2026-11-25\n\ntwo"
    assert len({notes.hash, replace(notes, errata=()).hash, replace(notes, published=None).hash}) == 3


def test_a_version_is_bound_for_production() -> None:
    assert POLICY.bound_for("web") == "production"
    short = {**POLICY.services, "api": POLICY.services["api"].model_copy(update={"chain": ("dev", "staging")})}
    under = Policy.model_construct(**{name: getattr(POLICY, name) for name in Policy.model_fields} | {"services": short})
    assert under.bound_for("api") == "staging"
