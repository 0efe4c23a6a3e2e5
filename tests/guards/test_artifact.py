"""The version names one artifact, the same as at first sight and as in the environment before (PRM-02, -04, -06, -07, NAM-04)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from guards.artifact import DIGEST, moved_to, pinned, same_artifact, short
from guards.decision import Allow, Refusal, Unsure
from guards.facts import Facts, Request
from guards.policy import Policy
from guards.sections import Environment
from guards.unread import Absent, Unread
from guards.version import Evidence, Pin
from tests.guards.cases import (
    ARTIFACT,
    FACTS,
    OTHER_COMMIT,
    OTHER_DIGEST,
    POLICY,
    REQUEST,
    STAGED,
    Expected,
    again,
    facts,
    request,
    said,
    told,
)
from tests.guards.proofs import TAG

MOVED = replace(ARTIFACT, digest=OTHER_DIGEST)
LOW_DIGEST = "sha256:" + "0" * 64
RETAGGED = replace(ARTIFACT, commit=OTHER_COMMIT)
GONE = Absent("artifact of api v1.4.0")
UNREAD = Unread("the artifact registry", "no answer within 5 s")


PIN = Pin("example/config", "c0" * 20, "7a" * 20)


def tagged_beside(first: Pin | None, now: Pin) -> Facts:
    """The version with its tag in another repository, when it was first seen and now."""
    return facts(registered=replace(ARTIFACT, pins=(first,) if first else ()), artifact=replace(ARTIFACT, pins=(now,)))


@pytest.mark.parametrize(
    ("known", "named"),
    [
        pytest.param(FACTS, (), id="nothing moved"),
        pytest.param(facts(registered=None), (), id="seen for the first time"),
        pytest.param(facts(artifact=UNREAD), (), id="unread"),
        pytest.param(facts(artifact=MOVED), (f"digest {OTHER_DIGEST}",), id="the digest"),
        pytest.param(facts(artifact=RETAGGED), (f"commit {OTHER_COMMIT}",), id="the commit"),
        pytest.param(
            tagged_beside(PIN, replace(PIN, object="bad")), (f"tag of example/config bad {PIN.commit}",), id="the tag of another repository"
        ),
        pytest.param(facts(evidence=Evidence(tag=TAG)), (), id="a tag that is seen for the first time"),
        pytest.param(
            facts(evidence=Evidence(tag=TAG), registered=replace(ARTIFACT, tag="bad")), (f"tag {TAG.object}",), id="the tag was made again"
        ),
        pytest.param(
            facts(evidence=Evidence(tag=replace(TAG, commit=OTHER_COMMIT))), (f"tagged commit {OTHER_COMMIT}",), id="the tag names another commit"
        ),
    ],
)  # fmt: skip
def test_what_moved_is_named_by_what_it_is_now(known: Facts, named: tuple[str, ...]) -> None:
    assert moved_to(known) == named


def version(text: str | None, environment: str = "production") -> Request:
    return request(version=text, environment=environment)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(version("v1.4.0"), Allow, id="a release"),
        pytest.param(version("v0.0.0"), Allow, id="zeros"),
        pytest.param(version("v10.20.30"), Allow, id="numbers of two digits"),
        pytest.param(version("v123456789.0.0"), Allow, id="a number of nine digits"),
        pytest.param(version("v1234567890.0.0"), Refusal.FLOATING_REFERENCE, id="a number of ten digits"),
        pytest.param(version("v01.4.0"), Refusal.FLOATING_REFERENCE, id="a leading zero"),
        pytest.param(version("v1.4"), Refusal.FLOATING_REFERENCE, id="two numbers"),
        pytest.param(version("1.4.0"), Refusal.FLOATING_REFERENCE, id="no v"),
        pytest.param(version("v1.4.0 "), Refusal.FLOATING_REFERENCE, id="a space behind it"),
        pytest.param(version("v1.4.0\n"), Refusal.FLOATING_REFERENCE, id="a line end behind it"),
        pytest.param(version("v1x4.0"), Refusal.FLOATING_REFERENCE, id="a letter for the dot"),
        pytest.param(version("v1.4.\u0661"), Refusal.FLOATING_REFERENCE, id="a digit of another script"),
        pytest.param(version("latest"), Refusal.FLOATING_REFERENCE, id="latest"),
        pytest.param(version("main", "dev"), Refusal.FLOATING_REFERENCE, id="a branch, in dev too"),
        pytest.param(version(None), Refusal.FLOATING_REFERENCE, id="nothing"),
        pytest.param(version("v1.4.0-staging.1", "staging"), Refusal.ENVIRONMENT_BUILD, id="a build for one environment"),
        pytest.param(version("v1.4.0+stg", "staging"), Refusal.ENVIRONMENT_BUILD, id="by an alias"),
        pytest.param(version("v1.4.0-Production"), Refusal.ENVIRONMENT_BUILD, id="in any case"),
        pytest.param(version("v1.4.0-dev.7", "staging"), Allow, id="an early build is none for dev alone"),
        pytest.param(version("v1.4.0-rc.1"), Refusal.PRE_RELEASE, id="a release candidate to production"),
        pytest.param(version("v1.4.0-rc.1", "staging"), Allow, id="a release candidate to staging"),
        pytest.param(version("v1.4.0+build.7"), Refusal.PRE_RELEASE, id="build metadata to production"),
        pytest.param(version("v1.4.0+build.7", "staging"), Allow, id="build metadata to staging"),
        pytest.param(version("v1.4.0-rc.1+build.7.sha.a1b2c3d", "staging"), Allow, id="both to staging"),
        pytest.param(version("v1.4.0-", "staging"), Refusal.FLOATING_REFERENCE, id="an empty pre-release part"),
        pytest.param(version("v1.4.0-rc..1", "staging"), Refusal.FLOATING_REFERENCE, id="an empty identifier"),
        pytest.param(version("v1.4.0-rc_1", "staging"), Refusal.FLOATING_REFERENCE, id="a character that is none"),
        pytest.param(version("v1.4.0-" + "a" * 40, "staging"), Allow, id="an identifier of 40 characters"),
        pytest.param(version("v1.4.0-" + "a" * 41, "staging"), Refusal.FLOATING_REFERENCE, id="an identifier of 41 characters"),
        pytest.param(version("v1.4.0-" + ".".join("a" * 10), "staging"), Allow, id="ten identifiers"),
        pytest.param(version("v1.4.0-" + ".".join("a" * 11), "staging"), Refusal.FLOATING_REFERENCE, id="eleven identifiers"),
    ],
)
def test_which_versions_are_fixed(asked: Request, expected: Expected) -> None:
    assert said(pinned(asked, FACTS)) == expected


def test_the_first_environment_is_the_first_of_the_file_not_of_the_alphabet() -> None:
    order = (Environment(name="qa"), Environment(name="acceptance"), POLICY.environments[2])
    under = Policy.model_construct(**{name: getattr(POLICY, name) for name in Policy.model_fields} | {"environments": order})
    known = replace(FACTS, policy=under)
    builds = [said(pinned(version(f"v1.4.0-{place}.1", "acceptance"), known)) for place in ("qa", "acceptance")]
    assert builds == [Allow, Refusal.ENVIRONMENT_BUILD]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(version("v1.4.0"), Allow, id="a release"),
        pytest.param(version("v1.4.0-rc.1", "staging"), Allow, id="an early build"),
        pytest.param(version("v1.4.0-4", "staging"), Refusal.ENVIRONMENT_BUILD, id="a build that is named for it"),
    ],
)
def test_the_numbers_of_a_version_are_no_names_of_environments(asked: Request, expected: Expected) -> None:
    named = POLICY.model_copy(update={"environments": (*POLICY.environments, Environment(name="4"))})
    assert said(pinned(asked, facts(policy=named))) == expected


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        pytest.param(REQUEST, FACTS, Allow, id="the same everywhere"),
        pytest.param(REQUEST, facts(registered=None), Allow, id="seen for the first time"),
        pytest.param(REQUEST, facts(before=None), Allow, id="nothing before"),
        pytest.param(REQUEST, facts(artifact=GONE), Refusal.NO_ARTIFACT, id="nobody built it"),
        pytest.param(REQUEST, facts(artifact=MOVED, before=None), Refusal.POINTER_MOVED, id="another digest than at first sight"),
        pytest.param(REQUEST, facts(artifact=RETAGGED), Refusal.POINTER_MOVED, id="another commit than at first sight"),
        pytest.param(request(digest=again(ARTIFACT.digest)), FACTS, Allow, id="the digest that was named"),
        pytest.param(request(digest=OTHER_DIGEST), FACTS, Refusal.DIGEST_MISMATCH, id="another digest was named"),
        pytest.param(request(digest=LOW_DIGEST), FACTS, Refusal.DIGEST_MISMATCH, id="another digest, that sorts before it"),
        pytest.param(
            REQUEST, facts(before=replace(STAGED, digest=LOW_DIGEST)), Refusal.DIGEST_MISMATCH, id="staging ran one that sorts before it"
        ),
        pytest.param(REQUEST, facts(before=replace(STAGED, digest=OTHER_DIGEST)), Refusal.DIGEST_MISMATCH, id="staging ran another digest"),
        pytest.param(REQUEST, facts(artifact=UNREAD), Unsure, id="the registry could not be read"),
        pytest.param(REQUEST, facts(registered=UNREAD), Unsure, id="the first sight could not be read"),
        pytest.param(REQUEST, facts(before=UNREAD), Unsure, id="the environment before could not be read"),
        pytest.param(REQUEST, facts(artifact=GONE, before=UNREAD), Unsure, id="nobody built it, and something is unread"),
        # its tags in other repositories (PRM-05)
        pytest.param(REQUEST, tagged_beside(PIN, PIN), Allow, id="the tag of another repository, as at first"),
        pytest.param(REQUEST, tagged_beside(PIN, replace(PIN)), Allow, id="the same, read anew"),
        pytest.param(REQUEST, tagged_beside(PIN, replace(PIN, commit=OTHER_COMMIT)), Refusal.POINTER_MOVED, id="moved there"),
        pytest.param(REQUEST, tagged_beside(PIN, replace(PIN, object="bad")), Refusal.POINTER_MOVED, id="made again there"),
        pytest.param(REQUEST, tagged_beside(None, PIN), Allow, id="seen there for the first time"),
        pytest.param(REQUEST, tagged_beside(PIN, replace(PIN, repository="example/models", commit=OTHER_COMMIT)), Allow, id="another one"),
    ],
)
def test_when_it_is_the_same_artifact(asked: Request, known: Facts, expected: Expected) -> None:
    assert said(same_artifact(asked, known)) == expected


@pytest.mark.parametrize(
    ("asked", "known", "sentence"),
    [
        pytest.param(REQUEST, FACTS, snapshot(("v1.4.0 is sha256:1f1f1f1f1f1f…, as in staging",)), id="allowed"),
        pytest.param(REQUEST, facts(before=None), snapshot(("v1.4.0 is sha256:1f1f1f1f1f1f…",)), id="nothing before"),
        pytest.param(
            REQUEST,
            facts(artifact=GONE),
            snapshot(("There is no artifact of api v1.4.0.", "Check the version; if it is right, have CI build and publish it once.")),
            id="nobody built it",
        ),
        pytest.param(
            REQUEST,
            facts(artifact=replace(MOVED, commit=OTHER_COMMIT)),
            snapshot(
                (
                    "v1.4.0 was sha256:1f1f1f1f1f1f… at commit 9fceb02d0ae5 when it was first seen; now it is sha256:9c9c9c9c9c9c… at 000000000000.",
                    "A version is a fixed pointer: have CI build a new version, and find out who moved this one.",
                )
            ),
            id="moved",
        ),
        pytest.param(
            REQUEST,
            tagged_beside(PIN, replace(PIN, object="bad")),
            snapshot(
                (
                    "The tag v1.4.0 of example/config was made again: it was 7a7a7a7a7a7a, now it is bad.",
                    "A version is a fixed pointer: have CI tag a new version, and find out who moved this one.",
                )
            ),
            id="its tag in another repository was made again",
        ),
        pytest.param(
            REQUEST,
            tagged_beside(PIN, replace(PIN, commit=OTHER_COMMIT)),
            snapshot(
                (
                    "The tag v1.4.0 of example/config named commit c0c0c0c0c0c0 when it was first seen; now it names 000000000000.",
                    "A version is a fixed pointer: have CI tag a new version, and find out who moved this one.",
                )
            ),
            id="its tag in another repository moved",
        ),
        pytest.param(
            request(digest=OTHER_DIGEST),
            FACTS,
            snapshot(("You asked for sha256:9c9c9c9c9c9c…; v1.4.0 is sha256:1f1f1f1f1f1f….", "Check which artifact you mean.")),
            id="another digest was named",
        ),
        pytest.param(
            REQUEST,
            facts(before=replace(STAGED, digest=OTHER_DIGEST)),
            snapshot(
                (
                    "staging ran sha256:9c9c9c9c9c9c… as v1.4.0, you asked for sha256:1f1f1f1f1f1f….",
                    "Promote the artifact to staging again, or have CI build a new version.",
                )
            ),
            id="staging ran another",
        ),
        pytest.param(
            REQUEST,
            facts(artifact=UNREAD),
            snapshot(("could not read the artifact registry", "no answer within 5 s")),
            id="registry unread",
        ),
        pytest.param(
            REQUEST,
            facts(registered=Unread("the first sight", "locked")),
            snapshot(("could not read the first sight", "locked")),
            id="first sight unread",
        ),
        pytest.param(
            REQUEST, facts(before=Unread("staging", "locked")), snapshot(("could not read staging", "locked")), id="staging unread"
        ),
    ],
)
def test_what_people_read_of_the_artifact(asked: Request, known: Facts, sentence: tuple[str, ...]) -> None:
    assert told(same_artifact(asked, known)) == sentence


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        pytest.param(REQUEST, snapshot(("v1.4.0 is a fixed version",)), id="fixed"),
        pytest.param(
            version("latest"),
            snapshot(
                ("'latest' is no version; branches, `latest` and other names that move are not promoted.", "Name a release like v1.4.0.")
            ),
            id="floating",
        ),
        pytest.param(
            version("v1.4.0-rc.1"),
            snapshot(
                ("v1.4.0-rc.1 is a pre-release; production takes vMAJOR.MINOR.PATCH only.", "Have CI tag a release, and promote that.")
            ),
            id="pre-release",
        ),
    ],
)
def test_what_people_read_of_the_version(asked: Request, sentence: tuple[str, ...]) -> None:
    assert told(pinned(asked, FACTS)) == sentence


@given(st.text(alphabet="0aZ.-+;$`|& \n'\"\\", max_size=8))
def test_no_version_that_passes_carries_anything_for_a_shell(tail: str) -> None:
    if said(pinned(version("v1.4.0-rc" + tail, "dev"), FACTS)) is Allow:
        assert set(tail) <= set("0aZ.-+")


def test_a_digest_is_64_small_hex_digits() -> None:
    assert DIGEST.fullmatch(ARTIFACT.digest)
    assert not DIGEST.fullmatch(ARTIFACT.digest[:-1])
    assert not DIGEST.fullmatch(ARTIFACT.digest.upper())


def test_a_digest_in_a_sentence_keeps_twelve_digits() -> None:
    assert short(ARTIFACT.digest) == "sha256:1f1f1f1f1f1f…"
