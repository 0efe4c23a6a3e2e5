"""A promotion as people play it: in a browser, by clicking, two people in two tabs (run by `make test-browser`)."""

import pytest

from bot.demo.development import SERVICE
from tests.browser.conftest import KEPT
from tests.browser.page import card, types

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
HOSTILE = "<img src=x onerror=console.error('run')> read *it*"


@pytest.fixture
async def company(company):
    await company.development.change("API-20: greet all", {"api.py": 'print("all")\n'}, author="dev", reviewer="rob")
    await company.development.release("v1.5.0")
    await company.deploy_unasked("v1.5.0", "dev")
    return company


async def test_a_promotion_is_asked_for_by_one_and_approved_by_another(tab):
    carla, rita = await tab("carla"), await tab("rita")

    await types(carla, f"/release promote {SERVICE} v1.5.0 staging")
    await card(carla, "→ staging: deployed").wait_for()

    # what only people know, for production: its record, and the draft of its notes as it is
    await types(carla, f'/release record complete {SERVICE} v1.5.0 issues="none known" rollback="promote v1.3.2 again"')
    await card(carla, "The release record of").wait_for()
    await types(carla, f"/release notes edit {SERVICE} v1.5.0")
    await carla.get_by_role("dialog").locator("button.primary").click()
    await card(carla, "v1.5.0: saved").wait_for()

    # without its words the command opens a form; Slack's client does not send it half filled in
    await types(carla, "/release promote")
    form = carla.get_by_role("dialog", name="Promote a version")
    await form.get_by_role("button", name="Ask").click()
    await form.get_by_text("Please complete this required field.").first.wait_for()
    await carla.screenshot(path=KEPT / "form.png")
    await form.get_by_label("Service").select_option(SERVICE)
    await form.get_by_label("Version").fill("v1.5.0")
    await form.get_by_label("Environment").select_option("production")
    await form.get_by_label("database migration").select_option("no")
    for question in ("customers", "downtime", "data"):
        await form.locator(f"[data-block={question}] .answer").fill("none")
    await carla.keyboard.press("Enter")
    await form.wait_for(state="hidden")

    # both see the card; what Carla does not confirm is not done
    mine, hers = card(carla, "→ production"), card(rita, "→ production")
    await mine.get_by_role("button", name="Cancel request").click()
    await carla.get_by_role("dialog", name="Are you sure?").get_by_role("button", name="No").click()

    await hers.get_by_role("button", name="Approve").click()
    form = rita.get_by_role("dialog")
    await form.get_by_role("textbox").fill(HOSTILE)
    await form.locator("button.primary").click()
    await form.wait_for(state="hidden")
    for shown in (mine, hers):
        await shown.get_by_role("heading", name="→ production: deployed").wait_for()
        await shown.get_by_text(HOSTILE).wait_for()
    assert await rita.locator("img").count() == 0
    assert await rita.locator(".undrawn").count() == 0
    await rita.screenshot(path=KEPT / "deployed.png")

    await card(rita, "→ production").get_by_role("button", name="replies").click()
    await rita.get_by_role("complementary", name="Thread").get_by_text("Rita Manager approved").first.wait_for()
    await rita.keyboard.press("Escape")
    await rita.locator("#messages .replies:focus").wait_for()

    # the same tab becomes somebody else, who was told other things
    await rita.get_by_label("You are").select_option("carla")
    await card(rita, "Asked for api v1.5.0 → production").get_by_text("Only visible to you").wait_for()
    await rita.get_by_role("button", name="Signalbox").click()
    await rita.get_by_role("heading", name="Signalbox", exact=True).and_(rita.locator("h2")).wait_for()
    await rita.get_by_role("button", name="# releases").click()

    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)):
        await rita.emulate_media(color_scheme=scheme)
        await rita.set_viewport_size({"width": width, "height": 844})
        assert await rita.evaluate("document.documentElement.scrollWidth") == width
        assert await rita.evaluate("[...document.querySelectorAll('*')].every((e) => e.getBoundingClientRect().right <= innerWidth)")
        await rita.screenshot(path=KEPT / f"{scheme}-{width}.png")
