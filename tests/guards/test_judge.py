"""Authorization first and alone; then every reason at once; and the outcome that follows (CMD-12, CMD-13, EVD-31)."""

from dataclasses import replace
from datetime import datetime

import pytest
from inline_snapshot import snapshot

from guards.approvals import approved
from guards.artifact import pinned, same_artifact
from guards.authorization import authorized
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.duties import separated
from guards.facts import Facts, Request
from guards.flight import alone, asked_once
from guards.freeze import not_frozen
from guards.judge import Answer, Guard, Judgement, judge, judge_set
from guards.order import in_order
from guards.record import reasoned
from guards.unread import Unread
from guards.window import in_window
from tests.guards.cases import AT, DANA, DAY, FACTS, HOUR, REQUEST, facts, freeze, request, said

PROMOTION = (authorized, separated, pinned, same_artifact, in_order, not_frozen, in_window, alone, asked_once, approved)
HEALS = frozenset({Refusal.FROZEN, Refusal.OUTSIDE_WINDOW, Refusal.NOT_APPROVED})

YES = Allow("fine")
DUNNO = Unsure("the registry")


def no(code: Refusal = Refusal.INCOMPLETE, until: datetime | None = None) -> Refuse:
    return Refuse(code, "why", "remedy", until)


def says(decision: Decision) -> Guard:
    def guard(request: Request, facts: Facts) -> Decision:
        assert (request, facts) == (REQUEST, FACTS)
        return decision

    return guard


def judged(*decisions: Decision, heals: frozenset[Refusal] = HEALS) -> Judgement:
    return judge(tuple(says(decision) for decision in decisions), REQUEST, FACTS, heals)


WAITS = no(Refusal.FROZEN)


@pytest.mark.parametrize(
    ("decisions", "outcome"),
    [
        pytest.param((YES,), "allowed", id="authorized is enough when nothing else is asked"),
        pytest.param((YES, YES, YES), "allowed", id="all allow"),
        pytest.param((YES, YES, no()), "refused", id="the last refuses"),
        pytest.param((YES, no(), YES), "refused", id="one in the middle refuses"),
        pytest.param((no(), YES), "refused", id="the first refuses"),
        pytest.param((YES, DUNNO), "unsure", id="something is unread"),
        pytest.param((DUNNO, YES), "unsure", id="the authorization is unread"),
        pytest.param((YES, DUNNO, no()), "refused", id="refused for good, whatever is unread"),
        pytest.param((YES, WAITS), "waits", id="a reason that heals"),
        pytest.param((YES, WAITS, no(Refusal.NOT_APPROVED)), "waits", id="two reasons that heal"),
        pytest.param((YES, WAITS, no()), "refused", id="a reason that heals and one that does not"),
        pytest.param((YES, WAITS, DUNNO), "unsure", id="a reason that heals while something is unread"),
    ],
)
def test_the_outcome(decisions: tuple[Decision, ...], outcome: str) -> None:
    assert judged(*decisions).outcome == outcome


def test_a_reason_heals_only_for_a_command_that_says_so() -> None:
    assert judged(YES, WAITS, heals=frozenset()).outcome == "refused"
    assert judge((says(YES), says(WAITS)), REQUEST, FACTS).outcome == "refused"


@pytest.mark.parametrize("first", [no(), DUNNO])
def test_whoever_is_not_authorized_learns_nothing_more(first: Decision) -> None:
    asked = []

    def nosy(request: Request, facts: Facts) -> Decision:
        asked.append(request)
        return no()

    assert judge((says(first), nosy), REQUEST, FACTS).answers == (Answer("guard", first),)
    assert asked == []
    assert judge((says(YES), nosy), REQUEST, FACTS).answers == (Answer("guard", YES), Answer("nosy", no()))
    assert asked == [REQUEST]


def test_all_reasons_are_shown_at_once_the_one_that_heals_soonest_first() -> None:
    late, never, soon = no(Refusal.FROZEN, AT + DAY), no(Refusal.OWN_WORK), no(Refusal.OUTSIDE_WINDOW, AT + HOUR)
    also_never = no(Refusal.NOT_APPROVED)
    judgement = judged(YES, late, never, DUNNO, also_never, soon, YES)
    assert judgement.refusals == (soon, late, never, also_never)
    assert judgement.unsure == (DUNNO,)
    assert len(judgement.answers) == 7


def test_a_refusal_is_found_by_its_code() -> None:
    judgement = judged(YES, no(Refusal.OWN_WORK), no(Refusal.FROZEN, AT))
    assert judgement.refused_for(Refusal.FROZEN) == no(Refusal.FROZEN, AT)
    assert judgement.refused_for(Refusal.OWN_WORK) == no(Refusal.OWN_WORK)
    assert judgement.refused_for(Refusal.STRANGER) is None
    assert judgement.refused_for(min(Refusal)) is None


def test_a_command_without_guards_does_not_exist() -> None:
    with pytest.raises(ValueError, match="without guards"):
        judge((), REQUEST, FACTS)


def test_a_judgement_carries_the_moment_of_its_facts() -> None:
    assert judged(YES).at == AT


