"""A hotfix begins at what production runs, and goes there as that and nothing else: refused beside allowed (HOT-01 … HOT-14, HOT-20)."""

from dataclasses import replace

import pytest

from guards.as_hotfix import hotfix_of, untold
from guards.decided import decided
from guards.decision import Allow, Refusal, Unsure
from guards.exemption import Exemption
from guards.go import Ride
from guards.hotfix import (
    Afterwards,
    Ground,
    HotfixFacts,
    HotfixState,
    Ships,
)
from guards.hotfix_closing import closable_hotfix, shipped
from guards.hotfix_evidence import Evidenced, Piece
from guards.hotfixed import hotfixed
from guards.hotfixing import (
    alone_under_way,
    branch_named,
    confirmed,
    grounded,
    known_hotfix,
    next_patches,
    rooted,
    scoped,
)
from guards.need import Need, need_of
from guards.obligation import Obligation, Owed
from guards.release import Promotion
from guards.risk import assess
from guards.unread import Absent, Unread
from guards.vcs import Commit, Contributor, Pull, Review, ReviewState, Span, Tag
from guards.version import Beside, Evidence
from guards.vocabulary import Action, ReleaseType, Requirement, Role
from tests.guards.cases import (
    ARTIFACT,
    AT,
    DANA,
    DAY,
    HOTFIX,
    HOUR,
    OTHER_COMMIT,
    OTHER_DIGEST,
    POLICY,
    RUNNING,
    again,
    exemption,
    facts,
    policy,
    request,
    said,
    told,
)

LOST = Unread("it", "no answer")
HEAD, MAIN = ARTIFACT.commit, "ad" * 20


def pull(number=12, into=HOTFIX.branch, approved=("ravi-r",), sha=HEAD):
    reviews = tuple(Review(who, ReviewState.APPROVED, sha, AT) for who in approved)
    return Pull(
        number, "fix: PAY-12", f"https://x/{number}", into, sha, AT, sha, Contributor("dana-d"), (), reviews, frozenset(), "", None, ("PAY-12",), ()
    )  # fmt: skip


def commit(sha=HEAD, pulls=(12,)):
    return Commit(sha, "fix: PAY-12", f"https://x/{sha}", Contributor("dana-d"), None, (), True, pulls, "fix: PAY-12")


def span(*commits, pulls=(), base=OTHER_COMMIT, removed=0):
    return Span("example/repo", again(base), HEAD, commits, tuple(pulls), removed)


def read_by(**service):
    """The policy, with a history for the api."""
    return policy(services={**POLICY.services, "api": POLICY.services["api"].model_copy(update={"history": "github", **service})})


UNDER = read_by()
FIXED = span(commit(), pulls=(pull(),))


def made(work=FIXED, under=UNDER, hotfix=HOTFIX, live=(), twin=None, **parts):
    """v1.4.0 is a hotfix of the v1.3.0 that runs, and brings one reviewed commit of its branch."""
    known = HotfixFacts(of_version=hotfix, live=live, twin=twin)
    return facts(under, **{"evidence": Evidence(work=work), "hotfixes": known, **parts})


TWO = read_by(repositories=("example/config",))
CONFIG = Tag("example/config", "v1.4.0", "0b" * 20, MAIN, annotated=True, verified=True, reason="valid", tagger=None)


def beside(work):
    return Evidence(work=FIXED, beside=(Beside("example/config", CONFIG, work),))


