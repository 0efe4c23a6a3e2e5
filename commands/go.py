"""/release go, no-go and go withdraw: a release manager decides about a run's candidate (CMD-04, GNG-01, GNG-02, GNG-07, GNG-13).

Nothing is deployed by a go: it opens the way for the promotion of exactly what it was given for.
"""

from collections.abc import Mapping
from typing import Annotated

from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, FormBuilder, Reply, Work
from commands.core.text import Code, Form, Input, reason
from commands.core.train_fields import RunId
from commands.core.trains import roll_call
from commands.core.trains.roll_call_card import risk_lines
from commands.core.words import Arguments, Named, Rest
from guards.authorization import authorized
from guards.deciding import accepted, answered, as_shown, impartial, open_to_go, open_to_no_go, ready, withdrawable
from guards.decision import Refusal
from guards.facts import Facts
from guards.go import Acceptance, GoDecision, Outcome
from guards.readiness import standing_hash
from guards.record import reasoned
from guards.roll_call import called, has_candidate, known_run, on_track
from guards.sections import Person
from guards.vocabulary import Action


class Go(Arguments):
    """A run, and what the decider accepts; a form asks for it."""

    run: RunId
    residual: Annotated[str, Named()] = ""
    risks: Annotated[str, Named()] = ""
    rollback: Annotated[str, Named()] = ""
    notes: Annotated[str, Named()] = ""
    seen: Annotated[str | None, Named()] = None


class Because(Arguments):
    """A run, and the reason."""

    run: RunId
    rationale: Annotated[str, Rest()] = ""


def ask_go(args: Go, asker: Asker) -> Ask:
    """A go is about one run, with what is accepted."""
    return Ask(run=args.run, go=True, seen=args.seen, acceptance=Acceptance(args.risks, args.residual, args.rollback, args.notes))


def ask_because(args: Because, asker: Asker) -> Ask:
    """A no-go and a withdrawal are about one run, with a reason."""
    return Ask(run=args.run, go=True, rationale=args.rationale, acceptance=Acceptance(notes=args.rationale))


def go(work: Work[Go]) -> Reply:
    """Record the go with all that was seen; what it lets go is judged again."""
    made = _decide(work, Outcome.GO)
    said = ("It counts for ", Code(made.candidate.hash[:12]), " and nothing else: ", Code(made.id))
    return Reply(note(f"🟢 Go for {made.run} is recorded", said))


def no_go(work: Work[Because]) -> Reply:
    """Record the no-go: nothing of this candidate goes to production until there is a new decision."""
    made = _decide(work, Outcome.NO_GO)
    return Reply(note(f"🔴 No-go for {made.run} is recorded", ("It blocks this candidate until there is a new decision: ", Code(made.id))))


def withdraw(work: Work[Because]) -> Reply:
    """Take the go back; both stay on record."""
    made = _decide(work, Outcome.WITHDRAWN)
    said = ("What was not handed to CI yet waits for a new decision: ", Code(made.id))
    return Reply(note(f"⚪ The go for {made.run} is withdrawn", said))


def _decide(work: Work[Go] | Work[Because], outcome: Outcome) -> GoDecision:
    said, person = work.request.acceptance, work.asker.person
    assert said is not None
    actor = record.actor_of(person, work.asker.slack, work.request, work.facts)
    return roll_call.decide(work.tx, outcome, said, person, actor, work.facts, work.correlation)


def form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Shows the open risks, and asks for their acceptance."""
    return Form(
        title="Go",
        word="go",
        submit="Go",
        inputs=(
            reason("residual", "Why is the risk that is left acceptable?", fields.get("residual", "")),
            Input("risks", "Other open risks, one a line", "text", initial=fields.get("risks", ""), optional=True, longest=1000),
            Input(
                "rollback", "How do we go back?", "text", initial=fields.get("rollback", ""), optional=True, longest=1000,
                hint="Left open: as the train and the release records say.",
            ),
            Input("notes", "Notes", "text", initial=fields.get("notes", ""), optional=True, longest=1000),
        ),
        known={"run": fields["run"], "seen": standing_hash(facts)},
        lines=tuple(risk_lines(facts)),
    )  # fmt: skip


def reason_form(title: str, word: str, label: str) -> FormBuilder:
    """A form that asks for the reason of a decision."""

    def build(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
        return Form(title=title, word=word, submit=title[:24], inputs=(reason("rationale", label),), known={"run": fields["run"]})

    return build


_NO_REASON = frozenset({Refusal.NO_RATIONALE})

go_command = Command(
    name="go",
    summary="Let a run's candidate go to production, and accept its open risks.",
    examples=('go weekly-2026-12-01 residual="search may be slow for an hour; watched"',),
    action=Action.DECIDE,
    guards=(authorized, on_track, has_candidate, open_to_go, called, as_shown, impartial, answered, ready, accepted),
    arguments=Go,
    ask=ask_go,
    run=go,
    form=form,
    form_after=frozenset({Refusal.INCOMPLETE}),
)

no_go_command = Command(
    name="no-go",
    summary="Keep a run's candidate out of production until there is a new decision.",
    examples=("no-go weekly-2026-12-01 the payment test is red",),
    action=Action.DECIDE,
    guards=(authorized, on_track, has_candidate, open_to_no_go, impartial, reasoned),
    arguments=Because,
    ask=ask_because,
    run=no_go,
    form=reason_form("No-go", "no-go", "Why not?"),
    form_after=_NO_REASON,
)

go_withdraw = Command(
    name="go withdraw",
    summary="Take a go back before everything of it was handed to CI.",
    examples=("go withdraw weekly-2026-12-01 the vendor reports an outage",),
    action=Action.DECIDE,
    guards=(authorized, known_run, withdrawable, reasoned),
    arguments=Because,
    ask=ask_because,
    run=withdraw,
    form=reason_form("Withdraw the go", "go withdraw", "Why?"),
    form_after=_NO_REASON,
)