def test_the_guards_of_a_promotion_all_allow_and_say_what_they_saw() -> None:
    judgement = judge(PROMOTION, REQUEST, FACTS, HEALS)
    assert judgement.outcome == "allowed"
    assert {answer.guard: answer.decision.why for answer in judgement.answers} == snapshot(
        {
            "authorized": "Remy is release_captain for api in production",
            "separated": "asking is open to authors",
            "pinned": "v1.4.0 is a fixed version",
            "same_artifact": "v1.4.0 is sha256:1f1f1f1f1f1f…, as in staging",
            "in_order": "v1.4.0 ran in staging",
            "not_frozen": "production is not frozen",
            "in_window": "window weekdays is open until Tue 24 Nov 16:00 Europe/Berlin",
            "alone": "nothing else works on api in production",
            "asked_once": "v1.4.0 is asked for once",
            "approved": "approved by Mara",
        }
    )


def test_a_promotion_that_waits_for_its_time_and_its_people() -> None:
    judgement = judge(PROMOTION, REQUEST, facts(at=AT + 5 * HOUR, approvals=(), freezes=(freeze(end=AT + DAY),)), HEALS)
    assert judgement.outcome == "waits"
    codes = [refusal.code for refusal in judgement.refusals]
    assert codes == [Refusal.FROZEN, Refusal.OUTSIDE_WINDOW, Refusal.NOT_APPROVED]
    assert [judgement.refused_for(code) for code in codes] == list(judgement.refusals)
    assert judgement.refused_for(Refusal.APPROVAL_MOVED) is None


def test_a_promotion_by_somebody_who_may_not_tells_nothing_of_the_freeze() -> None:
    judgement = judge(PROMOTION, request(by=DANA), facts(freezes=(freeze(),)), HEALS)
    assert [answer.guard for answer in judgement.answers] == ["authorized"]
    assert judgement.outcome == "refused"


def test_a_promotion_with_an_unread_registry_is_unsure() -> None:
    judgement = judge(PROMOTION, REQUEST, facts(artifact=Unread("the artifact registry", "no answer within 5 s")), HEALS)
    assert judgement.outcome == "unsure"
    assert {unsure.missing for unsure in judgement.unsure} == {"the artifact registry"}


def test_a_set_is_judged_entry_by_entry_and_one_that_fails_stops_it() -> None:
    frozen = facts(freezes=(freeze(),))
    cases = ((REQUEST, FACTS), (request(service="web"), frozen))
    judgement = judge_set((reasoned,), (authorized, not_frozen, pinned), request(rationale="x"), FACTS, cases[:1] * 2, frozenset())
    assert judgement.outcome == "allowed"
    assert [(a.guard, a.about) for a in judgement.answers] == [
        ("authorized", None), ("reasoned", None), ("not_frozen", None), ("pinned", None),
    ]  # fmt: skip
    judgement = judge_set((reasoned,), (by_name, not_frozen, pinned), REQUEST, FACTS, cases, frozenset())
    assert [(a.guard, a.about, said(a.decision)) for a in judgement.answers] == [
        ("by_name", None, Allow), ("reasoned", None, Refusal.NO_RATIONALE), ("not_frozen", "api", Allow), ("not_frozen", "web", Refusal.FROZEN),
        ("pinned", None, Allow),
    ]  # fmt: skip
    assert any(r.why.startswith("web: production is frozen") for r in judgement.refusals)


def test_of_a_set_of_one_each_answer_says_which_it_is_about() -> None:
    judgement = judge_set((), (by_name, pinned), REQUEST, FACTS, ((REQUEST, FACTS),), frozenset())
    assert [(a.guard, a.about) for a in judgement.answers] == [("by_name", "api"), ("pinned", "api")]


def test_who_may_not_touch_one_entry_learns_nothing_of_the_others() -> None:
    cases = ((REQUEST, FACTS), (request(service="web"), FACTS))
    judgement = judge_set((reasoned,), (authorized, pinned), REQUEST, FACTS, cases, frozenset())
    assert [(a.guard, a.about) for a in judgement.answers] == [("authorized", "web")]
    assert judgement.outcome == "refused"


def test_a_set_without_entries_is_authorized_by_itself() -> None:
    judgement = judge_set((reasoned,), (authorized, pinned), REQUEST, FACTS, (), frozenset())
    assert [a.guard for a in judgement.answers] == ["authorized", "reasoned"]


def test_what_could_not_be_read_of_an_entry_names_it() -> None:
    def lost(asked: Request, known: Facts) -> Decision:
        return Unsure("the freeze calendar") if asked.service == "web" else Unsure("the checks of api")

    cases = ((REQUEST, FACTS), (request(service="web"), FACTS))
    judgement = judge_set((), (by_name, lost), REQUEST, FACTS, cases, frozenset())
    assert [u.missing for u in judgement.unsure] == ["the checks of api", "the freeze calendar (web)"]


def by_name(asked: Request, known: Facts) -> Decision:
    return Allow("everybody may")


def test_what_was_concluded_from_facts_is_drawn_once_and_never_from_others() -> None:
    known, drawn = facts(), []

    def conclude() -> str:
        drawn.append(known.at)
        return "as it was"

    assert [known.memo.once(("what", "api"), conclude) for _ in range(2)] == ["as it was"] * 2
    assert known.memo.once(("what", "web"), lambda: "another") == "another"
    assert replace(known, at=known.at + HOUR).memo.once(("what", "api"), lambda: "as it is later") == "as it is later"
    assert (len(drawn), replace(known) == known) == (1, True)
