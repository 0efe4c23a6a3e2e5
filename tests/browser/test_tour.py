"""The stories of the tour as somebody plays them who does what the strip says (run by `make test-browser`)."""

import os
import re

import pytest

from tests.browser.conftest import KEPT, ROOT
from tests.browser.page import approves, card, step

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
PICTURES = ROOT / "docs" / "pictures"


def expects(locator):
    from playwright.async_api import expect

    return expect(locator)


async def begins(tab, story: str) -> None:
    await step(tab).get_by_role("button", name=story).click()
    await step(tab).get_by_text("step 1 of").wait_for()


async def sends(tab, number: int) -> None:
    """Has the words of this step written, as whoever they are of, and sends them."""
    await step(tab).get_by_text(f"step {number} of").wait_for()
    await step(tab).locator("button.primary").click()
    box = tab.get_by_role("combobox", name="Message")
    await expects(box).to_have_value(re.compile("^/release "))
    await box.press("Enter")


async def lets_time_pass(tab, number: int, until: str) -> None:
    """Moves the page's clock to what this step waits for."""
    await step(tab).get_by_text(f"step {number} of").wait_for()
    await step(tab).get_by_role("button", name=f"Let time pass until {until}").click()


async def behind_the_scenes(tab):
    """Opens the panel."""
    await tab.get_by_role("button", name="Behind the scenes").first.click()
    return tab.get_by_role("complementary", name="Behind the scenes")


async def becomes(tab, name: str) -> None:
    await step(tab).get_by_role("button", name=f"Be {name}", exact=True).click()
    await expects(tab.get_by_label("You are")).to_have_value(name.lower())


async def panel_says(beside) -> str:
    """The panel in words; of what was asked and recorded the kinds, since how often a run is looked up depends on how long it takes."""
    sections = [await beside.locator(f"section[aria-labelledby={part}-title]").inner_text() for part in ("clock", "troubles", "judged")]
    for part in ("calls", "ledger"):
        kinds = {each for each in await beside.locator(f"#{part} code").all_inner_texts() if not each.startswith("GET /runs/")}
        sections += [await beside.locator(f"#{part}-title").inner_text(), *sorted(kinds)]
    return "\n".join(sections)


async def pictured(tab, name: str, shown, beside=None) -> None:
    """Keeps a picture of the page. The docs' own are drawn anew only when that is asked for, since ids and times differ each time; what
    the card in it says in words must not, nor the panel where it is the subject: else it is stale, and this fails."""
    words = "\n".join([await shown.inner_text(), await step(tab).inner_text(), *([await panel_says(beside)] if beside else [])])
    for pattern, instead in ((r"\b[0-9a-f]{7,64}\b", "<id>"), (r"\b\d\d:\d\d\b", "<time>"), (r"\d+ repl(y|ies)\n?", "")):
        words = re.sub(pattern, instead, words)
    words = re.sub(r"\s*\n\s*", "\n", words).strip() + "\n"
    await tab.screenshot(path=KEPT / f"{name}.png")
    if os.environ.get("UPDATE_PICTURES"):
        await tab.screenshot(path=PICTURES / f"{name}.png")
        (PICTURES / f"{name}.txt").write_text(words, encoding="utf-8")
    kept = (PICTURES / f"{name}.txt").read_text(encoding="utf-8")
    assert words == kept, f"docs/pictures/{name}.png is stale: UPDATE_PICTURES=1 make test-browser"


async def fits(tab, scheme: str, width: int) -> None:
    """Nothing is wider than the window, in light and dark, and nothing scrolls but what is meant to."""
    await tab.emulate_media(color_scheme=scheme)
    await tab.set_viewport_size({"width": width, "height": 844})
    assert await tab.evaluate("document.documentElement.scrollWidth") == width
    assert await tab.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert await tab.evaluate("[...document.querySelectorAll('*')].every((e) => e.getBoundingClientRect().right <= innerWidth + 1)")
    await tab.screenshot(path=KEPT / f"{scheme}-{width}-beside.png")


