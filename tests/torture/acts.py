"""What people do in the model test: how they say it, whether the model expects that it is taken, and what becomes of the model if it is.

Invariant: an expectation is told before the answer is looked at; None stands for what the model has no opinion about.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.torture.model import (
    AUTHORS,
    LAPSES,
    LASTS,
    MAY,
    PRODUCTION,
    STAGING,
    URGENT,
    Approval,
    Change,
    Delegation,
    Emergency,
    Exempt,
    Freeze,
    Model,
)

Expect = Callable[[Model, datetime], bool | None]


@dataclass(frozen=True)
class Act:
    """One thing that somebody says.

    Args:
        who: a handle.
        word: the command, as its ledger entries name it.
        text: what is typed after `/release`.
        expect: whether the model expects that it is accepted.
        effect: what becomes of the model when it was, with the id of what came of it, the moment and the entry's body.
        about: the change that it is about.
    """

    who: str
    word: str
    text: str
    expect: Expect
    effect: Callable[[Model, str, datetime, dict[str, object]], None] = lambda *_: None
    about: str | None = None


def _open(model: Model, change: Change) -> bool:
    return not change.over and change.ordered is None


def _twin(model: Model, service: str, version: str, environment: str) -> bool:
    same = (service, version, environment)
    return any((c.service, c.version, c.environment) == same and not c.over for c in model.changes.values())


_HEALS = {"too few approved it", "no window is open", "it did not soak"}
"""What may still come after somebody asked (CMD-11, WIN-09)."""


def _askable(model: Model, draft: Change, at: datetime, heals: set[str]) -> bool | None:
    if _twin(model, draft.service, draft.version, draft.environment):
        return False
    no = set(model.forbids(draft, at))
    if "it did not soak" in no and "it did not soak" in heals and model.cut_short(draft):
        return False  # no time heals that
    return not no - heals


def promote(who: str, service: str, version: str, environment: str, *, queue: bool = False) -> Act:
    draft = Change("", service, environment, version, who)

    def effect(model: Model, id_: str, at: datetime, _: dict[str, object]) -> None:
        model.changes[id_] = Change(id_, service, environment, version, who)

    heals = _HEALS | ({"it is frozen"} if queue else set())
    text = f"promote {service} {version} {environment}{' queue=yes' if queue else ''}"
    return Act(who, "promote", text, lambda model, at: _askable(model, draft, at, heals), effect)


def approve(who: str, id_: str) -> Act:
    def expect(model: Model, at: datetime) -> bool | None:
        change = model.changes[id_]
        if change.emergency or change.environment == STAGING:
            return None
        stands = any(
            a.by == who and not a.withdrawn and at < a.at + LASTS and a.file == model.file.name and not model.lapsed(a, at)
            for a in change.approvals
        )  # fmt: skip
        no = set(model.forbids(change, at)) & {"it is frozen", "it skipped staging"}
        late = not model.soaks(change, at) and model.cut_short(change)
        able = model.may(who, "approve", at) and model.may_approve(who, change, at)
        return _open(model, change) and able and not stands and not no and not late

    def effect(model: Model, _: str, at: datetime, body: dict[str, object]) -> None:
        for earlier in model.changes[id_].approvals:
            earlier.withdrawn |= earlier.by == who
        under = body.get("on_behalf")
        given = str(under["delegation"]) if isinstance(under, dict) else None
        model.changes[id_].approvals.append(Approval(who, at, model.file.name, given))

    return Act(who, "approve", f"approve {id_} diff read, tests green", expect, effect, id_)


def withdraw(who: str, id_: str) -> Act:
    def mine(model: Model) -> list[Approval]:
        return [a for a in model.changes[id_].approvals if a.by == who and not a.withdrawn]

    def expect(model: Model, at: datetime) -> bool | None:
        change = model.changes[id_]
        return None if change.environment == STAGING else model.may(who, "approve", at) and _open(model, change) and bool(mine(model))

    def effect(model: Model, *_: object) -> None:
        for approval in mine(model):
            approval.withdrawn = True

    return Act(who, "withdraw", f"withdraw {id_} an alert came", expect, effect, id_)


def reject(who: str, id_: str) -> Act:
    def expect(model: Model, at: datetime) -> bool | None:
        change = model.changes[id_]
        return None if change.environment == STAGING else model.may(who, "approve", at) and _open(model, change)

    return Act(who, "reject", f"reject {id_} not tested enough", expect, about=id_)


def cancel(who: str, id_: str) -> Act:
    def expect(model: Model, at: datetime) -> bool | None:
        change = model.changes[id_]
        if change.environment == STAGING or change.ordered:
            return None
        return model.may(who, "cancel", at) and _open(model, change)

    return Act(who, "cancel", f"cancel {id_} not wanted any more", expect, about=id_)


# ---------------------------------------------------------------- freezes


def freeze(who: str, kind: str, service: str | None, start: datetime, lasts: timedelta) -> Act:
    end = start + lasts
    scope = f" service={service}" if service else ""
    said = 'reason="the books are closed" exit="they are open" plan="trains resume" approver=rita@acme.example'

    def effect(model: Model, id_: str, at: datetime, _: dict[str, object]) -> None:
        own, sudden = model.may(who, "lift", at), kind == "sudden"
        model.freezes[id_] = Freeze(
            id_, kind, frozenset({service}) if service else None, start, end, at if own or sudden else None,
            max(start, at) + LAPSES if sudden and not own else None,
        )  # fmt: skip

    text = f"freeze declare production kind={kind} since={start.isoformat()} until={end.isoformat()}{scope} {said}"
    return Act(who, "freeze-declare", text, lambda model, at: model.may(who, "freeze", at) and end > at, effect)


def freeze_approve(who: str, id_: str) -> Act:
    def expect(model: Model, at: datetime) -> bool:
        one = model.freezes[id_]
        return model.may(who, "lift", at) and at < one.end and (one.since is None or one.lapses is not None)

    def effect(model: Model, _: str, at: datetime, __: dict[str, object]) -> None:
        one = model.freezes[id_]
        one.since, one.lapses = one.since or at, None

    return Act(who, "freeze-approve", f"freeze approve {id_}", expect, effect)


def freeze_lift(who: str, id_: str) -> Act:
    def expect(model: Model, at: datetime) -> bool:
        return model.may(who, "lift", at) and at < model.freezes[id_].end

    def effect(model: Model, _: str, at: datetime, __: dict[str, object]) -> None:
        model.freezes[id_].end = at

    return Act(who, "freeze-lift", f"freeze lift {id_} they are open", expect, effect)


def freeze_extend(who: str, id_: str, until: datetime) -> Act:
    def expect(model: Model, at: datetime) -> bool | None:
        one = model.freezes[id_]
        return model.may(who, "lift", at) and at < one.end < until

    def effect(model: Model, _: str, at: datetime, __: dict[str, object]) -> None:
        one = model.freezes[id_]
        one.since, one.lapses, one.end = one.since or at, None, until

    return Act(who, "freeze-extend", f"freeze extend {id_} until={until.isoformat()} two books are left", expect, effect)


# ---------------------------------------------------------------- in whose place


def delegate(who: str, to: str, end: datetime) -> Act:
    def expect(model: Model, at: datetime) -> bool:
        return "manager" in model.roles(who) and to != who and to not in model.away and end > at

    def effect(model: Model, id_: str, *_: object) -> None:
        model.delegations[id_] = Delegation(id_, who, to, end)

    text = f'delegate to {to}@acme.example role=release_manager until={end.isoformat()} reason="on leave"'
    return Act(who, "delegate-to", text, expect, effect)


def delegate_end(who: str, id_: str) -> Act:
    def expect(model: Model, at: datetime) -> bool:
        one = model.delegations[id_]
        return who not in model.away and at < one.end and (who in (one.by, one.to) or "manager" in model.roles(who))

    def effect(model: Model, _: str, at: datetime, __: dict[str, object]) -> None:
        model.delegations[id_].end = at

    return Act(who, "delegate-end", f"delegate end {id_}", expect, effect)


# ---------------------------------------------------------------- exceptions


def exempt(who: str, owner: str, service: str, version: str | None, end: datetime, *, once: bool) -> Act:
    said = 'risk="low: one line" controls="two watch" containment="back to v1.3.2" evidence="INC-7" remediation="next week"'

    def effect(model: Model, id_: str, *_: object) -> None:
        model.exempts[id_] = Exempt(id_, service, version, who, owner, end, once)

    text = (
        f"exception request soak {service} production {version or 'all'} kind=temporary owner={owner}@acme.example "
        f"until={end.isoformat()} once={'yes' if once else 'no'} {said}"
    )
    return Act(who, "exception-request", text, lambda model, at: model.may(who, "ask-exception", at), effect)


def exempt_approve(who: str, id_: str) -> Act:
    def expect(model: Model, at: datetime) -> bool:
        x = model.exempts[id_]
        part = who in (x.asker, x.owner) or (x.version is not None and who in AUTHORS[x.version])
        return bool(model.roles(who) & MAY["approve-exception"]) and not part and not x.approved and not x.over and at < x.end

    def effect(model: Model, *_: object) -> None:
        model.exempts[id_].approved = True

    return Act(who, "exception-approve", f"exception approve {id_} the risk is small", expect, effect)


def exempt_revoke(who: str, id_: str) -> Act:
    def expect(model: Model, at: datetime) -> bool:
        x = model.exempts[id_]
        return model.may(who, "approve-exception", at) and x.approved and not x.over and at < x.end

    def effect(model: Model, *_: object) -> None:
        model.exempts[id_].over = True

    return Act(who, "exception-revoke", f"exception revoke {id_} it works again", expect, effect)


# ---------------------------------------------------------------- emergencies


def emergency(who: str, service: str, version: str) -> Act:
    said = (
        "criterion=production-down classification=emergency incident=INC-77 severity=SEV-2 reason=logins waiting=hours "
        "rollback=back after=alerts"
    )

    def effect(model: Model, id_: str, at: datetime, _: dict[str, object]) -> None:
        model.emergencies[id_] = Emergency(id_, service, version, who, at + URGENT)

    def expect(model: Model, at: datetime) -> bool:
        same = (e for e in model.emergencies.values() if (e.service, e.version) == (service, version))
        return model.may(who, "declare", at) and not any(e.used is None and not e.over and at < e.end for e in same)

    return Act(who, "emergency-declare", f"emergency declare {service} {version} production {said}", expect, effect)


def emergency_approve(who: str, id_: str) -> Act:
    def expect(model: Model, at: datetime) -> bool:
        record = model.emergencies[id_]
        apart = who != record.declarer and who not in AUTHORS[record.version] and who not in record.approvals
        waits = not record.approved and not record.over and at < record.end
        return bool(model.roles(who) & MAY["approve-emergency"]) and apart and waits

    def effect(model: Model, *_: object) -> None:
        model.emergencies[id_].approvals.append(who)

    return Act(who, "emergency-approve", f"emergency approve {id_} diff read", expect, effect)


def emergency_promote(who: str, id_: str) -> Act:
    def draft(model: Model) -> Change:
        record = model.emergencies[id_]
        return Change("", record.service, PRODUCTION, record.version, who, id_)

    def expect(model: Model, at: datetime) -> bool | None:
        return _askable(model, draft(model), at, set()) and model.emergencies[id_].used is None

    def effect(model: Model, new: str, at: datetime, _: dict[str, object]) -> None:
        model.changes[new] = draft(model)
        model.changes[new].id = new

    return Act(who, "emergency-promote", f"emergency promote {id_}", expect, effect)


def emergency_withdraw(who: str, id_: str) -> Act:
    return Act(who, "emergency-withdraw", f"emergency withdraw {id_} it recovered", lambda model, at: None)
