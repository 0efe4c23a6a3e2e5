"""Messages and forms as one person sees them, ready to be drawn: Block Kit with its texts read into spans.

Invariant: a block that the page cannot draw is named, not left out.
"""

import json
from datetime import UTC, datetime
from hashlib import blake2s
from typing import Any
from zoneinfo import ZoneInfo

from bot.workspace.forms import View
from bot.workspace.inputs import Input
from bot.workspace.nouns import Message
from bot.workspace.spans import Span, of_rich, of_text
from bot.workspace.state import BOT_USER
from bot.workspace.text import Json, Reader

LOCAL = "%Y-%m-%dT%H:%M"
"""How a browser's field for date and time writes a moment, in the reader's zone."""


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
        "private": shown.ephemeral_to is not None,
        "edited": shown.edited,
        "blocks": [_block(each, reader) for each in blocks],
        "files": [{key: file[key] for key in ("id", "name", "title", "size")} for file in shown.files],
    }
    return drawn | {"version": blake2s(json.dumps(drawn).encode(), digest_size=12).hexdigest()}


def form(view: View, reader: Reader) -> Json:
    """An open form, with what stands in its fields and what is wrong with them."""
    fields = {each.block_id: each for each in view.inputs}
    return {
        "id": view.id,
        "title": view.title,
        "submit": _label(view.payload.get("submit"), reader),
        "close": _label(view.payload.get("close"), reader) or "Cancel",
        "notice": view.notice,
        "blocks": [
            _field(block, fields[block["block_id"]], view.errors, reader) if block["type"] == "input" else _block(block, reader)
            for block in view.blocks
        ],
    }


def _block(block: Json, reader: Reader) -> Json:
    match block["type"]:
        case "header":
            return {"type": "header", "text": _text(block["text"], reader)}
        case "section":
            texts = [_text(each, reader) for each in block.get("fields") or ()]
            accessory = [_element(block["accessory"], block, reader)] if block.get("accessory") else []
            return {"type": "section", "text": _text(block.get("text"), reader), "fields": texts, "elements": accessory}
        case "context" | "actions" as kind:
            return {"type": kind, "elements": [_element(each, block, reader) for each in block["elements"]]}
        case "divider":
            return {"type": "divider"}
        case "rich_text":
            return {"type": "rich_text", "parts": [_rich(each, reader) for each in block["elements"]]}
        case unknown:
            return _undrawn(unknown)


def _element(element: Json, block: Json, reader: Reader) -> Json:
    match element["type"]:
        case "mrkdwn" | "plain_text":
            return {"type": "text", "text": _text(element, reader)}
        case "button":
            asks = element.get("confirm") or {}
            return {
                "type": "button",
                "text": _label(element["text"], reader),
                "block_id": block["block_id"],
                "action_id": element["action_id"],
                "style": element.get("style", ""),
                "confirm": {part: _text(asks[part], reader) for part in ("title", "text", "confirm", "deny")} if asks else None,
            }
        case unknown:
            return _undrawn(unknown)


def _field(block: Json, field: Input, errors: dict[str, str], reader: Reader) -> Json:
    drawn: Json = {
        "type": "input",
        "block_id": field.block_id,
        "label": field.label,
        "hint": _label(block.get("hint"), reader),
        "optional": field.optional,
        "error": errors.get(field.block_id),
        "kind": field.kind,
        "value": field.value,
    }
    match field.kind:
        case "plain_text_input":
            return drawn | {"multiline": bool(field.element.get("multiline"))}
        case "static_select" | "checkboxes":
            return drawn | {"options": [[value, _label(each["text"], reader)] for value, each in field.options.items()]}
        case "datetimepicker":
            at = datetime.fromtimestamp(field.value, ZoneInfo(reader.zone)) if field.value else None
            return drawn | {"value": at.strftime(LOCAL) if at else None, "zone": reader.zone}
        case unknown:
            return drawn | {"undrawn": _undrawn(unknown)}


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


def _label(value: Any, reader: Reader) -> str:
    return "".join(each.text for each in of_text(value, reader))


def _span(span: Span) -> Json:
    drawn: Json = {"text": span.text}
    if span.styles:
        drawn["styles"] = sorted(span.styles)
    if span.url:
        drawn["url"] = span.url
    if span.named:
        drawn["named"] = span.named
    return drawn
