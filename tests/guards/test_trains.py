"""What trains may be: named once, complete, timely, led by somebody who can, changed by the captain, before the cutoff (TRN-02, TRN-03, TRN-24)."""

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from guards.authorization import authorized
from guards.captaincy import able_captains, accountable, by_captain, captained
from guards.decision import Allow, Refusal, Refuse, Unsure
from guards.facts import Request
from guards.identity import Stranger
from guards.quiet import quiet_until
from guards.sections import RoleGrant
from guards.timetable import (
    altered,
    before_cutoff,
    described,
    goes_on,
    known_train,
    reachable,
    resumable,
    skippable,
    still_described,
    timely,
    unclosed,
    unpublished,
    untaken,
)
from guards.train import OPEN_RUN, STAGES, Room, Schedule, Stage, Train, TrainEdit, TrainRule, TrainRun, TrainState
from guards.train_rules import QuietHours
from guards.unread import Absent, Unread
from guards.vocabulary import Action, Role
from tests.guards.cases import AT, DANA, DAY, FACTS, HOUR, MARA, MINUTE, POLICY, QUINN, RAVI, REMY

RULE = TrainRule("0 12 * * TUE", (), None, "Europe/Berlin", 2, time(10), "weekdays")
TRAIN = Train(
    id="weekly", rule=RULE, channel="C0RELEASE", services=("api",), excluded=(), captains=(REMY.id,),
    attendees={"quality": (RAVI.id,)}, manifest_owner=MARA.id, rollback="the last good set", exceptions="ride alone", dependencies="",
    rationale="one database", branch=True, unbranched="", state=TrainState.PUBLISHED, revision=1, by=REMY.id, by_name="Remy", created=AT,
    impact="two days more, half the failures",
)  # fmt: skip
DRAFT = replace(TRAIN, state=TrainState.DRAFT)
CUTOFF = AT + 7 * DAY
SCHEDULE = Schedule(AT, CUTOFF, CUTOFF + 2 * DAY, CUTOFF + 2 * DAY, CUTOFF + 2 * DAY + 6 * HOUR, CUTOFF + 4 * DAY, CUTOFF + 7 * DAY)
RUN = TrainRun("weekly-2026-12-01", "weekly", 1, Stage.PUBLISHED, REMY.id, "Remy", SCHEDULE)
ROOM = Room("C0RELEASE", "releases", member=True)
NONE, NO_RUN = Absent("train nightly"), Absent("run weekly-2026-01-01 of a train")

REQUEST = Request(Action.TRAIN, REMY)
TRAINS = replace(FACTS, train=TRAIN, run=None, channel=ROOM, people={p.id: p for p in (REMY, MARA, RAVI, DANA, QUINN)})
DEFINED = replace(REQUEST, definition=TRAIN)


def case(guard, request, facts, answer, code=None, *, id):
    return pytest.param(guard, request, facts, answer, code, id=f"{guard.__name__}: {id}")


def of(train=TRAIN, run=None, **more):
    return replace(TRAINS, train=train, run=run, **more)


def staged(stage, **more):
    return of(run=replace(RUN, stage=stage, **more))


BOTH = replace(TRAIN, services=("api", "web"))
OF_API = POLICY.model_copy(
    update={
        "roles": {
            **POLICY.roles,
            Role.RELEASE_CAPTAIN: (RoleGrant(people=(REMY.id,), services=("api",)),),
            Role.RELEASE_MANAGER: (RoleGrant(people=(MARA.id,), services=("api",)),),
        }
    }
)
REASONED = replace(REQUEST, rationale="holidays")
MOVED = replace(REQUEST, definition=TRAIN, moved=CUTOFF + DAY)
_R = Refusal


