"""A CI in memory that the tests tell what to do; it passes the same contract tests as the real adapters."""

import itertools
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from pydantic import SecretStr, ValidationError

from bot.adapters.generic_wire import Callback
from bot.adapters.signing import sign, verify
from commands.core.ports.ci import (
    AccessOrder,
    BranchOrder,
    Deployed,
    Forged,
    Heard,
    Malformed,
    NoRun,
    Order,
    Run,
    RunLog,
    RunState,
    Started,
    Stopping,
    TurnedDown,
    Unknown,
)
from guards.unread import Absent, Unread

SECRET = SecretStr("the-fake-ci-secret")


class FakeCI:
    """Implements the `CI` port.

    Attributes:
        started: every order that was taken, oldest first.
        asked: every order that `start` was called with, taken or not.
        cancelled: keys of the runs that it was asked to end.
        branches: every order of a release branch that was taken.
        accesses: every order of break-glass access that was taken.
        refuses: repositories whose branches it does not make.
        sure: what an unknown key answers: `NoRun(sure=…)`.
        path: the route of its callbacks.
        forgotten: keys of orders whose logs it keeps no longer.
        away: set to an `Unread` and every look-up answers it; `start` is then turned down.
    """

    def __init__(self, name: str = "fake") -> None:
        self.path = f"/webhooks/ci/{name}"
        self.started: list[Order] = []
        self.asked: list[Order] = []
        self.branches: list[BranchOrder] = []
        self.accesses: list[AccessOrder] = []
        self.refuses: set[str] = set()
        self.cancelled: list[str] = []
        self.sure = True
        self.away: Unread | None = None
        self.forgotten: set[str] = set()
        self._plans: deque[tuple[TurnedDown | Unknown, bool]] = deque()
        self._runs: dict[str, Run] = {}
        self._ids = itertools.count(1)

    # ---- what a test tells it

    def turn_down(self, why: str = "The fake CI refused.", retry_after: float | None = None) -> None:
        """The next order is refused."""
        self._plans.append((TurnedDown(why, retry_after), False))

    def lose_answer(self, why: str = "The fake CI gave no answer.") -> None:
        """The next order is taken, but nobody hears of it."""
        self._plans.append((Unknown(why), True))

    def lose_order(self, why: str = "The fake CI gave no answer.") -> None:
        """The next order never arrives, but nobody knows that."""
        self._plans.append((Unknown(why), False))

    def move(self, key: str, state: RunState, *, digest: str | None = None) -> Run:
        """A run goes on; a run that succeeds deployed what was ordered unless `digest` says otherwise."""
        order = next(order for order in self.started if order.key == key)
        deployed = digest or (order.digest if state is RunState.SUCCEEDED else None)
        self._runs[key] = replace(self._runs[key], state=state, digest=deployed)
        return self._runs[key]

    def count(self, key: str) -> int:
        """How many runs this key caused."""
        return Counter(order.key for order in self.started)[key]

    def run(self, key: str) -> Run:
        """The run of an order that was taken."""
        return self._runs[key]

    def callback(self, *reports: Run | Deployed, at: datetime, delivery: str = "d-1") -> tuple[dict[str, str], bytes]:
        """A signed callback as it would arrive: headers in lower case, raw body."""
        kinds = [{"type": "run" if isinstance(r, Run) else "deployed", **{f: getattr(r, f) for f in r.__slots__}} for r in reports]
        body = Callback.model_validate({"delivery": delivery, "reports": kinds}).model_dump_json().encode()
        return self.signed(body, at), body

    def signed(self, body: bytes, at: datetime) -> dict[str, str]:
        """The headers that make this CI's word of a body, keys in lower case."""
        return {k.lower(): v for k, v in sign(SECRET, "POST", self.path, body, at).items()}

    # ---- the port

    async def start(self, order: Order) -> Started | TurnedDown | Unknown:
        self.asked.append(order)
        if self.away:
            return TurnedDown(f"The fake CI could not be reached: {self.away.why}.")
        outcome, taken = self._plans.popleft() if self._plans else (None, True)
        if taken:
            self.started.append(order)
            run = f"run-{next(self._ids)}"
            self._runs[order.key] = Run(order.key, run, f"https://ci.test/runs/{run}", RunState.QUEUED)
        return outcome or Started(self._runs[order.key].run, self._runs[order.key].url)

    async def branch(self, order: BranchOrder) -> Started | TurnedDown | Unknown:
        if self.away:
            return TurnedDown(f"The fake CI could not be reached: {self.away.why}.")
        if order.repository in self.refuses:
            return TurnedDown("The fake CI refused.")
        outcome, taken = self._plans.popleft() if self._plans else (None, True)
        if taken:
            self.branches.append(order)
        return outcome or Started()

    async def access(self, order: AccessOrder) -> Started | TurnedDown | Unknown:
        if self.away:
            return TurnedDown(f"The fake CI could not be reached: {self.away.why}.")
        outcome, taken = self._plans.popleft() if self._plans else (None, True)
        if taken:
            self.accesses.append(order)
        return outcome or Started("access-1", "https://ci.test/runs/access-1")

    async def cancel(self, order: Order, run: str | None) -> Stopping | TurnedDown | Unknown:
        if self.away:
            return TurnedDown(f"The fake CI could not be reached: {self.away.why}.")
        known = self._runs.get(order.key)
        if known is None or known.state not in {RunState.QUEUED, RunState.RUNNING}:
            return TurnedDown("The fake CI has no such run at work.")
        self.cancelled.append(order.key)
        return Stopping()

    async def find(self, order: Order, run: str | None, since: datetime) -> Run | NoRun | Unread:
        return self.away or self._runs.get(order.key) or NoRun(sure=self.sure)

    async def log(self, order: Order, run: str | None) -> RunLog | Absent | Unread:
        if self.away:
            return self.away
        if order.key in self.forgotten:
            return Absent(f"log of {order.key} any more")
        written = f"{order.key}: {order.service} {order.version} to {order.environment}\n"
        return RunLog(written.encode(), "text/plain") if order.key in self._runs else Absent(f"log of {order.key}")

    def hear(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Heard | Forged | Malformed:
        if why := verify([SECRET], headers, "POST", self.path, body, at):
            return Forged(why)
        try:
            callback = Callback.model_validate_json(body)
        except ValidationError as error:
            return Malformed(str(error.errors()[0]["msg"]))
        return Heard(callback.delivery, tuple(report.value() for report in callback.reports))

    async def alive(self) -> Unread | None:
        return self.away
