"""A decision names a change that exists, still can be decided, is the one that was seen, and gives a reason (PRM-10, RSK-12, SOD-06)."""

import pytest
from inline_snapshot import snapshot

from guards.change import Approval, Verdict
from guards.decision import Allow, Refusal, Unsure
from guards.facts import Facts, Request
from guards.identity import Stranger
from guards.judge import Guard
from guards.lifecycle import MOVES, State
from guards.record import as_seen, cancellable, decided_by_asker, reasoned, undecided, undecided_by_asker
from guards.unread import Absent, Unread
from tests.guards.cases import AT, CHANGE, FACTS, MARA, MINUTE, RAVI, REQUEST, Expected, approval, change, facts, request, said, told

NO_SUCH = facts(change=Absent("change CR-9"))
NONE = facts(change=None)
UNREAD = facts(change=Unread("the change", "locked"))
APPROVALS_UNREAD = facts(approvals=Unread("the approvals", "locked"))
BY_MARA = request(by=MARA)


def state(now: State, **more: object) -> Facts:
    return facts(change=change(state=now, **more))


def decided(*given: Approval) -> Facts:
    return facts(approvals=given)


@pytest.mark.parametrize("guard", [undecided, cancellable, as_seen, undecided_by_asker])
@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(FACTS, Allow, id="there is such a change"),
        pytest.param(NO_SUCH, Refusal.NO_SUCH_CHANGE, id="there is none of this name"),
        pytest.param(NONE, Refusal.NO_SUCH_CHANGE, id="none was named"),
        pytest.param(UNREAD, Unsure, id="it could not be read"),
    ],
)
def test_there_must_be_a_change(guard: Guard, known: Facts, expected: Expected) -> None:
    assert said(guard(REQUEST, known)) == expected


@pytest.mark.parametrize("now", State)
def test_people_decide_only_before_it_goes_out(now: State) -> None:
    open_to_people = {State.AWAITING, State.APPROVED, State.WAITING}
    assert said(undecided(REQUEST, state(now))) == (Allow if now in open_to_people else Refusal.WRONG_STATE)


@pytest.mark.parametrize("now", State)
def test_a_change_is_taken_back_wherever_the_lifecycle_can_cancel_it_but_not_while_ci_is_known_to_work(now: State) -> None:
    ours = State.CANCELLED in MOVES[now] and now not in {State.DISPATCHING, State.RUNNING}
    assert said(cancellable(REQUEST, state(now))) == (Allow if ours else Refusal.WRONG_STATE)


@pytest.mark.parametrize(
    ("guard", "asked", "known", "expected"),
    [
        pytest.param(as_seen, REQUEST, FACTS, Allow, id="no card was clicked"),
        pytest.param(as_seen, request(seen=CHANGE.content.hash), FACTS, Allow, id="the card shows what is true"),
        pytest.param(as_seen, request(seen="0" * 64), FACTS, Refusal.STALE_CARD, id="the card is old"),
        pytest.param(as_seen, request(seen="f" * 64), FACTS, Refusal.STALE_CARD, id="the card is old, and its hash sorts behind"),
        pytest.param(as_seen, request(seen=""), FACTS, Refusal.STALE_CARD, id="the card carries nothing"),
        pytest.param(reasoned, request(rationale="smoke tests are green"), FACTS, Allow, id="a reason"),
        pytest.param(reasoned, request(rationale=""), FACTS, Refusal.NO_RATIONALE, id="no reason"),
        pytest.param(reasoned, request(rationale=" \n"), FACTS, Refusal.NO_RATIONALE, id="white space is no reason"),
        # the second click
        pytest.param(undecided_by_asker, BY_MARA, decided(), Allow, id="nobody decided"),
        pytest.param(undecided_by_asker, BY_MARA, decided(approval(MARA)), Refusal.ALREADY_DECIDED, id="the second click"),
        pytest.param(undecided_by_asker, BY_MARA, decided(approval(RAVI)), Allow, id="somebody else approved"),
        pytest.param(undecided_by_asker, BY_MARA, decided(approval(MARA, withdrawn=AT)), Allow, id="they took it back"),
        pytest.param(undecided_by_asker, BY_MARA, decided(approval(MARA, verdict=Verdict.REJECTED)), Allow, id="they rejected it"),
        pytest.param(undecided_by_asker, BY_MARA, decided(approval(MARA, content="another")), Allow, id="they approved other content"),
        pytest.param(undecided_by_asker, BY_MARA, decided(approval(MARA, expires=AT)), Allow, id="it ran out at this moment"),
        pytest.param(undecided_by_asker, BY_MARA, decided(approval(MARA, expires=AT - MINUTE)), Allow, id="it ran out a minute ago"),
        pytest.param(undecided_by_asker, BY_MARA, decided(approval(MARA, expires=AT + MINUTE)), Refusal.ALREADY_DECIDED, id="lasts on"),
        pytest.param(
            undecided_by_asker, BY_MARA, decided(approval(MARA, expires=AT), approval(MARA)), Refusal.ALREADY_DECIDED,
            id="one ran out and one stands",
        ),
        pytest.param(undecided_by_asker, BY_MARA, APPROVALS_UNREAD, Unsure, id="the approvals could not be read"),
        # taking back
        pytest.param(decided_by_asker, BY_MARA, decided(approval(MARA)), Allow, id="their approval stands"),
        pytest.param(decided_by_asker, BY_MARA, decided(), Refusal.ALREADY_DECIDED, id="nothing to take back"),
        pytest.param(decided_by_asker, BY_MARA, decided(approval(RAVI)), Refusal.ALREADY_DECIDED, id="not theirs to take back"),
        pytest.param(decided_by_asker, BY_MARA, decided(approval(MARA, withdrawn=AT)), Refusal.ALREADY_DECIDED, id="taken back already"),
        pytest.param(decided_by_asker, BY_MARA, decided(approval(MARA, expires=AT)), Allow, id="taking back one that ran out does no harm"),
        pytest.param(
            decided_by_asker, BY_MARA, decided(approval(MARA, verdict=Verdict.REJECTED)), Refusal.ALREADY_DECIDED, id="a rejection stays"
        ),
        pytest.param(
            decided_by_asker, request(by=Stranger("U0GUEST", "Gus", "a guest")), decided(approval(MARA)), Refusal.ALREADY_DECIDED,
            id="a stranger has none",
        ),
        pytest.param(decided_by_asker, BY_MARA, APPROVALS_UNREAD, Unsure, id="none of it could be read"),
    ],
)  # fmt: skip
def test_what_a_decision_takes(guard: Guard, asked: Request, known: Facts, expected: Expected) -> None:
    assert said(guard(asked, known)) == expected