@pytest.mark.parametrize(
    ("guard", "request_", "facts", "answer", "code"),
    [
        case(known_train, REQUEST, TRAINS, Allow, id="there"),
        case(known_train, REQUEST, of(NONE), Refuse, _R.NO_SUCH_TRAIN, id="no train"),
        case(known_train, REQUEST, of(None, NO_RUN), Refuse, _R.NO_SUCH_TRAIN, id="no run"),
        case(untaken, DEFINED, of(NONE), Allow, id="free"),
        case(untaken, DEFINED, TRAINS, Refuse, _R.TRAIN_EXISTS, id="taken"),
        case(untaken, DEFINED, of(replace(TRAIN, state=TrainState.CLOSED)), Refuse, _R.TRAIN_EXISTS, id="taken by a closed one"),
        case(timely, DEFINED, of(NONE), Allow, id="a new one"),
        case(timely, REQUEST, TRAINS, Allow, id="one that there is"),
        case(timely, REQUEST, of(NONE), Refuse, _R.NO_SUCH_TRAIN, id="none that there is"),
        case(timely, replace(REQUEST, definition=replace(TRAIN, rule=replace(RULE, cadence=""))), TRAINS, Refuse, _R.BAD_SCHEDULE, id="no rule"),
        case(timely, replace(REQUEST, definition=replace(TRAIN, rule=replace(RULE, window="x"))), TRAINS, Refuse, _R.NO_TRAIN_WINDOW, id="window"),
        case(timely, replace(REQUEST, definition=replace(TRAIN, rule=replace(RULE, cadence="30 2 * * SUN"))), TRAINS, Refuse,
             _R.DOUBTFUL_TIME, id="doubtful"),
        case(timely, replace(REQUEST, definition=replace(TRAIN, rule=replace(RULE, cadence="30 2 * * SUN")), settled=True), TRAINS, Allow,
             id="doubtful and meant"),
        case(timely, REQUEST, of(replace(TRAIN, rule=replace(RULE, cadence="30 2 * * SUN"))), Allow, id="doubtful as it was"),
        case(timely, MOVED, of(run=RUN), Allow, id="a run is moved"),
        case(reachable, DEFINED, TRAINS, Allow, id="in the channel"),
        case(reachable, DEFINED, of(channel=replace(ROOM, member=False)), Refuse, _R.NOT_IN_CHANNEL, id="not in it"),
        case(reachable, DEFINED, of(channel=replace(ROOM, archived=True)), Refuse, _R.NOT_IN_CHANNEL, id="archived"),
        case(reachable, DEFINED, of(channel=Absent("the channel C1")), Refuse, _R.NOT_IN_CHANNEL, id="not there"),
        case(reachable, DEFINED, of(channel=Unread("the channel C1")), Unsure, id="unread"),
        case(described, REQUEST, TRAINS, Allow, id="complete"),
        case(described, REQUEST, of(NONE), Refuse, _R.NO_SUCH_TRAIN, id="none"),
        *(
            case(described, replace(REQUEST, definition=replace(TRAIN, **lacking)), TRAINS, Refuse, _R.INCOMPLETE, id=f"without {next(iter(lacking))}")
            for lacking in (
                {"attendees": {"quality": ()}}, {"manifest_owner": ""}, {"rollback": " "}, {"exceptions": ""}, {"rationale": ""}, {"branch": False},
            )
        ),
        case(described, REQUEST, of(replace(TRAIN, branch=False, unbranched="one file a week")), Allow, id="no branch, and why"),
        case(described, REQUEST, of(replace(TRAIN, impact="")), Refuse, _R.INCOMPLETE, id="lead time and failures"),
        case(still_described, REQUEST, of(replace(DRAFT, rationale="")), Allow, id="a draft may lack it"),
        case(still_described, REQUEST, of(replace(TRAIN, rationale="")), Refuse, _R.INCOMPLETE, id="what is published may not"),
        case(altered, replace(REQUEST, definition=replace(TRAIN, channel="C1")), TRAINS, Allow, id="another channel"),
        case(altered, DEFINED, TRAINS, Refuse, _R.INCOMPLETE, id="nothing"),
        case(altered, REQUEST, of(NONE), Refuse, _R.NO_SUCH_TRAIN, id="no train"),
        case(altered, MOVED, of(run=RUN), Allow, id="a run is moved"),
        case(altered, MOVED, TRAINS, Refuse, _R.INCOMPLETE, id="a moment without a run"),
        case(altered, DEFINED, of(run=RUN), Refuse, _R.INCOMPLETE, id="a run without a moment"),
        case(altered, replace(MOVED, definition=replace(TRAIN, channel="C1")), of(run=RUN), Refuse, _R.INCOMPLETE, id="more than its cutoff"),
        case(unclosed, REQUEST, TRAINS, Allow, id="published"),
        case(unclosed, REQUEST, of(replace(TRAIN, state=TrainState.CLOSED)), Refuse, _R.WRONG_STATE, id="closed"),
        case(unclosed, REQUEST, of(NONE), Refuse, _R.NO_SUCH_TRAIN, id="none"),
        case(unpublished, REQUEST, of(DRAFT), Allow, id="a draft"),
        case(unpublished, REQUEST, TRAINS, Refuse, _R.WRONG_STATE, id="published"),
        case(goes_on, REQUEST, of(run=replace(RUN, stage=Stage.HELD), at=CUTOFF), Allow, id="held over its cutoff"),
        case(goes_on, REQUEST, of(run=replace(RUN, stage=Stage.HELD), at=CUTOFF - MINUTE), Allow, id="held, its cutoff is to come"),
        case(goes_on, REQUEST, of(run=replace(RUN, stage=Stage.SKIPPED), at=CUTOFF), Refuse, _R.CUT_OFF, id="skipped, and its cutoff is over"),
        case(before_cutoff, REQUEST, TRAINS, Allow, id="no run"),
        case(before_cutoff, REQUEST, of(run=NO_RUN), Refuse, _R.NO_SUCH_TRAIN, id="no such run"),
        case(before_cutoff, MOVED, of(run=RUN), Allow, id="ahead"),
        case(before_cutoff, MOVED, of(run=RUN, at=CUTOFF - MINUTE), Allow, id="a minute before"),
        case(before_cutoff, MOVED, of(run=RUN, at=CUTOFF), Refuse, _R.CUT_OFF, id="at it"),
        case(before_cutoff, MOVED, staged(Stage.STABILIZING), Refuse, _R.CUT_OFF, id="cut before its time"),
        case(before_cutoff, MOVED, staged(Stage.SKIPPED), Allow, id="skipped before it"),
        case(before_cutoff, MOVED, of(NONE, replace(RUN, stage=Stage.GO)), Refuse, _R.NO_SUCH_TRAIN, id="its train is gone"),
        case(before_cutoff, replace(MOVED, moved=AT), of(run=RUN), Refuse, _R.BAD_SCHEDULE, id="to the past"),
        case(skippable, REASONED, of(run=RUN), Allow, id="with a reason"),
        case(skippable, REQUEST, of(run=RUN), Refuse, _R.INCOMPLETE, id="without one"),
        case(skippable, REASONED, staged(Stage.DEPARTING), Refuse, _R.WRONG_STATE, id="on its way"),
        case(skippable, REASONED, of(run=NO_RUN), Refuse, _R.NO_SUCH_TRAIN, id="none"),
        case(resumable, REQUEST, staged(Stage.HELD), Allow, id="held"),
        case(resumable, REQUEST, staged(Stage.SKIPPED), Allow, id="skipped"),
        case(resumable, REQUEST, of(run=RUN), Refuse, _R.WRONG_STATE, id="neither"),
        case(resumable, REQUEST, of(run=NO_RUN), Refuse, _R.NO_SUCH_TRAIN, id="none"),
        case(captained, REQUEST, staged(Stage.PUBLISHED), Refuse, _R.NO_CAPTAIN, id="nobody is named for a run"),
        case(captained, replace(REQUEST, captain=REMY.id), staged(Stage.PUBLISHED), Allow, id="somebody leads a run"),
        case(captained, REQUEST, TRAINS, Allow, id="a captain"),
        case(captained, REQUEST, of(replace(TRAIN, captains=())), Refuse, _R.NO_CAPTAIN, id="nobody"),
        case(captained, replace(REQUEST, captain=REMY.id), of(replace(TRAIN, captains=()), RUN), Allow, id="one for the run"),
        case(able_captains, REQUEST, of(replace(TRAIN, captains=())), Allow, id="nobody yet"),
        case(able_captains, REQUEST, of(NONE), Refuse, _R.NO_SUCH_TRAIN, id="no train"),
        case(able_captains, REQUEST, of(people={}), Unsure, id="nobody looked"),
        case(able_captains, REQUEST, of(people={REMY.id: Unread("Slack")}), Unsure, id="unread"),
        case(able_captains, REQUEST, of(people={REMY.id: Stranger("U0REMY", "Remy", "Gone.")}), Refuse, _R.NO_CAPTAIN, id="gone"),
        case(able_captains, replace(REQUEST, captain=DANA.id), of(run=RUN), Refuse, _R.NO_CAPTAIN, id="without the role"),
        case(able_captains, replace(REQUEST, captain=QUINN.id), of(run=RUN), Refuse, _R.NO_CAPTAIN, id="with another role"),
        case(able_captains, REQUEST, of(BOTH, policy=OF_API), Refuse, _R.NO_CAPTAIN, id="for one of two services"),
        case(able_captains, REQUEST, of(BOTH), Allow, id="for both services"),
        case(by_captain, REQUEST, TRAINS, Allow, id="the captain"),
        case(by_captain, replace(REQUEST, by=MARA), of(replace(TRAIN, state=TrainState.CLOSED)), Refuse, _R.NOT_CAPTAIN, id="of a closed one"),
        case(by_captain, replace(REQUEST, by=MARA), TRAINS, Refuse, _R.NOT_CAPTAIN, id="somebody else"),
        case(by_captain, replace(REQUEST, by=MARA), of(DRAFT), Allow, id="of a draft anybody"),
        case(by_captain, replace(REQUEST, by=MARA), of(run=replace(RUN, captain=MARA.id)), Allow, id="who leads the run"),
        case(by_captain, REQUEST, of(NONE), Refuse, _R.NO_SUCH_TRAIN, id="no train"),
        case(by_captain, replace(REQUEST, by=Stranger("U1", "x", "y")), TRAINS, Refuse, _R.NOT_CAPTAIN, id="a stranger"),
        case(accountable, REQUEST, TRAINS, Allow, id="the captain"),
        case(accountable, replace(REQUEST, by=MARA), TRAINS, Allow, id="a release manager"),
        case(accountable, replace(REQUEST, by=DANA), TRAINS, Refuse, _R.NOT_CAPTAIN, id="a developer"),
        case(accountable, REQUEST, of(NONE), Refuse, _R.NO_SUCH_TRAIN, id="no train"),
        case(accountable, replace(REQUEST, by=MARA), of(run=NO_RUN), Refuse, _R.NO_SUCH_TRAIN, id="a run that there is not"),
        case(accountable, replace(REQUEST, by=MARA), of(BOTH, policy=OF_API), Refuse, _R.NOT_CAPTAIN, id="a release manager of one of two"),
        case(accountable, replace(REQUEST, by=Stranger("U1", "x", "y")), TRAINS, Refuse, _R.NOT_CAPTAIN, id="a stranger"),
        case(authorized, REQUEST, of(NONE), Refuse, _R.NO_SUCH_TRAIN, id="no train"),
        case(authorized, DEFINED, of(NONE), Refuse, _R.NO_POLICY, id="a new one, not opened"),
    ],
)  # fmt: skip
def test_what_a_train_may_be(guard, request_, facts, answer, code):
    found = guard(request_, facts)
    assert isinstance(found, answer)
    assert getattr(found, "code", None) is code