CASES = [
    pytest.param(made(), Allow, id="one reviewed commit of its branch, on what runs"),
    pytest.param(made(hotfix=replace(HOTFIX, state=HotfixState.SHIPPED)), Allow, id="it runs elsewhere already"),
    pytest.param(made(hotfix=None), Allow, id="no hotfix"),
    pytest.param(made(hotfixes=LOST), Unsure, id="hotfixes unread"),
    pytest.param(made(hotfix=replace(HOTFIX, state=HotfixState.ORDERED)), Refusal.WRONG_STATE, id="its branch is not verified"),
    pytest.param(made(hotfix=replace(HOTFIX, state=HotfixState.GIVEN_UP)), Refusal.WRONG_STATE, id="given up"),
    pytest.param(made(hotfix=replace(HOTFIX, state=HotfixState.FAILED)), Refusal.WRONG_STATE, id="failed"),
    # what runs
    pytest.param(made(running=replace(RUNNING, commit=MAIN)), Refusal.NOT_FROM_PRODUCTION, id="production runs another commit by now"),
    pytest.param(made(running=replace(RUNNING, digest=ARTIFACT.digest)), Refusal.NOT_FROM_PRODUCTION, id="production runs other bits by now"),
    pytest.param(made(running=None), Refusal.NOT_FROM_PRODUCTION, id="nothing runs"),
    pytest.param(made(running=LOST), Unsure, id="what runs is unread"),
    pytest.param(made(span(commit(), pulls=(pull(),), removed=1)), Refusal.NOT_FROM_PRODUCTION, id="it does not descend from what runs"),
    pytest.param(made(span(commit(), pulls=(pull(),), base=MAIN)), Refusal.NOT_FROM_PRODUCTION, id="the work is since something else"),
    # what is new
    pytest.param(made(twin="v1.2.0"), Refusal.REUSED, id="the digest of another version"),
    pytest.param(
        made(artifact=replace(ARTIFACT, digest=OTHER_DIGEST)), Refusal.REUSED, id="the digest that runs"
    ),
    # nothing but the fix
    pytest.param(made(span()), Refusal.NOT_THE_FIX, id="nothing new"),
    pytest.param(made(span(commit(MAIN, (7,)), commit(), pulls=(pull(7, "main"), pull()))), Refusal.NOT_THE_FIX, id="a commit of main"),
    pytest.param(made(span(commit(pulls=()))), Refusal.NOT_THE_FIX, id="pushed without a pull request"),
    pytest.param(made(span(commit(pulls=(12, 41)), pulls=(pull(), pull(41, "main")))), Allow, id="merged into main as well"),
    pytest.param(
        made(span(*(commit(f"{n:040}", ()) for n in range(7)))), Refusal.NOT_THE_FIX, id="many that were pushed"
    ),
    pytest.param(made(span(commit(), pulls=(pull(approved=()),))), Refusal.NOT_REVIEWED, id="nobody approved"),
    pytest.param(made(span(commit(), pulls=(pull(approved=("dana-d",)),))), Refusal.NOT_REVIEWED, id="its author approved"),
    # what was read
    pytest.param(made(LOST), Unsure, id="the work is unread"),
    pytest.param(made(None), Unsure, id="nobody asked for the work"),
    pytest.param(made(Absent("commit 9fceb02")), Unsure, id="the commit is not there"),
    pytest.param(made(under=POLICY), Refusal.NO_HISTORY, id="nobody reads its history"),
    pytest.param(made(promotions=LOST), Unsure, id="the promotion log is unread"),
    pytest.param(made(artifact=LOST), Unsure, id="the artifact is unread"),
    pytest.param(made(artifact=Absent("artifact")), Allow, id="no artifact: another guard says so"),
    pytest.param(
        made(LOST, promotions=(Promotion("production", ARTIFACT.digest, HEAD, AT, None, ()),)), Allow, id="going back to it"
    ),
    # other repositories
    pytest.param(made(under=TWO, evidence=beside(span())), Allow, id="nothing new in another repository"),
    pytest.param(made(under=TWO, evidence=beside(span(commit(pulls=(3,)), pulls=(pull(3, "main"),)))), Refusal.NOT_THE_FIX, id="work of another repository"),
    pytest.param(made(under=TWO, evidence=beside(LOST)), Unsure, id="another repository unread"),
]  # fmt: skip