async def test_a_promotion(tab):
    page = await tab("carla")
    await begins(page, "A promotion")
    await sends(page, 1)
    refused = card(page, "Refused: promote api v1.4.0 production")
    await refused.get_by_text("environment-skipped").wait_for()
    assert await refused.locator("code", has_text="/release promote api v1.4.0 staging").count() == 1
    await sends(page, 2)
    await sends(page, 3)
    await sends(page, 4)
    await page.get_by_role("dialog").locator("button.primary").click()
    await sends(page, 5)
    await step(page).get_by_text("step 6 of 7").wait_for()
    await becomes(page, "Rita")
    waiting = card(page, "→ production: waits for approval")
    await waiting.get_by_role("button", name="Approve").scroll_into_view_if_needed()
    await pictured(page, "approve", waiting)
    await approves(page, "Read the diff, staging is green.")
    await step(page).get_by_text("step 7 of 7").wait_for()
    await card(page, "→ production: deployed").wait_for()
    beside = await behind_the_scenes(page)
    await beside.get_by_text("POST /runs").first.wait_for()
    await beside.get_by_text("dispatch:ordered").first.wait_for()
    await beside.get_by_text("approved").first.wait_for()
    await beside.locator("#judged-title").evaluate("(it) => it.scrollIntoView()")
    await pictured(page, "behind-the-scenes", card(page, "→ production: deployed"), beside)
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)):
        await fits(page, scheme, width)
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.keyboard.press("Escape")
    await expects(beside).to_be_hidden()
    await expects(page.get_by_role("button", name="Behind the scenes")).to_be_focused()
    await step(page).get_by_role("button", name="Done").click()
    await step(page).get_by_role("button", name="✓ A promotion").wait_for()


async def test_separation_of_duties(tab):
    page, other = await tab("carla"), await tab("dev")
    await begins(page, "Separation of duties")
    await card(page, "→ production: waits").get_by_role("button", name="Approve").click()
    await card(page, "Refused: approve").get_by_text("own-request").wait_for()
    await step(page).get_by_text("step 2 of 5").wait_for()
    await card(other, "→ production: waits").get_by_role("button", name="Approve").click()
    await card(other, "Refused: approve").get_by_text("own-work").wait_for()
    await step(other).get_by_text("step 3 of 5").wait_for()
    await pictured(other, "refused", card(other, "Refused: approve"))
    await becomes(other, "Rob")
    await approves(other, "As I reviewed it.")
    await step(other).get_by_text("step 4 of 5").wait_for()
    await card(other, "→ production: waits").get_by_text("Rob Second").first.wait_for()
    await becomes(other, "Rita")
    await approves(other, "Read it anew.")
    await step(page).get_by_text("step 5 of 5").wait_for()
    await card(page, "→ production: deployed").wait_for()


async def test_a_freeze_with_an_emergency(tab, company):
    page = await tab("carla")
    people = await page.get_by_label("You are").locator("option").all_inner_texts()
    assert {"Ines", "Otto", "Audrey", "Gus"} <= {each.split()[0] for each in people}
    await begins(page, "A freeze with an emergency")
    await lets_time_pass(page, 1, "Sun 23:10")
    for number in (2, 3, 4):
        await sends(page, number)
    refused = card(page, "Refused: promote")
    for code in ("frozen", "open-incident"):
        await refused.get_by_text(code, exact=True).wait_for()
    await sends(page, 5)
    await step(page).get_by_text("step 6 of 15").wait_for()
    await card(page, "Emergency: api v1.4.0").get_by_role("button", name="Approve").click()
    await card(page, "Refused: emergency approve").get_by_text("own-request").wait_for()
    for number, name in ((7, "Rita"), (8, "Olga")):
        await step(page).get_by_text(f"step {number} of 15").wait_for()
        await becomes(page, name)
        if name == "Olga":
            waiting = card(page, "Emergency: api v1.4.0")
            await waiting.get_by_text("1 of 2").wait_for()
            await waiting.evaluate("(it) => it.scrollIntoView()")
            await pictured(page, "emergency", waiting)
        await approves(page, "Read the diff; staging logs in again.")
    await sends(page, 9)
    await card(page, "→ production: deployed").wait_for()
    await sends(page, 10)
    await card(page, "Refused: emergency promote").get_by_text("wrong-state", exact=True).wait_for()
    await sends(page, 11)
    await sends(page, 12)
    await card(page, "Refused: emergency close").get_by_text("still-owed", exact=True).wait_for()
    await lets_time_pass(page, 13, "Mon 23:10")
    await step(page).get_by_text("step 14 of 15").wait_for()
    await card(page, "Emergency: api v1.4.0").get_by_text("1 overdue").wait_for()
    await sends(page, 14)
    await sends(page, 15)
    await card(page, "Emergency: api v1.4.0 → production: closed").wait_for()
    await step(page).get_by_role("button", name="✓ A freeze with an emergency").wait_for()
    runs = [run for run in await company.ci.runs() if run.order.environment == "production"]
    assert len(runs) == 1


