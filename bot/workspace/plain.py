"""Text and blocks as plain readable lines: for transcripts, for the terminal and for stories that look at what was said.

Invariant: each block says something; formatting goes, and code, links and names stay readable.
"""

from collections.abc import Iterator

from bot.workspace.spans import Span, of_mrkdwn, of_rich, of_text
from bot.workspace.text import Json, Reader

EMPTY = "Choose…"
"""What a select without a placeholder shows while nothing is chosen; `page/static/controls.js` writes the same."""


def mrkdwn(text: str, reader: Reader) -> str:
    """Slack's `mrkdwn` without its formatting."""
    return _plain(of_mrkdwn(text, reader))


def text_object(value: object, reader: Reader) -> str:
    """A text object, `plain_text` or `mrkdwn`; "" for what is none."""
    return _plain(of_text(value, reader))


def blocks_text(blocks: list[Json], reader: Reader) -> str:
    """Blocks from top to bottom, one line for each text, buttons as `[Label]`."""
    return "\n".join(line for block in blocks for line in _block(block, reader) if line)


def _plain(spans: list[Span]) -> str:
    return "".join(f"{s.text} ({s.url})" if s.url and s.text != s.url.removeprefix("mailto:") else s.text for s in spans)


def _block(block: Json, reader: Reader) -> Iterator[str]:
    match block.get("type"):
        case "header":
            yield text_object(block.get("text"), reader)
        case "section":
            yield text_object(block.get("text"), reader)
            yield from (text_object(each, reader) for each in block.get("fields") or ())
            yield _element(block.get("accessory") or {}, reader)
        case "context" | "actions" as kind:
            drawn = [_element(each, reader) for each in block.get("elements") or ()]
            yield (" · " if kind == "context" else " ").join(each for each in drawn if each)
        case "input":
            yield f"{text_object(block.get('label'), reader)}: {_element(block.get('element') or {}, reader)}"
            yield text_object(block.get("hint"), reader)
        case "divider":
            yield "———"
        case "image":
            yield f"[image: {block.get('alt_text', '')}]"
        case "markdown":
            yield str(block.get("text", ""))
        case "rich_text":
            yield "".join(_rich(block, reader)).rstrip("\n")
        case unknown:
            yield f"[{unknown}]"


def _element(element: Json, reader: Reader) -> str:
    match element.get("type"):
        case None:
            return ""
        case "mrkdwn" | "plain_text":
            return text_object(element, reader)
        case "button":
            return f"[{text_object(element.get('text'), reader)}]"
        case "image":
            return f"[image: {element.get('alt_text', '')}]"
        case "overflow" | "radio_buttons" | "checkboxes":
            return " ".join(f"[{text_object(option.get('text'), reader)}]" for option in element.get("options") or ())
        case str(kind) if kind.endswith("select"):
            chosen = [*(element.get("initial_options") or ()), *([element["initial_option"]] if element.get("initial_option") else ())]
            said = ", ".join(text_object(option.get("text"), reader) for option in chosen)
            return f"[{said or text_object(element.get('placeholder'), reader) or EMPTY}]"
        case _:
            return f"[{text_object(element.get('placeholder'), reader) or element['type']}]"


def _rich(part: Json, reader: Reader) -> Iterator[str]:
    kind, elements = part.get("type"), part.get("elements")
    if elements is None:
        yield _plain([of_rich(part, reader)])
        return
    for each in elements:
        yield from ("- " if kind == "rich_text_list" else "", *_rich(each, reader), "\n" if kind == "rich_text_list" else "")
    if kind in {"rich_text_section", "rich_text_preformatted", "rich_text_quote"}:
        yield "\n"