@pytest.mark.parametrize(("known", "answer"), CASES)
def test_what_goes_to_production_as_a_hotfix(known, answer):
    assert said(hotfixed(request(), known)) == answer


PUSHED = tuple(commit(f"{n}" * 40, ()) for n in range(6))
FIVE = "000000000000 (fix: PAY-12), 111111111111 (fix: PAY-12), 222222222222 (fix: PAY-12), 333333333333 (fix: PAY-12), 444444444444 (fix: PAY-12)"


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        pytest.param(made(), "v1.3.0 and 1 reviewed commit of hotfix/1.4.0-PAY-12 (HOT-2026-1124-001)", id="allowed"),
        pytest.param(
            made(running=replace(RUNNING, commit=MAIN)),
            "HOT-2026-1124-001 was begun from v1.3.0 at 000000000000, and production runs v1.3.0 at adadadadadad by now.",
            id="production runs another commit by now",
        ),
        pytest.param(
            made(running=None),
            "HOT-2026-1124-001 was begun from v1.3.0 at 000000000000, and production runs nothing by now.",
            id="nothing runs",
        ),
        pytest.param(
            made(span(*PUSHED[:5])), f"Not brought by a pull request into hotfix/1.4.0-PAY-12: {FIVE}.", id="five that were pushed"
        ),
        pytest.param(made(span(*PUSHED)), f"Not brought by a pull request into hotfix/1.4.0-PAY-12: {FIVE} and 1 more.", id="six"),
    ],
)
def test_what_people_read_of_a_hotfix(known, sentence):
    assert told(hotfixed(request(), known))[0] == sentence


def test_before_production_a_hotfix_is_a_version_like_others():
    assert said(hotfixed(request(environment="staging"), made(running=None))) == Allow


OPEN = (HOTFIX,)


@pytest.mark.parametrize(
    ("version", "known", "answer"),
    [
        ("v1.4.1", made(hotfix=None, live=OPEN), Refusal.NOT_THE_FIX),
        ("v1.4.1", made(span(commit(pulls=(7,)), pulls=(pull(7, "main"),)), hotfix=None, live=OPEN), Allow),
        ("v1.5.0", made(hotfix=None, live=OPEN), Allow),
        ("nonsense", made(hotfix=None, live=OPEN), Allow),
        ("v1.4.1", made(hotfix=None, live=(replace(HOTFIX, state=HotfixState.SHIPPED),)), Allow),
        ("v1.4.1", made(LOST, hotfix=None, live=OPEN), Unsure),
        ("v1.4.1", made(hotfix=None, live=OPEN, under=POLICY), Refusal.NO_HISTORY),
    ],
)
def test_a_skipped_patch_with_the_work_of_a_hotfix(version, known, answer):
    """HOT-03, NAM-03."""
    assert said(hotfixed(request(version=version), known)) == answer


def test_a_train_may_depart_while_a_hotfix_of_another_line_waits():
    assert said(hotfixed(request(version="v1.4.0"), made(hotfix=None, live=(replace(HOTFIX, version="v1.3.1"),)))) == Allow


# ---------------------------------------------------------------- what hangs on it


def test_which_versions_count_as_a_hotfix():
    assert hotfix_of(request(), made()) == HOTFIX
    assert hotfix_of(request(version="v1.4.1"), made()) is None
    assert hotfix_of(request(version="v1.3.9"), made()) is None
    assert hotfix_of(request(environment="staging"), made()) is None
    assert hotfix_of(request(), made(hotfix=replace(HOTFIX, state=HotfixState.GIVEN_UP))) is None
    assert hotfix_of(request(), made(hotfixes=LOST)) is None
    assert untold(request(), made()) is None
    assert untold(request(environment="staging"), made(hotfixes=LOST)) is None
    assert untold(request(), made(hotfixes=LOST)) == Unsure("it", "no answer")


