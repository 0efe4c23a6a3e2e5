"""The tour's stories of one version on a working day: a promotion, separation of duties, a fault.

`tour_freeze.py` has that of a freeze with an emergency, `tour_train.py` the train's.

Invariant: each makes a version of its own, so that they can be played in any order, and again.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.demo.company import ZONE, Company
from bot.demo.development import SERVICE
from bot.demo.moments import morning
from bot.demo.steps import Places, Step, Story, Until
from bot.demo.story_asking import HARMLESS
from storage import freezes, incidents
from storage.chain import Row

RECORD = f'/release record complete {SERVICE} {{version}} issues="none known" rollback="promote {{before}} again"'
NOTES = f"/release notes edit {SERVICE} {{version}}"
ASK = f"/release promote {SERVICE} {{version}} production {HARMLESS}"

# ------------------------------------------------------------ what has happened


def tag(*tags: str, says: str = "", by: str = "", keep: str = "") -> Until:
    """One of these entries is in the ledger since the step began.

    Args:
        tags: as in the ledger.
        says: what its body holds, or "".
        by: handle of who did it, or "" for anyone.
        keep: the place that stands for what the entry is about from then on, or "".
    """

    async def happened(company: Company, places: Places, since: int) -> bool:
        found = next((row for row in (await company.ledger())[since:] if _fits(row, tags, says, by)), None)
        if found is not None and keep:
            places[keep] = found.subject or ""
        return found is not None

    return happened


def _fits(row: Row, tags: tuple[str, ...], says: str, by: str) -> bool:
    return row.tag in tags and says in row.body and (not by or row.actor == f"{by}@acme.example")


def stands(environment: str) -> Until:
    """The story's version lies in an environment's folder, and its card says so."""

    async def stands_there(company: Company, places: Places, _: int) -> bool:
        there = {each.environment: each.version for each in await company.ci.standing(SERVICE)}
        return there.get(environment) == places["version"] and not company.at_work()

    return stands_there


def switched_on(name: str) -> Until:
    """Somebody switched on the fault of this name."""

    async def is_on(company: Company, _: Places, __: int) -> bool:
        return company.trouble == name

    return is_on


# ------------------------------------------------------------ what a story needs


async def a_new_version(company: Company) -> Places:
    """Somebody wrote it, somebody reviewed it, CI built it and deployed it to dev; it is a time at which people release."""
    await tidied_up(company)
    await into_the_window(company)
    before = {each.environment: each.version for each in await company.ci.standing(SERVICE)}["production"]
    minor = 4
    while await company.ci.built(SERVICE, f"v1.{minor}.0"):
        minor += 1
    version = f"v1.{minor}.0"
    content = {"api.py": f'print("this is {version}")\n'}
    await company.development.change(f"API-{minor}0: say that it is {version}", content, author="dev", reviewer="rob")
    await company.development.release(version)
    await company.deploy_unasked(version, "dev")
    return {"version": version, "before": before}


async def one_that_ran_in_staging(company: Company) -> Places:
    """As above; it ran in staging, and people wrote down what only they know."""
    places = await a_new_version(company)
    await company.say("dev", f"/release promote {SERVICE} {places['version']} staging")
    await company.until(lambda: not company.at_work())
    await company.say("carla", RECORD.format_map(places))
    await company.say("carla", NOTES.format_map(places))
    await company.fill("carla")
    return places


async def one_that_waits(company: Company) -> Places:
    """As above; Carla asked for it in production."""
    places = await one_that_ran_in_staging(company)
    await company.say("carla", ASK.format_map(places))
    return places


async def tidied_up(company: Company) -> None:
    """What a story that was left halfway let stand is ended: open incidents and freezes of production."""
    now = company.clock.now()
    for incident in await company.house.store.read(incidents.still_open):
        await company.say("ines", f'/release incident close {incident.reference} mechanism="it ended" verification="all is well"')
    for freeze in await company.house.store.read(lambda tx: freezes.current(tx, now)):
        await company.say("rita", f"/release freeze lift {freeze.id} all is well again")


async def into_the_window(company: Company) -> None:
    """Let time pass until people release: Monday to Thursday, 10:00 to 14:00."""
    while not _is_open(company.clock.now()):
        await company.pass_time(morning(company.clock.now(), ZONE) - company.clock.now())


def _is_open(at: datetime) -> bool:
    local = at.astimezone(ZoneInfo(ZONE))
    return local.weekday() < 4 and 10 <= local.hour < 14


# ------------------------------------------------------------ the stories

PROMOTION = Story(
    "promotion",
    "A promotion",
    "A version goes to production: asked for, refused, made right, approved, deployed.",
    a_new_version,
    (
        Step(
            "{version} was built and runs in dev. Carla wants it in production at once. Send her command, and read what she is told: "
            "every reason at once, each with what to do about it. (Its last words answer the questions about risk.)",
            "carla", ASK, until=tag("promote:refused"),
        ),
        Step(
            "The first reason: it never ran in staging. Dev may ask for that, and nobody has to approve it there.",
            "dev", f"/release promote {SERVICE} {{version}} staging", until=stands("staging"),
        ),
        Step(
            "The second: nobody wrote down what is known and how it is rolled back. Carla does.",
            "carla", RECORD, until=tag("record:written"),
        ),
        Step(
            "The third: there are no release notes. The bot drafted them from the pull request; look them over and save them.",
            "carla", NOTES, until=tag("notes:draft"),
        ),
        Step(
            "Now she asks again. Nothing speaks against it but that nobody has approved: a card in #releases shows it to everyone.",
            "carla", ASK, until=tag("change:requested"),
        ),
        Step(
            "Rita manages releases. Press Approve on the card, and say why it may go. CI is asked once, right then.",
            "rita", until=stands("production"),
        ),
        Step(
            "{version} runs in production. The card is green, its thread holds the log. Behind the scenes you see what every guard said, "
            "each entry of the ledger, and each call to CI.",
        ),
    ),
)  # fmt: skip

DUTIES = Story(
    "duties",
    "Separation of duties",
    "Four people may approve for production. Three of them may not approve this one alone.",
    one_that_waits,
    (
        Step(
            "Carla asked for {version} in production, and she may approve for production. But nobody approves what they asked for: "
            "press Approve as Carla.",
            "carla", until=tag("approve:refused", says="own-request", by="carla"),
        ),
        Step(
            "Dev did not ask, and may approve too. But he wrote a part of {version}. Press Approve as Dev.",
            "dev", until=tag("approve:refused", says="own-work", by="dev"),
        ),
        Step(
            "Rob's approval counts, but he reviewed the code already: somebody else has to look too. Approve as Rob; the card still waits.",
            "rob", until=tag("change:approval", by="rob"),
        ),
        Step("Rita neither asked, wrote nor reviewed. Approve as Rita, and it goes.", "rita", until=stands("production")),
        Step("Every attempt is on record, the refused ones too: look at the ledger behind the scenes."),
    ),
)  # fmt: skip

FAULT = Story(
    "fault",
    "A fault",
    "CI takes the order, and its answer is lost. Was it deployed? Is it asked again?",
    one_that_waits,
    (
        Step(
            "{version} waits for one approval. Before it comes, have CI's next answer get lost.",
            trouble="lost", until=switched_on("lost"),
        ),
        Step(
            "Approve as Rita. CI takes the order and starts, but the bot hears no answer: watch the card.",
            "rita", until=tag("change:approval", by="rita"),
        ),
        Step(
            "The bot does not know what became of it, and never sends it again blindly: it looks the order up by its key.",
            until=stands("production"),
        ),
        Step("It was deployed once. Look at the calls to CI behind the scenes: there is one POST /runs for it."),
    ),
)  # fmt: skip
