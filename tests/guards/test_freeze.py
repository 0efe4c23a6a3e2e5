"""Nothing reaches a frozen place (FRZ-03, -04, -05, -12), and a freeze is declared completely or not at all (FRZ-01, -06, -11)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from inline_snapshot import snapshot

from guards.assessment import UNSAID, Declared
from guards.business import end_of_day
from guards.calendar_rules import FreezeCalendar, FreezeKind
from guards.cut import Cut, CutState, Fix, Gates
from guards.decision import Allow, Refusal, Unsure
from guards.facts import Facts, Request
from guards.freeze import approvable, calendar_read, complete_freeze, extendable, liftable, not_frozen, takes_merges
from guards.freeze_record import CalendarEvent, Freeze
from guards.freezing import freeze_of
from guards.manifest import SetStanding
from guards.policy import Policy
from guards.slot import next_slot
from guards.unread import Absent, Unread
from guards.version import Evidence
from guards.vocabulary import Action, Blocked, ChangeType, Fate, Migration, Risk
from tests.guards.cases import (
    AT,
    DAY,
    FACTS,
    HOUR,
    MARA,
    MINUTE,
    REQUEST,
    Expected,
    change,
    emergency,
    facts,
    freeze,
    policy,
    request,
    said,
    told,
    utc,
)
from tests.guards.proofs import pull, worked

MIGRATIONS_ONLY = (Blocked.MIGRATIONS,)
EMERGENCY, STANDARD = request(change_type=ChangeType.EMERGENCY), request(change_type=ChangeType.STANDARD)
MAJOR_EVENT = (ChangeType.STANDARD, ChangeType.EMERGENCY)
UNREAD = Unread("the freeze calendar", "locked")


def frozen(*freezes: Freeze, **more: object) -> Facts:
    return facts(freezes=freezes or (freeze(),), **more)


NO_MIGRATION = request(migration=Migration.NONE)
LOST = Evidence(work=Unread("the work in api v1.4.0", "no answer within 5 s"))


SMALL = replace(NO_MIGRATION, declared=Declared(frozenset()))


LETS_FINISH = freeze(start=AT - HOUR, fate=Fate.FINISH)


def on_its_way(dispatched: datetime | None) -> SetStanding:
    """A set whose first entry was handed to CI then."""
    return SetStanding(None, changes=(change(dispatched=dispatched), change()))


def at_quarter_end(body: str) -> Facts:
    """Migrations stand still, and the version brings a pull request with this text."""
    return replace(worked(pull(body=body)), freezes=(freeze(blocks=MIGRATIONS_ONLY),))


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        pytest.param(REQUEST, FACTS, Allow, id="no freeze"),
        pytest.param(REQUEST, frozen(), Refusal.FROZEN, id="frozen"),
        pytest.param(REQUEST, facts(freezes=UNREAD), Unsure, id="the calendar could not be read"),
        # when
        pytest.param(REQUEST, frozen(freeze(start=AT)), Refusal.FROZEN, id="begins at this moment"),
        pytest.param(REQUEST, frozen(freeze(start=AT + MINUTE)), Allow, id="begins in a minute"),
        pytest.param(REQUEST, frozen(freeze(end=AT)), Allow, id="ends at this moment"),
        pytest.param(REQUEST, frozen(freeze(end=AT + MINUTE)), Refusal.FROZEN, id="ends in a minute"),
        pytest.param(REQUEST, frozen(freeze(lifted=AT)), Allow, id="lifted at this moment"),
        pytest.param(REQUEST, frozen(freeze(lifted=AT + MINUTE)), Refusal.FROZEN, id="lifted in a minute"),
        pytest.param(REQUEST, frozen(freeze(end=AT, lifted=AT + MINUTE)), Allow, id="over before it was lifted"),
        # where
        pytest.param(REQUEST, frozen(freeze(environments=("dev", "staging"))), Allow, id="other environments"),
        pytest.param(REQUEST, frozen(freeze(environments=("dev", "production"))), Refusal.FROZEN, id="this environment and another"),
        pytest.param(REQUEST, frozen(freeze(services=("web",))), Allow, id="another service"),
        pytest.param(REQUEST, frozen(freeze(services=("web", "api"))), Refusal.FROZEN, id="this service and another"),
        pytest.param(REQUEST, frozen(freeze(services=("api",), environments=("dev",))), Allow, id="this service elsewhere"),
        # what
        pytest.param(EMERGENCY, replace(frozen(), emergency=emergency()), Allow, id="an emergency passes"),
        pytest.param(EMERGENCY, frozen(), Refusal.FROZEN, id="a word makes no emergency (EMG-05)"),
        pytest.param(
            EMERGENCY, replace(frozen(freeze(passes=())), emergency=emergency()), Refusal.FROZEN, id="an emergency where none passes"
        ),
        pytest.param(STANDARD, frozen(), Refusal.FROZEN, id="a standard change in a holiday freeze"),
        pytest.param(STANDARD, frozen(freeze(passes=MAJOR_EVENT)), Allow, id="a standard change in a major event"),
        pytest.param(REQUEST, frozen(freeze(passes=MAJOR_EVENT)), Refusal.FROZEN, id="a normal change in a major event"),
        pytest.param(request(migration=Migration.NONE), frozen(freeze(blocks=MIGRATIONS_ONLY)), Allow, id="no migration at quarter end"),
        pytest.param(
            request(migration=Migration.EXPAND), frozen(freeze(blocks=MIGRATIONS_ONLY)), Refusal.FROZEN, id="a migration at quarter end"
        ),
        pytest.param(
            request(service="gone", migration=Migration.EXPAND),
            frozen(freeze(blocks=MIGRATIONS_ONLY)),
            Refusal.FROZEN,
            id="a migration of a service that the policy does not know",
        ),
        pytest.param(
            request(migration=None), frozen(freeze(blocks=MIGRATIONS_ONLY)), Refusal.FROZEN, id="nobody said: restricted (FRZ-05)"
        ),
        pytest.param(request(migration=Migration.EXPAND), frozen(freeze(blocks=())), Allow, id="a freeze that blocks nothing"),
        # what pull requests declare (DBM-01)
        pytest.param(NO_MIGRATION, at_quarter_end("Database: expand"), Refusal.FROZEN, id="a pull request declares a migration"),
        pytest.param(NO_MIGRATION, at_quarter_end("Database: none"), Allow, id="it declares none"),
        pytest.param(NO_MIGRATION, at_quarter_end(""), Allow, id="it declares nothing"),
        pytest.param(NO_MIGRATION, replace(at_quarter_end(""), evidence=LOST), Unsure, id="pull requests unread"),
        pytest.param(request(migration=None), replace(at_quarter_end(""), evidence=LOST), Refusal.FROZEN, id="unread, and nobody said"),
        pytest.param(NO_MIGRATION, replace(at_quarter_end(""), evidence=LOST, freezes=()), Allow, id="unread, and nothing is frozen"),
        pytest.param(
            NO_MIGRATION, replace(at_quarter_end(""), evidence=LOST, freezes=(freeze(),)), Refusal.FROZEN, id="unread, and all stands still"
        ),
        # approved (FRZ-07)
        pytest.param(REQUEST, frozen(freeze(in_force=None)), Allow, id="nobody approved it"),
        pytest.param(REQUEST, frozen(freeze(in_force=None, start=AT)), Allow, id="nobody approved it, and it should begin now"),
        pytest.param(REQUEST, frozen(freeze(approved=None)), Refusal.FROZEN, id="nobody approved it, and it counts at once"),
        pytest.param(
            REQUEST, frozen(freeze(approved=None, lapses=AT + MINUTE)), Refusal.FROZEN, id="nobody approved it yet, it lapses in a minute"
        ),
        pytest.param(REQUEST, frozen(freeze(approved=None, lapses=AT)), Allow, id="nobody approved it in time"),
        pytest.param(REQUEST, frozen(freeze(lapses=AT)), Refusal.FROZEN, id="somebody approved it"),
        pytest.param(REQUEST, frozen(freeze(in_force=AT)), Refusal.FROZEN, id="approved at this moment"),
        # by risk (FRZ-05)
        pytest.param(SMALL, frozen(freeze(passes_risk=Risk.LOW)), Allow, id="a low risk passes"),
        pytest.param(SMALL, frozen(freeze(passes_risk=Risk.MEDIUM)), Allow, id="one below the highest that passes"),
        pytest.param(SMALL, frozen(freeze()), Refusal.FROZEN, id="a low risk where none passes"),
        pytest.param(
            replace(SMALL, declared=Declared(frozenset(), Risk.HIGH)),
            frozen(freeze(passes_risk=Risk.MEDIUM)),
            Refusal.FROZEN,
            id="a high one does not",
        ),
        pytest.param(
            replace(SMALL, declared=Declared(frozenset(), Risk.HIGH)), frozen(freeze(passes_risk=Risk.HIGH)), Allow, id="a high one passes"
        ),
        pytest.param(
            replace(SMALL, declared=UNSAID), frozen(freeze(passes_risk=Risk.LOW)), Refusal.FROZEN, id="what nobody weighed does not"
        ),
        pytest.param(
            SMALL, frozen(freeze(passes_risk=Risk.CRITICAL), running=UNREAD), Refusal.FROZEN, id="a risk that cannot be told does not"
        ),
        pytest.param(REQUEST, frozen(freeze(in_force=AT + MINUTE)), Allow, id="approved in a minute"),
        # what stands still (FRZ-02)
        pytest.param(REQUEST, frozen(freeze(blocks=(Blocked.MERGES,))), Allow, id="merges only"),
        pytest.param(REQUEST, frozen(freeze(blocks=(Blocked.FLAGS,))), Allow, id="flags only"),
        pytest.param(REQUEST, frozen(freeze(blocks=(Blocked.MERGES, Blocked.DEPLOYMENTS))), Refusal.FROZEN, id="merges and deployments"),
        # work on its way
        pytest.param(REQUEST, frozen(LETS_FINISH, set=on_its_way(AT - 2 * HOUR)), Allow, id="the rest of a set that went before it began"),
        pytest.param(REQUEST, frozen(LETS_FINISH, set=on_its_way(AT - HOUR)), Refusal.FROZEN, id="a set that went as it began"),
        pytest.param(REQUEST, frozen(LETS_FINISH, set=on_its_way(AT - MINUTE)), Refusal.FROZEN, id="a set that went after it began"),
        pytest.param(REQUEST, frozen(LETS_FINISH, set=on_its_way(None)), Refusal.FROZEN, id="a set that did not go yet"),
        pytest.param(REQUEST, frozen(LETS_FINISH), Refusal.FROZEN, id="a change that goes alone"),
        pytest.param(
            REQUEST, frozen(replace(LETS_FINISH, fate=Fate.HOLD), set=on_its_way(AT - 2 * HOUR)), Refusal.FROZEN, id="the rest is held"
        ),
        pytest.param(
            REQUEST, frozen(replace(LETS_FINISH, fate=Fate.STOP), set=on_its_way(AT - 2 * HOUR)), Refusal.FROZEN, id="the rest is stopped"
        ),
        pytest.param(
            REQUEST, frozen(LETS_FINISH, freeze(), set=on_its_way(AT - 2 * HOUR)), Refusal.FROZEN, id="another one lets nothing finish"
        ),
        # together
        pytest.param(REQUEST, frozen(freeze(end=AT), freeze(id="FRZ-2")), Refusal.FROZEN, id="one is over, one holds (FRZ-12)"),
        pytest.param(
            EMERGENCY, replace(frozen(freeze(), freeze(passes=())), emergency=emergency()), Refusal.FROZEN, id="the strictest wins (FRZ-12)"
        ),
    ],
)
def test_what_is_frozen(asked: Request, known: Facts, expected: Expected) -> None:
    assert said(not_frozen(asked, known)) == expected


TWO = (freeze(), freeze(id="FRZ-2026-1120-004", end=AT + DAY, reason="year end", by_name="Otto"))


@pytest.mark.parametrize(
    ("asked", "known", "sentence"),
    [
        pytest.param(REQUEST, FACTS, snapshot(("production is not frozen",)), id="not frozen"),
        pytest.param(
            EMERGENCY,
            frozen(freeze(), freeze(id="FRZ-2"), freeze(id="FRZ-3", start=AT + HOUR), emergency=emergency()),
            snapshot(("emergency changes pass FRZ-2026-1124-001, FRZ-2",)),
            id="an emergency passes two of three",
        ),
        pytest.param(
            STANDARD, frozen(freeze(passes=MAJOR_EVENT)), snapshot(("standard changes pass FRZ-2026-1124-001",)), id="a standard one passes"
        ),
        pytest.param(
            REQUEST,
            frozen(),
            snapshot(
                (
                    "production is frozen until Tue 24 Nov 13:00 Europe/Berlin by Mara (FRZ-2026-1124-001, holiday): quarter end",
                    "Wait until it lifts, or ask for it to be lifted: whoever may lift it is in `/release freeze list`.",
                    "from Tue 2026-11-24 12:00 UTC",
                )
            ),
            id="frozen",
        ),
        pytest.param(
            REQUEST,
            frozen(freeze(lifted=AT + MINUTE)),
            snapshot(
                (
                    "production is frozen until Tue 24 Nov 12:01 Europe/Berlin by Mara (FRZ-2026-1124-001, holiday): quarter end",
                    "Wait until it lifts, or ask for it to be lifted: whoever may lift it is in `/release freeze list`.",
                    "from Tue 2026-11-24 11:01 UTC",
                )
            ),
            id="about to be lifted",
        ),
        pytest.param(
            REQUEST,
            frozen(*TWO),
            snapshot(
                (
                    "production is frozen until Wed 25 Nov 12:00 Europe/Berlin by Otto (FRZ-2026-1120-004, holiday) and 1 more: year end",
                    "Wait until it lifts, or ask for it to be lifted: whoever may lift it is in `/release freeze list`.",
                    "from Wed 2026-11-25 11:00 UTC",
                )
            ),
            id="twice",
        ),
        pytest.param(
            REQUEST,
            frozen(*TWO, freeze(id="FRZ-3")),
            snapshot(
                (
                    "production is frozen until Wed 25 Nov 12:00 Europe/Berlin by Otto (FRZ-2026-1120-004, holiday) and 2 more: year end",
                    "Wait until it lifts, or ask for it to be lifted: whoever may lift it is in `/release freeze list`.",
                    "from Wed 2026-11-25 11:00 UTC",
                )
            ),
            id="three times",
        ),
        pytest.param(
            REQUEST,
            facts(policy(windows={}), freezes=(freeze(),)),
            snapshot(
                (
                    "production is frozen until Tue 24 Nov 13:00 Europe/Berlin by Mara (FRZ-2026-1124-001, holiday): quarter end",
                    "Wait until it lifts, or ask for it to be lifted: whoever may lift it is in `/release freeze list`. No time is in sight at which it may go: not within five years, or not as far as its holidays are known.",
                )
            ),
            id="and no window ever",
        ),
        pytest.param(
            request(service="web", environment="staging"),
            frozen(freeze(environments=("staging",))),
            snapshot(
                (
                    "staging is frozen until Tue 24 Nov 07:00 America/New_York by Mara (FRZ-2026-1124-001, holiday): quarter end",
                    "Wait until it lifts, or ask for it to be lifted: whoever may lift it is in `/release freeze list`.",
                    "from Tue 2026-11-24 12:00 UTC",
                )
            ),
            id="where no window is needed, in the zone of the service",
        ),
        pytest.param(REQUEST, facts(freezes=UNREAD), snapshot(("could not read the freeze calendar", "locked")), id="unread"),
    ],
)
def test_what_people_read(asked: Request, known: Facts, sentence: tuple[str, ...]) -> None:
    assert told(not_frozen(asked, known)) == sentence


def declares(**parts: object) -> Request:
    return request(action=Action.FREEZE, by=MARA, freeze=freeze(**({"start": AT, "end": AT + DAY} | parts)))


ON_MAIN = {"branches": ("main",)}
MONTH = timedelta(days=30)
A_WEEK = policy(freeze_kinds={"holiday": FreezeKind(maximum=timedelta(days=7))})


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        pytest.param(declares(), FACTS, Allow, id="all is said"),
        pytest.param(request(freeze=None), FACTS, Refusal.INCOMPLETE, id="nothing is said"),
        pytest.param(declares(reason=""), FACTS, Refusal.INCOMPLETE, id="no reason"),
        pytest.param(declares(exit_criteria=" "), FACTS, Refusal.INCOMPLETE, id="no exit criteria"),
        pytest.param(declares(plan=""), FACTS, Refusal.INCOMPLETE, id="no plan"),
        pytest.param(declares(approver=""), FACTS, Refusal.INCOMPLETE, id="no approver"),
        pytest.param(declares(environments=()), FACTS, Refusal.INCOMPLETE, id="no environment"),
        pytest.param(declares(services=()), FACTS, Refusal.INCOMPLETE, id="no service"),
        pytest.param(declares(services=("api",)), FACTS, Allow, id="one service"),
        pytest.param(declares(**ON_MAIN), FACTS, Refusal.INCOMPLETE, id="branches, and no merges stand still"),
        pytest.param(declares(**ON_MAIN, blocks=(Blocked.MERGES,)), FACTS, Allow, id="branches that take no merges"),
        pytest.param(
            declares(**ON_MAIN, kind="incident", blocks=(Blocked.MERGES,)), FACTS, Allow, id="merges that an incident holds, by name"
        ),
        pytest.param(
            declares(kind="incident", blocks=(Blocked.MERGES,)), FACTS, Refusal.INCOMPLETE, id="merges that an incident holds, unnamed"
        ),
        pytest.param(declares(kind="incident"), FACTS, Allow, id="an incident that holds no merges"),
        pytest.param(declares(kind="train", blocks=(Blocked.MERGES,)), FACTS, Allow, id="merges, once somebody approved it"),
        pytest.param(declares(kind="whim"), FACTS, Refusal.INCOMPLETE, id="an unknown kind"),
        pytest.param(declares(end=AT), FACTS, Refusal.INCOMPLETE, id="ends as it begins"),
        pytest.param(declares(end=AT + MINUTE), FACTS, Allow, id="lasts a minute"),
        pytest.param(declares(start=AT - DAY, end=AT), FACTS, Refusal.INCOMPLETE, id="is over now"),
        pytest.param(declares(start=AT - DAY, end=AT + MINUTE), FACTS, Allow, id="began yesterday, ends in a minute"),
        pytest.param(declares(start=AT + DAY, end=AT + HOUR), FACTS, Refusal.INCOMPLETE, id="ends before it begins"),
        pytest.param(declares(end=AT + MONTH), FACTS, Allow, id="as long as it may be"),
        pytest.param(declares(end=AT + MONTH + MINUTE), FACTS, Refusal.TOO_LONG, id="a minute longer"),
        pytest.param(declares(start=AT + DAY, end=AT + DAY + MONTH), FACTS, Allow, id="as long, and later"),
        pytest.param(declares(end=AT + 7 * DAY), facts(A_WEEK), Allow, id="as long as this kind may be"),
        pytest.param(declares(end=AT + 8 * DAY), facts(A_WEEK), Refusal.TOO_LONG, id="longer than this kind may be"),
    ],
)
def test_what_a_freeze_takes(asked: Request, known: Facts, expected: Expected) -> None:
    assert said(complete_freeze(asked, known)) == expected


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        pytest.param(declares(), snapshot(("the freeze is complete",)), id="complete"),
        pytest.param(
            request(freeze=None),
            snapshot(("No freeze was described.", "Type `/release freeze declare` and fill in the form.")),
            id="nothing",
        ),
        pytest.param(
            declares(reason="", exit_criteria="", plan="", approver="", services=(), environments=()),
            snapshot(
                (
                    "The freeze lacks its services, environments, reason, exit criteria, re-enable plan, approver.",
                    "Type `/release freeze declare` and fill in the form.",
                )
            ),
            id="all fields lack",
        ),
        pytest.param(
            declares(end=AT),
            snapshot(("The freeze ends before it begins to count.", "Give an end that is later than its start and than now.")),
            id="no time",
        ),
        pytest.param(
            declares(kind="whim"),
            snapshot(("The policy knows no freeze of kind whim.", "Choose holiday or major-event or quarter-end or incident or train.")),
            id="unknown kind",
        ),
        pytest.param(
            declares(end=AT + MONTH + DAY / 4),
            snapshot(
                ("The freeze lasts 30.2 days; holiday may last 30 days.", "Give an earlier end, and renew the freeze when it comes near.")
            ),
            id="too long",
        ),
    ],
)
def test_what_people_read_who_declare(asked: Request, sentence: tuple[str, ...]) -> None:
    assert told(complete_freeze(asked, FACTS)) == sentence


def test_a_maximum_is_told_with_its_part_of_a_day() -> None:
    short = facts(policy(freeze_kinds={"holiday": FreezeKind(maximum=timedelta(hours=36))}))
    assert told(complete_freeze(declares(end=AT + 2 * DAY), short))[0] == "The freeze lasts 2.0 days; holiday may last 1.5 days."


LIFT = request(action=Action.LIFT, by=MARA, rationale="the books are closed")
WORDLESS = request(action=Action.LIFT, by=MARA, rationale=" ")


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        pytest.param(LIFT, facts(freeze=freeze()), Allow, id="lifted with a word on its exit criteria"),
        pytest.param(WORDLESS, facts(freeze=freeze()), Refusal.INCOMPLETE, id="no word on its exit criteria (FRZ-11)"),
        pytest.param(LIFT, facts(freeze=Absent("freeze FRZ-9")), Refusal.NO_SUCH_FREEZE, id="no such freeze"),
        pytest.param(LIFT, facts(freeze=None), Refusal.NO_SUCH_FREEZE, id="none was named"),
        pytest.param(LIFT, facts(freeze=freeze(lifted=AT - HOUR)), Refusal.NO_SUCH_FREEZE, id="lifted already"),
        pytest.param(LIFT, facts(freeze=freeze(end=AT)), Refusal.NO_SUCH_FREEZE, id="over at this moment"),
        pytest.param(LIFT, facts(freeze=freeze(end=AT - MINUTE)), Refusal.NO_SUCH_FREEZE, id="over a minute ago"),
        pytest.param(LIFT, facts(freeze=freeze(end=AT + MINUTE)), Allow, id="over in a minute"),
        pytest.param(LIFT, facts(freeze=freeze(start=AT + DAY, end=AT + 2 * DAY)), Allow, id="not begun yet"),
    ],
)
def test_what_can_be_lifted(asked: Request, known: Facts, expected: Expected) -> None:
    assert said(liftable(asked, known)) == expected


@pytest.mark.parametrize(
    ("asked", "known", "sentence"),
    [
        pytest.param(LIFT, facts(freeze=freeze()), snapshot(("FRZ-2026-1124-001 can be lifted",)), id="can be lifted"),
        pytest.param(
            WORDLESS,
            facts(freeze=freeze()),
            snapshot(
                (
                    "Lifting FRZ-2026-1124-001 early takes a word that its exit criteria are met: the books are closed",
                    "Type `/release freeze lift FRZ-2026-1124-001 <how the criteria are met>`.",
                )
            ),
            id="wordless",
        ),
        pytest.param(
            LIFT,
            facts(freeze=Absent("freeze FRZ-9")),
            snapshot(("There is no freeze FRZ-9.", "`/release freeze list` shows those that there are.")),
            id="no such",
        ),
        pytest.param(
            LIFT,
            facts(freeze=None),
            snapshot(("There is no such freeze.", "`/release freeze list` shows those that there are.")),
            id="none named",
        ),
        pytest.param(
            LIFT, facts(freeze=freeze(end=AT)), snapshot(("FRZ-2026-1124-001 is over already.", "Nothing is left to do.")), id="over"
        ),
    ],
)
def test_what_people_read_who_lift(asked: Request, known: Facts, sentence: tuple[str, ...]) -> None:
    assert told(liftable(asked, known)) == sentence


APPROVE = request(action=Action.LIFT, by=MARA)
WAITS = freeze(approved=None, approved_by=None)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(facts(freeze=WAITS), Allow, id="waits"),
        pytest.param(facts(freeze=freeze()), Refusal.ALREADY_DECIDED, id="approved already"),
        pytest.param(facts(freeze=replace(WAITS, lifted=AT)), Refusal.NO_SUCH_FREEZE, id="lifted"),
        pytest.param(facts(freeze=replace(WAITS, end=AT)), Refusal.NO_SUCH_FREEZE, id="over"),
        pytest.param(facts(freeze=Absent("freeze FRZ-9")), Refusal.NO_SUCH_FREEZE, id="no such freeze"),
    ],
)
def test_what_can_be_approved(known: Facts, expected: Expected) -> None:
    assert said(approvable(APPROVE, known)) == expected


def renews(until: datetime | None, rationale: str = "two are missing") -> Request:
    return request(action=Action.LIFT, by=MARA, until=until, rationale=rationale)


COMING = freeze(start=AT + DAY, end=AT + 2 * DAY)


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        pytest.param(renews(AT + DAY), facts(freeze=freeze()), Allow, id="later"),
        pytest.param(renews(AT + HOUR + MINUTE), facts(freeze=freeze()), Allow, id="a minute later"),
        pytest.param(renews(AT + HOUR), facts(freeze=freeze()), Refusal.INCOMPLETE, id="as it is"),
        pytest.param(renews(AT), facts(freeze=freeze()), Refusal.INCOMPLETE, id="sooner"),
        pytest.param(renews(None), facts(freeze=freeze()), Refusal.INCOMPLETE, id="no end"),
        pytest.param(renews(AT + DAY, " "), facts(freeze=freeze()), Refusal.INCOMPLETE, id="no reason"),
        pytest.param(renews(AT + MONTH), facts(freeze=freeze()), Allow, id="as long as its kind lasts, from now on"),
        pytest.param(renews(AT + MONTH + MINUTE), facts(freeze=freeze()), Refusal.TOO_LONG, id="a minute longer"),
        pytest.param(renews(AT + DAY + MONTH), facts(freeze=COMING), Allow, id="as long, from its start on"),
        pytest.param(renews(AT + DAY + MONTH + MINUTE), facts(freeze=COMING), Refusal.TOO_LONG, id="a minute longer than that"),
        pytest.param(renews(AT + MONTH), facts(freeze=freeze(kind="gone")), Allow, id="of a kind that the policy has no more"),
        pytest.param(renews(AT + DAY), facts(freeze=freeze(lifted=AT)), Refusal.NO_SUCH_FREEZE, id="lifted"),
        pytest.param(renews(AT + DAY), facts(freeze=freeze(end=AT)), Refusal.NO_SUCH_FREEZE, id="over"),
        pytest.param(renews(AT + DAY), facts(freeze=None), Refusal.NO_SUCH_FREEZE, id="none was named"),
    ],
)
def test_what_can_be_extended(asked: Request, known: Facts, expected: Expected) -> None:
    assert said(extendable(asked, known)) == expected


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        pytest.param(
            told(approvable(APPROVE, facts(freeze=freeze()))),
            snapshot(("FRZ-2026-1124-001 is approved already.", "Nothing is left to do.")),
            id="approved already",
        ),
        pytest.param(
            told(extendable(renews(AT), facts(freeze=freeze()))),
            snapshot(
                (
                    "FRZ-2026-1124-001 lasts until Tue 24 Nov 13:00 Europe/Berlin anyway.",
                    "Give a later end, or end it early: `/release freeze lift FRZ-2026-1124-001 <how the criteria are met>`.",
                )
            ),
            id="not later",
        ),
        pytest.param(
            told(extendable(renews(AT + DAY, ""), facts(freeze=freeze()))),
            snapshot(("Extending a freeze takes a reason.", "Type `/release freeze extend FRZ-2026-1124-001 until=… <why>`.")),
            id="no reason",
        ),
        pytest.param(
            told(complete_freeze(declares(**ON_MAIN), FACTS)),
            snapshot(
                ("Branches are named, and the freeze holds deployments only.", "Leave the branches out, or add `merges` to what it blocks.")
            ),
            id="branches without merges",
        ),
    ],
)
def test_what_people_read_who_decide(sentence: tuple[str, ...], said: tuple[str, ...]) -> None:
    assert sentence == said


MERGES = freeze(blocks=(Blocked.MERGES,))


@pytest.mark.parametrize(
    ("one", "service", "branch", "held"),
    [
        pytest.param(MERGES, "api", "main", True, id="every branch"),
        pytest.param(replace(MERGES, branches=("main",)), "api", "main", True, id="this one"),
        pytest.param(replace(MERGES, branches=("main",)), "api", "release/1.4", False, id="another one"),
        pytest.param(replace(MERGES, branches=("main", "release/*")), "api", "release/1.4", True, id="by its pattern"),
        pytest.param(replace(MERGES, branches=("main",)), "api", "Main", False, id="in other letters"),
        pytest.param(replace(MERGES, services=("web",)), "api", "main", False, id="of another service"),
        pytest.param(replace(MERGES, services=("web",)), "web", "main", True, id="of this service"),
        pytest.param(replace(MERGES, in_force=None), "api", "main", False, id="nobody approved it"),
        pytest.param(freeze(), "api", "main", False, id="deployments only"),
    ],
)
def test_where_merges_stand_still(one: Freeze, service: str, branch: str, held: bool) -> None:
    assert one.holds_merges(service, branch) is held


RELEASE = Cut(
    "CUT-1", "weekly-1", "example/repo", ("api",), "a" * 40, AT, AT, late=False, captain=MARA.id, captain_name=MARA.name, by=MARA.id, base=None,
    version="v1.4.0", branch="release/1.4", unbranched="", state=CutState.CUT, why="", checks=(), included=(), excluded=(), head="b" * 40,
    gates=Gates.PASSED, gates_why="all passed",
)  # fmt: skip
COMMIT = Fix("weekly-1", "example/repo", "f1" * 20, "fix: x", "https://x", (), 12, (), None, (), AT)
NO_MERGES = (freeze(blocks=(Blocked.MERGES,), branches=("release/*",)),)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(facts(fix=COMMIT, cuts=(RELEASE,), freezes=NO_MERGES), Refusal.FROZEN, id="its branch is frozen"),
        pytest.param(facts(fix=COMMIT, cuts=(RELEASE,), freezes=()), Allow, id="nothing is"),
        pytest.param(facts(fix=COMMIT, cuts=(RELEASE,), freezes=(freeze(),)), Allow, id="deployments are"),
        pytest.param(facts(fix=COMMIT, cuts=(RELEASE,), freezes=NO_MERGES, at=AT + HOUR), Allow, id="it is over"),
        pytest.param(facts(fix=COMMIT, cuts=(replace(RELEASE, branch="hotfix/1.4"),), freezes=NO_MERGES), Allow, id="another branch"),
        pytest.param(
            facts(fix=COMMIT, cuts=(replace(RELEASE, repository="example/other"),), freezes=NO_MERGES), Allow, id="another repository"
        ),
        pytest.param(facts(fix=COMMIT, cuts=(replace(RELEASE, repository="example/web"),), freezes=NO_MERGES), Allow, id="a third one"),
        pytest.param(facts(fix=COMMIT, cuts=(RELEASE,), freezes=UNREAD), Unsure, id="freezes unread"),
        pytest.param(facts(fix=Absent("commit"), freezes=NO_MERGES), Allow, id="no such commit"),
    ],
)
def test_a_commit_is_not_accepted_while_its_branch_takes_no_merges(known: Facts, expected: Expected) -> None:
    assert said(takes_merges(REQUEST, known)) == expected


def test_the_end_is_told_in_the_zone_of_the_first_service_that_was_cut() -> None:
    both = facts(fix=COMMIT, cuts=(replace(RELEASE, services=("api", "web")),), freezes=NO_MERGES)
    assert "until Tue 24 Nov 13:00 Europe/Berlin" in told(takes_merges(REQUEST, both))[0]
    assert (
        "until Tue 24 Nov 07:00 America/New_York"
        in told(takes_merges(REQUEST, replace(both, cuts=(replace(RELEASE, services=("web", "api")),))))[0]
    )


# ---------------------------------------------------------------- shared calendars


def calendars(**parts: object) -> Policy:
    company = {
        "url": "https://calendar.example.com/freezes.ics", "kind": "holiday", "environments": ("production",), "approver": MARA.id,
        "exit": "all are back", "plan": "resume",
    }  # fmt: skip
    return policy(freeze_calendars={"company": FreezeCalendar.model_validate(company | parts)})


LOST_ONE = Unread("the freeze calendar company", "it was read never")


def without(**parts: object) -> Facts:
    """What was read of the calendar last is too old."""
    return facts(calendars(**parts), shared={"company": LOST_ONE})


@pytest.mark.parametrize(
    ("asked", "known", "expected"),
    [
        pytest.param(REQUEST, facts(calendars()), Allow, id="it is read"),
        pytest.param(REQUEST, facts(calendars(), shared={}), Unsure, id="nobody asked for it"),
        pytest.param(REQUEST, without(), Unsure, id="nobody knows what stands in it"),
        pytest.param(REQUEST, without(environments=("staging",)), Allow, id="it is about another environment"),
        pytest.param(REQUEST, without(services=("web",)), Allow, id="it is about another service"),
        pytest.param(REQUEST, without(services=("web", "api")), Unsure, id="it is about this service too"),
        pytest.param(EMERGENCY, replace(without(), emergency=emergency()), Allow, id="an emergency would pass, whatever stands in it"),
        pytest.param(EMERGENCY, without(), Unsure, id="a word makes no emergency"),
        pytest.param(REQUEST, without(kind="train"), Allow, id="it is about merges"),
        pytest.param(request(migration=Migration.NONE), without(kind="quarter-end"), Allow, id="it is about migrations, and there is none"),
        pytest.param(request(migration=None), without(kind="quarter-end"), Unsure, id="it is about migrations, and nobody said"),
    ],
)
def test_a_calendar_that_nobody_can_read(asked: Request, known: Facts, expected: Expected) -> None:
    assert said(not_frozen(asked, known)) == expected
    slot = next_slot(asked, known)
    assert isinstance(slot, Unread) is (expected is Unsure)


EVENT = CalendarEvent("sale", AT, AT + DAY, "Black Friday", "all shops")


def test_an_event_is_a_freeze_with_what_the_policy_says() -> None:
    found = freeze_of("company", EVENT, facts(calendars()))
    assert (found.start, found.end, found.reason, found.uid, found.calendar) == (AT, AT + DAY, "Black Friday: all shops", "sale", "company")
    assert (found.approver, found.exit_criteria, found.plan, found.environments) == (MARA.id, "all are back", "resume", ("production",))
    assert freeze_of("company", replace(EVENT, text=""), facts(calendars())).reason == "Black Friday"
    assert said(not_frozen(REQUEST, facts(freezes=(found,)))) == Refusal.FROZEN


def test_what_is_imported_was_read() -> None:
    asked = request(action=Action.FREEZE, by=MARA)
    assert said(calendar_read(asked, facts(calendars(), calendar=(EVENT,)))) is Allow
    assert said(calendar_read(asked, facts(calendars()))) is Unsure


@pytest.mark.parametrize(
    ("one", "lapsed"),
    [
        (freeze(approved=None, lapses=AT), True),
        (freeze(approved=None, lapses=AT - MINUTE), True),
        (freeze(approved=None, lapses=AT + MINUTE), False),
        (freeze(lapses=AT), False),
        (freeze(approved=None), False),
    ],
    ids=["nobody approved it in time", "nor since", "there is a minute left", "somebody approved it", "it counts by its approval only"],
)
def test_what_lapses(one: Freeze, lapsed: bool) -> None:
    """FRZ-07."""
    assert one.lapsed(AT) is lapsed


@pytest.mark.parametrize(
    ("at", "service", "end"),
    [
        ("2026-11-24 22:59", "api", "2026-11-24 23:00"),
        ("2026-11-24 23:00", "api", "2026-11-25 23:00"),
        ("2026-11-24 23:00", "web", "2026-11-25 05:00"),
        ("2026-03-28 23:30", None, "2026-03-29 22:00"),
    ],
    ids=["before midnight there", "at midnight there", "in another zone", "a day of 23 hours"],
)
def test_where_the_day_of_a_service_ends(at: str, service: str | None, end: str) -> None:
    """HOT-17: the same day is the service's."""
    assert end_of_day(utc(at), service, FACTS) == utc(end)
