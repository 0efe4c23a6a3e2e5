"""No interleaving of requests, approvals, freezes, windows, exceptions, emergencies and role changes dispatches what the requirements forbid.

What they say stands in `model.py`, told anew; hypothesis looks for a way past it, and for something that may go and does not.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from commands.core import dispatch, freezing, ordering
from commands.core.ports.ci import RunState
from guards import approvals, duties
from guards.policy import Policy
from tests.torture import acts
from tests.torture.acts import Act
from tests.torture.model import FILES, PEOPLE, PRODUCTION, SERVICES, STAGING, VERSIONS, Change
from tests.torture.size import size
from tests.torture.watched import Watched, data_of

T = TypeVar("T")
WHO, WHICH = st.sampled_from(PEOPLE), st.integers(0, 4)
SERVICE, VERSION = st.sampled_from(SERVICES), st.sampled_from(VERSIONS)
MINUTES = st.sampled_from([0.5, 2, 5, 16, 16, 45, 121])
PATIENCE = 16
"""Minutes after which what may go has gone: the longest wait that no event ends is that for a soak."""
POLICIES: dict[str, Policy] = {}


def pick(found: Sequence[T], which: int) -> T:
    """One of the newest."""
    return found[-1 - which % len(found)]


class Company(RuleBasedStateMachine):
    """What may happen in a company; each machine is one company with a database and a loop of its own."""

    template: ClassVar[Path]
    steps: ClassVar[int] = 0
    orders: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.at = Watched(self.template, Path(self.folder.name), POLICIES)
        self.model = self.at.model
        self.loop.run(self.at.world.__aenter__())

    def teardown(self) -> None:
        try:
            self.loop.run(self.at.world.__aexit__())
        finally:
            self.loop.close()
            self.folder.cleanup()
            Company.orders += self.at.orders

    def do(self, what: Coroutine[Any, Any, T]) -> T:
        """Have it happen."""
        Company.steps += 1
        return self.loop.run(what)

    @initialize(soaks=st.booleans())
    def staged(self, soaks: bool) -> None:
        """Each version has been in staging, so that most of what is asked for is in reach."""
        for service in SERVICES:
            for version in VERSIONS:
                self.do(self.at.deployed(service, version))
                if soaks or version == VERSIONS[-1]:
                    self.do(self.at.pass_time(minutes=16))
        self.asked_and_approved()

    # ------------------------------------------------------------ what people say

    @property
    def open(self) -> list[Change]:
        """What can still go out in production."""
        return [c for c in self.model.changes.values() if not c.over and c.ordered is None and c.environment == PRODUCTION]

    @rule(data=st.data())
    def said(self, data: st.DataObject) -> None:
        self.do(self.at.act(self.something(data, data.draw(WHO))))

    @rule(data=st.data(), people=st.lists(WHO, min_size=2, max_size=4, unique=True))
    def said_at_once(self, data: st.DataObject, people: list[str]) -> None:
        """The bot gets to it when all of them said it."""
        self.do(self.at.act(*(self.something(data, who) for who in people)))

    @precondition(lambda self: self.open)
    @rule(which=WHICH)
    def approved_by_all_who_may(self, which: int) -> None:
        """One after the other, until it goes."""
        change = pick(self.open, which)
        for who in PEOPLE:
            if change in self.open and self.model.may_approve(who, change, self.at.now):
                self.do(self.at.act(acts.approve(who, change.id)))

    @precondition(lambda self: self.open)
    @rule(who=WHO, which=WHICH, stale=st.booleans())
    def clicked(self, who: str, which: int, stale: bool) -> None:
        self.do(self.at.click(acts.approve(who, pick(self.open, which).id), stale=stale))

    @rule(who=WHO)
    def delivered_again(self, who: str) -> None:
        self.do(self.at.again(who))

    @rule()
    def asked_and_approved(self) -> None:
        """What people do on most days."""
        if not self.model.file.open(self.at.now):
            self.the_window_opens_or_closes(seconds=1800, opening=True)
        service, version = next(((s, v) for v in VERSIONS for s in SERVICES if not self.model.last(s, v)), (SERVICES[0], VERSIONS[0]))
        self.asked_by_somebody_who_may("dev", service, version)
        if self.open:
            self.approved_by_all_who_may(0)

    @rule(who=st.sampled_from(["carla", "dev"]), service=SERVICE, version=VERSION)
    def asked_by_somebody_who_may(self, who: str, service: str, version: str) -> None:
        self.do(self.at.act(acts.promote(who, service, version, PRODUCTION)))

    @precondition(lambda self: self.open)
    @rule(data=st.data(), which=WHICH)
    def approved_by_somebody_who_may(self, data: st.DataObject, which: int) -> None:
        change = pick(self.open, which)
        able = [who for who in PEOPLE if self.model.may_approve(who, change, self.at.now)] or list(PEOPLE)
        self.do(self.at.act(acts.approve(data.draw(st.sampled_from(able)), change.id)))

    @precondition(lambda self: self.model.emergencies)
    @rule(data=st.data())
    def helped(self, data: st.DataObject) -> None:
        """Whoever may takes the newest emergency further."""
        record = pick(list(self.model.emergencies.values()), 0)
        if record.approved:
            self.do(self.at.act(acts.emergency_promote(data.draw(st.sampled_from(["carla", "rita", "dev"])), record.id)))
        else:
            self.do(self.at.act(acts.emergency_approve(data.draw(st.sampled_from(["olga", "rob", "rita", "carla", "dev"])), record.id)))

    def something(self, data: st.DataObject, who: str) -> Act:
        """One of the things that somebody can say now."""
        model, now, draw = self.model, self.at.now, data.draw
        service, version = draw(SERVICE), draw(VERSION)
        lasts = timedelta(minutes=draw(MINUTES))
        kinds = ["promote", "promote", "freeze", "delegate", "exempt", "emergency"]
        for what, there in (
            ("change", self.open), ("held", model.freezes), ("delegation", model.delegations), ("waived", model.exempts),
            ("urgent", model.emergencies),
        ):  # fmt: skip
            kinds += [what] * 2 if there else []
        match draw(st.sampled_from(kinds)):
            case "promote":
                where = draw(st.sampled_from([PRODUCTION, PRODUCTION, STAGING]))
                return acts.promote(who, service, version, where, queue=where == PRODUCTION and draw(st.booleans()))
            case "freeze":
                kind, start = (
                    draw(st.sampled_from(["holiday", "lockdown", "sudden"])),
                    now + timedelta(minutes=draw(st.sampled_from([0, 0, 3, 40]))),
                )
                return acts.freeze(who, kind, draw(st.sampled_from([service, None])), start, lasts)
            case "delegate":
                return acts.delegate(who, draw(WHO), now + lasts)
            case "exempt":
                for_what = draw(st.sampled_from([version, None]))
                return acts.exempt(who, draw(WHO), service, for_what, now + lasts, once=draw(st.booleans()))
            case "emergency":
                return acts.emergency(who, service, version)
            case "change":
                verb = draw(st.sampled_from([acts.approve, acts.approve, acts.approve, acts.withdraw, acts.reject, acts.cancel]))
                return verb(who, pick(self.open, draw(WHICH)).id)
            case "held":
                one = pick(list(model.freezes), draw(WHICH))
                verb = draw(st.sampled_from([acts.freeze_approve, acts.freeze_lift, None]))
                return verb(who, one) if verb else acts.freeze_extend(who, one, now + lasts)
            case "delegation":
                return acts.delegate_end(who, pick(list(model.delegations), draw(WHICH)))
            case "waived":
                verb = draw(st.sampled_from([acts.exempt_approve, acts.exempt_approve, acts.exempt_revoke]))
                return verb(who, pick(list(model.exempts), draw(WHICH)))
            case _:
                verb = draw(st.sampled_from([acts.emergency_approve, acts.emergency_promote, acts.emergency_withdraw]))
                return verb(who, pick(list(model.emergencies), draw(WHICH)))

    @rule(kind=st.sampled_from(["holiday", "lockdown"]), minutes=st.sampled_from([5, 45]))
    def everything_stands_still(self, kind: str, minutes: int) -> None:
        """From now on; whoever may says so, if there is one."""
        who = next((one for one in PEOPLE if self.model.may(one, "lift", self.at.now)), "rita")
        self.do(self.at.act(acts.freeze(who, kind, None, self.at.now, timedelta(minutes=minutes))))

    # ------------------------------------------------------------ time

    @rule(minutes=st.sampled_from([0.5, 2, 5, 16, 45]))
    def time_passes(self, minutes: float) -> None:
        self.do(self.at.pass_time(minutes=minutes))
        if minutes >= PATIENCE:
            self.do(self.at.all_prompt())

    @rule(seconds=st.sampled_from([-1, 0, 1800]), opening=st.sampled_from([True, True, False]))
    def the_window_opens_or_closes(self, seconds: int, opening: bool) -> None:
        """To a second before, to the very moment, or into what follows."""
        self.do(self.at.pass_time(seconds=self.model.until_edge(self.at.now, opening=opening).total_seconds() + seconds))

    # ------------------------------------------------------------ CI

    @rule(service=SERVICE, version=VERSION)
    def ci_deploys_to_staging(self, service: str, version: str) -> None:
        self.do(self.at.deployed(service, version))

    @precondition(lambda self: self.at.runs)
    @rule(which=WHICH, state=st.sampled_from([RunState.RUNNING, RunState.SUCCEEDED, RunState.FAILED]), aloud=st.booleans())
    def ci_goes_on(self, which: int, state: RunState, aloud: bool) -> None:
        self.do(self.at.ci_says(pick(self.at.runs, which), state, aloud=aloud))

    @rule(how=st.sampled_from(["lost answer", "lost order", "busy", "busy for long", "refused"]))
    def ci_will_misbehave(self, how: str) -> None:
        ci = self.at.world.ci
        match how:
            case "lost answer":
                ci.lose_answer()
            case "lost order":
                ci.lose_order()
            case "refused":
                ci.turn_down()
            case _:
                ci.turn_down(retry_after=20 if how == "busy" else 200)

    # ------------------------------------------------------------ who may what

    @rule(who=WHO)
    def somebody_joins_or_leaves_the_group(self, who: str) -> None:
        self.at.regroup(who)

    @rule(who=WHO)
    def somebody_leaves_or_comes_back(self, who: str) -> None:
        self.at.leave_or_return(who)

    @rule(name=st.sampled_from(list(FILES)))
    def the_policy_file_is_changed(self, name: str) -> None:
        self.do(self.at.reload(name))


@pytest.fixture
def company(sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> type[Company]:
    """The machine, on a database of this run."""
    monkeypatch.setattr(Company, "template", sqlite_template, raising=False)
    monkeypatch.setattr(Company, "steps", 0)
    monkeypatch.setattr(Company, "orders", 0)
    if not POLICIES:
        POLICIES.update({name: Policy.model_validate(data_of(file)) for name, file in FILES.items()})
    return Company


def play(company: type[Company], examples: int, steps: int, **other: Any) -> None:
    """So many companies, each for so many steps."""
    quietly = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
    run_state_machine_as_test(company, settings=settings(max_examples=examples, stateful_step_count=steps, **quietly | other))  # type: ignore[no-untyped-call]


def test_nothing_goes_out_that_the_model_forbids_short(company):
    play(company, 3, 30, derandomize=True, phases=[Phase.generate])
    assert company.orders


@pytest.mark.torture
def test_nothing_goes_out_that_the_model_forbids(company):
    """PRM-20, PRM-21, CMD-11, CMD-12, FRZ-03, WIN-01, EXC-05, EMG-05, RBAC-09, SOD-01 … SOD-06: promises 1 and 3, and what may go goes."""
    while company.steps < size(100_000):
        play(company, 50, 100)
    print(f"{company.steps} steps, {company.orders} orders")  # what the run was worth
    assert company.orders > company.steps / 200


# ---------------------------------------------------------------- it can fail


def without(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    """A bot that does not judge by a guard again when a change goes out; at the request and at the approval it still does."""

    def broken(patch: pytest.MonkeyPatch) -> None:
        assert name in {guard.__name__ for guard in dispatch.GUARDS}
        patch.setattr(dispatch, "GUARDS", tuple(guard for guard in dispatch.GUARDS if guard.__name__ != name))

    return broken


BROKEN: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    **{f"{name} is not judged again": without(name) for name in ("authorized", "soaked", "not_frozen", "in_window", "approved")},
    "who reviewed counts alone": lambda patch: patch.setattr(approvals, "_reviewed_only", lambda *_: None),
    "who has a part in it counts": lambda patch: (
        patch.setattr(approvals, "part_in", lambda *_: None), patch.setattr(duties, "part_in", lambda *_: None)
    ),
}  # fmt: skip


@pytest.mark.torture
@pytest.mark.parametrize("name", BROKEN)
def test_a_bot_that_is_broken_is_found_out(company, monkeypatch, name):
    """Mostly within 150 companies of 60 steps; how many it takes is chance."""
    BROKEN[name](monkeypatch)
    with pytest.raises(AssertionError, match=r"although|the model says|was asked"):
        while company.steps < 100_000:
            play(company, 50, 60, phases=[Phase.generate])


async def in_the_gap(at: Watched, busy: float) -> None:
    """CI has no time for an order; meanwhile a freeze begins, or the window closes."""
    await at.deployed("api", "v1.4.0")
    await at.pass_time(minutes=16)
    await at.act(acts.promote("carla", "api", "v1.4.0", PRODUCTION))
    (change,) = at.model.changes
    if busy > 60:
        await at.pass_time(seconds=at.model.until_edge(at.now, opening=False).total_seconds() - 40)
    at.world.ci.turn_down(retry_after=busy)
    for who in ("olga", "rita"):
        await at.act(acts.approve(who, change))
    assert at.orders == 1
    if busy <= 60:
        await at.act(acts.freeze("rita", "holiday", None, at.now, timedelta(hours=1)))
    await at.pass_time(seconds=busy + 1)
    assert at.orders == 1
    assert at.model.changes[change].ordered is None


GAPS = {
    "a freeze that began": (20.0, lambda patch: patch.setattr(freezing, "began_since", lambda *_: False)),
    "a window that closed": (200.0, lambda patch: patch.setattr(ordering, "STALE", timedelta(days=1))),
}


@pytest.mark.parametrize("name", GAPS)
@pytest.mark.parametrize("broken", [False, True])
async def test_what_came_between_the_order_and_ci_is_looked_for(company, tmp_path, monkeypatch, name, broken):
    """FRZ-03, CMD-12: the order is taken back; and a bot that does not look is found out."""
    busy, breaks = GAPS[name]
    if broken:
        breaks(monkeypatch)
    at = Watched(company.template, tmp_path, POLICIES)
    async with at.world:
        with pytest.raises(AssertionError, match="although") if broken else nullcontext():
            await in_the_gap(at, busy)