def grouped(role):
    """The policy with a role that only a Slack group gives, and facts in which that group was not read."""
    policy = POLICY.model_copy(update={"roles": {**POLICY.roles, role: (RoleGrant(groups=("S0ROLE",)),)}})
    return of(policy=policy, groups={"S0ROLE": Unread("the group")})


def test_a_group_that_was_not_read_is_no_captain_and_no_manager():
    assert isinstance(able_captains(REQUEST, grouped(Role.RELEASE_CAPTAIN)), Unsure)
    assert isinstance(accountable(replace(REQUEST, by=DANA), grouped(Role.RELEASE_MANAGER)), Unsure)


def test_a_train_touches_all_its_services_as_it_is_and_as_it_shall_be():
    opened = {**POLICY.allow, Action.TRAIN: {"production": (Role.RELEASE_CAPTAIN,)}}
    facts = of(policy=POLICY.model_copy(update={"allow": opened}))
    assert isinstance(authorized(DEFINED, facts), Allow)
    more = replace(DEFINED, definition=replace(TRAIN, services=("api", "gone")))
    refused = authorized(more, facts)
    assert isinstance(refused, Refuse)
    assert refused.code is Refusal.NO_POLICY


def test_who_leads_is_named():
    assert able_captains(REQUEST, TRAINS).why == "led by remy@example.com"
    assert able_captains(REQUEST, of(replace(TRAIN, captains=()))).why == "no captain is named yet"


