"""What Slack's Block Kit accepts: every limit that a message or a view is held to before anyone sees it.

Invariant: what passes here passes `slack_sdk`'s own models too, and each complaint points at its place.
Source: Slack, Block Kit reference (blocks, block elements, composition objects, views); `slack_sdk.models` for the rest.
"""

import json
from functools import lru_cache
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View as ViewModel

from bot.workspace.checks import Check, kind_of

Json = dict[str, Any]

SELECTS = frozenset(
    f"{many}{kind}_select" for many in ("", "multi_") for kind in ("static", "external", "users", "conversations", "channels")
)
CHOICES = frozenset({"radio_buttons", "checkboxes"})
TEXT_INPUTS = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input"})
PICKERS = frozenset({"datepicker", "timepicker", "datetimepicker"})
INPUT_ELEMENTS = SELECTS | CHOICES | TEXT_INPUTS | PICKERS | {"rich_text_input", "file_input"}
ACTION_ELEMENTS = SELECTS | CHOICES | PICKERS | {"button", "overflow", "workflow_button"}
ACCESSORIES = ACTION_ELEMENTS | {"image"}
_MULTI = frozenset(kind for kind in SELECTS if kind.startswith("multi_"))

_BLOCK_KEYS: dict[str, frozenset[str]] = {
    "section": frozenset({"text", "fields", "accessory", "expand"}),
    "header": frozenset({"text"}),
    "divider": frozenset(),
    "context": frozenset({"elements"}),
    "actions": frozenset({"elements"}),
    "input": frozenset({"label", "element", "dispatch_action", "hint", "optional"}),
    "image": frozenset({"alt_text", "image_url", "slack_file", "title"}),
    "markdown": frozenset({"text"}),
    "rich_text": frozenset({"elements"}),
}


def message_problems(blocks: Any) -> list[str]:
    """Why Slack would answer `invalid_blocks` for a message with these blocks; empty when it would not."""
    check = _BlockCheck()
    check.blocks(blocks, "/blocks", limit=50)
    return check.problems or _model_problems(blocks)


def view_problems(view: Any) -> list[str]:
    """Why Slack would refuse this view (`invalid_arguments`); empty when it would not."""
    check = _BlockCheck()
    if not isinstance(view, dict):
        return ["[ERROR] must be an object [json-pointer:/view]"]
    kind = kind_of(view)
    if kind not in {"modal", "home"}:
        check.say("unsupported type", "/view/type")
    if kind == "modal":
        check.plain(view.get("title"), "/view/title", 24)
        for part in ("submit", "close"):
            if view.get(part) is not None:
                check.plain(view[part], f"/view/{part}", 24)
    elif any(view.get(part) is not None for part in ("submit", "close", "title")):
        check.say("a home view has no title, submit or close", "/view")
    check.length(view.get("private_metadata"), "/view/private_metadata", 3000)
    check.length(view.get("callback_id"), "/view/callback_id", 255)
    check.length(view.get("external_id"), "/view/external_id", 255)
    blocks = view.get("blocks")
    check.blocks(blocks, "/view/blocks", limit=100)
    if kind == "modal" and view.get("submit") is None and any(kind_of(each) == "input" for each in blocks or ()):
        check.say("missing required field: submit", "/view")
    return check.problems or _view_model_problems(view)


def _model_problems(blocks: list[Json]) -> list[str]:
    """A second opinion: the limits that the SDK's models know."""
    found = ((at, _model_problem(json.dumps(block))) for at, block in enumerate(blocks))
    return [f"[ERROR] {wrong} [json-pointer:/blocks/{at}]" for at, wrong in found if wrong is not None]


@lru_cache(maxsize=1024)
def _model_problem(block: str) -> str | None:
    """What the SDK's model of a block says against it; the same blocks come again and again, and a look at one takes a while."""
    try:
        parsed = Block.parse(json.loads(block))
        if parsed is not None:
            parsed.to_dict()
    except (SlackObjectFormationError, TypeError, AttributeError) as wrong:
        return str(wrong)
    return None


def _view_model_problems(view: Json) -> list[str]:
    try:
        ViewModel(**view).to_dict()
    except (SlackObjectFormationError, TypeError, AttributeError) as wrong:
        return [f"[ERROR] {wrong} [json-pointer:/view]"]
    return []


