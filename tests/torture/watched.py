"""The bot at work in a company, with the model beside it: each entry of the ledger and each order to CI is compared with what the model says.

Invariant: what went out is judged by the model as it stood at that entry of the ledger, not at the end of a step; so the order in which
deliveries that came together were carried out does not matter.
"""

from __future__ import annotations

import copy
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.workspace import Message
from bot.workspace.nouns import buttons_of
from commands.core.invocation import REPORTED, Reported
from commands.core.ports.ci import Deployed, Order, Run, RunState, Started, TurnedDown, Unknown
from guards.lifecycle import State
from guards.policy import Policy
from guards.version import Artifact
from storage import audit, changes, inbox
from storage.chain import Row
from tests.torture.acts import Act
from tests.torture.model import AUTHORS, FILES, PRODUCTION, REVIEWERS, SERVICES, STAGING, Change, File, Model
from tests.world.ci import FakeCI
from tests.world.company import COMMIT, group_id, policy_data
from tests.world.embedded import Embedded

STALE = timedelta(seconds=60)
"""So long an order may be on its way to CI; one that is older is judged again (CMD-12)."""

HEAL = {"no window is open", "it is frozen", "its place is taken", "too few approved it", "it did not soak"}
"""What people or time may mend: a change is not refused for good because of it alone."""

_ROLES = {
    "captain": "release_captain", "developer": "developer", "manager": "release_manager", "commander": "incident_commander",
    "on-call": "on_call", "lead": "on_call_lead",
}  # fmt: skip
_TAKES = {
    "promote": "change:requested", "approve": "change:approval", "withdraw": "change:approval-withdrawn",
    "freeze-declare": "freeze:declared", "freeze-approve": "freeze:approved", "freeze-lift": "freeze:lifted",
    "freeze-extend": "freeze:extended", "delegate-to": "delegation:recorded", "delegate-end": "delegation:ended",
    "exception-request": "exception:requested", "exception-approve": "exception:approved", "exception-revoke": "exception:revoked",
    "emergency-declare": "emergency:declared", "emergency-approve": "emergency:approval", "emergency-promote": "change:requested",
}  # fmt: skip
"""The entry by which each command takes effect."""
_ENDS = {"change:succeeded", "change:failed", "change:cancelled"}
_TAKEN_BACK = {"dispatch:waits", "dispatch:unsure", "dispatch:refused", "dispatch:not-taken", "change:needs-approval"}


def digest_of(version: str) -> str:
    """Of each version another one."""
    return "sha256:" + version.encode().hex().ljust(64, "0")


def data_of(file: File) -> dict[str, Any]:
    """The policy file that the model calls by its name."""
    grants = {_ROLES[role]: [{"people": [f"{p}@acme.example" for p in sorted(who)]}] for role, who in file.roles.items() if role in _ROLES}
    grants["release_manager"].append({"groups": [group_id("release-managers")]})
    data = policy_data(
        roles=grants,
        windows={"weekdays": {"days": ["Mon", "Tue", "Wed", "Thu"], "start": f"{file.opens}:00".zfill(5), "end": f"{file.closes}:00",
                              "owner": "rita@acme.example"}},
        approvals={"production": {"count": file.count, "lifetime": "24h", "waits": False, "ends_with_window": False}},
        evidence={"profile": "starter", "soak": "15m", "environments": {"production": {"add": ["soak"]}}},
        freeze_kinds={
            "holiday": {"passes": ["emergency"]}, "lockdown": {}, "sudden": {"passes": ["emergency"], "at_once": True, "approve_within": "2h"},
        },
        delegation={"roles": ["release_manager"], "maximum": "14d"},
    )  # fmt: skip
    data["services"] = {name: {**data["services"][name], "chain": [STAGING, PRODUCTION]} for name in SERVICES}
    deciding = ["service_owner", "release_manager", "incident_commander", "on_call", "on_call_lead"]
    data["allow"] |= {
        "cancel": {"production": ["release_captain", "release_manager"], STAGING: ["developer"]},
        "declare-emergency": {PRODUCTION: ["incident_commander", "on_call"]},
        "approve-emergency": {PRODUCTION: deciding},
        "request-exception": {PRODUCTION: ["developer", "release_captain"]},
        "approve-exception": {PRODUCTION: ["release_manager", "service_owner"]},
    }
    return data