def test_an_edit_changes_what_it_names():
    edited = TrainEdit({"channel": "C1"}, {"stabilization": 3}).over(TRAIN)
    assert (edited.channel, edited.rule.stabilization, edited.rule.window) == ("C1", 3, "weekdays")
    assert TrainEdit().over(TRAIN) == TRAIN


def test_a_skipped_run_can_only_be_taken_back():
    assert STAGES[Stage.SKIPPED] == {Stage.PLANNED}


def test_nothing_more_happens_to_a_run_that_was_skipped_or_closed():
    assert [stage for stage in Stage if stage not in OPEN_RUN] == [Stage.SKIPPED, Stage.CLOSED]


def test_the_cutoff_is_told_in_the_zone_of_the_train():
    in_tokyo = replace(TRAIN, rule=replace(RULE, zone="Asia/Tokyo"))
    assert "was Tue 1 Dec 12:00 Europe/Berlin;" in before_cutoff(MOVED, of(TRAIN, RUN, at=CUTOFF)).why
    assert "was Tue 1 Dec 20:00 Asia/Tokyo;" in before_cutoff(MOVED, of(in_tokyo, RUN, at=CUTOFF)).why


# ---------------------------------------------------------------- quiet hours

NIGHT = QuietHours()
NOON = QuietHours(start=time(12), end=time(13))