def test_a_hotfix_takes_a_release_manager_whatever_its_risk():
    """HOT-07."""
    found = need_of(request(), made())
    assert isinstance(found, Need)
    assert (found.roles, found.count, found.sentence) == ((Role.RELEASE_MANAGER,), 1, "a hotfix takes release_manager")
    assert need_of(request(), made(hotfix=None)).roles == ()
    assert need_of(request(), made(hotfixes=LOST)) == Unsure("it", "no answer")


def test_the_risk_of_a_hotfix_is_that_of_a_hotfix_without_any_label():
    """RSK-05."""
    roles = {
        role for demand in assess(request(), made()).demands for role in demand.roles if demand.by == f"a {ReleaseType.HOTFIX} release"
    }
    assert roles == {Role.ON_CALL, Role.TECH_LEAD}
    assert all(demand.by != f"a {ReleaseType.HOTFIX} release" for demand in assess(request(), made(hotfix=None)).demands)
    assert assess(request(), made(hotfixes=LOST)) == Unsure("it", "no answer")


RIDES = (Ride("weekly", None),)


@pytest.mark.parametrize(
    ("known", "answer"),
    [
        (made(rides=RIDES), Allow),
        (made(rides=RIDES, hotfix=None), Refusal.NOT_DECIDED),
        (made(rides=RIDES, hotfix=replace(HOTFIX, scope=replace(HOTFIX.scope, ships=Ships.TRAIN))), Refusal.NOT_DECIDED),
        (made(rides=RIDES, hotfixes=LOST), Unsure),
    ],
)
def test_a_hotfix_that_ships_now_rides_alone(known, answer):
    """HOT-20."""
    assert said(decided(request(), known)) == answer


# ---------------------------------------------------------------- beginning

BEGIN = request(action=Action.HOTFIX, version="v1.3.0", digest=OTHER_DIGEST, hotfix=HOTFIX.scope)
TAG = Tag("example/repo", "v1.3.0", "0b" * 20, OTHER_COMMIT, annotated=True, verified=True, reason="valid", tagger=None)
RAN = replace(ARTIFACT, version="v1.3.0", digest=OTHER_DIGEST, commit=OTHER_COMMIT)
GROUND = Ground(RUNNING, TAG, RAN, "v1.3.1", "hotfix/1.3.1-PAY-12", Absent("branch"))
ORDERS = read_by(branch_workflow="branch.yml")
THERE = replace(GROUND, there=OTHER_COMMIT, begins=OTHER_COMMIT, parts=OTHER_COMMIT, line=OTHER_COMMIT)


def begun(under=ORDERS, ground=GROUND, **parts):
    return facts(under, **{"ground": ground, "running": RUNNING, **parts})


