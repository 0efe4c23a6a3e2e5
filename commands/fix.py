"""/release fix accept: a commit on a release branch may be there as it is; how main gets it is written down (TRN-15, HOT-16, HOT-17)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated

from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.fields import CommitBegins
from commands.core.obligations import owe
from commands.core.text import Form, Input, Line, Moment
from commands.core.train_fields import RunId
from commands.core.trains.run_work import about
from commands.core.words import Arguments, Named, Rest
from guards.assessment import Declared
from guards.authorization import authorized
from guards.business import end_of_day
from guards.cut import Acceptance, Fix, Flaw
from guards.cutting import acceptable, known_run, risk_said
from guards.decision import Refusal
from guards.facts import Facts
from guards.freeze import takes_merges
from guards.obligation import Obligation, Owed
from guards.record import reasoned
from guards.sections import Person
from guards.vocabulary import Action, Risk
from storage import cuts, incidents, obligations

RECONCILED = timedelta(hours=24)
"""So much later main has what is on a release branch alone, where an open incident keeps people from bringing it there the same day."""


class AcceptFix(Arguments):
    """A commit of a run's release branch, how main gets it, and why it cannot come from there."""

    run: RunId
    commit: CommitBegins
    plan: Annotated[str, Named()]
    risk: Annotated[Risk | None, Named()] = None
    reason: Annotated[str, Rest()] = ""


def ask(args: AcceptFix, asker: Asker) -> Ask:
    """Accepting is about one commit."""
    return Ask(run=args.run, fix=args.commit, rationale=args.reason, said=Declared(level=args.risk))


def accept(work: Work[AcceptFix]) -> Reply:
    """Record it with reason, plan and name."""
    fix, person = work.facts.fix, work.asker.person
    assert isinstance(fix, Fix)
    run = about(work, work.args.run)
    fix = cuts.accept(work.tx, fix, Acceptance(work.args.reason, work.args.plan, person.id, person.name, work.at), work.args.risk)
    wrong = [found.flaw.value for found in fix.flaws]
    body = {"repository": fix.repository, "commit": fix.sha, "flaws": wrong, "reason": work.args.reason, "plan": work.args.plan}
    run.record("stabilization:accepted", {**body, "risk": fix.risk})
    text = f"Bring {fix.sha[:12]} of {fix.repository} ({fix.title}) to main: {work.args.plan}"
    due, kept = _due(work, fix)
    owed = Obligation(
        obligations.next_id(work.tx, work.at.date()), Owed.RECONCILIATION, run.run.id, None, text + kept, run.run.captain,
        run.run.captain_name, due, work.at, person.id,
    )  # fmt: skip
    owe(work.tx, owed, run.by, work.facts, work.correlation)
    run.tell(
        f"🤝 {run.run.id}: {fix.sha[:12]} is accepted", (f"{person.name}: {work.args.reason}",), (f"How main gets it: {work.args.plan}",),
        (f"{run.run.captain_name} owes that until ", Moment(due, work.policy.zone), kept),
    )  # fmt: skip
    return Reply(note(f"🤝 {fix.sha[:12]} is accepted"))


def _due(work: Work[AcceptFix], fix: Fix) -> tuple[datetime, str]:
    """By when main has it: the same day where its service is at home, unless an open incident of the run prevents that (HOT-17)."""
    if urgent := next((one for one in incidents.of_record(work.tx, work.args.run) if one.open(work.at)), None):
        return work.at + RECONCILED, f" ({urgent.reference} is open, so it need not be the same day)"
    service = next((cut.services[0] for cut in work.facts.cuts if cut.repository == fix.repository), None)
    return end_of_day(work.at, service, work.facts), ""


_PLAN = Input("plan", "How does main get it?", "text", hint="Who brings it there, and until when?", shortest=3)
_RISK = Input(
    "risk",
    "How much can go wrong with it?",
    "choice",
    tuple((risk.value, risk.value) for risk in Risk),
    hint="Where its pull request does not say.",
)
_REASON = Input("reason", "Why can it not come from main?", "text", shortest=3, longest=1000)


def _with(asked: Input, fields: Mapping[str, str]) -> Input:
    return replace(asked, initial=fields.get(asked.name, ""))


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks for the plan and the reason, with what is wrong before one's eyes."""
    fix = facts.fix
    lines: tuple[Line, ...] = ()
    if isinstance(fix, Fix):
        lines = ((fix.title,), *((f"• {found.why}",) for found in fix.flaws))
    # typed with too few words, nothing is read before the form: whether the commit names its risk is not known then
    unclassed = not isinstance(fix, Fix) or any(found.flaw is Flaw.NO_RISK for found in fix.flaws)
    risk = replace(_RISK, optional=not isinstance(fix, Fix))
    return Form(
        title="Accept a commit",
        word="fix accept",
        submit="Accept",
        inputs=(_with(_PLAN, fields), *((_with(risk, fields),) if unclassed else ()), _with(_REASON, fields)),
        known={"run": fields.get("run", ""), "commit": fields.get("commit", "")},
        lines=lines,
    )


command = Command(
    name="fix accept",
    summary="Accept a flagged commit on a release branch that somebody else wrote.",
    examples=('fix accept weekly-2026-12-01 9fceb02d0ae5 plan="#44 brings it to main today" main has no such code any more',),
    action=Action.ACCEPT_FIX,
    guards=(authorized, known_run, acceptable, takes_merges, risk_said, reasoned),
    arguments=AcceptFix,
    ask=ask,
    run=accept,
    form=form,
    form_after=frozenset({Refusal.INCOMPLETE, Refusal.NO_RATIONALE}),
)
