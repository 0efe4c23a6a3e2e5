"""The go/no-go of a run: one candidate of one version, everybody heard, everything met; each case changes one fact (GNG)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from guards.authorization import authorized
from guards.change import Claim
from guards.checklist import AREA_OF, BY_PEOPLE, MEANS, Area, Item
from guards.cut import Acceptance as CutAcceptance
from guards.cut import Blocker, Cut, CutState, Fix, Flaw, Found, Gates, Stabilization
from guards.decided import decided
from guards.deciding import (
    accepted,
    acting_for,
    answered,
    as_shown,
    deciding_for,
    impartial,
    open_to_go,
    open_to_no_go,
    ready,
    withdrawable,
)
from guards.decision import Allow, Refusal, Unsure
from guards.exemption import ExemptionKind
from guards.facts import Facts, GoFacts
from guards.go import Acceptance, Answer, Candidate, GoDecision, Outcome, Pinned, Ride, RollCall, Say, content_hash, of_manifest
from guards.identity import Stranger
from guards.judge import Guard
from guards.policy import Policy
from guards.readiness import JUDGED, Finding, Mark, as_pinned, departs, findings, open_risks, standing_hash
from guards.roll_call import called, has_candidate, known_run, on_track, owns_area, tickable, uncalled, worded_answer
from guards.sections import DelegationRule
from guards.train import Schedule, Stage, Train, TrainRun, TrainState
from guards.unread import Absent, Unread
from guards.vocabulary import Action, ChangeType, Requirement, Role
from tests.guards.cases import (
    ARTIFACT,
    AT,
    DANA,
    DAY,
    HOUR,
    MARA,
    OTHER_COMMIT,
    OTHER_DIGEST,
    OTTO,
    POLICY,
    PROMOTED,
    RAVI,
    REMY,
    RUNNING,
    Expected,
    again,
    delegation,
    emergency,
    exemption,
    facts,
    freeze,
    policy,
    request,
    said,
    told,
)
from tests.guards.proofs import EVIDENCE, NOTES, RECORD, TAG, strict

API = Pinned("api", "v1.4.0", ARTIFACT.commit, ARTIFACT.digest, TAG.object)
CANDIDATE = Candidate((API,), content_hash((API,)))
RUN_ID = "weekly-2026-11-24"
SCHEDULE = Schedule(AT - 5 * DAY, AT - 2 * DAY, AT, AT, AT + 2 * HOUR, AT + DAY, AT + 2 * DAY)
RUN = TrainRun(RUN_ID, "weekly", 1, Stage.DECIDING, REMY.id, REMY.name, SCHEDULE, "v1.4.0")
TRAIN = Train(
    "weekly", None, "C0RELEASE", ("api",), (), (REMY.id,), dict.fromkeys(Area, (OTTO.id,)), MARA.id, "", "", "", "", True, "",  # type: ignore[arg-type]
    TrainState.PUBLISHED, 1, REMY.id, REMY.name, AT, AT,
)  # fmt: skip


def answer(area: Area, say: Say = Say.GO, words: str = "", confirmed: tuple[Item, ...] | None = None) -> Answer:
    """Otto's answer, with everything confirmed that is the area's."""
    mine = tuple(item for item in BY_PEOPLE if AREA_OF[item] is area) if confirmed is None else confirmed
    return Answer(area, OTTO.id, OTTO.name, say, words, mine, "", AT)


CALL = RollCall("GNC-2026-1124-001", RUN_ID, CANDIDATE, AT - HOUR, AT + HOUR, REMY.name, tuple(map(answer, Area)))
CUT = Cut(
    "CUT-1", RUN_ID, "example/repo", ("api",), "a" * 40, AT, AT, late=False, captain=REMY.id, captain_name=REMY.name, by=REMY.id, base=None,
    version="v1.4.0", branch="release/1.4", unbranched="", state=CutState.CUT, why="", checks=(), included=(), excluded=(), head=API.commit,
    gates=Gates.PASSED, gates_why="all passed",
)  # fmt: skip
CALM = Stabilization((CUT,), (), ())
"""Nothing happened since the cutoff, but that a fix was picked: the candidate is the branch as it is now."""
GO = GoDecision(
    "GNG-2026-1124-001", RUN_ID, CANDIDATE, Outcome.GO, MARA.id, MARA.name, frozenset({Role.RELEASE_MANAGER}), None, (), "small", "", "",
    (), (), AT,
)  # fmt: skip
OPEN = policy(
    allow=POLICY.allow | {Action.DECIDE: {"production": (Role.RELEASE_MANAGER,)}}, delegation=DelegationRule(roles=(Role.RELEASE_MANAGER,))
)


def entry(under: Policy = OPEN, **parts: Any) -> Facts:
    """What was read about the api, bound for production."""
    return facts(under, **({"evidence": EVIDENCE, "record": RECORD, "notes": NOTES, "change": None} | parts))


def run_facts(under: Policy = OPEN, own: Mapping[str, Any] | None = None, **parts: Any) -> Facts:
    """Everything is met, and everybody said go.

    Args:
        under: the policy.
        own: what is changed in the facts about the api.
        parts: what is changed in the facts, `go` by its parts.
    """
    names = ("candidate", "call", "decisions", "entries", "stabilization", "heads")
    go = GoFacts(CANDIDATE, CALL, (), {("api", "v1.4.0"): entry(under, **(own or {}))}, CALM, {CUT.repository: CUT.head})
    go = replace(go, **{name: parts.pop(name) for name in names if name in parts})
    return replace(facts(under, change=None, run=RUN, train=TRAIN, go=go), **parts)


READY = run_facts()
ASKED = replace(request(action=Action.DECIDE, by=MARA), acceptance=Acceptance(residual="small"))


def check(guard: Guard, asked: Any, given: Facts, expected: Expected) -> None:
    assert said(guard(asked, given)) == expected


def answering(area: Area = Area.QUALITY, **parts: Any) -> Any:
    return replace(ASKED, by=OTTO, answer=replace(answer(area), **parts))


def staged(stage: Stage, **parts: Any) -> Facts:
    return run_facts(run=replace(RUN, stage=stage), **parts)


def silent(*areas: Area) -> RollCall:
    return replace(CALL, answers=tuple(a for a in CALL.answers if a.area not in areas))


NO_ENTRY: dict[str, Any] = {"entries": {}}
NO_CANDIDATE: dict[str, Any] = {"candidate": None, "call": None, "entries": {}}
NOWHERE: dict[str, Any] = {"run": Absent("run weekly-9"), "train": None, "go": None}
MOVED: dict[str, Any] = {"artifact": replace(ARTIFACT, digest=OTHER_DIGEST)}
LOST: dict[str, Any] = {"artifact": Unread("the registry")}


def test_every_item_has_its_area_its_words_and_its_judge():
    assert set(AREA_OF) == set(MEANS) == set(Item)
    assert set(JUDGED) == set(Item) - set(BY_PEOPLE)


def test_the_hash_moves_with_every_part_of_every_entry():
    other = [replace(API, **{name: "other"}) for name in ("service", "version", "commit", "digest", "tag")]
    assert len({content_hash((API,)), content_hash((API, other[0])), *(content_hash((one,)) for one in other)}) == 7
    assert CANDIDATE.of(again("api")) == API
    assert CANDIDATE.of("web") is None
    assert CANDIDATE.of("account") is None


def test_a_hash_of_anything_else_is_that_of_a_manifest():
    assert not of_manifest(replace(CANDIDATE, hash=again(CANDIDATE.hash)))
    assert [of_manifest(replace(CANDIDATE, hash=digit * 64)) for digit in "0f"] == [True, True]


# ---------------------------------------------------------------- the roll call


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(READY, Allow, id="deciding"),
        pytest.param(staged(Stage.STABILIZING), Allow, id="stabilizing"),
        pytest.param(staged(Stage.PLANNED), Refusal.WRONG_STATE, id="before the cutoff"),
        pytest.param(staged(Stage.DEPARTED), Refusal.WRONG_STATE, id="departed"),
        pytest.param(run_facts(train=replace(TRAIN, state=TrainState.CLOSED)), Refusal.WRONG_STATE, id="closed train"),
        pytest.param(run_facts(**NOWHERE), Refusal.NO_SUCH_TRAIN, id="no such run"),
        pytest.param(run_facts(run=None), Refusal.NO_SUCH_TRAIN, id="no run at all"),
    ],
)
def test_when_people_are_asked(given, expected):
    check(on_track, ASKED, given, expected)


@pytest.mark.parametrize(
    ("guard", "given", "expected"),
    [
        pytest.param(known_run, READY, Allow, id="there"),
        pytest.param(known_run, run_facts(**NOWHERE), Refusal.NO_SUCH_TRAIN, id="not there"),
        pytest.param(has_candidate, READY, Allow, id="pinned"),
        pytest.param(has_candidate, run_facts(**NO_CANDIDATE), Refusal.NO_CANDIDATE, id="not pinned"),
        pytest.param(has_candidate, run_facts(**NOWHERE), Refusal.NO_CANDIDATE, id="nothing read"),
        pytest.param(uncalled, run_facts(call=None), Allow, id="not asked yet"),
        pytest.param(uncalled, READY, Refusal.ALREADY_DECIDED, id="all have answered"),
        pytest.param(uncalled, run_facts(call=silent(Area.QUALITY)), Refusal.ALREADY_DECIDED, id="one is silent"),
        pytest.param(called, READY, Allow, id="asked"),
        pytest.param(called, run_facts(call=None), Refusal.NOT_CALLED, id="nobody asked"),
        pytest.param(called, run_facts(call=None, decisions=(GO,)), Refusal.NOT_CALLED, id="asked about another one"),
        pytest.param(called, run_facts(**NOWHERE), Refusal.NOT_CALLED, id="no run to ask about"),
        pytest.param(authorized, READY, Allow, id="a release manager"),
        pytest.param(authorized, run_facts(**NOWHERE), Refusal.NO_SUCH_TRAIN, id="no place to judge"),
        pytest.param(authorized, run_facts(train=replace(TRAIN, services=("gone",))), Refusal.NO_POLICY, id="a service that is gone"),
        pytest.param(authorized, run_facts(train=replace(TRAIN, services=())), Refusal.NO_POLICY, id="no service"),
    ],
)
def test_what_has_to_be_there(guard, given, expected):
    check(guard, ASKED, given, expected)


@pytest.mark.parametrize(
    ("asked", "given", "expected"),
    [
        pytest.param(answering(), READY, Allow, id="named for it"),
        pytest.param(replace(answering(), by=MARA), READY, Refusal.NOT_PERMITTED, id="not named"),
        pytest.param(answering(), run_facts(train=replace(TRAIN, attendees={})), Refusal.NOT_PERMITTED, id="nobody is named"),
        pytest.param(
            replace(answering(), by=MARA), run_facts(train=replace(TRAIN, attendees={"quality": ("zoe@example.com",)})),
            Refusal.NOT_PERMITTED, id="somebody is named who is not listed",
        ),
        pytest.param(replace(answering(), by=Unread("Slack")), READY, Unsure, id="unread"),
        pytest.param(replace(answering(), answer=None), READY, Refusal.NO_SUCH_TRAIN, id="no answer"),
    ],
)  # fmt: skip
def test_who_answers_for_an_area(asked, given, expected):
    check(owns_area, asked, given, expected)


@pytest.mark.parametrize(
    ("asked", "given", "expected"),
    [
        pytest.param(answering(), READY, Allow, id="a go that holds"),
        pytest.param(answering(Area.OPERATIONS, confirmed=(Item.COVER,)), READY, Allow, id="its own item"),
        pytest.param(answering(confirmed=(Item.CHECKS,)), READY, Refusal.NOT_TICKABLE, id="the bot's"),
        pytest.param(answering(Area.ARTIFACT, confirmed=(Item.TAG,)), READY, Refusal.NOT_TICKABLE, id="the bot's, of an area with no own"),
        pytest.param(answering(confirmed=(Item.COVER,)), READY, Refusal.NOT_TICKABLE, id="another area's"),
        pytest.param(answering(Area.ARTIFACT, confirmed=(Item.COVER,)), READY, Refusal.NOT_TICKABLE, id="another's, with no own"),
        pytest.param(answering(Area.ARTIFACT), run_facts(own=MOVED), Refusal.NOT_TICKABLE, id="the bot found it failing"),
        pytest.param(answering(Area.ARTIFACT, say=Say.CONDITION), run_facts(own=MOVED), Allow, id="a condition on what fails"),
        pytest.param(answering(Area.QUALITY), run_facts(own=MOVED), Allow, id="another area fails"),
        pytest.param(answering(Area.ARTIFACT), run_facts(own=LOST), Unsure, id="unread"),
        pytest.param(replace(answering(), answer=None), READY, Refusal.INCOMPLETE, id="no answer"),
    ],
)
def test_nobody_ticks_what_the_bot_found_failing(asked, given, expected):
    check(tickable, asked, given, expected)


@pytest.mark.parametrize(
    ("asked", "remedy"),
    [
        pytest.param(answering(Area.OPERATIONS, confirmed=(Item.CHECKS,)), "People confirm monitoring, runbooks, cover.", id="the bot's"),
        pytest.param(answering(Area.ARTIFACT, confirmed=(Item.TAG,)), "People confirm nothing.", id="the bot's, of an area with no own"),
        pytest.param(
            answering(Area.OPERATIONS, confirmed=(Item.COMMUNICATIONS,)),
            "Governance confirms it; operations confirms monitoring, runbooks, cover.",
            id="another area's",
        ),
        pytest.param(
            answering(Area.ARTIFACT, confirmed=(Item.COVER,)),
            "Operations confirms it; artifact confirms nothing.",
            id="another's, with no own",
        ),
    ],
)
def test_who_ticks_the_wrong_item_reads_what_is_theirs(asked, remedy):
    assert told(tickable(asked, READY))[1] == remedy


@pytest.mark.parametrize(
    ("services", "remedy"),
    [
        (("api",), "Bring the version that it makes to staging."),
        (("api", "web"), f"Build its manifest: `/release manifest build {RUN_ID}`."),
    ],
)
def test_what_a_run_without_a_candidate_needs(services, remedy):
    given = run_facts(**NO_CANDIDATE, train=replace(TRAIN, services=services))
    assert told(has_candidate(ASKED, given))[1] == remedy


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param({}, Allow, id="a go needs no words"),
        pytest.param({"say": Say.NO_GO}, Refusal.NO_RATIONALE, id="why not?"),
        pytest.param({"say": Say.CONDITION, "words": "later"}, Refusal.NO_RATIONALE, id="which condition?"),
        pytest.param({"say": Say.CONDITION, "words": "two people watch"}, Allow, id="said"),
    ],
)
def test_an_answer_says_what_it_has_to(parts, expected):
    check(worded_answer, answering(**parts), READY, expected)


# ---------------------------------------------------------------- the checklist


def found(given: Facts) -> dict[Item, Finding]:
    return {one.item: one for one in findings(given)}


def test_everything_is_met_in_the_strict_world():
    given = run_facts(strict())
    marks = {item: one.mark for item, one in found(given).items()}
    assert marks == {item: Mark.CONFIRMED if item in BY_PEOPLE else Mark.PASSED for item in Item}
    assert found(given)[Item.PROOF].links == ("https://registry.test/sbom", "https://registry.test/provenance")
    assert found(given)[Item.CHECKS].links == ("https://git.test/lint", "https://git.test/sast")
    assert found(given)[Item.TAG].links == ("https://github.com/example/repo/releases/tag/v1.4.0",)
    assert said(ready(ASKED, given)) is Allow


def test_published_notes_are_linked_and_what_is_met_lets_go():
    page = "https://github.com/example/repo/releases/tag/v1.4.0"
    given = run_facts(own={"notes": replace(NOTES, published=AT, url=page)})
    assert found(given)[Item.NOTES].links == (page,)
    assert [one.item for one in findings(run_facts(own=MOVED)) if not one.met] == [Item.TAG, Item.DIGEST]


def test_what_the_policy_does_not_ask_for_says_so():
    assert found(READY)[Item.CHECKS].mark is Mark.NOT_REQUIRED
    assert found(READY)[Item.DIGEST].mark is Mark.PASSED


TICKETS = exemption(requirement=Requirement.TICKETS)
UNTICKETED = replace(EVIDENCE, work=replace(EVIDENCE.work, pulls=(replace(EVIDENCE.work.pulls[0], tickets=()),)))  # type: ignore[union-attr, type-var]


@pytest.mark.parametrize(
    ("given", "item", "mark"),
    [
        pytest.param(run_facts(own=MOVED), Item.TAG, Mark.FAILED, id="moved"),
        pytest.param(run_facts(own=MOVED), Item.DIGEST, Mark.FAILED, id="not what staging ran"),
        pytest.param(run_facts(own={"artifact": replace(ARTIFACT, commit=OTHER_COMMIT)}), Item.TAG, Mark.FAILED, id="another commit"),
        pytest.param(
            run_facts(own={"evidence": replace(EVIDENCE, tag=replace(TAG, object="0" * 40))}), Item.TAG, Mark.FAILED, id="made again"
        ),
        pytest.param(
            run_facts(own={"evidence": replace(EVIDENCE, tag=replace(TAG, commit=OTHER_COMMIT))}), Item.TAG, Mark.FAILED, id="tag elsewhere"
        ),
        pytest.param(run_facts(own={"evidence": replace(EVIDENCE, tag=Unread("the tag"))}), Item.TAG, Mark.UNREAD, id="tag unread"),
        pytest.param(run_facts(own={"artifact": Absent("artifact")}), Item.TAG, Mark.FAILED, id="gone"),
        pytest.param(run_facts(own=LOST), Item.TAG, Mark.UNREAD, id="registry unread"),
        pytest.param(run_facts(own={"artifact": replace(ARTIFACT, authors=None)}), Item.REVIEWS, Mark.UNREAD, id="authors unknown"),
        pytest.param(run_facts(**NO_ENTRY), Item.CHECKS, Mark.UNREAD, id="nothing gathered"),
        pytest.param(run_facts(**NO_CANDIDATE), Item.CHECKS, Mark.FAILED, id="no candidate"),
        pytest.param(run_facts(**NOWHERE), Item.CHECKS, Mark.FAILED, id="no run"),
        pytest.param(run_facts(call=None), Item.COVER, Mark.OPEN, id="nobody asked"),
        pytest.param(run_facts(call=silent(Area.OPERATIONS)), Item.COVER, Mark.OPEN, id="silent"),
        pytest.param(run_facts(**NOWHERE), Item.COVER, Mark.OPEN, id="no run to confirm"),
        pytest.param(run_facts(strict(), own={"evidence": UNTICKETED}), Item.REVIEWS, Mark.FAILED, id="no ticket"),
        pytest.param(
            run_facts(strict(), own={"evidence": UNTICKETED, "exceptions": (TICKETS,)}), Item.REVIEWS, Mark.EXCEPTED, id="by exception"
        ),
        pytest.param(run_facts(own={"freezes": (freeze(end=AT + DAY),)}), Item.WINDOW, Mark.FAILED, id="frozen to the end"),
        pytest.param(run_facts(own={"freezes": (freeze(),)}), Item.WINDOW, Mark.PASSED, id="thaws in time"),
        pytest.param(run_facts(own={"freezes": Unread("freezes")}), Item.WINDOW, Mark.UNREAD, id="freezes unread"),
        pytest.param(run_facts(run=replace(RUN, schedule=replace(SCHEDULE, closes=AT))), Item.WINDOW, Mark.FAILED, id="its window is over"),
        pytest.param(run_facts(policy(windows={}, allow=OPEN.allow)), Item.WINDOW, Mark.FAILED, id="no window in sight"),
        pytest.param(run_facts(run=None), Item.WINDOW, Mark.PASSED, id="no run: others turn it away"),
    ],
)
def test_how_an_item_stands(given, item, mark):
    assert found(given)[item].mark is mark


def test_of_several_versions_the_worst_counts_and_each_reason_is_told():
    web = replace(API, service="web")
    both = Candidate((API, web), "h")
    assert "web" in found(run_facts(candidate=both))[Item.DIGEST].why
    assert found(run_facts(candidate=both))[Item.DIGEST].mark is Mark.UNREAD
    entries = {("api", "v1.4.0"): entry(**MOVED), ("web", "v1.4.0"): entry()}
    assert found(run_facts(candidate=both, entries=entries))[Item.DIGEST].why.startswith("api: v1.4.0 was ")


def test_what_a_candidate_does_not_hold_is_not_pinned():
    assert said(as_pinned(request(service="web"), READY)) is Refusal.GO_VOID
    assert said(as_pinned(request(), entry())) is Refusal.GO_VOID
    assert said(departs(request(), READY)) is Allow


def test_the_open_risks_are_conditions_exceptions_and_known_issues():
    condition = answer(Area.QUALITY, Say.CONDITION, "two people watch")
    given = run_facts(
        strict(), own={"evidence": UNTICKETED, "exceptions": (TICKETS,)}, call=replace(CALL, answers=(*CALL.answers, condition))
    )
    risks = open_risks(given)
    assert risks[0] == "quality: two people watch (condition of Otto)"
    assert risks[1].startswith("reviews: api: by exception EXC-2026-1121-001")
    assert risks[2] == "api v1.4.0: none known; watch the error rate"
    assert open_risks(run_facts(**NOWHERE)) == ()
    assert open_risks(run_facts(own={"record": None})) == ()


def test_what_a_decider_saw_moves_with_the_answers_the_risks_and_the_candidate():
    others = (
        run_facts(call=silent(Area.QUALITY)), run_facts(own={"record": None}), run_facts(**NO_CANDIDATE), run_facts(**NOWHERE),
        run_facts(candidate=replace(CANDIDATE, hash="other")),
    )  # fmt: skip
    assert standing_hash(READY) not in {standing_hash(given) for given in others}
    assert standing_hash(READY) == standing_hash(run_facts())


# ---------------------------------------------------------------- the decision


@pytest.mark.parametrize(
    ("guard", "given", "expected"),
    [
        pytest.param(open_to_go, READY, Allow, id="a go"),
        pytest.param(open_to_go, staged(Stage.NO_GO, decisions=(replace(GO, outcome=Outcome.NO_GO),)), Allow, id="a go after a no-go"),
        pytest.param(open_to_go, staged(Stage.GO, decisions=(GO,)), Refusal.WRONG_STATE, id="a second go"),
        pytest.param(open_to_go, staged(Stage.DEPARTED), Refusal.WRONG_STATE, id="too late"),
        pytest.param(open_to_no_go, staged(Stage.GO, decisions=(GO,)), Allow, id="a no-go ends a go"),
        pytest.param(open_to_no_go, staged(Stage.NO_GO), Refusal.WRONG_STATE, id="a second no-go"),
        pytest.param(open_to_no_go, run_facts(**NOWHERE), Refusal.NO_SUCH_TRAIN, id="no run"),
        pytest.param(open_to_no_go, run_facts(run=None), Refusal.NO_SUCH_TRAIN, id="no run at all"),
        pytest.param(withdrawable, staged(Stage.GO, decisions=(GO,)), Allow, id="a go stands"),
        pytest.param(withdrawable, staged(Stage.GO), Refusal.WRONG_STATE, id="no decision"),
        pytest.param(withdrawable, staged(Stage.DECIDING, decisions=(GO,)), Refusal.WRONG_STATE, id="it does not stand any more"),
        pytest.param(withdrawable, staged(Stage.GO, decisions=(replace(GO, outcome=Outcome.NO_GO),)), Refusal.WRONG_STATE, id="a no-go"),
        pytest.param(withdrawable, run_facts(**NOWHERE), Refusal.NO_SUCH_TRAIN, id="of no run"),
        pytest.param(
            withdrawable, staged(Stage.GO, decisions=(GO,), candidate=replace(CANDIDATE, hash="other")), Refusal.WRONG_STATE, id="a void go"
        ),
        pytest.param(withdrawable, staged(Stage.GO, decisions=(GO,), candidate=None), Refusal.WRONG_STATE, id="a go for nothing any more"),
        pytest.param(
            withdrawable, staged(Stage.GO, decisions=(GO,), own={"running": replace(RUNNING, digest=ARTIFACT.digest)}),
            Refusal.WRONG_STATE, id="it runs there",
        ),
        pytest.param(
            withdrawable, staged(Stage.GO, decisions=(GO,), own={"in_flight": Claim("CR-1.1", "CR-1", AT)}), Refusal.WRONG_STATE,
            id="CI works on it",
        ),
        pytest.param(withdrawable, staged(Stage.GO, decisions=(GO,), own={"running": None}), Allow, id="nothing runs there"),
        pytest.param(withdrawable, staged(Stage.GO, decisions=(GO,), own={"running": Unread("x")}), Unsure, id="running unread"),
        pytest.param(withdrawable, staged(Stage.GO, decisions=(GO,), own={"in_flight": Unread("x")}), Unsure, id="claim unread"),
        pytest.param(withdrawable, staged(Stage.GO, decisions=(GO,), entries={}), Unsure, id="nothing gathered"),
    ],
)  # fmt: skip
def test_when_what_can_be_decided(guard, given, expected):
    check(guard, ASKED, given, expected)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        pytest.param(CALL, Allow, id="everybody said go"),
        pytest.param(silent(Area.QUALITY), Refusal.NOT_ANSWERED, id="silence is no go"),
        pytest.param(replace(CALL, answers=(*CALL.answers, answer(Area.QUALITY, Say.NO_GO, "red"))), Refusal.NOT_ANSWERED, id="no-go"),
        pytest.param(
            replace(CALL, answers=(*CALL.answers, answer(Area.QUALITY, Say.NO_GO, "red"), answer(Area.QUALITY))),
            Allow,
            id="the newest counts",
        ),
        pytest.param(replace(CALL, answers=(*CALL.answers, answer(Area.QUALITY, Say.CONDITION, "watch"))), Allow, id="a condition"),
        pytest.param(None, Refusal.NOT_CALLED, id="nobody was asked"),
    ],
)
def test_everybody_is_heard(call, expected):
    check(answered, ASKED, run_facts(call=call), expected)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(READY, Allow, id="all met"),
        pytest.param(run_facts(own=MOVED), Refusal.NOT_READY, id="one fails"),
        pytest.param(run_facts(call=silent(Area.GOVERNANCE)), Refusal.NOT_READY, id="one is not confirmed"),
        pytest.param(run_facts(own={"freezes": Unread("freezes")}), Unsure, id="one is unread"),
        pytest.param(run_facts(strict(), own={"evidence": UNTICKETED, "exceptions": (TICKETS,)}), Allow, id="one by exception"),
        pytest.param(
            run_facts(strict(), own={"evidence": UNTICKETED, "exceptions": (replace(TICKETS, kind=ExemptionKind.TEMPORARY, until=AT),)}),
            Refusal.NOT_READY, id="one by an exception that is over",
        ),
    ],
)  # fmt: skip
def test_a_go_takes_every_item(given, expected):
    check(ready, ASKED, given, expected)


@pytest.mark.parametrize(
    ("guard", "asked", "expected"),
    [
        pytest.param(accepted, ASKED, Allow, id="said"),
        pytest.param(accepted, replace(ASKED, acceptance=Acceptance(residual="tbd")), Refusal.INCOMPLETE, id="said nothing"),
        pytest.param(accepted, replace(ASKED, acceptance=None), Refusal.INCOMPLETE, id="not said"),
        pytest.param(as_shown, ASKED, Allow, id="typed"),
        pytest.param(as_shown, replace(ASKED, seen=standing_hash(READY)), Allow, id="as shown"),
        pytest.param(as_shown, replace(ASKED, seen="older"), Refusal.STALE_CARD, id="changed since"),
    ],
)
def test_what_a_decider_says_and_saw(guard, asked, expected):
    check(guard, asked, READY, expected)


WROTE: dict[str, Any] = {"artifact": replace(ARTIFACT, authors=frozenset({"mara-m"}))}
BY_DANA = replace(ASKED, by=DANA)
HELD = (delegation(),)


@pytest.mark.parametrize(
    ("asked", "given", "expected"),
    [
        pytest.param(ASKED, READY, Allow, id="a release manager"),
        pytest.param(ASKED, run_facts(run=replace(RUN, captain=MARA.id)), Refusal.NOT_PERMITTED, id="who leads the run"),
        pytest.param(ASKED, run_facts(own=WROTE), Refusal.OWN_WORK, id="who wrote a part"),
        pytest.param(ASKED, run_facts(own={"artifact": replace(ARTIFACT, authors=None)}), Unsure, id="authors unknown"),
        pytest.param(ASKED, run_facts(**NO_ENTRY), Unsure, id="nothing gathered"),
        pytest.param(replace(ASKED, by=Unread("Slack")), READY, Unsure, id="unread"),
        pytest.param(replace(ASKED, by=Stranger("U1", "Eve", "no")), READY, Allow, id="a stranger: others turn them away"),
        pytest.param(ASKED, run_facts(**NOWHERE), Allow, id="no run: others turn it away"),
        pytest.param(replace(ASKED, by=OTTO), run_facts(delegations=(delegation(to=OTTO.id),)), Allow, id="a delegate"),
        pytest.param(
            replace(ASKED, by=OTTO), run_facts(delegations=(delegation(to=OTTO.id),), own=WROTE), Refusal.OWN_WORK, id="for who wrote it"
        ),
        pytest.param(
            replace(ASKED, by=OTTO), run_facts(delegations=(delegation(to=OTTO.id),), run=replace(RUN, captain=MARA.id)),
            Refusal.NOT_PERMITTED, id="for who leads it",
        ),
        pytest.param(
            replace(ASKED, by=OTTO),
            run_facts(delegations=(delegation(to=OTTO.id), delegation(id="DLG-2", by=RAVI.id, by_name=RAVI.name, to=OTTO.id)), own=WROTE),
            Allow, id="for another one too",
        ),
        pytest.param(BY_DANA, run_facts(delegations=HELD), Refusal.OWN_WORK, id="a delegate who wrote it"),
    ],
)  # fmt: skip
def test_who_decides(asked, given, expected):
    check(impartial, asked, given, expected)


def test_the_record_names_the_delegation_that_a_decision_hangs_on():
    given = run_facts(delegations=(delegation(to=OTTO.id),))
    assert [one.id for one in deciding_for(OTTO, given)] == ["DLG-2026-1124-001"]
    assert acting_for(OTTO, given) == delegation(to=OTTO.id)
    assert deciding_for(MARA, given) == ()
    assert acting_for(MARA, given) is None
    gone = replace(API, service="gone")
    assert deciding_for(OTTO, run_facts(delegations=(delegation(to=OTTO.id),), candidate=Candidate((gone,), "h"))) == ()
    assert deciding_for(OTTO, run_facts(**NOWHERE)) == ()


# ---------------------------------------------------------------- what a go is worth


def riding(*decisions: tuple[GoDecision, str | None], run: TrainRun | None = RUN, **parts: Any) -> Facts:
    return entry(rides=(Ride("weekly", run, decisions),), **parts)


VALID = (GO, CANDIDATE.hash)
WITHDRAWN, NO_GO = replace(GO, outcome=Outcome.WITHDRAWN, notes="down"), replace(GO, outcome=Outcome.NO_GO, notes="red")
BEFORE: dict[str, Any] = {"promotions": (PROMOTED, replace(PROMOTED, environment="production"))}


@pytest.mark.parametrize(
    ("asked", "given", "expected"),
    [
        pytest.param(request(), riding(VALID), Allow, id="a valid go"),
        pytest.param(request(), entry(rides=()), Allow, id="no train: the approval is the decision"),
        pytest.param(request(environment="staging"), riding(), Allow, id="not production"),
        pytest.param(request(change_type=ChangeType.EMERGENCY), replace(riding(), emergency=emergency()), Allow, id="an emergency"),
        pytest.param(request(change_type=ChangeType.EMERGENCY), riding(), Refusal.NOT_DECIDED, id="a word makes no emergency"),
        pytest.param(request(), riding(), Refusal.NOT_DECIDED, id="nobody decided"),
        pytest.param(request(), riding(run=None), Refusal.NOT_DECIDED, id="and no run to come"),
        pytest.param(request(), riding((NO_GO, CANDIDATE.hash)), Refusal.NO_GO, id="a no-go"),
        pytest.param(request(), riding((NO_GO, CANDIDATE.hash), **BEFORE), Refusal.NO_GO, id="a no-go to what ran there before"),
        pytest.param(request(), riding(VALID, (NO_GO, "other")), Refusal.NO_GO, id="a go of one run, a no-go of another"),
        pytest.param(request(), riding((WITHDRAWN, CANDIDATE.hash)), Refusal.NOT_DECIDED, id="withdrawn"),
        pytest.param(request(), riding((GO, "other")), Refusal.GO_VOID, id="the candidate changed"),
        pytest.param(request(), riding((GO, None)), Refusal.GO_VOID, id="there is no candidate any more"),
        pytest.param(request(), riding((GO, "other"), VALID), Allow, id="void on one run, valid on another"),
        pytest.param(request(), riding(VALID, **MOVED), Refusal.GO_VOID, id="another digest"),
        pytest.param(
            request(), riding(VALID, evidence=replace(EVIDENCE, tag=replace(TAG, object="0" * 40))), Refusal.GO_VOID, id="another tag"
        ),
        pytest.param(request(), riding(VALID, artifact=Absent("artifact")), Refusal.NO_ARTIFACT, id="gone"),
        pytest.param(request(), riding(artifact=Absent("artifact")), Refusal.NOT_DECIDED, id="gone, and nobody decided"),
        pytest.param(request(), riding(VALID, **LOST), Unsure, id="registry unread"),
        pytest.param(request(), riding(VALID, evidence=replace(EVIDENCE, tag=Unread("the tag"))), Unsure, id="tag unread"),
        pytest.param(request(), entry(rides=Unread("the trains")), Unsure, id="trains unread"),
        pytest.param(request(), riding(**BEFORE), Allow, id="it ran there before"),
        *(
            pytest.param(
                request(), riding(promotions=(replace(PROMOTED, environment="production", digest=digest),)), Refusal.NOT_DECIDED, id=name
            )
            for digest, name in ((OTHER_DIGEST, "another ran there before"), ("sha256:" + "0" * 64, "another, that sorts before"))
        ),
        pytest.param(request(), riding(promotions=Unread("the log")), Unsure, id="whether it ran there is unread"),
        pytest.param(request(), riding(VALID, promotions=Unread("the log")), Allow, id="a go makes that no matter"),
    ],
)
def test_what_lets_a_version_into_production(asked, given, expected):
    check(decided, asked, given, expected)


def test_the_go_and_the_train_that_waits_for_one_are_named():
    assert told(decided(request(), riding(VALID))) == (f"go by {GO.name} ({GO.id}) for {CANDIDATE.hash[:12]}",)
    trains = (Ride("weekly", None, ()), Ride("monthly", None, ()))
    assert told(decided(request(), entry(rides=trains)))[1] == "Wait for the next run of weekly."
    assert told(decided(request(), entry(rides=(*trains, Ride("daily", RUN, ())))))[0].startswith("api rides the train daily")


# ---------------------------------------------------------------- since the cutoff

FIX = Fix(
    RUN_ID, "example/repo", "f1" * 20, "fix: x", "https://x", ("Dana-D",), 12, (), None, (Found(Flaw.NO_SOURCE, "It is not on main."),), AT
)
BLOCKER = Blocker("BLK-1", RUN_ID, "PAY-1", "refunds", MARA.id, MARA.name, AT)
BY_PLAN = CutAcceptance("only here", "back to main", MARA.id, MARA.name, AT)


@pytest.mark.parametrize(
    ("since", "mark", "why"),
    [
        pytest.param(CALM, Mark.PASSED, "no blocker is open", id="nothing happened"),
        pytest.param(Stabilization((CUT,), (), (BLOCKER,)), Mark.FAILED, "BLK-1 (PAY-1) is open", id="a blocker"),
        pytest.param(Stabilization((CUT,), (), (replace(BLOCKER, resolved=AT),)), Mark.PASSED, "no blocker", id="resolved"),
        pytest.param(Stabilization((CUT,), (FIX,), ()), Mark.FAILED, "f1f1f1f1f1f1 on the release branch: It is not on main.", id="a flaw"),
        pytest.param(Stabilization((CUT,), (replace(FIX, accepted=BY_PLAN),), ()), Mark.PASSED, "1 fixes", id="a flaw that somebody accepted"),
        pytest.param(Stabilization((replace(CUT, gates=Gates.LACKING, gates_why="lint failed"),), (), ()), Mark.FAILED, "lint failed", id="a check failed"),
        pytest.param(Stabilization((replace(CUT, gates=Gates.UNREAD, gates_why="GitHub is down"),), (), ()), Mark.UNREAD, "GitHub is down", id="checks unread"),
        pytest.param(
            Stabilization((replace(CUT, branch="", commit=API.commit, gates=Gates.UNREAD), replace(CUT, repository="example/config", gates=Gates.UNREAD)), (), ()),
            Mark.UNREAD, "the checks of example/repo", id="checks of two repositories unread",
        ),
        pytest.param(Stabilization((replace(CUT, why="could not read the branch"),), (), ()), Mark.UNREAD, "could not read the branch", id="branch unread"),
        pytest.param(None, Mark.UNREAD, "what happened since the cutoff", id="nobody looked"),
    ],
)  # fmt: skip
def test_what_happened_since_the_cutoff_is_seen_and_nobody_can_tick_it(since, mark, why):
    """TRN-09, TRN-11, TRN-12, GNG-05."""
    item = found(run_facts(stabilization=since))[Item.BLOCKERS]
    assert item.mark is mark
    assert why in item.why
    check(tickable, answering(confirmed=(Item.BLOCKERS,)), READY, Refusal.NOT_TICKABLE)
