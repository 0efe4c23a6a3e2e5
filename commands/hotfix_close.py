"""/release hotfix record | close: what was found out, and the end of a hotfix (HOT-11, HOT-13, HOT-21)."""

from collections.abc import Mapping
from typing import Annotated

from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.fields import HotfixId
from commands.core.hotfixes import owing
from commands.core.hotfixes.card import hotfix_card, told
from commands.core.hotfixes.hotfix_work import about
from commands.core.text import Form, Input
from commands.core.words import Arguments, Named, Rest
from guards.authorization import authorized
from guards.decision import Allow, Refusal
from guards.facts import Facts
from guards.hotfix import Afterwards, Hotfix, HotfixState
from guards.hotfix_closing import closable_hotfix, shipped
from guards.obligation import Owed
from guards.sections import Person
from guards.unread import Unread
from guards.vocabulary import Action
from storage import timers


class Record(Arguments):
    """A hotfix, and the five things that are written down once production works."""

    hotfix: HotfixId
    verified: Annotated[str, Named()]
    cause: Annotated[str, Named()]
    timeline: Annotated[str, Named()]
    regression: Annotated[str, Named()]
    prevention: Annotated[str, Named()]


class Close(Arguments):
    """A hotfix; one that did not ship also takes the reason why it is given up, one that CI deployed past the bot where its record is."""

    hotfix: HotfixId
    reason: Annotated[str, Rest()] = ""


def ask_record(args: Record, asker: Asker) -> Ask:
    """Writing down is about one hotfix."""
    return Ask(hotfix=args.hotfix)


def ask_close(args: Close, asker: Asker) -> Ask:
    """Closing is about one hotfix."""
    return Ask(hotfix=args.hotfix, rationale=args.reason)


def write_down(work: Work[Record]) -> Reply:
    """Keep it with the hotfix; writing it anew takes its place, and the ledger has both."""
    args, person = work.args, work.asker.person
    said = Afterwards(
        args.verified, args.cause, args.timeline, args.regression, args.prevention, person.id, person.name, work.at
    )  # fmt: skip
    one = about(work, args.hotfix).change(afterwards=said)
    words = {"verified": said.verified, "cause": said.cause, "timeline": said.timeline}
    one.record("hotfix:recorded", **words, regression=said.regression, prevention=said.prevention)
    owing.discharge_kind(one, Owed.REVIEW, f"recorded by {person.name}")
    one.log(f"{person.name} wrote down what was found out: {said.cause}")
    return Reply(hotfix_card(told(work.tx, one.hotfix), work.facts))


def close(work: Work[Close]) -> Reply:
    """End it: closed when nothing is owed, given up when it did not ship."""
    one, person, reason = about(work, work.args.hotfix), work.asker.person, work.args.reason.strip()
    given_up = one.hotfix.state is not HotfixState.SHIPPED
    waived = next((a.decision.exception for a in work.judgement.answers if isinstance(a.decision, Allow) and a.decision.exception), None)
    if waived:
        owing.excepted(one, waived)
    state = HotfixState.GIVEN_UP if given_up else HotfixState.CLOSED
    one = one.change(state=state, ended=work.at, why=reason)
    pieces = () if isinstance(work.facts.pieces, Unread) else work.facts.pieces
    lacking = {piece.item.value: piece.lacking for piece in pieces if piece.lacking}
    one.record("hotfix:given-up" if given_up else "hotfix:closed", reason=reason, exception=waived, lacking=lacking)
    timers.cancel(work.tx, f"hotfix:{one.hotfix.id}")
    done = "gave it up" if given_up else "closed it"
    one.log(f"{person.name} {done}{f': {reason}' if reason else '.'}")
    return Reply(note(f"{'⚪' if given_up else '✅'} {one.hotfix.id} is {state}"))


def record_form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form:
    """Asks for the five things."""
    asked = (
        ("verified", "What shows that production works?"),
        ("cause", "What was the root cause?"),
        ("timeline", "Where are timeline and decisions?"),
        ("regression", "Which test would catch it now?"),
        ("prevention", "Which work items keep it from coming back?"),
    )
    inputs = tuple(Input(name, label, "text", initial=fields.get(name, ""), shortest=3, longest=1500) for name, label in asked)
    return Form(
        title="After the hotfix", word="hotfix record", submit="Write down", inputs=inputs, known={"hotfix": fields.get("hotfix", "")}
    )  # fmt: skip


def close_form(fields: Mapping[str, str], facts: Facts, person: Person) -> Form | None:
    """Asks why it is given up; of one that CI deployed past the bot, where the rest of its record is."""
    one = facts.hotfix
    if not isinstance(one, Hotfix):
        return None
    ships = one.state is HotfixState.SHIPPED
    title, submit = ("Close a hotfix", "Close") if ships else ("Give a hotfix up", "Give up")
    asked = "Where is what it lacks on record?" if ships else "Why is it given up?"
    why = Input("reason", asked, "text", initial=fields.get("reason", ""), shortest=3, longest=1000)
    return Form(title=title, word="hotfix close", submit=submit, inputs=(why,), known={"hotfix": one.id})


hotfix_record = Command(
    name="hotfix record",
    summary="Write down what was found out, once the hotfix runs.",
    examples=(
        'hotfix record HOT-2026-1121-001 verified="no failed refund since 14:10" cause="a rounding error" timeline="INC-7, #incident-7" '
        'regression="test_refunds_once" prevention="PAY-77"',
    ),
    action=Action.HOTFIX,
    guards=(authorized, shipped),
    arguments=Record,
    ask=ask_record,
    run=write_down,
    form=record_form,
)

hotfix_close = Command(
    name="hotfix close",
    summary="End a hotfix of which nothing is owed, or give up one that did not ship.",
    examples=("hotfix close HOT-2026-1121-001", "hotfix close HOT-2026-1121-001 the flag is off, it can wait for the train"),
    action=Action.HOTFIX,
    guards=(authorized, closable_hotfix),
    arguments=Close,
    ask=ask_close,
    run=close,
    form=close_form,
    form_after=frozenset({Refusal.NO_RATIONALE}),
)
