"""Messages, forms and the App Home as one person sees them, ready to be drawn: Block Kit with its texts read into spans.

Invariant: a block that the page cannot draw is named, not left out.
"""

import json
from datetime import UTC, datetime
from hashlib import blake2s
from typing import Any
from zoneinfo import ZoneInfo

from bot.workspace import pictures
from bot.workspace.forms import View
from bot.workspace.inputs import Input
from bot.workspace.nouns import Message
from bot.workspace.page.controls import control, label
from bot.workspace.spans import Span, of_rich, of_text
from bot.workspace.state import BOT_USER
from bot.workspace.text import Json, Reader


def message(shown: Message, reader: Reader) -> Json:
    """A message.

    Args:
        shown: as it stands now.
        reader: who sees it.

    Returns:
        Where it stands, who wrote it and when, its blocks and files, and a `version` that is another one when any of it changed.
    """
    at = datetime.fromtimestamp(float(shown.ts), UTC).astimezone(ZoneInfo(reader.zone))
    blocks = shown.blocks or ([{"type": "section", "text": {"type": "mrkdwn", "text": shown.text}}] if shown.text else [])
    drawn: Json = {
        "channel": shown.channel,
        "ts": shown.ts,
        "thread": shown.thread_ts if shown.thread_ts != shown.ts else None,
        "who": reader.names.get(shown.user, shown.user).removeprefix("@"),
        "app": shown.user == BOT_USER,
        "time": f"{at:%a %H:%M}",
        "moment": at.isoformat(timespec="seconds"),
        "headline": shown.as_text(reader.zone).partition("\n")[0],
        "private": shown.ephemeral_to is not None,
        "edited": shown.edited,
        "blocks": [_block(each, reader) for each in blocks],
        "files": [{key: file[key] for key in ("id", "name", "title", "size", "picture")} for file in shown.files],
    }
    return drawn | {"version": blake2s(json.dumps(drawn).encode(), digest_size=12).hexdigest()}


def form(view: View, reader: Reader) -> Json:
    """An open form, with what stands in its fields and what is wrong with them."""
    return home(view, reader) | {
        "title": view.title,
        "submit": label(view.payload.get("submit"), reader),
        "close": label(view.payload.get("close"), reader) or "Cancel",
        "notice": view.notice,
    }


def home(view: View, reader: Reader) -> Json:
    """A person's App Home; what both kinds of views show."""
    fields = {each.block_id: each for each in view.inputs}
    drawn = [
        _field(block, fields[block["block_id"]], view, reader) if block["type"] == "input" else _block(block, reader, view.state)
        for block in view.blocks
    ]
    return {"id": view.id, "blocks": drawn}


def _block(block: Json, reader: Reader, state: Json | None = None) -> Json:
    match block["type"]:
        case "header":
            return {"type": "header", "text": _text(block["text"], reader)}
        case "section":
            texts = [_text(each, reader) for each in block.get("fields") or ()]
            accessory = [_element(block["accessory"], block, reader, state)] if block.get("accessory") else []
            return {"type": "section", "text": _text(block.get("text"), reader), "fields": texts, "elements": accessory}
        case "context" | "actions" as kind:
            return {"type": kind, "elements": [_element(each, block, reader, state) for each in block["elements"]]}
        case "divider":
            return {"type": "divider"}
        case "image":
            return _picture(block, reader)
        case "rich_text":
            return {"type": "rich_text", "parts": [_rich(each, reader) for each in block["elements"]]}
        case unknown:
            return _undrawn(unknown)


def _element(element: Json, block: Json, reader: Reader, state: Json | None) -> Json:
    match element["type"]:
        case "mrkdwn" | "plain_text":
            return {"type": "text", "text": _text(element, reader)}
        case "image":
            return _picture(element, reader)
        case "button":
            return {
                "type": "button",
                "text": label(element["text"], reader),
                "block_id": block["block_id"],
                "action_id": element["action_id"],
                "url": element.get("url", ""),
                "style": element.get("style", ""),
                "confirm": _question(element, reader),
            }
        case unknown:
            stands = (state or {}).get(block["block_id"], {}).get(element.get("action_id"))
            drawn = control(element, block, stands, reader)
            return drawn | {"confirm": _question(element, reader)} if drawn else _undrawn(unknown)


def _question(element: Json, reader: Reader) -> Json | None:
    """What is asked before an element is used."""
    asks = element.get("confirm")
    return {part: _text(asks[part], reader) for part in ("title", "text", "confirm", "deny")} if asks else None


def _picture(image: Json, reader: Reader) -> Json:
    """A picture; one that is not on this machine is told by its words alone."""
    return {"type": "image", "alt": image["alt_text"], "title": label(image.get("title"), reader), "name": pictures.name_of(image)}


def _field(block: Json, field: Input, view: View, reader: Reader) -> Json:
    return {
        "type": "input",
        "block_id": field.block_id,
        "label": field.label,
        "hint": label(block.get("hint"), reader),
        "optional": field.optional,
        "error": view.errors.get(field.block_id),
        "control": control(field.element, block, view.state[field.block_id][field.action_id], reader) or _undrawn(field.kind),
    }


def _rich(part: Json, reader: Reader) -> Json:
    elements = part.get("elements") or []
    if part["type"] == "rich_text_list":
        items = [[_span(of_rich(each, reader)) for each in item["elements"]] for item in elements]
        return {"type": part["type"], "ordered": part.get("style") == "ordered", "items": items}
    return {"type": part["type"], "text": [_span(of_rich(each, reader)) for each in elements]}


def _undrawn(kind: str) -> Json:
    return {"type": "undrawn", "kind": kind}


def _text(value: Any, reader: Reader) -> list[Json]:
    return [_span(each) for each in of_text(value, reader)]


def _span(span: Span) -> Json:
    drawn: Json = {"text": span.text}
    if span.styles:
        drawn["styles"] = sorted(span.styles)
    if span.url:
        drawn["url"] = span.url
    if span.named:
        drawn["named"] = span.named
    return drawn
