"""The states of a change and the moves between them fit together (PRM-19)."""

import pytest

from guards.lifecycle import CLAIMED, MOVES, OPEN, UNDECIDED, State

START = State.REQUESTED
RESULTS = {State.SUCCEEDED, State.FAILED, State.CANCELLED}


def reachable(start: State) -> set[State]:
    found, todo = {start}, [start]
    while todo:
        onward = MOVES[todo.pop()] - found
        found |= onward
        todo += onward
    return found


def test_every_state_has_its_moves() -> None:
    assert set(MOVES) == set(State)


def test_every_state_is_reached_from_the_start_and_none_returns_to_it() -> None:
    assert reachable(START) == set(State)
    assert not any(START in onward for onward in MOVES.values())


@pytest.mark.parametrize("state", sorted(OPEN))
def test_every_open_state_can_end(state: State) -> None:
    assert reachable(state) - OPEN


def test_no_state_moves_to_itself() -> None:
    assert not [state for state, onward in MOVES.items() if state in onward]


def test_what_is_over_stays_over() -> None:
    assert set(State) - OPEN == {state for state, onward in MOVES.items() if not onward}
    assert RESULTS | {State.REJECTED, State.EXPIRED} <= set(State) - OPEN


def test_people_decide_or_ci_works_but_never_both() -> None:
    assert not UNDECIDED & CLAIMED
    assert UNDECIDED | CLAIMED | {START} == OPEN


def test_ci_is_asked_only_after_people_decided() -> None:
    assert {state for state, onward in MOVES.items() if State.DISPATCHING in onward} <= {State.APPROVED, State.WAITING}
    assert {state for state, onward in MOVES.items() if onward & (CLAIMED - {State.DISPATCHING})} <= CLAIMED


@pytest.mark.parametrize("state", sorted(CLAIMED))
def test_what_ci_may_be_working_on_ends_by_its_result_alone(state: State) -> None:
    assert MOVES[state] - CLAIMED - {State.APPROVED} == RESULTS


@pytest.mark.parametrize("state", sorted(UNDECIDED))
def test_what_waits_for_people_can_be_rejected_cancelled_and_run_out_but_never_succeeds(state: State) -> None:
    assert MOVES[state] >= {State.REJECTED, State.CANCELLED, State.EXPIRED}
    assert State.SUCCEEDED not in MOVES[state]


def test_a_run_that_is_known_to_run_never_goes_back_to_the_start_of_the_line() -> None:
    assert State.APPROVED not in MOVES[State.RUNNING] | MOVES[State.TIMED_OUT]