async def test_a_fault(tab, company):
    page = await tab("rita")
    await begins(page, "A fault")
    await step(page).get_by_role("button", name="Switch it on").click()
    await step(page).get_by_text("step 2 of 4").wait_for()
    beside = await behind_the_scenes(page)
    await beside.get_by_text("CI takes the next order, and its answer never arrives.").wait_for()
    await page.get_by_role("button", name="Signalbox").click()  # the App Home says what waits for Rita, and takes her approval
    await page.get_by_role("tab", name="Home").click()
    home = page.locator("#home")
    await home.get_by_text("asked by Carla Captain").wait_for()
    for part in ("Waits for you", "What runs where", "Next allowed in production", "Freezes"):
        await home.get_by_text(part, exact=True).wait_for()
    await home.get_by_role("button", name="→ production").click()
    await page.get_by_role("dialog").get_by_role("textbox").fill("Read the diff.")
    await page.get_by_role("dialog").locator("button.primary").click()
    await home.get_by_text("Nothing waits for you.").wait_for()
    await page.get_by_role("button", name="# releases").click()
    await step(page).get_by_text("step 4 of 4").wait_for()
    await card(page, "→ production: deployed").wait_for()
    runs = [run for run in await company.ci.runs() if run.order.environment == "production"]
    assert len(runs) == 1
    await beside.get_by_role("button", name="Next timer").click()  # the copy of the run's log
    await page.get_by_role("status").get_by_text("It is Tuesday 24 November 2026, 11:0").wait_for()
    await beside.get_by_text("log:kept").first.wait_for()


async def test_a_train(tab, company):
    page = await tab("carla")
    await begins(page, "A release train")
    beside = await behind_the_scenes(page)
    cutoff = beside.get_by_role("button", name="To the next cutoff")
    await beside.get_by_text("To the next cutoff: no run of a train has a cutoff ahead").wait_for()
    await expects(cutoff).to_be_disabled()
    await sends(page, 1)
    await card(page, "daily-2026-11-24").get_by_text("before the cutoff").first.wait_for()
    await page.locator("#pin").get_by_text("📌").click()  # two runs were posted at one moment: either is the latest
    await page.locator("#pinned article").first.wait_for()
    await page.locator("#pin").click()
    await cutoff.click()
    await page.get_by_role("status").get_by_text("It is Tuesday 24 November 2026, 12:00").wait_for()
    await sends(page, 3)
    await card(page, "daily-2026-11-24").get_by_text("you are here").wait_for()
    for number in (4, 5):
        await sends(page, number)
    await step(page).get_by_text("step 6 of").wait_for()
    await beside.get_by_role("button", name="To the next go/no-go").click()
    await page.get_by_role("status").get_by_text("It is Tuesday 24 November 2026, 13:00").wait_for()
    await sends(page, 7)
    await card(page, "Refused: go").get_by_text("not-answered").wait_for()
    for number in (8, 9, 10):
        await sends(page, number)
    await step(page).get_by_text("step 11 of 12").wait_for()
    await becomes(page, "Rita")
    await approves(page, "The set is what was decided about.")
    await card(page, "→ production: the whole set is deployed").wait_for()
    await sends(page, 12)
    await step(page).get_by_role("button", name="✓ A release train").wait_for()
    assert {each.version for name in company.riders for each in await company.ci.standing(name)} == {"v1.4.0"}


async def test_a_tour_can_be_left_at_any_step_and_the_panel_does_what_its_buttons_say(tab, company):
    page = await tab("carla")
    await begins(page, "Separation of duties")
    await step(page).get_by_role("button", name="Leave the tour").click()
    await step(page).get_by_role("button", name="A promotion", exact=True).wait_for()
    beside, status = await behind_the_scenes(page), page.get_by_role("status")
    await beside.get_by_role("button", name="Kill the bot").click()
    await status.get_by_text("started again on the same database").wait_for()
    await beside.get_by_role("button", name="+1 h").click()
    await status.get_by_text("Tuesday 24 November 2026, 12:0").wait_for()
    await beside.get_by_role("button", name="CI down").click()
    await beside.locator("#troubles .error").get_by_text("CI answers 503 until all is well again.").wait_for()
    await beside.get_by_role("button", name="All well").click()
    await beside.get_by_text("All is well.", exact=True).wait_for()
    twice = beside.get_by_label("My next click is a double click")
    await twice.check()
    waiting = card(page, "→ production: waits")
    await waiting.get_by_role("button", name="Cancel request").click()
    await page.get_by_role("dialog", name="Are you sure?").get_by_role("button", name="Yes").click()
    await card(page, "Refused: cancel").wait_for()  # the second of two
    await card(page, "→ production: cancelled").wait_for()
    assert [row.tag for row in await company.ledger()].count("change:cancelled-by") == 1
    assert not await twice.is_checked()
    await beside.get_by_role("button", name="Deliver my last again").click()
    await status.get_by_text("click or form a second time; the bot answered 200, and did nothing").wait_for()
    await beside.get_by_role("button", name="Until the next window opens").click()
    await status.get_by_text(re.compile("2026, 10:00 CET now")).wait_for()
    await beside.get_by_role("button", name="Clock change").click()
    await status.get_by_text("It is Sunday 28 March 2027, 01:30 CET now.").wait_for()
