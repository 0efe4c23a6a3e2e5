"""`signalbox audit show`: entries of the ledger as people read them (AUD-08).

Invariant: what people typed is shown and not obeyed; what somebody changed behind our back is shown too, `verify` says so.
"""

import json
import unicodedata
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from bot.audit import read
from bot.settings import Settings
from storage import audit
from storage.chain import TOMBSTONE, Row

_MARKS = {"refuse": "⛔", "unsure": "⚠️"}


def show(settings: Settings, *, change: str | None, person: str | None, tag: str | None, since: datetime | None, limit: int) -> int:
    """Print the newest entries that fit, the newest last.

    Args:
        settings: where the database is.
        change: id of a change, a freeze or an exception.
        person: corporate id.
        tag: the beginning of a tag, like `promote:`.
        since: not before this moment, aware.
        limit: how many at most.

    Returns:
        0, or 2 when the database cannot be read.
    """
    found = read(
        settings,
        lambda tx: audit.show(tx, subject=change, actor=person.lower() if person else None, tag_prefix=tag, since=since, limit=limit),
    )
    if isinstance(found, int):
        return found
    out = Console(highlight=False)
    for row in reversed(found):
        out.print(_entry(row), soft_wrap=True)
    out.print(Text("No entry fits." if not found else f"{len(found)} {'entry' if len(found) == 1 else 'entries'}.", style="dim"))
    return 0


def _entry(row: Row) -> Text:
    """An entry as people read it: who did what where, the guards that said no, and the rest of the body but the facts seen."""
    if row.tag == TOMBSTONE:
        return Text(f"#{row.seq}  removed after its retention; an entry ledger:purged says by whom\n", style="dim")
    body = _body(row)
    answers = body.pop("answers", [])
    body.pop("seen", None)  # long; an export holds them
    text = Text()
    text.append(f"#{row.seq}", style="dim").append(f"  {row.at[:19].replace('T', ' ')} UTC  ").append(_safe(row.tag), style="bold")
    who = f"{row.actor_name} <{row.actor}>" + (f" as {row.roles.replace(',', ', ')}" if row.roles else "")
    where = " → ".join(filter(None, (row.service, row.environment)))
    lines = [who, " · ".join(filter(None, (row.subject, where, f"id {row.correlation}", f"policy {row.policy[:12]}")))]
    if answers:
        against = [a for a in answers if a["answer"] in _MARKS]
        lines.append(f"{len(answers)} guards asked, {len(against)} against it")
        lines += [f"{_MARKS[a['answer']]} {a['guard']}: {_against(a)}" for a in against]
    lines += [f"{name}: {_value(value)}" for name, value in body.items() if value not in ("", None, [], {})]
    for line in lines:
        text.append(f"\n    {_safe(line)}")
    return text.append("\n")


def _against(answer: dict[str, Any]) -> str:
    why = str(answer.get("why", ""))
    return why if answer["answer"] == "refuse" else f"could not read {answer.get('missing')}" + (f" ({why})" if why else "")


def _body(row: Row) -> dict[str, Any]:
    """The body, also when somebody changed it behind our back: `verify` says so, this shows it."""
    try:
        found = json.loads(row.body)
    except ValueError:
        return {"body": row.body}
    return found if isinstance(found, dict) else {"body": row.body}


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _safe(text: str) -> str:
    """What people typed, on a terminal: control characters are shown, not obeyed (SEC-09)."""
    return "".join(f"\\u{ord(c):04x}" if unicodedata.category(c) in {"Cc", "Cf", "Cs"} else c for c in text)