@pytest.mark.parametrize(
    ("wall", "zone", "quiet", "until"),
    [
        pytest.param(datetime(2026, 11, 24, 19, 59), "Europe/Berlin", NIGHT, None, id="a minute before"),
        pytest.param(datetime(2026, 11, 24, 19), "UTC", NIGHT, None, id="evening"),
        pytest.param(datetime(2026, 11, 24, 20), "Europe/Berlin", NIGHT, datetime(2026, 11, 25, 7), id="from eight on, until the morning"),
        pytest.param(datetime(2026, 11, 25, 3), "Europe/Berlin", NIGHT, datetime(2026, 11, 25, 7), id="in the night"),
        pytest.param(datetime(2026, 11, 25, 8), "Europe/Berlin", NIGHT, None, id="at their end"),
        pytest.param(datetime(2026, 3, 28, 23), "Europe/Berlin", NIGHT, datetime(2026, 3, 29, 6), id="the night in which summer begins"),
        pytest.param(datetime(2026, 11, 24, 12, 30), "Europe/Berlin", NOON, datetime(2026, 11, 24, 12), id="by day"),
        pytest.param(datetime(2026, 11, 24, 13), "Europe/Berlin", NOON, None, id="after them by day"),
        pytest.param(datetime(2026, 11, 24, 11, 59), "Europe/Berlin", NOON, None, id="before them by day"),
        pytest.param(datetime(2026, 11, 24, 3), "Europe/Berlin", None, None, id="none at all"),
        pytest.param(datetime(2026, 11, 24, 3), "Europe/Berlin", QuietHours(start=time(8), end=time(8)), None, id="no length"),
    ],
)
def test_when_somebody_is_left_alone(wall, zone, quiet, until):
    at = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert quiet_until(at, zone, quiet) == (until and until.replace(tzinfo=UTC))
