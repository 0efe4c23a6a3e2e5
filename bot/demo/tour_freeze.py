"""The tour's story of a freeze with an emergency: the one way past the calendar, and what it leaves behind; whoever plays moves the clock.

Invariant: as in `stories`: each playing has a version of its own, and what an earlier one let stand is ended before.
"""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.demo.company import ZONE, Company
from bot.demo.development import SERVICE
from bot.demo.friday import SUNDAY
from bot.demo.moments import following
from bot.demo.steps import Places, Step, Story, Until
from bot.demo.stories import ASK, one_that_ran_in_staging, stands, tag
from bot.demo.story_asking import HARMLESS
from guards.obligation import Obligation, Owed
from storage import obligations

GO = f"/release emergency promote {{emergency}} {HARMLESS}"
CLOSE = (
    '/release emergency close {emergency} resolution="logins work, the error rate shows it" happened="a key ran out" '
    'prevention="an alert a week ahead"'
)

# ------------------------------------------------------------ what it needs


async def a_night_to_come(company: Company) -> Places:
    """A version that ran in staging on a working day, and the next Sunday night."""
    places = await one_that_ran_in_staging(company)
    night = following(company.clock.now(), ZONE, SUNDAY, time(23, 10))
    until = (night + timedelta(hours=16)).astimezone(ZoneInfo(ZONE))
    return places | {"night": night.isoformat(), "until": f"{until:%Y-%m-%dT%H:%M}"}


async def the_incident_is_over(company: Company, places: Places) -> None:
    """Otto closes it: how service was restored, and what shows it."""
    words = 'mechanism="a new key" verification="logins work since half an hour" cause="a key ran out"'
    await company.say("otto", f"/release incident close {places['incident']} {words}")


async def all_but_the_record_is_done(company: Company, places: Places) -> None:
    """Everybody does what they owe, only the formal record of the change is left to Ines."""
    for one in await _owed(company, places):
        if one.kind is not Owed.CHANGE_RECORD:
            await company.say(one.owner.partition("@")[0], f"/release follow-up done {one.id} see the page of {places['incident']}")


async def _owed(company: Company, places: Places) -> tuple[Obligation, ...]:
    """What is open of the emergency, and of its incident: the postmortem."""
    records = (places["emergency"], places["incident"])
    found = await company.house.store.read(lambda tx: [one for record in records for one in obligations.about(tx, record)])
    return tuple(one for one in found if not one.done)


# ------------------------------------------------------------ what has happened


def it_is(moment: str) -> Until:
    """The clock shows the moment that a place holds, or a later one."""

    async def so(company: Company, places: Places, _: int) -> bool:
        return company.clock.now() >= datetime.fromisoformat(places[moment])

    return so


def gone_out() -> Until:
    """The version runs in production; the formal record, and until when it is owed, stand for places from then on."""
    there = stands("production")

    async def so(company: Company, places: Places, since: int) -> bool:
        record = [one for one in await _owed(company, places) if one.kind is Owed.CHANGE_RECORD]
        if not record or not await there(company, places, since):
            return False
        places |= {"record": record[0].id, "due": (record[0].due + timedelta(seconds=2)).isoformat()}
        return True

    return so


# ------------------------------------------------------------ the story

FREEZE = Story(
    "freeze",
    "A freeze with an emergency",
    "On a Sunday night production stands still; two others let one change past, once, and what it leaves behind is chased.",
    a_night_to_come,
    (
        Step(
            "{version} ran in staging, and nobody was in a hurry. Let it become Sunday night: logins fail.",
            moment="night", until=it_is("night"),
        ),
        Step(
            "Otto is on call, and sees it first. Open an incident as Otto; Ines will lead it.",
            "otto", f'/release incident open SEV-1 title="logins fail" services={SERVICE} commander=ines@acme.example',
            until=tag("incident:opened", keep="incident"),
        ),
        Step(
            "Ines commands incidents. She lets production stand still, so that nobody makes it worse.",
            "ines", '/release freeze declare production kind=incident until={until} approver=olga@acme.example reason="logins fail" '
            'exit="logins work for half an hour" plan="what waits goes by itself"', until=tag("freeze:declared", keep="freeze"),
        ),
        Step(
            "{version} would mend it. Carla asks for it as on any day; read every reason why not, and until when.",
            "carla", ASK, until=tag("promote:refused", says="frozen"),
        ),
        Step(
            "There is one way past the calendar, and it is on record. Declare an emergency as Ines: what is wrong, why it cannot wait, "
            "how it is rolled back, what is to be done afterwards.",
            "ines", f"/release emergency declare {SERVICE} {{version}} production criterion=production-down classification=emergency "
            'incident={incident} reason="logins fail, this renews the key" waiting="nobody can log in until Monday" '
            'rollback="promote {before} again" after="an alert before a key runs out"', until=tag("emergency:declared", keep="emergency"),
        ),
        Step(
            "On-call, security and the release managers were told at once. Ines may approve emergencies, but not her own: press Approve "
            "on the card of {emergency} as Ines.",
            "ines", until=tag("emergency-approve:refused", says="own-request", by="ines"),
        ),
        Step("It takes two others. Approve it as Rita, and say what you looked at.", "rita", until=tag("emergency:approval", by="rita")),
        Step("Approve it as Olga, who owns the service.", "olga", until=tag("emergency:approved")),
        Step(
            "Now it counts, for this one version and for four hours. Have it go as Ines. Digest, checks, reviews and signature are judged "
            "as on any day.",
            "ines", GO, until=gone_out(),
        ),
        Step(
            "{version} runs in production. Try to use {emergency} a second time.",
            "ines", GO, until=tag("emergency-promote:refused", says="wrong-state"),
        ),
        Step(
            "Logins work. Lift the freeze, with a word on how its exit criteria are met.",
            "ines", "/release freeze lift {freeze} logins work since half an hour", until=tag("freeze:lifted"),
        ),
        Step(
            "Otto closed the incident. Close the emergency too, and go to bed.",
            "ines", CLOSE, first=the_incident_is_over, until=tag("emergency-close:refused", says="still-owed"),
        ),
        Step(
            "A record, a review and more are owed. Let a day pass without doing any of it, and see who is reminded.",
            moment="due", until=tag("obligation:reminded", says='"overdue":true'),
        ),
        Step(
            "The others have done their part. The formal record of the change is what is left; say as Ines that it is done, and what "
            "shows it.",
            "ines", "/release follow-up done {record} it is CHG-4711 in the company's register", first=all_but_the_record_is_done,
            until=tag("obligation:done", by="ines"),
        ),
        Step("Nothing is owed any more. Close it.", "ines", CLOSE, until=tag("emergency:closed")),
    ),
)  # fmt: skip