class _BlockCheck(Check):
    """The limits of each block and element."""

    def blocks(self, blocks: Any, where: str, *, limit: int) -> None:
        self.several(blocks, where, limit, self.block, least=0)
        if isinstance(blocks, list):
            self.unique([each.get("block_id") for each in blocks if isinstance(each, dict)], "block_id", where)

    def block(self, block: Any, where: str) -> None:
        kind = kind_of(block)
        if kind not in _BLOCK_KEYS:
            self.say(f"unsupported type: {kind}", f"{where}/type")
            return
        self.unknown(block, _BLOCK_KEYS[kind] | {"type", "block_id"}, where)
        self.length(block.get("block_id"), f"{where}/block_id", 255)
        match kind:
            case "section":
                if "text" not in block and "fields" not in block:
                    self.say("must provide either text or fields", where)
                if "text" in block:
                    self.text(block["text"], f"{where}/text", 3000)
                if "fields" in block:
                    self.several(block["fields"], f"{where}/fields", 10, lambda each, at: self.text(each, at, 2000))
                if "accessory" in block:
                    self.element(block["accessory"], f"{where}/accessory", ACCESSORIES)
            case "header":
                self.plain(block.get("text"), f"{where}/text", 150)
            case "context":
                self.several(block.get("elements"), f"{where}/elements", 10, self.context_element)
            case "actions":
                self.several(block.get("elements"), f"{where}/elements", 25, lambda each, at: self.element(each, at, ACTION_ELEMENTS))
                elements = block.get("elements")
                if isinstance(elements, list):
                    self.unique([each.get("action_id") for each in elements if isinstance(each, dict)], "action_id", where)
            case "input":
                self.plain(block.get("label"), f"{where}/label", 2000)
                if block.get("hint") is not None:
                    self.plain(block["hint"], f"{where}/hint", 2000)
                self.element(block.get("element"), f"{where}/element", INPUT_ELEMENTS)
            case "image":
                self.image(block, where)
            case "markdown":
                self.length(block.get("text", ""), f"{where}/text", 12_000, least=1)
            case "rich_text":
                self.several(block.get("elements"), f"{where}/elements", 1000, self.rich)
            case _:
                pass

    def rich(self, part: Any, where: str) -> None:
        if kind_of(part) is None:
            self.say("unsupported type", f"{where}/type")
        elif "elements" in part:
            self.several(part["elements"], f"{where}/elements", 1000, self.rich, least=0)

    def image(self, image: Json, where: str) -> None:
        if not image.get("image_url") and not image.get("slack_file"):
            self.say("must provide either image_url or slack_file", where)
        if image.get("image_url") and image.get("slack_file"):
            self.say("must provide only one of image_url and slack_file", where)
        file = image.get("slack_file")
        if file is not None and not (isinstance(file, dict) and file.keys() in ({"id"}, {"url"})):
            self.say("must provide either id or url", f"{where}/slack_file")
        if image.get("title") is not None:
            self.plain(image["title"], f"{where}/title", 2000)
        self.length(image.get("image_url"), f"{where}/image_url", 3000)
        self.length(image.get("alt_text", ""), f"{where}/alt_text", 2000, least=1)

    def context_element(self, element: Any, where: str) -> None:
        if kind_of(element) == "image":
            self.image(element, where)
        else:
            self.text(element, where, 3000)

    def element(self, element: Any, where: str, allowed: frozenset[str]) -> None:
        kind = kind_of(element)
        if kind not in allowed:
            self.say(f"unsupported type: {kind}", f"{where}/type")
            return
        if kind == "image":
            self.image(element, where)
            return
        self.length(element.get("action_id"), f"{where}/action_id", 255, least=1)
        if element.get("placeholder") is not None:
            self.plain(element["placeholder"], f"{where}/placeholder", 150)
        if element.get("confirm") is not None:
            self.confirm(element["confirm"], f"{where}/confirm")
        if kind == "button":
            self.button(element, where)
        elif kind in CHOICES or kind == "overflow":
            self.options(element, where, most=10 if kind in CHOICES else 5, text=75)
        elif kind in {"static_select", "multi_static_select"} and "option_groups" not in element:
            self.options(element, where, most=100, text=75)
        elif kind in TEXT_INPUTS:
            self.bounds(element, where)
        if kind in _MULTI:
            self.between(element.get("max_selected_items"), f"{where}/max_selected_items", 1, 100)

    def button(self, button: Json, where: str) -> None:
        self.plain(button.get("text"), f"{where}/text", 75)
        self.length(button.get("value"), f"{where}/value", 2000)
        self.length(button.get("url"), f"{where}/url", 3000)
        self.length(button.get("accessibility_label"), f"{where}/accessibility_label", 75)
        self.unknown(button, {"type", "text", "action_id", "url", "value", "style", "confirm", "accessibility_label"}, where)
        if button.get("style", "primary") not in ("primary", "danger"):
            self.say("must be one of: primary, danger", f"{where}/style")

    def confirm(self, confirm: Any, where: str) -> None:
        if not isinstance(confirm, dict):
            self.say("must be an object", where)
            return
        self.plain(confirm.get("title"), f"{where}/title", 100)
        self.text(confirm.get("text"), f"{where}/text", 300)
        self.plain(confirm.get("confirm"), f"{where}/confirm", 30)
        self.plain(confirm.get("deny"), f"{where}/deny", 30)

    def options(self, element: Json, where: str, *, most: int, text: int) -> None:
        def option(each: Any, at: str) -> None:
            if not isinstance(each, dict):
                self.say("must be an object", at)
                return
            self.text(each.get("text"), f"{at}/text", text)
            self.length(each.get("value", ""), f"{at}/value", 150, least=1)

        self.several(element.get("options"), f"{where}/options", most, option)
        offered = element.get("options") if isinstance(element.get("options"), list) else []
        chosen = element.get("initial_options") or ([element["initial_option"]] if element.get("initial_option") else [])
        if any(each not in (offered or []) for each in chosen):
            self.say("initial option is not among the options", where)

    def bounds(self, element: Json, where: str) -> None:
        least, most = element.get("min_length"), element.get("max_length")
        self.between(least, f"{where}/min_length", 0, 3000)
        self.between(most, f"{where}/max_length", 1, 3000)
        if isinstance(least, int) and isinstance(most, int) and least > most:
            self.say("min_length must not exceed max_length", where)
        self.length(element.get("initial_value"), f"{where}/initial_value", most if isinstance(most, int) else 3000)