class _AskedCI(FakeCI):
    """A CI that has somebody look at each order when it comes in."""

    def __init__(self, watched: Watched) -> None:
        super().__init__()
        self._watched = watched

    async def start(self, order: Order) -> Started | TurnedDown | Unknown:
        self._watched.asked(order)
        return await super().start(order)


class Watched:
    """One company, from its first day on.

    Attributes:
        model: the other opinion. world: the bot. orders: so many came to CI.
    """

    def __init__(self, template: Path, folder: Path, policies: dict[str, Policy]) -> None:
        database = folder / "signalbox.db"
        shutil.copy(template, database)
        self._policies = policies
        self.model = Model()
        self.world = Embedded(f"sqlite:///{database}", data_of(FILES["usual"]))
        self.world.ci = _AskedCI(self)
        for service in SERVICES:
            for version, authors in AUTHORS.items():
                built = Artifact(service, version, digest_of(version), COMMIT, frozenset(authors), frozenset(REVIEWERS[version]))
                self.world.artifacts.add(built)
        self._seen = self._reports = 0
        self._acts: dict[str, Act] = {}
        self._answers: dict[str, str] = {}
        self._alone = True
        self._keys: dict[str, str] = {}
        self._said: dict[str, datetime] = {}
        self._screens: dict[str, tuple[Message, str]] = {}
        self._old = False
        self._wrong: AssertionError | None = None
        self.orders = 0

    @property
    def now(self) -> datetime:
        return self.world.clock.now()

    # ------------------------------------------------------------ what happens

    async def act(self, *acts: Act) -> None:
        """People say something, each of them at most one thing, all before the bot gets to any of it."""
        self._acts, self._answers, self._alone = {act.who: act for act in acts}, {}, len(acts) == 1
        for act in acts:
            person, channel = self.world.people[act.who], self.world.channels["releases"]
            exchange = await self.world.slack.say(person, channel, f"/release {act.text}")
            assert exchange.status == 200, exchange
            self._said[act.who] = self.now
        await self.pass_time(seconds=0)
        for act in acts:
            await self._asked_for_more(act)
        if self._alone and acts[0].word == "approve" and self._answers.get(acts[0].who) == "accepted":
            self.prompt(self.model.changes[acts[0].about or ""])

    async def click(self, act: Act, *, stale: bool) -> None:
        """The same by its card: the button, then its form; on a screen that was not refreshed since it was first seen, if it is stale."""
        id_ = act.about or ""
        found = [message for message in self.world.cards() if self._approves(message, id_)]
        if not found:
            return
        self._screens.setdefault(id_, (copy.copy(found[-1]), self.model.file.name))
        screen, drawn = self._screens[id_] if stale else (found[-1], self.model.file.name)
        person = self.world.people[act.who]
        self._acts, self._answers, self._alone = {act.who: act}, {}, True
        self._old = stale and drawn != self.model.file.name  # RSK-12: what was seen is not what the change is
        await self.world.slack.press(person, screen, "Approve")
        await self.pass_time(seconds=0)
        if self.world.form(act.who):
            assert act.expect(self.model, self.now) and not self._old, f"{act.who} was asked why, and may not: {act.text!r}"
            await self.world.slack.submit(person, {"rationale": "diff read, tests green"})
            await self.pass_time(seconds=0)
            assert self._answers[act.who] == "accepted"
            self.prompt(self.model.changes[id_])
        self._old = False

    def _approves(self, message: Message, id_: str) -> bool:
        buttons = buttons_of(message.blocks, self.world.slack.state.reader())
        return any(one.text == "Approve" and json.loads(one.value or "{}").get("change") == id_ for one in buttons)

    async def again(self, who: str) -> None:
        """Slack delivers once more what somebody did last: nothing comes of it (PRM-20)."""
        last, when = self.world.slack.last(self.world.people[who]), self._said.get(who)
        if last is None or when is None or self.now - when > timedelta(days=1):
            return
        before = self._seen
        await self.world.slack.redeliver(last)
        await self.world.quiet()
        self.read()
        assert self._seen == before, f"something came of what {who} did once: {last.payload}"

    async def _asked_for_more(self, act: Act) -> None:
        """Where a form opens instead of a refusal, nothing was done either; somebody without an account learns only that."""
        if act.who in self._answers or act.who in self.model.away:
            return
        form = self.world.form(act.who)
        assert form, f"{act.who} got no answer to {act.text!r}"
        assert not act.expect(self.model, self.now), f"{act.who} was asked for more than {act.text!r}"
        await self.world.slack.close_modal(self.world.people[act.who], everything=True)

    async def pass_time(self, **span: float) -> None:
        """The clock moves, what is due happens, and all of it is compared."""
        self.world.clock.at += timedelta(**span)
        for _ in range(2):
            await self.world.house.workers.tick()
            await self.world.quiet()
        self.read()
        if self._wrong:
            raise self._wrong

    async def ci_says(self, key: str, state: RunState, *, aloud: bool) -> None:
        """CI goes on with a run, and tells of it or not."""
        run = self.world.ci.move(key, state)
        if aloud:
            await self._hear(run)
        await self.pass_time(seconds=1)

    async def deployed(self, service: str, version: str) -> None:
        """CI brings a version to staging by itself (PRM-17)."""
        await self._hear(Deployed(service, STAGING, version, digest_of(version), COMMIT, "build-1", self.now))
        await self.pass_time(seconds=1)

    async def _hear(self, report: Run | Deployed) -> None:
        self._reports += 1
        payload = Reported(ci="fake", reports=(report,)).model_dump(mode="json")
        await self.world.house.inbox.put(inbox.Delivery(f"ci:fake:{self._reports}", REPORTED, payload, f"report-{self._reports}"))

    async def reload(self, name: str) -> None:
        """The bot starts anew with another policy file."""
        self.model.file = FILES[name]
        await self.world.restart(self._policies[name])
        await self.pass_time(seconds=1)

    @property
    def runs(self) -> list[str]:
        """The keys of what CI works on."""
        at_work = {RunState.QUEUED, RunState.RUNNING}
        return [order.key for order in self.world.ci.started if self.world.ci.run(order.key).state in at_work]

    def regroup(self, who: str) -> None:
        """Somebody joins the Slack group of the release managers, or leaves it."""
        self.model.group ^= {who}
        group = self.world.slack.state.groups[group_id("release-managers")]
        group.members[:] = [self.world.people[one].id for one in sorted(self.model.group)]

    def leave_or_return(self, who: str) -> None:
        """All accounts of somebody are deactivated, or work again."""
        self.model.away ^= {who}
        for handle in (who, f"{who}-phone"):
            if person := self.world.people.get(handle):
                self.world.people[handle] = replace(person, deleted=who in self.model.away)
                self.world.slack.state.people[person.id] = self.world.people[handle]

    async def all_prompt(self) -> None:
        """After a while, whatever waits for its time and may go has gone."""
        waiting = self.world.peek(lambda tx: changes.undecided(tx, None, limit=1000))
        for change in waiting:
            if change.state in {State.WAITING, State.APPROVED}:
                self.prompt(self.model.changes[change.id])

    # ------------------------------------------------------------ what is compared

    def read(self) -> None:
        """Take in what the ledger has since the last look."""
        rows = self.world.peek(lambda tx: list(audit.rows(tx, after=self._seen)))
        for row in rows:
            self._seen = row.seq
            self._entry(row, datetime.fromisoformat(row.at).astimezone(UTC), json.loads(row.body))

    def _entry(self, row: Row, at: datetime, body: dict[str, Any]) -> None:
        model, who = self.model, row.actor.removesuffix("@acme.example")
        word, _, outcome = row.tag.rpartition(":")
        act = self._acts.get(who)
        change = model.changes.get(row.subject or "")
        assert not row.tag.startswith("fault:"), f"the bot gave up: {row}"
        if act and word == act.word and outcome in {"accepted", "refused", "unsure"}:
            self._answered(act, outcome, at, body)
        elif act and row.tag == _TAKES.get(act.word):
            act.effect(model, row.subject or "", at, body)
        elif change:
            self._moved(change, row.tag, at, body)
        elif row.tag == "deployment:observed":
            self._runs(row.service or "", row.environment or "", body["version"], at)
        elif row.tag == "exception:used":
            model.exempts[row.subject or ""].used = body["change"]
        elif row.tag == "exception:expired":
            model.exempts[row.subject or ""].over = True
        elif row.tag == "emergency:used":
            model.emergencies[row.subject or ""].used = body["change"]
        elif row.tag == "emergency:approved":
            model.emergencies[row.subject or ""].approved = True
        elif row.tag in {"emergency:withdrawn", "emergency:expired"}:
            model.emergencies[row.subject or ""].over = True

    def _answered(self, act: Act, outcome: str, at: datetime, body: dict[str, Any]) -> None:
        self._answers[act.who] = outcome
        expected = act.expect(self.model, at) and not self._old
        if expected is None or (outcome == "unsure" and not self._alone):  # two at once: one may have read before the other was there
            return
        said = f"{act.who} said {act.text!r}: {outcome}, the model says {'yes' if expected else 'no'}; {[a for a in body['answers'] if a['answer'] != 'allow']}"
        assert outcome == ("accepted" if expected else "refused"), said

    def _moved(self, change: Change, tag: str, at: datetime, body: dict[str, Any]) -> None:
        """What became of a change, and whether the model agrees."""
        model, place = self.model, (change.service, change.environment)
        if tag == "dispatch:ordered":
            if change.ordered and not self._taken(change):
                self._take_back(change)  # the order before this one never came to CI
            no = model.forbids(change, at)
            assert not no, f"{change} was handed over at {at} although {no}"
            change.ordered, model.at_work[place], self._keys[change.id] = at, change.id, body["key"]
        elif tag in _TAKEN_BACK:
            self._take_back(change)
            if tag == "dispatch:refused":
                change.over = True
                no = set(model.forbids(change, at)) - {"it is over"}
                assert no - HEAL or model.cut_short(change) or self._asked_twice(change), f"{change} was refused for good, and only {no}"
        elif tag in _ENDS:
            if model.at_work.get(place) == change.id:
                del model.at_work[place]
            change.over = True
            if tag == "change:succeeded":
                self._runs(*place, change.version, at)
        elif tag == "run:late" and body["state"] == RunState.SUCCEEDED:
            self._runs(*place, change.version, at)
        elif tag in {"change:rejected", "change:expired"} or (tag == "change:cancelled-by" and change.ordered is None):
            change.over = True

    def _runs(self, service: str, environment: str, version: str, at: datetime) -> None:
        self.model.ran.setdefault((service, environment), []).append((version, at))

    def _taken(self, change: Change) -> bool:
        return any(order.change == change.id for order in self.world.ci.started)

    def _take_back(self, change: Change) -> None:
        if change.ordered:
            change.ordered = None
            self.model.at_work.pop((change.service, change.environment), None)

    def _asked_twice(self, change: Change) -> bool:
        same = (change.service, change.environment, change.version)
        others = (c for c in self.model.changes.values() if c is not change and not c.over)
        return any((c.service, c.environment, c.version) == same for c in others)

    def asked(self, order: Order) -> None:
        """An order is at CI's door: the last moment at which it could be stopped. What is wrong is raised when the step is over."""
        try:
            self._at_the_door(order)
        except AssertionError as error:
            self._wrong = self._wrong or error

    def _at_the_door(self, order: Order) -> None:
        self.read()
        self.orders += 1
        model, at, change = self.model, self.now, self.model.changes[order.change]
        assert change.ordered is not None, f"CI was asked for {change}, and nothing was recorded"
        assert self._keys[change.id] == order.key, f"CI was asked for {order.key}, recorded was {self._keys[change.id]}"
        assert not self._taken(change), f"CI was asked twice for {change}"  # PRM-20
        said = (order.service, order.environment, order.version, order.digest)
        assert said == (change.service, change.environment, change.version, digest_of(change.version))
        no = model.forbids(replace(change, ordered=None), at)
        if at - change.ordered <= STALE:
            no = [reason for reason in no if reason in {"it is frozen", "its place is taken", "it is over"}]
        assert not no, f"CI was asked for {change}, recorded at {change.ordered}, at {at} although {no}"

    def prompt(self, change: Change) -> None:
        """What may go was handed over: nothing that the model allows is left lying."""
        no = self.model.forbids(change, self.now)
        assert no, f"{change} may go since {self.now}, and waits: {self.world.peek(lambda tx: changes.get(tx, change.id))}"