@pytest.mark.parametrize(
    ("known", "answer"),
    [
        pytest.param(begun(), Allow, id="its branch will be made"),
        pytest.param(begun(ground=None), Unsure, id="nobody read it"),
        pytest.param(begun(under=POLICY), Refusal.NO_HISTORY, id="nobody reads the history"),
        pytest.param(begun(running=LOST), Unsure, id="what runs is unread"),
        pytest.param(begun(running=None), Refusal.NOT_FROM_PRODUCTION, id="nothing runs"),
        pytest.param(begun(running=replace(RUNNING, version="v1.3.5")), Refusal.NOT_FROM_PRODUCTION, id="it changed while it was read"),
        pytest.param(begun(ground=replace(GROUND, tag=LOST)), Unsure, id="tag unread"),
        pytest.param(begun(ground=replace(GROUND, tag=None)), Unsure, id="nobody asked for the tag"),
        pytest.param(begun(ground=replace(GROUND, tag=Absent("tag"))), Refusal.NOT_FROM_PRODUCTION, id="the tag is gone"),
        pytest.param(begun(ground=replace(GROUND, tag=replace(TAG, commit=MAIN))), Refusal.POINTER_MOVED, id="the tag moved"),
        pytest.param(begun(ground=replace(GROUND, artifact=LOST)), Unsure, id="registry unread"),
        pytest.param(begun(ground=replace(GROUND, artifact=Absent("artifact"))), Refusal.NOT_FROM_PRODUCTION, id="the artifact is gone"),
        pytest.param(begun(ground=replace(GROUND, artifact=ARTIFACT)), Refusal.POINTER_MOVED, id="the registry has other bits"),
        pytest.param(begun(ground=replace(GROUND, version=LOST)), Unsure, id="whether the version is free is unread"),
        pytest.param(begun(ground=replace(GROUND, version=None)), Refusal.NO_CUT_VERSION, id="no version is free"),
        pytest.param(begun(ground=replace(GROUND, branch="")), Allow, id="no ticket yet"),
        pytest.param(begun(ground=replace(GROUND, branch="fix/it")), Refusal.INCOMPLETE, id="no name of a hotfix branch"),
        pytest.param(begun(under=UNDER), Refusal.NO_BRANCH_WORKFLOW, id="nobody makes the branch"),
        pytest.param(begun(under=UNDER, ground=THERE), Allow, id="the branch is there"),
        pytest.param(begun(ground=replace(THERE, begins=MAIN)), Refusal.NOT_FROM_PRODUCTION, id="the branch is elsewhere"),
    ],
)  # fmt: skip
def test_what_a_hotfix_begins_from(known, answer):
    assert said(grounded(BEGIN, known)) == answer


@pytest.mark.parametrize(
    ("ground", "answer"),
    [
        pytest.param(THERE, Allow, id="at the tag"),
        pytest.param(replace(THERE, there=HEAD), Allow, id="beyond it, with the fix"),
        pytest.param(replace(THERE, parts=Absent("history"), line=Absent("history")), Allow, id="of an orphaned line, as production is"),
        pytest.param(replace(THERE, there=MAIN, parts=MAIN), Refusal.NOT_FROM_PRODUCTION, id="descends from main"),
        pytest.param(
            replace(THERE, parts=Absent("history")), Refusal.NOT_FROM_PRODUCTION, id="shares nothing with main, as production does"
        ),
        pytest.param(replace(THERE, begins=Absent("history")), Refusal.NOT_FROM_PRODUCTION, id="shares nothing with production"),
        pytest.param(replace(THERE, there=None), Unsure, id="nobody looked"),
        pytest.param(replace(THERE, there=Absent("branch")), Unsure, id="not there yet"),
        *(pytest.param(replace(THERE, **{name: LOST}), Unsure, id=f"{name} unread") for name in ("there", "begins", "parts", "line")),
    ],
)
def test_where_a_hotfix_branch_belongs(ground, answer):
    assert said(rooted(GROUND.branch, OTHER_COMMIT, ground)) == answer


@pytest.mark.parametrize(
    ("asked", "running", "answer"),
    [
        pytest.param({}, RUNNING, Allow, id="confirmed"),
        pytest.param({"version": None}, RUNNING, Refusal.INCOMPLETE, id="no version"),
        pytest.param({"digest": None}, RUNNING, Refusal.INCOMPLETE, id="no digest"),
        pytest.param({}, replace(RUNNING, version="v1.3.5"), Refusal.NOT_FROM_PRODUCTION, id="production runs another version by now"),
        pytest.param({}, replace(RUNNING, digest=ARTIFACT.digest), Refusal.NOT_FROM_PRODUCTION, id="the version was built again"),
        pytest.param({}, None, Allow, id="nothing runs: another guard says so"),
        pytest.param({}, LOST, Unsure, id="unread"),
    ],
)
def test_what_was_confirmed(asked, running, answer):
    assert said(confirmed(replace(BEGIN, **asked), begun(running=running))) == answer