@pytest.mark.parametrize(
    ("guard", "asked", "known", "sentence"),
    [
        pytest.param(undecided, REQUEST, FACTS, snapshot(("CR-2026-1124-001 is awaiting-approval",)), id="undecided"),
        pytest.param(
            undecided,
            REQUEST,
            state(State.SUCCEEDED),
            snapshot(("CR-2026-1124-001 is succeeded; it takes no decision any more.", "See `/release status api`.")),
            id="over",
        ),
        pytest.param(
            undecided,
            REQUEST,
            NO_SUCH,
            snapshot(("There is no change CR-9.", "`/release status` shows the changes that are open.")),
            id="no such change",
        ),
        pytest.param(
            undecided,
            REQUEST,
            NONE,
            snapshot(("There is no such change.", "`/release status` shows the changes that are open.")),
            id="no change",
        ),
        pytest.param(undecided, REQUEST, UNREAD, snapshot(("could not read the change", "locked")), id="change unread"),
        pytest.param(cancellable, REQUEST, state(State.TIMED_OUT), snapshot(("CR-2026-1124-001 is timed-out",)), id="can be cancelled"),
        pytest.param(
            cancellable,
            REQUEST,
            state(State.RUNNING),
            snapshot(("CI works on CR-2026-1124-001.", "Cancel the run in CI; the result is recorded here.")),
            id="runs",
        ),
        pytest.param(
            cancellable,
            REQUEST,
            state(State.RUNNING, dispatched=AT, run_url="https://ci.example.com/7"),
            snapshot(
                (
                    "CI works on CR-2026-1124-001 since 11:00 UTC.",
                    "Cancel the run in CI: https://ci.example.com/7; the result is recorded here.",
                )
            ),
            id="runs somewhere",
        ),
        pytest.param(
            cancellable,
            REQUEST,
            state(State.FAILED),
            snapshot(("CR-2026-1124-001 is failed already.", "Nothing is left to cancel.")),
            id="nothing to cancel",
        ),
        pytest.param(as_seen, REQUEST, FACTS, snapshot(("decided on what is true now",)), id="as seen"),
        pytest.param(
            as_seen,
            request(seen="0" * 64),
            FACTS,
            snapshot(("CR-2026-1124-001 has changed since this card was drawn.", "Look at its newest card, and decide there.")),
            id="stale",
        ),
        pytest.param(reasoned, request(rationale="ok"), FACTS, snapshot(("a reason was given",)), id="reasoned"),
        pytest.param(
            reasoned, REQUEST, FACTS, snapshot(("A decision takes a reason.", "Say in a sentence what you looked at.")), id="no reason"
        ),
        pytest.param(
            undecided_by_asker,
            BY_MARA,
            FACTS,
            snapshot(("You approved this on 2026-11-24 10:30 UTC; it counts once.", "To take it back, use `/release withdraw`.")),
            id="twice",
        ),
        pytest.param(undecided_by_asker, BY_MARA, decided(), snapshot(("no decision of theirs stands",)), id="once"),
        pytest.param(decided_by_asker, BY_MARA, FACTS, snapshot(("an approval of theirs stands",)), id="can be withdrawn"),
        pytest.param(
            decided_by_asker,
            BY_MARA,
            decided(),
            snapshot(("No approval of yours stands.", "Nothing is left to withdraw.")),
            id="nothing to withdraw",
        ),
        pytest.param(
            decided_by_asker, BY_MARA, APPROVALS_UNREAD, snapshot(("could not read the approvals", "locked")), id="approvals unread"
        ),
    ],
)
def test_what_people_read(guard: Guard, asked: Request, known: Facts, sentence: tuple[str, ...]) -> None:
    assert told(guard(asked, known)) == sentence
