"""What people do on a page, in their words."""

import re


async def types(tab, text: str) -> None:
    await tab.get_by_role("combobox", name="Message").fill(text)
    await tab.keyboard.press("Enter")


def card(tab, title: str):
    """A card or an answer, by its headline, in the channel."""
    return tab.locator("#messages article").filter(has=tab.get_by_role("heading", name=re.compile(re.escape(title))))


def step(tab):
    """The tour's strip."""
    return tab.get_by_role("region", name="Tour")


async def approves(tab, why: str) -> None:
    """Presses Approve on the newest card, and fills in the form."""
    await card(tab, "→ production: waits for approval").last.get_by_role("button", name="Approve").click()
    form = tab.get_by_role("dialog")
    await form.get_by_role("textbox").fill(why)
    await form.locator("button.primary").click()
    await form.wait_for(state="hidden")
