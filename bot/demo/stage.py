"""The terminal as a stage: paragraphs, what people type, cards and forms as they look, small tables.

Invariant: what people or the bot wrote is shown as it is: it is never read as markup, and no control character of it reaches the terminal.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from rich.box import Box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from bot.workspace import Message, View
from bot.workspace.plain import blocks_text, text_object
from bot.workspace.text import Json, Reader

_WIDEST = 100
"""Columns: longer lines are hard to read, however wide the terminal is."""

# open to the right: terminals disagree on the width of emoji, and a ragged right border is worse than none
_BAR = Box("╭── \n│   \n├── \n│   \n├── \n├── \n│   \n╰── \n")
_STYLES = {"primary": "black on green", "danger": "white on red"}


def clean(text: str) -> str:
    """The text without what a terminal would obey, and without the invisible characters that keep Slack from formatting."""
    return "".join("�" if unicodedata.category(c) == "Cc" and c != "\n" else c for c in text.replace("\u200b", ""))


class Stage:
    """Where the demo is shown.

    Args:
        zone: IANA zone of the readers.
        console: standard output when left out.
    """

    def __init__(self, zone: str, console: Console | None = None) -> None:
        self.zone = zone
        self.console = console or Console(highlight=False, emoji=False, markup=False)
        self._width = min(self.console.width, _WIDEST)

    def _print(self, shown: RenderableType) -> None:
        self.console.print(shown, width=self._width)

    # ------------------------------------------------------------ the teller

    def title(self, words: str) -> None:
        """The first line."""
        self._print(Text(words, "bold"))

    def chapter(self, title: str) -> None:
        """A new part of the story."""
        self._print(Text())
        self._print(Rule(Text(title, "bold cyan"), align="left", style="cyan"))

    def gap(self) -> None:
        """An empty line."""
        self._print(Text())

    def tell(self, *paragraphs: str) -> None:
        """What the teller says."""
        for paragraph in paragraphs:
            self._print(Padding(Text(clean(paragraph)), (1, 0, 0, 0), expand=False))

    def proved(self, what: str) -> None:
        """Something that was looked up where it happened, and is so."""
        self._print(Text.assemble(("✔ ", "bold green"), (clean(what), "green")))

    def failed(self, what: str) -> None:
        """Something that should have happened and did not."""
        self._print(Padding(Text.assemble(("✘ ", "bold red"), (clean(what), "red")), (1, 0, 0, 0), expand=False))

    def note(self, what: str) -> None:
        """A line in passing."""
        self._print(Text(clean(what), "dim"))

    # ------------------------------------------------------------ what people do and see

    def types(self, who: str, words: str) -> None:
        """Somebody types something, or presses a button."""
        self._print(Padding(Text.assemble((f"{who}> ", "bold magenta"), (clean(words), "bold")), (1, 0, 0, 0), expand=False))

    def message(self, message: Message, where: str) -> None:
        """A message or a card, as Slack shows it to a person.

        Args:
            message: as it stands now.
            where: the channel, or who alone sees it.
        """
        reader = message.reads(self.zone)
        parts = list(_drawn(message.blocks, reader)) if message.blocks else [Text(clean(message.as_text(self.zone)))]
        self._print(_framed(parts, where))

    def form(self, view: View, where: str) -> None:
        """A form, with what is filled in so far."""
        self._print(_framed([Text(line) for line in clean(view.as_text(self.zone)).split("\n")], where))

    def log(self, lines: Iterable[Message]) -> None:
        """The messages of a thread, one line each."""
        for message in lines:
            first, *rest = clean(message.as_text(self.zone)).split("\n")
            line = Table.grid(padding=(0, 1, 0, 0))
            line.add_row("  ↳", Text.assemble(first, ("  " + " ".join(rest), "dim")))
            self._print(line)

    # ------------------------------------------------------------ tables

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[str]], title: str = "") -> None:
        """A small table; the last column takes the room that is left."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", title=title or None, title_justify="left")
        table.title_style = "bold"
        for index, column in enumerate(columns):
            table.add_column(column, overflow="fold", no_wrap=index < len(columns) - 1)
        for row in rows:
            table.add_row(*(Text(clean(cell)) for cell in row))
        self._print(Padding(table, (1, 0, 0, 2), expand=False))


def _framed(parts: Sequence[RenderableType], where: str) -> Panel:
    return Panel(Group(*parts), box=_BAR, title=Text(where, "dim"), title_align="left", border_style="blue", padding=(0, 1))


def _drawn(blocks: Iterable[Json], reader: Reader) -> Iterable[RenderableType]:
    for index, block in enumerate(blocks):
        match block.get("type"):
            case "header":
                yield Text(clean(text_object(block["text"], reader)), "bold")
            case "section" if "fields" in block:
                yield _fields(block["fields"], reader)
            case "rich_text":
                yield Padding(_rich(block, reader), (1 if index else 0, 0, 0, 0), expand=False)
            case "actions":
                yield Padding(_buttons(block["elements"], reader), (1, 0, 0, 0), expand=False)
            case "context":
                yield Padding(Text(clean(blocks_text([block], reader)), "dim"), (1, 0, 0, 0), expand=False)
            case _:
                yield Text(clean(blocks_text([block], reader)))


def _fields(fields: Iterable[Json], reader: Reader) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for field in fields:
        label, _, value = clean(text_object(field, reader)).partition("\n")
        grid.add_row(label, Text(value))
    return grid


def _rich(block: Json, reader: Reader) -> Text:
    text = Text()
    for section in block["elements"]:
        for element in section.get("elements") or ():
            text.append(*_span(element, reader))
    return text


def _span(element: Any, reader: Reader) -> tuple[str, str]:
    style = element.get("style") or {}
    if element.get("type") == "text":
        said = clean(str(element.get("text", "")))
        return said, "bold" if style.get("bold") else "yellow" if style.get("code") else ""
    alone = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}
    return clean(blocks_text([alone], reader)), ""


def _buttons(elements: Iterable[Json], reader: Reader) -> Text:
    shown = Text()
    for element in elements:
        label = clean(text_object(element.get("text"), reader))
        shown.append(f"[ {label} ]", _STYLES.get(str(element.get("style")), "reverse")).append("  ")
    return shown