@pytest.mark.parametrize(
    "left", ["ticket", "severity", "incident", "scope", "impact", "rollback", "ships", "delay", "mitigation", "signed_off"]
)
def test_everything_about_a_hotfix_is_said(left):
    """HOT-14, HOT-20, EXC-12."""
    assert said(scoped(BEGIN, begun())) == Allow
    empty = None if left == "ships" else " "
    assert said(scoped(replace(BEGIN, hotfix=replace(HOTFIX.scope, **{left: empty})), begun())) == Refusal.INCOMPLETE
    assert said(scoped(replace(BEGIN, hotfix=None), begun())) == Refusal.INCOMPLETE


@pytest.mark.parametrize(
    ("incident", "answer"),
    [
        ("INC-2026-1121-001", Allow), ("INC12345", Allow), ("PAY-12", Allow), ("#77", Allow), ("https://status.example.com/i/7", Allow),
        ("the one of this morning", Refusal.INCOMPLETE), ("soon", Refusal.INCOMPLETE), ("ftp://x", Refusal.INCOMPLETE),
    ],
)  # fmt: skip
def test_the_incident_of_a_hotfix_can_be_looked_up(incident, answer):
    """HOT-14."""
    assert said(scoped(replace(BEGIN, hotfix=replace(HOTFIX.scope, incident=incident)), begun())) == answer


@pytest.mark.parametrize(
    ("known", "answer"),
    [
        (HotfixFacts(), Allow),
        (HotfixFacts(live=(HOTFIX,)), Refusal.HOTFIX_UNDER_WAY),
        (HotfixFacts(live=(replace(HOTFIX, state=HotfixState.ORDERED),)), Refusal.HOTFIX_UNDER_WAY),
        (HotfixFacts(live=(replace(HOTFIX, state=HotfixState.SHIPPED),)), Allow),
        (LOST, Unsure),
    ],
)
def test_one_hotfix_of_a_service_is_under_way_at_a_time(known, answer):
    assert said(alone_under_way(BEGIN, begun(hotfixes=known))) == answer


def test_the_next_patches_and_the_name_of_a_branch():
    assert next_patches("v1.4.9", 3) == ("v1.4.10", "v1.4.11", "v1.4.12")
    assert next_patches("v1.4.0-rc.1", 3) == ()
    assert branch_named("v1.4.1", "PAY-12") == "hotfix/1.4.1-PAY-12"


# ---------------------------------------------------------------- its end

AFTER = Afterwards("no failures", "a rounding", "INC-7", "test_once", "PAY-77", DANA.id, DANA.name, AT)
SHIPPED = replace(HOTFIX, state=HotfixState.SHIPPED, shipped=AT - HOUR, afterwards=AFTER)
CLOSE = replace(request(action=Action.HOTFIX), rationale="")


BY_US = replace(SHIPPED, change="CR-1")


def piece(item, *, lacking="", owed=""):
    return Piece(item, (), lacking, owed)


def closing(**known):
    """A hotfix whose record is complete, unless it is said otherwise."""
    return facts(**({"pieces": ()} | known))


def owed(kind, done=None):
    return Obligation(
        "OBL-1", kind, HOTFIX.id, "api", "do it", DANA.id, DANA.name, AT + DAY, AT - DAY, DANA.id, done, DANA.id if done else None
    )


def waiver(**parts) -> Exemption:
    return exemption(requirement=Requirement.FORWARD_PORTS, **parts)


PORT, GONE = owed(Owed.FORWARD_PORT), owed(Owed.BRANCH_REMOVAL)


