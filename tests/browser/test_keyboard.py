"""The page without a mouse: the message box completes, forms and menus take keys, and everything has a name (run by `make test-browser`)."""

import pytest

from tests.browser.page import card
from tests.browser.test_tour import expects

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


async def test_a_command_is_completed_by_keys(tab):
    page = await tab("dev")
    box = page.get_by_role("combobox", name="Message")
    await box.focus()
    await page.keyboard.type("/rel")
    await page.keyboard.press("Tab")
    await expects(box).to_have_value("/release ")
    offers = page.get_by_role("listbox", name="Completions").get_by_role("option")
    assert await offers.count() > 5
    await page.keyboard.type("prom")
    await page.keyboard.press("ArrowDown")
    await expects(box).to_have_attribute("aria-activedescendant", "offer-0")
    await page.keyboard.press("Enter")
    await expects(box).to_have_value("/release promote ")
    await page.keyboard.press("Tab")
    await expects(box).to_have_value("/release promote api ")
    await page.keyboard.type("v1.3.2 st")
    await page.keyboard.press("Tab")
    await page.keyboard.type("migr")
    await page.keyboard.press("Tab")
    await page.keyboard.type("n")
    await page.keyboard.press("Tab")
    await expects(box).to_have_value("/release promote api v1.3.2 staging migration=no ")
    await page.get_by_text("/release promote <service> <version> <environment>").wait_for()
    await page.keyboard.press("Escape")
    await page.keyboard.press("Enter")
    await card(page, "promote api v1.3.2").or_(card(page, "api v1.3.2 → staging")).first.wait_for()
    await expects(box).to_have_value("")


async def test_everything_that_can_be_used_has_a_name(tab):
    page = await tab("carla")
    await page.get_by_role("button", name="Behind the scenes").first.focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Ledger").wait_for()
    unnamed = await page.evaluate(
        "() => [...document.querySelectorAll('button, input, select, textarea, [role]')].filter((e) => e.offsetParent)"
        ".filter((e) => !(e.textContent.trim() || e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.labels?.length))"
        ".map((e) => e.outerHTML)"
    )
    # a live region says what comes into it
    assert [each for each in unnamed if 'role="alert"' not in each and 'role="status"' not in each] == []
