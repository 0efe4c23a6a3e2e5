"""A GitHub account is linked to the one person who confirmed it on both sides (RBAC-01, SOD-12)."""

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from guards.decision import Allow, Refusal
from guards.facts import Facts, Request
from guards.identity import Link, Linking
from guards.links import confirmable, linked, linking_begun
from guards.vocabulary import Action
from tests.guards.cases import AT, DANA, HOUR, MARA, MINUTE, QUINN, Expected, facts, said, told

NAMED = Linking(QUINN.id, "Quinn", "U0QUINN", AT - HOUR, AT + MINUTE, login="Quinn-Q", number=7, linked=AT - MINUTE)


def confirms(login: str | None = "quinn-q") -> Request:
    return Request(action=Action.LINK, by=QUINN, login=login)


@pytest.mark.parametrize(
    ("asked", "linking", "expected"),
    [
        pytest.param(confirms(), NAMED, Allow, id="both sides say so"),
        pytest.param(confirms(), None, Refusal.NO_SUCH_LINK, id="nothing was begun"),
        pytest.param(
            confirms(), replace(NAMED, login=None, number=None, linked=None), Refusal.NO_SUCH_LINK, id="GitHub named no account yet"
        ),
        pytest.param(confirms(), replace(NAMED, expires=AT), Refusal.NO_SUCH_LINK, id="too late"),
        pytest.param(confirms(), replace(NAMED, expires=AT - MINUTE), Refusal.NO_SUCH_LINK, id="a minute too late"),
        pytest.param(confirms("mara-m"), NAMED, Refusal.NO_SUCH_LINK, id="another account than GitHub named"),
        pytest.param(confirms(None), NAMED, Refusal.NO_SUCH_LINK, id="no account was named"),
        pytest.param(confirms("mara-m"), replace(NAMED, login="mara-m"), Refusal.LOGIN_TAKEN, id="somebody else's by the policy file"),
        pytest.param(
            confirms("mara-m"),
            replace(NAMED, person=DANA.id, login="mara-m"),
            Refusal.LOGIN_TAKEN,
            id="somebody else's by the policy file, who sorts behind",
        ),
        pytest.param(
            confirms("dana-d"),
            replace(NAMED, person=DANA.id, login="dana-d", holder=MARA.id),
            Allow,
            id="one's own by the policy file, whoever linked it",
        ),
        pytest.param(confirms(), replace(NAMED, holder=DANA.id), Refusal.LOGIN_TAKEN, id="somebody else's by a link, now or before"),
    ],
)
def test_when_an_account_is_linked(asked: Request, linking: Linking | None, expected: Expected) -> None:
    assert said(confirmable(asked, facts(linking=linking))) == expected


@pytest.mark.parametrize(
    ("asked", "linking", "sentence"),
    [
        pytest.param(confirms(), NAMED, snapshot(("GitHub says that Quinn-Q is Quinn's",)), id="allowed"),
        pytest.param(
            confirms(), None, snapshot(("No GitHub account waits for your word.", "Type `/release link github` to begin.")), id="not begun"
        ),
        pytest.param(
            confirms("mara-m"),
            NAMED,
            snapshot(("GitHub named the account Quinn-Q, not mara-m.", "If Quinn-Q is yours, type `/release link confirm Quinn-Q`.")),
            id="another",
        ),
        pytest.param(
            confirms("mara-m"),
            replace(NAMED, login="mara-m"),
            snapshot(
                (
                    "By the policy file, the GitHub account mara-m belongs to mara@example.com; one account belongs to one person.",
                    "If that is wrong, have `people[].github` in the policy file say whose it is; nothing else can change it.",
                )
            ),
            id="taken by the file",
        ),
        pytest.param(
            confirms(),
            replace(NAMED, holder=DANA.id),
            snapshot(
                (
                    "By a link, the GitHub account Quinn-Q belongs to dana@example.com; one account belongs to one person.",
                    "If that is wrong, have `people[].github` in the policy file say whose it is; nothing else can change it.",
                )
            ),
            id="taken by a link",
        ),
    ],
)
def test_what_people_read(asked: Request, linking: Linking | None, sentence: tuple[str, ...]) -> None:
    assert told(confirmable(asked, facts(linking=linking))) == sentence


def test_what_there_is_to_stop_or_to_take_back() -> None:
    mine: Facts = facts(linking=NAMED, link=Link(QUINN.id, "Quinn-Q", 7, AT, AT))
    assert said(linking_begun(confirms(), mine)) == said(linked(confirms(), mine)) == Allow
    assert said(linking_begun(confirms(), facts())) == said(linked(confirms(), facts())) == Refusal.NO_SUCH_LINK


def test_what_is_shown_to_github_is_never_printed() -> None:
    assert "secret" not in repr(replace(NAMED, device="secret"))