@pytest.mark.parametrize(
    ("known", "why", "answer"),
    [
        pytest.param(closing(hotfix=SHIPPED), "", Allow, id="nothing is owed"),
        pytest.param(closing(hotfix=SHIPPED, owed=(owed(Owed.FORWARD_PORT, AT), owed(Owed.REVIEW, AT))), "", Allow, id="all is done"),
        pytest.param(closing(hotfix=SHIPPED, owed=(PORT,)), "", Refusal.STILL_OWED, id="main lacks the fix"),
        pytest.param(closing(hotfix=SHIPPED, owed=(GONE,)), "", Refusal.STILL_OWED, id="its branch is there"),
        pytest.param(closing(hotfix=replace(SHIPPED, afterwards=None)), "", Refusal.STILL_OWED, id="nothing is written down"),
        pytest.param(closing(hotfix=SHIPPED, owed=(PORT,), exceptions=(waiver(),)), "", Allow, id="by exception"),
        pytest.param(closing(hotfix=SHIPPED, owed=(PORT,), exceptions=(waiver(version="v9.9.9"),)), "", Refusal.STILL_OWED, id="an exception for another version"),
        pytest.param(closing(hotfix=SHIPPED, owed=(PORT, GONE), exceptions=(waiver(),)), "", Refusal.STILL_OWED, id="the exception is for the fix only"),
        pytest.param(closing(hotfix=SHIPPED, owed=(PORT,), exceptions=LOST), "", Unsure, id="exceptions unread"),
        pytest.param(closing(hotfix=HOTFIX), "the flag is off", Allow, id="given up"),
        pytest.param(closing(hotfix=HOTFIX), " ", Refusal.NO_RATIONALE, id="given up without a reason"),
        pytest.param(closing(hotfix=replace(SHIPPED, state=HotfixState.CLOSED)), "", Refusal.WRONG_STATE, id="closed already"),
        pytest.param(closing(hotfix=SHIPPED, pieces=(piece(Evidenced.TAG, lacking="the tag"),)), "in INC-7", Refusal.STILL_OWED, id="its record lacks something"),
        pytest.param(closing(hotfix=BY_US, pieces=(piece(Evidenced.CI, lacking="the run"),)), "in INC-7", Refusal.STILL_OWED, id="what the road leaves behind is read, not said"),
        pytest.param(closing(hotfix=SHIPPED, pieces=(piece(Evidenced.CI, lacking="the run"),)), " ", Refusal.NO_RATIONALE, id="past the bot, and nobody says where the rest is"),
        pytest.param(closing(hotfix=SHIPPED, pieces=(piece(Evidenced.CI, lacking="the run"),)), "in INC-7", Allow, id="past the bot, and somebody says where the rest is"),
        pytest.param(closing(hotfix=SHIPPED, pieces=(piece(Evidenced.PULLS, owed="the forward-port"),), owed=(PORT,), exceptions=(waiver(),)), "", Allow, id="what an exception does without is not lacking"),
        pytest.param(facts(hotfix=SHIPPED), "", Unsure, id="its record is unread"),
        pytest.param(closing(hotfix=Absent("hotfix HOT-9")), "", Refusal.NO_SUCH_HOTFIX, id="there is none"),
        pytest.param(facts(), "", Refusal.NO_SUCH_HOTFIX, id="none was named"),
    ],
)  # fmt: skip
def test_when_a_hotfix_is_closed(known, why, answer):
    """HOT-11."""
    assert said(closable_hotfix(replace(CLOSE, rationale=why), known)) == answer


def test_an_exception_that_closes_a_hotfix_is_named():
    found = closable_hotfix(CLOSE, closing(hotfix=SHIPPED, owed=(PORT,), exceptions=(waiver(),)))
    assert isinstance(found, Allow)
    assert found.exception == waiver().id


@pytest.mark.parametrize(
    ("hotfix", "known", "written"),
    [
        (SHIPPED, Allow, Allow),
        (HOTFIX, Allow, Refusal.WRONG_STATE),
        (Absent("hotfix HOT-9"), Refusal.NO_SUCH_HOTFIX, Refusal.NO_SUCH_HOTFIX),
        (None, Refusal.NO_SUCH_HOTFIX, Refusal.NO_SUCH_HOTFIX),
    ],
)
def test_what_can_be_shown_and_written_down(hotfix, known, written):
    assert said(known_hotfix(CLOSE, facts(hotfix=hotfix))) == known
    assert said(shipped(CLOSE, facts(hotfix=hotfix))) == written
